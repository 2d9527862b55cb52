"""What a planted bug is: other functions in the place of some of the program's, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

from tests.simulation.options import Fault, Options

if TYPE_CHECKING:
    from tests.simulation.world import Script

Place: TypeAlias = tuple[Any, str, Any]
"""Where something is looked up, under which name, and what stands there instead."""


@dataclass(frozen=True, slots=True)
class Aim:
    """Worlds in which a bug is hunted, because what it spoils is rare in others.

    ``faults`` and ``fixed`` are laid over what a seed draws, each within what could be drawn. ``alone``: no
    other faults than those. ``instead`` stands for all that is drawn but the seed itself.
    """

    faults: Mapping[Fault, float] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    alone: bool = False
    instead: Options | None = None

    def at(self, options: Options) -> Options:
        """The options of a seed, aimed."""
        if self.instead is not None:
            return replace(self.instead, seed=options.seed)
        drawn = {} if self.alone else options.faults
        return replace(options, faults={**drawn, **self.faults}, **self.fixed)


NO_AIM = Aim()


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug: what it does, in a sentence, what stands where instead of what, and where it is hunted."""

    sentence: str
    places: tuple[Place, ...]
    aim: Aim = NO_AIM
    script: Script | None = None


@contextmanager
def planting(bug: Bug) -> Iterator[Bug]:
    """Have a bug in the program for as long as the block lasts."""
    before = [(place, what, getattr(place, what)) for place, what, _ in bug.places]
    for place, what, instead in bug.places:
        setattr(place, what, instead)
    try:
        yield bug
    finally:
        for place, what, original in before:
            setattr(place, what, original)
