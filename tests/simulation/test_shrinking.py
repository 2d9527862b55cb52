"""Worlds that break something are made smaller, told, and kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.simulation import run
from tests.simulation.keeping import keep, kept
from tests.simulation.options import Fault, Options, Right, draw
from tests.simulation.planted import planted
from tests.simulation.shrinking import Broken, broken_by, shrink

PLENTY = 1e9
SEED_OF_A_PLANTED_BUG = 0


def busy() -> Options:
    """A world with many faults and much of everything."""
    faults = dict.fromkeys(list(Fault)[::3], 0.1)
    wide = replace(draw(1), right=Right.LEASED, controllers=3, fleets=2, most=16, one_shots=True)
    return replace(wide, faults=faults, seconds=2400.0, lag=30.0, spot=True, resync=300.0)


def test_only_what_matters_is_left() -> None:
    """Of many faults the two that are needed together stay, and everything else is as little as can be."""
    needed = set(list(busy().faults)[2:9:6])

    def run_it(options: Options) -> Broken:
        return Broken("I1", 500.0) if needed <= set(options.faults) else Broken("")

    found = shrink(busy(), run_it, patience_seconds=PLENTY)
    assert set(found.options.faults) == needed
    assert len(needed) == 2
    assert found.options.seconds <= 501
    assert (found.options.controllers, found.options.fleets, found.options.most) == (1, 1, 1)
    assert not found.options.one_shots
    assert found.options.lag == 0


def test_another_invariant_is_another_finding() -> None:
    """A smaller world that breaks something else is not taken for the same."""

    def run_it(options: Options) -> Broken:
        return Broken("I1" if options.fleets == 2 else "I4", 2400.0)

    found = shrink(busy(), run_it, patience_seconds=PLENTY)
    assert found.broken.what == "I1"
    assert found.options.fleets == 2


def test_time_is_bounded() -> None:
    """Without patience the world is told as it is, after one run."""
    found = shrink(busy(), lambda _: Broken("I1", 5.0), patience_seconds=0.0)
    assert (found.options, found.tried) == (busy(), 1)


def test_a_sound_world_stays() -> None:
    """What breaks nothing is not shrunk."""
    found = shrink(busy(), lambda _: Broken(""), patience_seconds=PLENTY)
    assert (found.options, found.tried) == (busy(), 1)


@pytest.mark.slow
def test_a_planted_bug_is_found_in_less() -> None:
    """With a bug in the program the shrunken world breaks the same invariant with fewer faults, in less time."""
    options = draw(SEED_OF_A_PLANTED_BUG)
    with planted("one-member-too-many"):
        found = shrink(options, patience_seconds=20.0)
        assert found.broken.what
        assert broken_by(options).what == found.broken.what == broken_by(found.options).what
    print(f"{found.tried} worlds tried\n{found.options.text}")
    assert len(found.options.faults) < len(options.faults)
    assert found.options.seconds < options.seconds


def test_a_finding_is_kept_beside_older_ones(tmp_path: Path) -> None:
    """A seed that finds something again gets a file of its own, with both worlds, and the older file stays."""
    options, smaller = draw(7), replace(draw(7), faults={})
    first = keep(options, "the first", tmp_path)
    second = keep(options, "the second", tmp_path, shrunken=smaller)
    assert first != second
    assert {one.found: one.worlds for one in kept(tmp_path)} == {
        "the first": (options,),
        "the second": (options, smaller),
    }


def test_the_summary_names_what_broke() -> None:
    """The numbers of a run end with the seeds that broke something, and the progress with the time left."""
    summary = run.Summary(total=4)
    summary.add(run.Outcome(3))
    summary.add(run.Outcome(4, "seed 4 broke 1:", seconds=86_400.0, calls=5, writes=2))
    assert summary.progress(2.0) == ("2 of 4 seeds, 1 with violations, 1.00 seeds/s, 0.0 min left")
    *_, numbers, bad = summary.lines(4.0, 2, 3)
    assert numbers == (
        "4 seeds from 3, 1 with violations; 4 s on 2 cores, 1.00 seeds/s; 1 virtual days, 5 calls, "
        "2 changes sent"
    )
    assert bad == "violations in: 4"
