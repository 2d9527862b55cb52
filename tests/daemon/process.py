"""A daemon in a process of its own, followed by what it says on stderr."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.builders import SUBSCRIPTION
from tests.cli.test_three_hundred_fleets import SPEC
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAM = [sys.executable, "-c", "from controller.cli.main import main; main()"]


def write_spec(directory: Path, name: str, replicas: int) -> None:
    """Put a fleet's spec into a directory, whole."""
    directory.mkdir(exist_ok=True)
    text = SPEC.format(
        name=name,
        replicas=replicas,
        subscription=SUBSCRIPTION,
        zones='["1", "2", "3"]',
        cap="",
        spot="",
    )
    fresh = directory / f".{name}.new"
    fresh.write_text(text)
    fresh.replace(directory / f"{name}.yaml")


@dataclass
class Process:
    """One run of the program. ``lines`` are all that it has said so far."""

    running: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def until(self, words: str) -> str:
        """Read on until a line has these words, and give it."""
        assert self.running.stderr is not None
        for line in self.running.stderr:
            self.lines.append(line)
            if words in line:
                return line
        raise AssertionError(f"it ended without saying {words!r}:\n{''.join(self.lines)}")

    def event(self, name: str, **facts: object) -> dict[str, Any]:
        """Read on until a log line of this name has these facts, and give it."""
        while True:
            line: dict[str, Any] = json.loads(self.until(f'"event": "{name}"'))
            if all(line.get(key) == value for key, value in facts.items()):
                return line

    def url(self) -> str:
        """Where it serves its state."""
        return self.until("status at ").split()[-1]

    def end(self, signal_number: int) -> int:
        """Send a signal, read what it still says, and give its exit code."""
        self.running.send_signal(signal_number)
        return self.wait()

    def wait(self) -> int:
        """Read to the end, and give the exit code."""
        _, rest = self.running.communicate(timeout=60)
        self.lines += rest.splitlines(keepends=True)
        return self.running.returncode

    @property
    def said(self) -> str:
        return "".join(self.lines)


@contextmanager
def daemon(directory: Path, *words: str, **variables: str) -> Iterator[Process]:
    """Run ``evenkeel run`` in a directory; whatever is left at the end is killed."""
    command = [*PROGRAM, "run", *words, "--log-format", "json"]
    if "--listen" not in words:
        command += ["--listen", "127.0.0.1:0"]
    running = subprocess.Popen(  # noqa: S603 -- our own program
        command,
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Process(running)
    finally:
        running.kill()
        running.communicate()


def get(url: str) -> Any:
    """A JSON document over HTTP."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 -- loopback
        return json.load(answer)


def program(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run another command of the program to its end."""
    return subprocess.run(  # noqa: S603 -- our own program
        [*PROGRAM, *words],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
