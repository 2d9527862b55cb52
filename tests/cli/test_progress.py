"""Progress in a pipe: a line for each change, a sign of life, and nothing wider than 80 columns."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.marks import Mark
from controller.cli.picture import Lane
from controller.cli.progress import LineProgress, ProgressWords
from controller.cli.screen import Screen
from controller.engine.outcome import Verb, accepted, refused
from controller.engine.report import PassReport
from providers.errors import NoCapacity, Transient
from tests.cli import views

if TYPE_CHECKING:
    from tests.cli.shell import Shell

_REPORT = PassReport(
    "web",
    1,
    views.NOON,
    30,
    observed=views.observed(views.member(1)),
    plan=views.plan(before={"1": 1, "2": 0, "3": 0}, after={"1": 1, "2": 0, "3": 0}, desired=1),
)


def _progress() -> tuple[LineProgress, list[str]]:
    lines: list[str] = []
    return LineProgress({"web": views.fleet(1)}, Screen(), lines.append, views.NOON), lines


def _after(seconds: int, report: PassReport = _REPORT) -> PassReport:
    return replace(report, ended_at=views.NOON + timedelta(seconds=seconds))


def test_each_change_is_a_line() -> None:
    """What changed is told at once, what did not is not repeated."""
    progress, lines = _progress()
    started = replace(_REPORT, outcomes=(accepted(Verb.CREATE, "web-000002", "started"),))
    for report in (_after(0), _after(10), _after(20, started)):
        progress.note(report)
    assert lines == [
        "    0s  web  1/1  1 R  2 ·  3 ·  as its spec says",
        "   20s  web  1/1  1 R  2 ·  3 ·  1 started",
    ]


def test_silence_grows() -> None:
    """A fleet that does not move gives a sign of life after 30 s, then ever more rarely."""
    progress, lines = _progress()
    for seconds in range(0, 3600, 15):
        progress.note(_after(seconds))
    assert [line.split()[0] for line in lines] == [
        "0s",
        "30s",
        "90s",
        "3m30s",
        "7m30s",
        "15m",
        "25m",
        "35m",
        "45m",
        "55m",
    ]


def test_refusals_are_named() -> None:
    """What the platform did not accept is counted, with its codes."""
    progress, lines = _progress()
    error = NoCapacity("AllocationFailed", "none left")
    outcomes = (
        refused(Verb.CREATE, "web-000002", error),
        refused(Verb.CREATE, "web-000003", error),
    )
    progress.note(_after(0, replace(_REPORT, outcomes=outcomes)))
    assert lines[0].endswith("2 not accepted (AllocationFailed)")


def test_unseen_fleet_says_why() -> None:
    """A fleet that cannot be seen is never shown as empty."""
    progress, lines = _progress()
    failed = replace(
        _REPORT, observed=None, plan=None, error=Transient("ServiceUnavailable", "later")
    )
    progress.note(_after(0, failed))
    assert "cannot be seen: ServiceUnavailable: later" in lines[0]


def test_long_line_is_broken() -> None:
    """A line that would be too wide is broken before its words, coloured or not."""
    lanes = tuple(Lane(f"zone {n}", (Mark.REGULAR,) * 300, ()) for n in (1, 2, 3))
    words = ProgressWords("900/900", lanes, "waiting " * 6)
    for colour in (False, True):
        shown = words.on(Screen(colour=colour), 20)
        assert shown.count("\n") == 1
        assert "x38" in shown


def test_live_view_on_terminal(shell: Shell) -> None:
    """On a terminal the fleet's line is redrawn in place, and the last state is left standing."""
    shell.spec()
    ours, theirs = pty.openpty()
    env = dict(os.environ, PYTHONPATH=str(Path.cwd()), TERM="xterm", CI="")
    words = ["reconcile", "specs", "--until-converged", "--state", "none"]
    script = "from controller.cli.main import main; main()"
    ran = subprocess.run(  # noqa: S603 -- the interpreter that runs this test
        [sys.executable, "-c", script, *words],
        cwd=shell.folder,
        env=env,
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
    )
    os.close(theirs)
    told = os.read(ours, 65536).decode()
    os.close(ours)
    assert "\x1b[2K" in told
    assert "as its spec says" in told
    assert "\x1b[" not in ran.stdout.decode()
