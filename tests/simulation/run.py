"""Runs many seeds on all cores: ``python -m tests.simulation.run SEEDS [FIRST]``.

Each seed that breaks something is printed whole. The exit code is 1 if there was one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
from collections import Counter

from controller.engine.clock import WallClock
from tests.simulation.world import simulate, told


def one(seed: int) -> tuple[int, str, float, int, int, Counter[str]]:
    """A seed in numbers: itself, what it broke, virtual seconds, calls, writes, and what happened."""
    try:
        result = simulate(seed)
    except AssertionError as error:
        return (
            seed,
            f"seed {seed} could not be run: {error!r} {error.__cause__!r}",
            0.0,
            0,
            0,
            Counter(),
        )
    record = result.record
    words = "" if result.ok else told(result)
    return seed, words, result.virtual_seconds, record.calls, record.writes, record.sometimes


def main() -> int:
    """Run them and print the numbers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", type=int)
    parser.add_argument("first", type=int, nargs="?", default=0)
    parser.add_argument("--cores", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    clock, bad = WallClock(), 0
    began, days, calls, writes = clock.elapsed, 0.0, 0, 0
    sometimes: Counter[str] = Counter()
    with multiprocessing.Pool(asked.cores) as pool:
        seeds = range(asked.first, asked.first + asked.seeds)
        for _seed, words, seconds, some_calls, some_writes, some in pool.imap(
            one, seeds, chunksize=4
        ):
            days, calls, writes = days + seconds / 86_400, calls + some_calls, writes + some_writes
            sometimes += some
            if words:
                bad += 1
                print(words, flush=True)
    took = clock.elapsed - began
    print(*(f"{count:9} {what}" for what, count in sorted(sometimes.items())), sep="\n")
    print(
        f"{asked.seeds} seeds from {asked.first}, {bad} with violations; {took:.0f} s on {asked.cores} cores, "
        f"{asked.seeds / took:.2f} seeds/s; {days:.0f} virtual days, {calls} calls, {writes} changes sent"
    )
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
