"""A few kept worlds show all that worlds promise, so that a fault that strikes nowhere any more is noticed early."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.simulation.covering import cover, until_seen
from tests.simulation.promises import PROMISED, never_struck
from tests.simulation.run import Outcome
from tests.simulation.world import simulate, told

KEPT = (
    58,
    104,
    108,
    140,
    214,
    218,
    270,
    292,
    338,
    347,
    360,
    384,
    393,
    403,
    408,
    433,
    460,
    489,
    499,
    508,
    536,
    538,
    582,
    620,
    632,
    642,
    667,
    730,
    759,
    787,
    813,
    853,
    855,
    880,
    933,
    949,
)
"""From runs of ``python -m tests.simulation.covering``: nearly all is seen in three of them; a place
that has no capacity and is tried again later in one alone (632). Choose anew when the test below fails, after looking
why: what no world of some hundreds shows is a fault that is not there, or a guard that is never asked."""

ALL = sorted(PROMISED)


@pytest.mark.slow
def test_kept_worlds_show_all_that_is_promised() -> None:
    """Every fault strikes, every guard fires, every reason and refusal is met in one of the kept worlds."""
    seen: Counter[str] = Counter()
    for seed in KEPT:
        result = simulate(seed)
        assert result.ok, told(result)
        seen += result.record.sometimes
    assert not never_struck(seen), f"never struck in worlds {KEPT}: {never_struck(seen)}"


def showing(seed: int, *what: str, calls: int = 1, words: str = "") -> Outcome:
    """A world that shows so much, in so many calls."""
    return Outcome(seed, words, calls=calls, sometimes=Counter(what))


def test_one_world_that_shows_all_is_enough() -> None:
    """A world that shows everything for few calls is kept alone; one that shows less of it is not."""
    assert cover([showing(1, *ALL[:3]), showing(2, *ALL)], worlds=1) == (2,)


def test_cheap_worlds_are_kept_before_dear_ones() -> None:
    """Of worlds that show the same those of few calls are kept."""
    found = [showing(1, *ALL, calls=900), showing(2, *ALL[:40], calls=9), showing(3, *ALL[40:])]
    assert cover(found, worlds=1) == (2, 3)


def test_what_one_world_shows_is_kept() -> None:
    """Where fewer worlds show something than are asked for, all of them are kept, and no more is waited for."""
    found = [showing(1, *ALL), showing(2, *ALL[1:]), showing(3, *ALL[1:], calls=50)]
    assert cover(found, worlds=2) == (1, 2)


def test_nothing_is_run_after_all_was_seen() -> None:
    """Worlds are run until everything was seen often enough, and those that break something do not count."""
    found = [showing(1, *ALL, words="I1"), *(showing(seed, *ALL) for seed in (2, 3, 4))]
    assert [one.seed for one in until_seen(found, worlds=2)] == [2, 3]
