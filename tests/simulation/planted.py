"""Hunts for planted bugs: ``python -m tests.simulation.planted [NAME ...] [--seeds 500]`` prints a table.

Each bug is planted alone and worlds are run, from seed 0 on, until one breaks an invariant. The exit code is
1 if a bug was not caught.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from controller.engine.clock import WallClock
from tests.simulation.bugs import accepting, deciding, hurrying, sending
from tests.simulation.bugs.bug import Bug, planting
from tests.simulation.options import draw
from tests.simulation.world import simulate, told

SEEDS_AT_MOST = 500
"""A bug that so many worlds do not find would not be found by `make simulate` either."""

BUGS: Mapping[str, Bug] = {
    **deciding.BUGS,
    **accepting.BUGS,
    **sending.BUGS,
    **hurrying.BUGS,
}
"""By name. The seeds that each took stand in docs/reliability.md."""


@dataclass(frozen=True, slots=True)
class Catch:
    """The seed that caught a bug: what broke first, and the whole story."""

    seed: int
    what: str
    story: str


@contextmanager
def planted(name: str) -> Iterator[Bug]:
    """Have a bug in the program for as long as the block lasts."""
    with planting(BUGS[name]) as bug:
        yield bug


def catches(name: str, seed: int) -> Catch | None:
    """What a seed finds with a bug in the program; None if it does not notice it."""
    with planted(name) as bug:
        try:
            result = simulate(seed, bug.aim.at(draw(seed)), bug.script)
        except AssertionError as error:
            # A world that cannot be run to its end is noticed as well: all wait, or time stands still.
            return Catch(seed, f"the world ended: {error!r}", repr(error.__cause__))
    return None if result.ok else Catch(seed, str(result.record.breaches[0]), told(result))


def hunt(name: str, seeds: Iterable[int]) -> Catch | None:
    """The first of some seeds that catches a bug, in a world that the program passes without it."""
    for seed in seeds:
        found = catches(name, seed)
        if found is not None and _is_sound(BUGS[name], seed):
            return found
    return None


def _is_sound(bug: Bug, seed: int) -> bool:
    """Whether the program passes a world of a bug as it is; if not, what broke there says nothing of the bug."""
    return simulate(seed, bug.aim.at(draw(seed)), bug.script).ok


def _hunted(name: str, seeds: range) -> tuple[str, Catch | None, float]:
    """A whole hunt, in a process of its own: its name, what came of it, and the seconds that it took."""
    clock = WallClock()
    began = clock.elapsed
    return name, hunt(name, seeds), clock.elapsed - began


def main() -> int:
    """Hunt for some bugs, or all, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="all bugs where none is named")
    parser.add_argument("--seeds", type=int, default=SEEDS_AT_MOST)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    names = asked.names or list(BUGS)
    seeds = range(asked.first, asked.first + asked.seeds)
    missed = 0
    with multiprocessing.Pool(asked.cores, maxtasksperchild=1) as pool:
        for name, found, took in pool.imap(partial(_hunted, seeds=seeds), names):
            number = f"{found.seed - asked.first + 1:4}" if found else f">{asked.seeds:3}"
            what = found.what if found else f"NOT CAUGHT: {BUGS[name].sentence}"
            print(f"{number} seeds {took:6.1f} s  {name}: {what}", flush=True)
            missed += found is None
    print(f"{len(names)} bugs, {missed} not caught")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
