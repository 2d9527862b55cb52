"""Trails for tests: opened on a path, with a clock that stands still, and read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from controller.engine.audit import Trail, Writer
from tests.builders import NOW

WRITER = Writer("evenkeel on a test", ("specs/",))


def a_trail(path: Path, **over: Any) -> Trail:
    """A trail on ``path``."""
    return Trail(path, WRITER, lambda: NOW, **over)


def an_intent(number: int = 1) -> dict[str, Any]:
    """A record as long as real ones are."""
    return {"kind": "intent", "at": "2026-11-21T12:00:00Z", "targets": [f"web-{number:06d}"]}


def written(path: Path, *, count: int = 5, **over: Any) -> Path:
    """A closed trail with so many intents behind its header."""
    trail = a_trail(path, **over)
    for number in range(1, count + 1):
        trail.append(an_intent(number))
    trail.close()
    return path


def bodies(path: Path) -> list[dict[str, Any]]:
    """Every record of a file as it stands there."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def kinds(path: Path) -> list[str]:
    """The kinds of its records."""
    return [str(one["kind"]) for one in bodies(path)]
