"""Makes a failing world smaller: fewer faults, shorter weather, less of everything, while it breaks the same.

Another order of dice falls as soon as one fault is off, so nothing can be taken away by thought: each
smaller world is run. Bounded in time; what was reached by then is what there is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from controller.engine.clock import WallClock
from controller.spec.values import DeletionMode
from tests.simulation.options import Fault, Options, Right
from tests.simulation.world import simulate

PATIENCE_SECONDS = 60.0
"""How long one seed is shrunk: some hundred worlds on a quiet core."""

_SHORTEST_SECONDS = 60.0
_FEWEST: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("fleets", (1,)),
    ("controllers", (1, 2)),
    ("one_shots", (False,)),
    ("most", (1, 2, 3, 5, 8)),
    ("spot", (False,)),
    ("lag", (0.0,)),
    ("deletion", (DeletionMode.BATCH,)),
    ("resync", (60.0,)),
)
"""What a world has of each thing, the least first."""


@dataclass(frozen=True, slots=True)
class Broken:
    """What a world broke first, and when. ``what``: an invariant, or the mistake that ended it; empty: nothing."""

    what: str
    at: float = math.inf


@dataclass(frozen=True, slots=True)
class Shrunken:
    """The smallest world found that breaks the same, and how many were run for it."""

    options: Options
    broken: Broken
    tried: int


Run = Callable[[Options], Broken]


def broken_by(options: Options) -> Broken:
    """Run a world and tell what it breaks first."""
    try:
        breaches = simulate(options.seed, options).record.breaches
    except Exception as error:  # noqa: BLE001 -- whatever ends a world is what it found
        return Broken(type(error).__name__)
    return Broken(breaches[0].invariant, breaches[0].at) if breaches else Broken("")


def shrink(
    options: Options, run: Run = broken_by, *, patience_seconds: float = PATIENCE_SECONDS
) -> Shrunken:
    """Shrink a world. One that breaks nothing is given back as it is."""
    clock = WallClock()
    end = clock.elapsed + patience_seconds
    search = _Search(run, Shrunken(options, run(options), 1))
    while search.found.broken.what and search.step(lambda: clock.elapsed < end):
        pass
    return search.found


class _Search:
    """The way from one world to a smaller one that breaks the same."""

    def __init__(self, run: Run, found: Shrunken) -> None:
        self._run = run
        self._known = {found.options.text}
        self.found = found

    def step(self, may_go_on: Callable[[], bool]) -> bool:
        """Find the next smaller one; False if there is none, or no time is left."""
        for options in _smaller(self.found.options, self.found.broken.at):
            if not may_go_on():
                return False
            if options.text in self._known:
                continue
            self._known.add(options.text)
            broken = self._run(options)
            what, tried = self.found.broken.what, self.found.tried + 1
            if broken.what == what:
                self.found = Shrunken(options, broken, tried)
                return True
            self.found = replace(self.found, tried=tried)
        return False


def _smaller(options: Options, broken_at: float) -> Iterator[Options]:
    """Worlds that are smaller in one respect each, the boldest first."""
    yield from _shorter(options, broken_at)
    for faults in _fewer(options.faults):
        yield replace(options, faults=faults)
    for name, values in _FEWEST:
        now = getattr(options, name)
        for value in values:
            if value == now:
                break
            if name != "controllers" or options.right is Right.LEASED:
                yield replace(options, **{name: value})


def _shorter(options: Options, broken_at: float) -> Iterator[Options]:
    """Weather that ends soon after what was broken; after half of its time; and after three quarters."""
    if broken_at < options.seconds - 1:
        yield replace(options, seconds=math.ceil(broken_at) + 1.0)
    for share in (0.5, 0.75):
        seconds = float(round(options.seconds * share))
        if seconds >= _SHORTEST_SECONDS:
            yield replace(options, seconds=seconds)


def _fewer(faults: dict[Fault, float]) -> Iterator[dict[Fault, float]]:
    """None of the faults; all but a half of them, all but a quarter, and so on to all but one."""
    names = list(faults)
    size = len(names)
    while size:
        for begin in range(0, len(names), size):
            off = set(names[begin : begin + size])
            yield {name: faults[name] for name in names if name not in off}
        size //= 2
