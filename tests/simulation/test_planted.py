"""Bugs planted into the program are found by the worlds, and go when they are taken out again."""

from __future__ import annotations

import pytest

from controller.core import pacing
from tests.simulation.planted import BUGS, hunt, planted

CAUGHT_BY = {
    "last-look-left-out": 18,
    "lock-ignored-at-last-look": 16,
    "locks-not-read": 0,
    "unknown-locks-are-none": 0,
    "short-list-accepted": 10,
    "serials-not-reserved": 3,
    "window-closed-early": 11,
    "one-member-too-many": 0,
    "batch-cut-short": 21,
    "tenure-ignored": 0,
    "nothing-recorded": 0,
    "approval-not-asked-for": 0,
    "old-revision-accepted": 21,
    "hot-loop": 0,
    "told-to-wait-and-does-not": 0,
    "list-believed-for-scale-in": 12,
    "creations-do-not-wait": 11,
    "late-requests-forgotten": 2,
    "open-numbers-not-asked-for": 1,
    "moments-survive-a-jump": 0,
    "fence-down": 3,
    "tombstone-at-once": 0,
    "shells-by-guess": 0,
    "record-fails-open": 4,
    "places-by-the-alphabet": 0,
    "well-before-ill": 5,
}
"""The first seed from 0 on that caught each, for a part of them; ``make planted`` hunts for all."""


SEEDS_TRIED = 25
"""Whatever changes the order of worlds changes which of them notices a bug; so many notice each of these."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CAUGHT_BY)
def test_planted_bugs_are_caught(name: str) -> None:
    """A bug in the program is caught: by the world that caught it last, or by another of the first few."""
    found = hunt(name, [CAUGHT_BY[name], *range(SEEDS_TRIED)])
    assert found is not None, BUGS[name].sentence
    print(found.story)


def test_bugs_are_taken_out_again() -> None:
    """After the block the program is as it was."""
    before = pacing.confirm_victims
    with planted("lock-ignored-at-last-look"):
        assert pacing.confirm_victims is not before
    assert pacing.confirm_victims is before
