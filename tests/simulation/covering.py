"""Chooses a few seeds that together show all that is promised: ``python -m tests.simulation.covering [SEEDS]``.

Of the first thousand seeds those come first in which most can be seen. They are run until everything promised was
seen in several worlds, and at most ``SEEDS`` of them. What is printed is what to keep in ``test_promises.py``, and
what those show least. The exit code is 1 if something promised was never seen.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from tests.simulation.options import ODDS, Fault, draw
from tests.simulation.promises import ENOUGH_SEEDS, PROMISED, never_struck
from tests.simulation.run import Outcome, one

WORLDS = 3
"""In so many kept worlds each promise is seen, if there are so many: a change of the program that lets one world
go another way then leaves the others."""

DRAWN = 1000
LONGEST = 2400.0
SLOW = frozenset({Fault.TOMBSTONE, Fault.CAPACITY})


def promising(seeds: Iterable[int]) -> list[int]:
    """By turns the world in which most is on, what is seldom on counting most, and one of those in which least is.

    Of the others only those count in which something takes long: an end that has to stand, a place to be tried.
    """
    worlds = [draw(seed) for seed in seeds]
    wild = sorted(worlds, key=lambda one: -sum(1 / ODDS[fault][0] for fault in one.faults))
    calm = sorted(worlds, key=lambda one: len(one.faults))
    patient = [one for one in calm if one.seconds == LONGEST and SLOW & one.faults.keys()]
    turns = itertools.chain.from_iterable(itertools.zip_longest(wild, patient))
    return list(dict.fromkeys(one.seed for one in turns if one is not None))


def cover(outcomes: Iterable[Outcome], worlds: int = WORLDS) -> tuple[int, ...]:
    """Seeds that show each promise in so many worlds, or in all that show it; those that show most for a call first."""
    left = list(outcomes)
    there = _seen(left)
    lacking = Counter({what: min(worlds, there[what]) for what in PROMISED})
    kept: list[int] = []
    while +lacking:
        best = max(left, key=lambda found: len(+lacking & _shown(found)) / max(1, found.calls))
        left.remove(best)
        kept.append(best.seed)
        lacking -= _shown(best)
    return tuple(sorted(kept))


def until_seen(outcomes: Iterable[Outcome], worlds: int = WORLDS) -> Iterator[Outcome]:
    """Outcomes that broke nothing, up to the one with which each promise was seen in so many of them."""
    seen: Counter[str] = Counter()
    for found in outcomes:
        if found.words:
            continue
        yield found
        seen += _shown(found)
        if all(seen[what] >= worlds for what in PROMISED):
            return


def _shown(found: Outcome) -> Counter[str]:
    """What is promised and was seen in a world, each once."""
    return Counter(what for what in sorted(PROMISED) if found.sometimes[what])


def _seen(outcomes: Sequence[Outcome]) -> Counter[str]:
    return sum((_shown(found) for found in outcomes), Counter())


def _told(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Tell of each world what it cost, and what it broke."""
    for found in outcomes:
        print(
            f"world {found.seed}: {found.calls} calls, {len(_shown(found))} seen {found.words}",
            flush=True,
        )
        yield found


def main() -> int:
    """Run them and print the seeds to keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=ENOUGH_SEEDS)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    with multiprocessing.Pool(asked.cores) as pool:
        ran = list(until_seen(_told(pool.imap(one, promising(range(DRAWN))[: asked.seeds]))))
    kept = cover(ran)
    shown = _seen([found for found in ran if found.seed in kept])
    for what, times in sorted(shown.items(), key=lambda row: (row[1], row[0])):
        if times <= WORLDS:
            print(f"{times:4} worlds of these show: {what}")
    missing = never_struck(shown)
    print(f"never struck in {len(ran)} worlds: {', '.join(missing) or 'nothing'}")
    print(f"{len(kept)} of {len(ran)} worlds: {kept}")
    return 1 if missing else 0


if __name__ == "__main__":
    raise SystemExit(main())
