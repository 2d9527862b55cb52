"""Alerts and dashboard before the real thing: promtool's rules, and a Prometheus that scrapes a live daemon."""

from __future__ import annotations

import json
import re
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from tests.builders import SUBSCRIPTION
from tests.daemon.process import daemon, write_spec
from tests.deploy.prometheus import program, promtool, scraping
from tests.deploy.yaml_files import documents
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RULES = ROOT / "deploy" / "prometheus"
DASHBOARD = ROOT / "deploy" / "grafana" / "evenkeel.json"
QUIET = {"max by (fleet) (evenkeel_fleet_skew - evenkeel_fleet_allowed_skew) > 0"}
"""Panels that are empty unless a fleet is skewed, which needs a zone to be out."""
_LOCKED = f"""\
apiVersion: evenkeel/v1alpha1
kind: Scenario
metadata: {{name: locked}}
spec:
  locks:
    - {{level: CanNotDelete, scope: /subscriptions/{SUBSCRIPTION}/resourceGroups/rg}}
"""


def alerts() -> list[dict[str, Any]]:
    [found] = documents(RULES / "alerts.yaml")
    return [rule for group in found["groups"] for rule in group["rules"]]


def panels() -> list[str]:
    found = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return [target["expr"] for panel in found for target in panel["targets"]]


def test_each_alert_is_tried() -> None:
    """The tests of the rules have for each alert a moment when it fires, and one when it must not."""
    [tried] = documents(RULES / "alerts_test.yaml")
    cases = [case for one in tried["tests"] for case in one.get("alert_rule_test", [])]
    drawn = [case for one in tried["tests"] for case in one.get("promql_expr_test", [])]
    names = {rule["alert"] for rule in alerts()}
    assert {case["alertname"] for case in cases if case["exp_alerts"]} == names
    assert {case["alertname"] for case in cases if not case["exp_alerts"]} == names
    # What is tried of the dashboard stands in it.
    assert {case["expr"] for case in drawn} <= set(panels())
    assert len(drawn) == 3


def test_alerts_fire_when_they_should() -> None:
    """By promtool the rules are sound, and every alert fires when it should and not before."""
    checked = promtool("check", "rules", str(RULES / "alerts.yaml"))
    assert (checked.returncode, checked.stderr) == (0, "")
    tried = promtool("test", "rules", str(RULES / "alerts_test.yaml"))
    assert tried.returncode == 0, tried.stderr + tried.stdout


def test_blunt_alert_would_be_found(tmp_path: Path) -> None:
    """The same tests fail for rules of which one waits for something else."""
    text = (RULES / "alerts.yaml").read_text(encoding="utf-8")
    (tmp_path / "alerts.yaml").write_text(text.replace("> 900", "> 90000"))
    tests = tmp_path / "alerts_test.yaml"
    tests.write_text((RULES / "alerts_test.yaml").read_text(encoding="utf-8"))
    tried = promtool("test", "rules", str(tests))
    assert tried.returncode != 0
    assert "EvenkeelFleetOverdue" in tried.stderr + tried.stdout


@pytest.fixture(name="troubled", scope="module")
def _troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a live daemon with a fleet at rest, one whose members are all locked, and one whose spec is broken."""
    program("prometheus")
    place = tmp_path_factory.mktemp("troubled")
    specs = place / "specs"
    for name in ("web", "queue", "ledger"):
        write_spec(specs, name, 3)
    (place / "locked.yaml").write_text(_LOCKED, encoding="utf-8")
    words = ("specs", "--speed", "60", "--state", "none", "--scenario", "locked.yaml")
    with daemon(place, *words) as process:
        url = process.url()
        for name in ("ledger", "queue", "web"):
            process.event("pass", fleet=name, outcome="nothing to do")
        write_spec(specs, "queue", 1)
        text = (specs / "ledger.yaml").read_text()
        (specs / "ledger.yaml").write_text(text.replace("replicas:", "replica:"))
        process.event("standing", fleet="ledger", freeze="SpecBroken")
        process.event("pass", fleet="queue", outcome="blocked")
        yield url


@pytest.mark.slow
def test_metrics_please_promtool(troubled: str) -> None:
    """What a live daemon serves has no name, help or unit that breaks Prometheus' rules."""
    with urllib.request.urlopen(f"{troubled}/metrics") as answer:  # noqa: S310 -- loopback
        text = answer.read().decode()
    # promtool reads the older form, in which a counter's family bears its suffix, as its samples do.
    checked = promtool("check", "metrics", said=classic(text))
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def classic(text: str) -> str:
    """OpenMetrics in the older form of Prometheus' text."""
    counters = set(re.findall(r"^# TYPE (\w+) counter$", text, re.MULTILINE))
    infos = set(re.findall(r"^# TYPE (\w+) info$", text, re.MULTILINE))
    for names, end in ((counters, "total"), (infos, "info")):
        known = "|".join(names)
        text = re.sub(rf"^(# \w+ (?:{known})) ", rf"\1_{end} ", text, flags=re.MULTILINE)
    text = re.sub(r"^(# TYPE \w+) info$", r"\1 gauge", text, flags=re.MULTILINE)
    return re.sub(r"^(# (EOF|UNIT)|\w+_created[ {]).*\n", "", text, flags=re.MULTILINE)


@pytest.mark.slow
def test_every_panel_shows_something(troubled: str, tmp_path: Path) -> None:
    """A real Prometheus that scraped a live daemon in trouble has series for each panel but that of a skewed fleet."""
    with scraping(troubled, tmp_path) as prometheus:
        prometheus.wait(5)
        shown = {expression: prometheus.ask(expression) for expression in panels()}
        rules = {rule["alert"]: prometheus.ask(rule["expr"]) for rule in alerts()}
    for expression, series in {**shown, **rules}.items():
        print(f"{len(series):3} series  {expression}")
    assert {expression for expression, series in shown.items() if not series} == QUIET
    assert {name for name, series in rules.items() if series} == {
        "EvenkeelFleetStalled",
        "EvenkeelFleetFrozen",
    }
