"""Places that specs come from, made by tests: repositories, swapped links, and a clock that waits for nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from controller.sources.snapshot import Snapshot, SourceTrouble
from tests.specs.spec_texts import WEB

ENVIRONMENT = {
    **{key: value for key, value in os.environ.items() if not key.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "somebody",
    "GIT_AUTHOR_EMAIL": "somebody@example.com",
    "GIT_COMMITTER_NAME": "somebody",
    "GIT_COMMITTER_EMAIL": "somebody@example.com",
}


def spec(name: str, replicas: int = 6, *, text: str = WEB) -> str:
    """The text of a valid spec of a fleet with this name and a scale set of its own."""
    return text.replace("name: web", f"name: {name}").replace(
        "replicas: 6", f"replicas: {replicas}"
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def run(*command: str, **environment: str) -> str:
    """What a program prints; it has to end well."""
    done = subprocess.run(  # noqa: S603 -- the tests' own commands
        command,
        env={**ENVIRONMENT, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


class Repository:
    """A git repository with specs below ``specs``, as a person works in it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        return run("git", "-C", str(self.path), *arguments)

    def commit(self, **fleets: int) -> str:
        """Commit specs of fleets with so many replicas each, and return the commit."""
        for name, replicas in fleets.items():
            write(self.path / "specs" / f"{name}.yaml", spec(name, replicas))
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", str(fleets))
        return self.git("rev-parse", "HEAD")


class Meanwhile:
    """Stands for the time between two readings: does what a test says happens in it, and counts."""

    def __init__(self, *happenings: Callable[[], object]) -> None:
        self._happenings = list(happenings)
        self.pauses: list[float] = []

    @property
    def elapsed(self) -> float:
        return sum(self.pauses)

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if self._happenings:
            self._happenings.pop(0)()


def snapshot(found: Snapshot | SourceTrouble) -> Snapshot:
    assert isinstance(found, Snapshot), found
    return found


def trouble(found: Snapshot | SourceTrouble) -> SourceTrouble:
    assert isinstance(found, SourceTrouble), found
    assert found.sentence
    return found


def replicas(found: Snapshot | SourceTrouble) -> dict[str, int]:
    """Each fleet's replicas, from a snapshot without any mistake in it."""
    whole = snapshot(found)
    assert whole.specs.errors == ()
    return {fleet.name: fleet.replicas for fleet in whole.specs.fleets}


def swap(link: Path, target: str) -> None:
    """Point a link elsewhere in one step, as git-sync and the kubelet do."""
    beside = link.with_name(f"{link.name}.new")
    beside.symlink_to(target)
    beside.replace(link)
