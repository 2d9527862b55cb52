"""All crash points of all stories: ``python -m tests.crashpoints.run [--pairs] [STORY ...]``.

Each plan that shows something is printed. The exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections import Counter
from dataclasses import dataclass, field

from controller.engine.clock import WallClock
from tests.crashpoints.life import Right
from tests.crashpoints.sweep import (
    PAIRED,
    Verdict,
    Way,
    judge,
    seconds,
    singles,
    undisturbed,
    ways_of,
)
from tests.stories.book import BOOK

_A_PIECE = 16


@dataclass(frozen=True, slots=True)
class Task:
    """Plans of one story; ``pairs``: what is wanted are the plans of two deaths that begin with them."""

    slug: str
    ways: tuple[Way, ...]
    pairs: bool


@dataclass(slots=True)
class Tally:
    """What was run: plans and points by story and by kind, and what they found."""

    plans: Counter[str] = field(default_factory=Counter)
    deaths: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def add(self, task: Task, ways: tuple[Way, ...], verdicts: list[Verdict]) -> None:
        """Count a piece of the work, and print what it found."""
        self.plans[task.slug] += len(ways)
        for way in ways:
            self.deaths[task.slug] += len(way.stands_for)
            self.kinds.update(
                f"{kind.what}, {mode}; {way.plan.right}" for kind, mode in way.stands_for
            )
        for one in verdicts:
            self.found[task.slug] += 1
            print(one, flush=True)

    def tell(self) -> None:
        """Print the tables."""
        for kind, number in sorted(self.kinds.items()):
            print(f"{number:8} {kind}")
        for slug, plans in self.plans.items():
            points = sum(len(undisturbed(slug, right).points) for right in Right)
            print(
                f"{points:6} points {self.deaths[slug]:7} deaths {plans:7} plans "
                f"{self.found[slug]:5} findings  {slug}"
            )


def carry_out(task: Task) -> tuple[Task, tuple[Way, ...], list[Verdict]]:
    """Do a piece of the work: what it was, which plans that made, and those that found something."""
    ways = task.ways
    if task.pairs:
        ways = tuple(then for first in ways for then in seconds(task.slug, first.plan))
    verdicts = (judge(task.slug, way.plan) for way in ways)
    return task, ways, [one for one in verdicts if one.faults]


def tasks_of(slug: str, *, pairs: bool) -> list[Task]:
    """The work on one story, in pieces."""
    ways = ways_of(slug, Right.FILE) if pairs else singles(slug)
    size = 1 if pairs else _A_PIECE
    return [Task(slug, tuple(ways[at : at + size]), pairs) for at in range(0, len(ways), size)]


def main() -> int:
    """Run them and print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stories", nargs="*")
    parser.add_argument("--pairs", action="store_true", help="two deaths, of some stories")
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    slugs = asked.stories or (PAIRED if asked.pairs else [one.slug for one in BOOK])
    clock, tally = WallClock(), Tally()
    began = clock.elapsed
    tasks = [task for slug in slugs for task in tasks_of(slug, pairs=asked.pairs)]
    with multiprocessing.Pool(asked.cores) as pool:
        for task, ways, verdicts in pool.imap_unordered(carry_out, tasks):
            tally.add(task, ways, verdicts)
    tally.tell()
    bad, took = tally.found.total(), clock.elapsed - began
    print(
        f"{len(slugs)} stories, {tally.deaths.total()} deaths in {tally.plans.total()} plans, "
        f"{bad} with findings; {took:.0f} s on {asked.cores} cores, "
        f"{tally.plans.total() / took:.1f} plans/s"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
