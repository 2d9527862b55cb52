"""Plays a catastrophe twice: with our guards, and with those planted away that stand against it."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation.options import draw
from tests.simulation.planted import BUGS, Catch, catches
from tests.simulation.record import Record
from tests.simulation.world import simulate, told


@dataclass(frozen=True, slots=True)
class Reenacted:
    """What came of both: ``held`` is the record of the world with guards, ``caught`` what broke without."""

    held: Record
    caught: Catch


def reenact(bug: str, seed: int = 0) -> Reenacted:
    """Play the catastrophe that a planted bug would let happen. With the guards nothing may be lost."""
    planted = BUGS[bug]
    result = simulate(seed, planted.aim.at(draw(seed)), planted.script)
    assert result.ok, told(result)
    caught = catches(bug, seed)
    assert caught is not None, f"{planted.sentence}: nobody noticed"
    return Reenacted(result.record, caught)
