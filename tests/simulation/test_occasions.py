"""Every guard fires in some world: what is prevented or frozen is told by its word, and all comes to rest after it."""

from __future__ import annotations

import pytest

from controller.core.standings import FreezeReason
from controller.core.steps import Prevented
from tests.simulation.held_back import CODES, WORDS
from tests.simulation.occasions import FROZEN, PREVENTED, Occasion
from tests.simulation.occasions_between import BETWEEN
from tests.simulation.options import draw
from tests.simulation.planted import BUGS
from tests.simulation.world import simulate, told

BY_CHANCE = {
    "set waits for a batch": ("fence-down", 2),
    "number not reserved": ("fence-down", 2),
    "refused like the one before": ("record-fails-open", 0),
    "platform fails": ("record-fails-open", 0),
    "TooSlowForTheLease": ("record-fails-open", 0),
    "number still open": ("late-requests-forgotten", 0),
    "no room before the deletions": ("creations-do-not-wait", 1),
    "somebody was first": ("list-believed-for-scale-in", 1),
    "stays at the last look": ("empty-batch-sent", 4),
}
"""Worlds in which a bug is hunted, without the bug: its name and a seed."""


def check(occasion: Occasion, word: str) -> None:
    """Run the world of an occasion; what it is made for must be told in it."""
    result = simulate(occasion.options.seed, occasion.options, occasion.script)
    assert result.ok, told(result)
    assert result.record.sometimes[word], sorted(result.record.sometimes)


@pytest.mark.slow
@pytest.mark.parametrize("reason", PREVENTED)
def test_everything_is_prevented_in_some_world(reason: Prevented) -> None:
    """The guard behind each reason fires, nothing is broken by it, and it lets go again."""
    check(PREVENTED[reason], f"prevented {reason}")


@pytest.mark.slow
@pytest.mark.parametrize("reason", FROZEN)
def test_everything_freezes_in_some_world(reason: FreezeReason) -> None:
    """Each reason to freeze a fleet comes up, and the fleet moves again when it is gone."""
    check(FROZEN[reason], f"freeze {reason}")


@pytest.mark.slow
@pytest.mark.parametrize("guard", BETWEEN)
def test_guards_hold_back_in_the_middle(guard: str) -> None:
    """A guard between the plan and the cloud holds back, where hands come in between."""
    check(BETWEEN[guard], f"held back: {guard}")


@pytest.mark.slow
@pytest.mark.parametrize("guard", BY_CHANCE)
def test_guards_hold_back_by_chance(guard: str) -> None:
    """A guard between the plan and the cloud holds back in a drawn world."""
    bug, seed = BY_CHANCE[guard]
    result = simulate(seed, BUGS[bug].aim.at(draw(seed)), BUGS[bug].script)
    assert result.ok, told(result)
    assert result.record.sometimes[f"held back: {guard}"]


def test_no_guard_is_left_out() -> None:
    """A new reason needs a world in which it comes up."""
    assert set(Prevented) - set(PREVENTED) == {Prevented.APPROVAL}
    assert set(FreezeReason) - set(FROZEN) == {
        FreezeReason.NOT_READ_YET,
        FreezeReason.CLAIMED_TWICE,
    }
    told_of = {*BETWEEN, *BY_CHANCE}
    # Shown by tests/shell alone: a list from before a deletion that is over, with nothing to tell it by.
    assert {*WORDS, *CODES} - told_of == {"list behind: gone"}
