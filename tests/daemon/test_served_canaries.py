"""A running daemon with marked secrets in all that goes into it: none comes out by any way out of it."""

from __future__ import annotations

import signal
import stat
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

import pytest

from controller.cli.daemon_text import DaemonWords
from controller.engine.board import Board
from controller.engine.clock import WallClock
from controller.engine.pulse import Pulse
from controller.web.metrics import Metrics, Reading
from controller.web.routes import Shown, routes_of
from tests.builders import NOW
from tests.cli.canaries import (
    ANSWERS,
    BROKEN,
    CONFIGS,
    ENVIRONMENT,
    an_arm_that_refuses,
    fill,
    in_files,
    leaks,
    spoil,
)
from tests.cli.shell import Shell
from tests.daemon.process import daemon, get

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.daemon.process import Process

pytestmark = pytest.mark.slow
MEMBER = "web-000001"
QUIET = ("--speed", "30", "--resync", "3600")
"""Nobody reads the log while pages are asked for, and a full pipe would hold the daemon up."""
VARIABLES = {**ENVIRONMENT, "EVENKEEL_CONFIG": "c.yaml"}


@pytest.fixture
def nest(tmp_path: Path) -> Shell:
    """A shell with a good spec, a broken one for each mistake, and a config file, all of them full of secrets."""
    shell = Shell(tmp_path)
    good = fill(shell).read_text()
    for name in BROKEN:
        path = tmp_path / shell.spec(f"b-{name}", replicas=1)
        path.write_text(spoil(path.read_text(), name))
    assert (tmp_path / "specs/web.yaml").read_text() == good
    shell.write("c.yaml", CONFIGS["url"])
    return shell


def templates() -> set[str]:
    """The paths of all routes that the program serves."""
    board, clock = Board(NOW), WallClock()
    metrics = Metrics("1", lambda: Reading(board.view(), 0, 0))
    return {
        one.path
        for one in routes_of(Shown(board, Pulse(clock), clock, clock), DaemonWords(), metrics)
    }


def paths(template: str, fleets: list[str]) -> Iterator[str]:
    """What to ask for by one route: for each fleet, in every form that it has."""
    of_fleets = fleets if template.count("{name}") and "static" not in template else [""]
    for fleet in of_fleets:
        path = template.replace("{name}", fleet or "style.css").replace("{instance}", MEMBER)
        yield path
        if path.endswith("/explain"):
            yield from (f"{path}?form=text", f"{path}?form=text&instance={MEMBER}")
            yield f"{path}?instance={MEMBER}"
    if template in {"/", "/readyz", "/livez", "/healthz", "/api/v1/events"}:
        yield from (f"{template}?verbose", f"{template}?q=web", f"{template}?fleet=web")


def answer(url: str) -> str:
    """Status line, headers and body, whatever the status; of the endless stream the first line."""
    try:
        with urllib.request.urlopen(url, timeout=20) as got:  # noqa: S310 -- loopback
            text = got.readline() if url.endswith("/events") else got.read()
            return f"{got.status}\n{got.headers}\n{text.decode()}"
    except urllib.error.HTTPError as error:
        return f"{error.code}\n{error.headers}\n{error.read().decode()}"


def everything(url: str) -> dict[str, str]:
    """The answers to all that can be asked."""
    fleets = [one["name"] for one in get(f"{url}/api/v1/fleets")["items"]]
    assert {"web", "b-password"} <= {*fleets}
    asked = [path for template in sorted(templates()) for path in paths(template, fleets)]
    return {path: answer(url + path) for path in asked}


def found_in(answers: dict[str, str]) -> list[str]:
    return [leak for path, text in answers.items() for leak in leaks(text, path)]


def come_up(process: Process) -> str:
    """Wait until the fleet with good secrets is as its spec says, and give the address."""
    url = process.url()
    process.event("pass", fleet="web", outcome="nothing to do")
    return url


def test_a_life_gives_nothing_away(nest: Shell) -> None:
    """No secret in any route, log, trail, state directory or bundle, before and after a good spec is broken."""
    with daemon(nest.folder, "specs", *QUIET, **VARIABLES) as process:
        url = come_up(process)
        answers = everything(url)
        assert answers["/livez"].startswith("200")
        assert answers["/"].startswith("200")
        assert answers[f"/fleets/web/{MEMBER}"].startswith("200")
        assert answers["/metrics"].count("\nevenkeel_") > 100
        leaked = found_in(answers)
        spec = nest.folder / "specs/web.yaml"
        spec.write_text(spec.read_text() + BROKEN["password"])
        process.event("standing", fleet="web", freeze="SpecBroken")
        leaked += found_in(everything(url))
        assert process.end(signal.SIGTERM) == 0
    leaked += leaks(process.said, "log")
    assert '"event": "spec"' in process.said
    ran = nest.run(
        "evidence", "specs", "--out", "bundle", "--audit", ".evenkeel/audit.jsonl", env=ENVIRONMENT
    )
    leaked += leaks(f"{ran.out}\n{ran.err}", "evidence")
    assert (nest.folder / "bundle/diagnostics.json").exists()
    assert "create" in (nest.folder / ".evenkeel/audit.jsonl").read_text()
    assert leaked + in_files(nest.folder) == []
    # The search finds what is there; and what holds specs as they are is nobody else's to read.
    kept = nest.folder / ".evenkeel/sources.json"
    assert len(leaks((nest.folder / ".evenkeel/region.json").read_text(), "region")) >= 5
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_refusals_of_azure_give_nothing_away(nest: Shell) -> None:
    """Secrets in Azure's own texts reach neither page, nor API, nor metrics, nor log, nor trail."""
    with (
        an_arm_that_refuses(ANSWERS) as arm,
        daemon(
            nest.folder, "specs", "--provider", "azure", "--arm-url", arm, **VARIABLES
        ) as process,
    ):
        url = process.url()
        process.event("pass", fleet="web")
        answers = everything(url)
        assert "AuthorizationFailed" in answers["/api/v1/fleets/web"]
        assert "AuthorizationFailed" in answers["/fleets/web"]
        assert process.end(signal.SIGTERM) == 0
    assert "AuthorizationFailed" in process.said
    assert found_in(answers) + leaks(process.said, "log") + in_files(nest.folder) == []


@pytest.mark.parametrize("name", sorted(CONFIGS.keys() - {"url"}))
def test_a_wrong_config_gives_nothing_away(nest: Shell, name: str) -> None:
    """A daemon that is given a wrong config file ends with a mistake that shows no secret."""
    nest.write("c.yaml", CONFIGS[name])
    with daemon(nest.folder, "specs", **VARIABLES) as process:
        assert process.wait() not in {0, -signal.SIGKILL}
    assert "evenkeel" in process.said
    assert leaks(process.said, name) == []
