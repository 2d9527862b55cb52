"""Runs many seeds on all cores: ``python -m tests.simulation.run SEEDS [FIRST] [--keep]``.

Each seed that breaks something is printed whole, with the smallest world that breaks the same. With
``--keep`` it is written down in ``tests/simulation/seeds``, where tests run it again for ever. On a terminal a
line tells how far it is. The exit code is 1 if something was broken, or if some hundreds
of seeds never showed something that worlds promise to show.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from controller.engine.clock import WallClock
from tests.simulation.keeping import keep
from tests.simulation.options import draw
from tests.simulation.promises import ENOUGH_SEEDS, never_struck
from tests.simulation.shrinking import PATIENCE_SECONDS, shrink
from tests.simulation.world import simulate, told

_SHRUNKEN_AT_MOST = 10
"""Seeds of one run that are shrunk; where more break, something is wrong with all of them."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One seed. ``words`` tell what it broke, and are empty if it broke nothing."""

    seed: int
    words: str = ""
    seconds: float = 0.0
    calls: int = 0
    writes: int = 0
    sometimes: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Summary:
    """All seeds so far."""

    total: int
    done: int = 0
    bad: list[int] = field(default_factory=list)
    days: float = 0.0
    calls: int = 0
    writes: int = 0
    sometimes: Counter[str] = field(default_factory=Counter)

    def add(self, one: Outcome) -> None:
        """Count one more."""
        self.done += 1
        self.days += one.seconds / 86_400
        self.calls += one.calls
        self.writes += one.writes
        self.sometimes += one.sometimes
        if one.words:
            self.bad.append(one.seed)

    @property
    def missing(self) -> list[str]:
        """What worlds promise to show and none has shown; nothing, for too few to tell."""
        return never_struck(self.sometimes) if self.total >= ENOUGH_SEEDS else []

    def progress(self, took: float) -> str:
        """How far it is, and how long it will still take."""
        rate = self.done / took if took > 0 else 0.0
        left = f", {(self.total - self.done) / rate / 60:.1f} min left" if rate else ""
        return f"{self.done} of {self.total} seeds, {len(self.bad)} with violations, {rate:.2f} seeds/s{left}"

    def lines(self, took: float, cores: int, first: int) -> Iterator[str]:
        """Everything in numbers."""
        yield from (f"{count:9} {what}" for what, count in sorted(self.sometimes.items()))
        yield (
            f"{self.total} seeds from {first}, {len(self.bad)} with violations; {took:.0f} s on {cores} cores, "
            f"{self.total / took:.2f} seeds/s; {self.days:.0f} virtual days, {self.calls} calls, "
            f"{self.writes} changes sent"
        )
        if self.missing:
            yield f"never struck: {', '.join(self.missing)}"
        if self.bad:
            yield f"violations in: {' '.join(str(seed) for seed in self.bad)}"


def one(seed: int) -> Outcome:
    """Run a seed."""
    try:
        result = simulate(seed)
    except AssertionError as error:
        return Outcome(seed, f"seed {seed} could not be run: {error!r} {error.__cause__!r}")
    record = result.record
    return Outcome(
        seed,
        "" if result.ok else told(result),
        result.virtual_seconds,
        record.calls,
        record.writes,
        record.sometimes,
    )


def made_smaller(seed: int, patience_seconds: float, *, kept: bool) -> str:
    """Shrink a seed that broke something, write it down if it is to be kept, and tell both."""
    options = draw(seed)
    found = shrink(options, patience_seconds=patience_seconds)
    words = [
        f"seed {seed}, shrunk in {found.tried} worlds, breaks {found.broken.what} in this one as well:",
        found.options.text,
    ]
    if kept:
        sentence = f"Breaks {found.broken.what}; not looked into yet."
        words.append(f"kept as {keep(options, sentence, shrunken=found.options)}")
    return "\n".join(words)


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--shrink", type=float, default=PATIENCE_SECONDS, metavar="SECONDS")
    return parser.parse_args(words)


def main(words: Sequence[str] | None = None) -> int:
    """Run them and print the numbers."""
    asked = _arguments(words)
    clock = WallClock()
    began, summary = clock.elapsed, Summary(asked.seeds)
    with multiprocessing.Pool(asked.cores) as pool:
        seeds = range(asked.first, asked.first + asked.seeds)
        for outcome in pool.imap(one, seeds, chunksize=2):
            summary.add(outcome)
            if outcome.words:
                _clear_line()
                print(outcome.words, flush=True)
            _tell(summary.progress(clock.elapsed - began))
    took = clock.elapsed - began
    _clear_line()
    for seed in summary.bad[:_SHRUNKEN_AT_MOST] if asked.shrink > 0 else ():
        print(made_smaller(seed, asked.shrink, kept=asked.keep), flush=True)
    print(*summary.lines(took, asked.cores, asked.first), sep="\n")
    return 1 if summary.bad or summary.missing else 0


def _tell(words: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{words}", end="", file=sys.stderr, flush=True)


def _clear_line() -> None:
    _tell("")


if __name__ == "__main__":
    raise SystemExit(main())
