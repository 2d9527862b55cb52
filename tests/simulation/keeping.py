"""Seeds that found something: a file each, with everything the seed meant when it did, rerun for ever."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path

from controller.spec.values import DeletionMode
from tests.simulation.options import Fault, Options, Right

PLACE = Path(__file__).parent / "seeds"


@dataclass(frozen=True, slots=True)
class Kept:
    """One file: what the seed found, in a sentence, and its options as they were."""

    path: Path
    found: str
    options: Options


def keep(options: Options, found: str, place: Path = PLACE) -> Path:
    """Write a seed down."""
    body = {one.name: getattr(options, one.name) for one in fields(options)}
    path = place / f"{options.seed}.json"
    path.write_text(
        json.dumps({"found": found, "options": body}, indent=1) + "\n", encoding="utf-8"
    )
    return path


def kept(place: Path = PLACE) -> list[Kept]:
    """Every seed that was ever kept, in the order of its files."""
    return [_read(path) for path in sorted(place.glob("*.json"))]


def _read(path: Path) -> Kept:
    found = json.loads(path.read_text(encoding="utf-8"))
    body = found["options"]
    body["right"] = Right(body["right"])
    body["deletion"] = DeletionMode(body["deletion"])
    body["faults"] = {Fault(name): value for name, value in body["faults"].items()}
    return Kept(path, found["found"], Options(**body))
