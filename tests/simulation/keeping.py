"""Seeds that found something: a file each, with everything the seed meant when it did, rerun for ever."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from controller.spec.values import DeletionMode
from tests.simulation.options import Fault, Options, Right

PLACE = Path(__file__).parent / "seeds"


@dataclass(frozen=True, slots=True)
class Kept:
    """One file: what the seed found, in a sentence, its options as they were, and the smallest world that broke the same."""

    path: Path
    found: str
    options: Options
    shrunken: Options | None = None

    @property
    def worlds(self) -> tuple[Options, ...]:
        """What is to be run again, for ever."""
        return (self.options,) if self.shrunken is None else (self.options, self.shrunken)


def keep(
    options: Options, found: str, place: Path = PLACE, *, shrunken: Options | None = None
) -> Path:
    """Write a seed down. A file that is there already stays, with what it found in its own time."""
    body: dict[str, object] = {"found": found, "options": _body(options)}
    if shrunken is not None and shrunken != options:
        body["shrunken"] = _body(shrunken)
    path = _free(place, options.seed)
    path.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")
    return path


def _free(place: Path, seed: int) -> Path:
    names = itertools.chain([f"{seed}.json"], (f"{seed}-{n}.json" for n in itertools.count(2)))
    return next(path for name in names if not (path := place / name).exists())


def _body(options: Options) -> dict[str, object]:
    return {one.name: getattr(options, one.name) for one in fields(options)}


def kept(place: Path = PLACE) -> list[Kept]:
    """Every seed that was ever kept, in the order of its files."""
    return [_read(path) for path in sorted(place.glob("*.json"))]


def _read(path: Path) -> Kept:
    found = json.loads(path.read_text(encoding="utf-8"))
    shrunken = found.get("shrunken")
    return Kept(
        path,
        found["found"],
        _options(found["options"]),
        None if shrunken is None else _options(shrunken),
    )


def _options(body: dict[str, Any]) -> Options:
    read = {
        "right": Right(body["right"]),
        "deletion": DeletionMode(body["deletion"]),
        "faults": {Fault(name): value for name, value in body["faults"].items()},
    }
    return Options(**{**body, **read})
