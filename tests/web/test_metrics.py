"""Metrics: read off the board, counted as things happen, and named by every rule that uses them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cache

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from controller.core.standings import Freeze, FreezeReason
from controller.engine.report import Incident
from controller.web.metrics import Metrics, Reading
from tests.deploy.yaml_files import documents
from tests.sources import ROOT
from tests.web.scene import Scene, named, troubled

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yaml"
DASHBOARD = ROOT / "deploy" / "grafana" / "evenkeel.json"
NAMES = re.compile(r"\b(?:evenkeel|process)_[a-z_]+\b")
FOREIGN = {"job", "instance"}
"""Labels that the scraper adds."""


def measured(scene: Scene) -> Metrics:
    metrics = Metrics("1.2.3", lambda: Reading(scene.board.view(), waiting=4, working=2))
    metrics.called("observe", "ok", 0.1)
    for state in scene.board.view().fleets:
        if state.report is not None:
            metrics.passed(state, state.report)
    return metrics


@cache
def in_trouble() -> Metrics:
    """Every metric has a sample here: fleets of all kinds, and a pass that met a mistake."""
    scene = troubled()
    metrics = measured(scene)
    state = scene.board.view().fleets[0]
    assert state.report is not None
    metrics.passed(state, replace(state.report, incident=Incident("4711", "a mistake", "")))
    return metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def samples(metrics: Metrics) -> dict[str, set[str]]:
    """The labels of each sample's name, as a scraper would see them."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.text().decode()):  # type: ignore[no-untyped-call]  # the library leaves it out
        for one in family.samples:
            found.setdefault(one.name, set()).update(one.labels)
    return found


def labels_of(family: Metric) -> str:
    labels = sorted({label for one in family.samples for label in one.labels} - {"le"})
    return ", ".join(f"`{label}`" for label in labels) or "\u2013"


def expressions() -> list[str]:
    [alerts] = documents(ALERTS)
    told = [rule["expr"] for group in alerts["groups"] for rule in group["rules"]]
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [*told, *(target["expr"] for panel in panels for target in panel["targets"])]


def test_board_is_read_at_each_scrape() -> None:
    """Numbers are those of the moment; a fleet that left the board left its series as well."""
    scene = Scene()
    fleet = named("web", 6)
    scene.settle(fleet)
    scene.show(fleet)
    metrics = measured(scene)
    assert value(metrics, "evenkeel_fleet_desired_instances", fleet="web") == 6
    scene.show(named("web", 9))
    assert value(metrics, "evenkeel_fleet_desired_instances", fleet="web") == 9
    scene.forget("web")
    assert value(metrics, "evenkeel_fleet_desired_instances", fleet="web") is None


def test_unseen_fleet_has_no_numbers() -> None:
    """A fleet that was never seen has a place on the board and no count: unknown is not zero."""
    scene = Scene()
    scene.stand(named("web"))
    metrics = measured(scene)
    assert value(metrics, "evenkeel_fleets") == 1
    assert value(metrics, "evenkeel_fleet_ready_instances", fleet="web") is None


def test_passes_and_calls_are_counted() -> None:
    """A pass counts by its result, each change by what became of it, each call by what came back."""
    scene = Scene()
    scene.show(named("web", 3), wet=True)
    metrics = measured(scene)
    assert value(metrics, "evenkeel_passes_total", fleet="web", result="changes") == 1
    created = {"fleet": "web", "verb": "create", "outcome": "accepted"}
    assert value(metrics, "evenkeel_actions_total", **created) == 3
    assert value(metrics, "evenkeel_provider_calls_total", call="observe", outcome="ok") == 1
    metrics.forget(["web"])
    assert value(metrics, "evenkeel_actions_total", **created) is None


def test_first_mistake_is_an_increase() -> None:
    """A fleet's mistakes are counted from zero on, beginning with its first pass, so that the first one can be seen."""
    scene = Scene()
    scene.show(named("web", 3))
    metrics = measured(scene)
    assert value(metrics, "evenkeel_mistakes_total", fleet="web") == 0
    state = scene.board.view().fleets[0]
    assert state.report is not None
    metrics.passed(state, replace(state.report, incident=Incident("4711", "a mistake", "")))
    assert value(metrics, "evenkeel_mistakes_total", fleet="web") == 1


def test_frozen_fleet_is_told() -> None:
    """A fleet that its source holds shows the reason."""
    scene = Scene()
    scene.stand(named("web"), Freeze(FreezeReason.SPEC_BROKEN, "a mistake"))
    metrics = measured(scene)
    assert value(metrics, "evenkeel_fleet_frozen", fleet="web", reason="SpecBroken") == 1


def test_no_label_names_an_instance() -> None:
    """A thousand instances are no thousand series: no label is an instance's name."""
    text = in_trouble().text().decode()
    assert not re.search(r"(web|queue|workers)-0{3}", text)
    assert text.rstrip().endswith("# EOF")


@pytest.mark.parametrize("expression", expressions())
def test_expressions_name_what_is_there(expression: str) -> None:
    """Every expression of an alert or a panel uses metrics that are registered, and labels that they have."""
    known = samples(in_trouble())
    used = set(NAMES.findall(expression))
    assert used
    assert used <= set(known)
    labels = {label for name in used for label in known[name]} | FOREIGN
    grouped = re.findall(r"\bby \(([^)]*)\)", expression)
    wanted = {word.strip() for group in grouped for word in group.split(",")}
    selected = set(re.findall(r"[{,]\s*([a-z]+)\s*=~?\"", expression))
    assert (wanted | selected) - labels == set()


def test_alerts_have_runbooks() -> None:
    """Each alert links to a page of its own, which begins with its name."""
    [alerts] = documents(ALERTS)
    rules = [rule for group in alerts["groups"] for rule in group["rules"]]
    assert rules
    for rule in rules:
        url = rule["annotations"]["runbook_url"]
        page = ROOT / url[url.index("docs/") :]
        assert page.read_text(encoding="utf-8").startswith(f"# {rule['alert']}\n")


def test_catalogue_is_complete() -> None:
    """The page docs/metrics.md lists every metric of ours with its meaning, and none that does not exist."""
    page = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = dict(
        re.findall(r"^\| `(evenkeel_\w+)` \| \w+ \| (?:[^|]*) \| (.*) \|$", page, re.MULTILINE)
    )
    own = {
        family.name: family.documentation
        for family in in_trouble().registry.collect()
        if family.name.startswith("evenkeel_")
    }
    assert listed == own
