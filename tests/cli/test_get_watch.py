"""``get --watch``: the whole table first, then a line for each change, and a table in its place on a terminal."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controller.cli.live import fitting
from controller.cli.look import Look
from controller.cli.tables import Item
from controller.cli.watching import heading
from tests.cli.shell import Shell

_PROGRAM = "from controller.cli.main import main; main()"


@contextmanager
def watched(
    folder: Path, *words: str, stdout: int = subprocess.PIPE
) -> Iterator[subprocess.Popen[str]]:
    """A running watch that looks ten times a second."""
    env = dict(os.environ, PYTHONPATH=str(Path.cwd()), TERM="xterm", COLUMNS="80", LINES="24")
    env.pop("CI", None)
    command = [sys.executable, "-c", _PROGRAM, "get", *words, "--watch", "--interval", "0.1"]
    running = subprocess.Popen(  # noqa: S603 -- the interpreter that runs this test
        command, cwd=folder, env=env, stdout=stdout, stderr=subprocess.PIPE, text=True
    )
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


@pytest.mark.slow
def test_changes_become_lines(shell: Shell) -> None:
    """After the table comes a line for each row that has changed, and at the end no traceback."""
    shell.converged()
    with watched(shell.folder, "fleets") as running:
        assert running.stdout is not None
        first = [running.stdout.readline().split() for _ in range(2)]
        assert first[1][:3] == ["web", "6", "6"]
        shell.spec(replicas=8)
        assert running.stdout.readline().split()[:3] == ["web", "6", "8"]
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
        assert running.stderr is not None
        told = running.stderr.read()
    assert told.splitlines() == [told.splitlines()[0]]
    assert "simulated region" in told


@pytest.mark.slow
def test_what_goes_is_told(shell: Shell) -> None:
    """An item that is no longer there is told once more, as gone."""
    shell.converged()
    shell.spec("api")
    with watched(shell.folder, "fleets", "-o", "json") as running:
        assert running.stdout is not None
        seen = [json.loads(running.stdout.readline()) for _ in range(2)]
        assert [one["name"] for one in seen] == ["api", "web"]
        (shell.folder / "specs" / "api.yaml").unlink()
        gone = json.loads(running.stdout.readline())
        assert (gone["name"], gone["status"]) == ("api", "Gone")


@pytest.mark.slow
def test_terminal_is_redrawn(shell: Shell) -> None:
    """On a terminal the table is drawn anew in its place, with what has changed."""
    shell.converged()
    ours, theirs = pty.openpty()
    with watched(shell.folder, "fleets", stdout=theirs) as running:
        os.close(theirs)
        shown = _until(ours, "Ready")
        shell.spec(replicas=9)
        shown += _until(ours, "Reconciling")
        running.send_signal(signal.SIGINT)
        assert running.wait(30) == 130
    os.close(ours)
    assert "\x1b[" in shown
    assert shown.count("NAME") >= 2


def test_heading_counts_states() -> None:
    """Over a table that changes stand the time, how many there are, and in which states."""
    items: tuple[Item, ...] = tuple(
        {"name": str(n), "status": "Ready" if n else "Stalled"} for n in range(3)
    )
    now = datetime(2026, 11, 21, 12, 0, 5, tzinfo=UTC)
    assert heading("fleets", Look(items, now)) == "12:00:05 UTC   3 fleets: 2 Ready, 1 Stalled"
    assert heading("events", Look((), now)) == "12:00:05 UTC   0 events"


@pytest.mark.parametrize(
    ("height", "shown"),
    [(3, ["a", "b", "c"]), (2, ["a", "and 2 more: a higher window shows them"])],
)
def test_what_does_not_fit_is_counted(height: int, shown: list[str]) -> None:
    """A table that is longer than the window says how many lines it lacks."""
    assert fitting(["a", "b", "c"], height) == shown


def _until(terminal: int, words: str) -> str:
    shown = ""
    while words not in shown:
        shown += os.read(terminal, 65_536).decode()
    return shown
