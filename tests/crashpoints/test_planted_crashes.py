"""Bugs that show themselves at a death alone are found by the crash points of one short story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.crashpoints.life import Right
from tests.crashpoints.planted import BUGS
from tests.crashpoints.sweep import judge, undisturbed, ways_of
from tests.simulation.bugs.bug import planting
from tests.stories.book import BOOK

# Who dies when a file has just been opened closes it no more.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

SLUG = "a-fleet-begins"

SHOWS = {
    "record-after-effect": "I2",
    "last-good-in-place": "what was known of the sources is lost",
    "anchor-first": "its end is missing",
    "torn-in-silence": "nothing tells of a torn tail",
}
"""What the first plan that finds a bug says of it."""


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    """What the story does with a bug in the program is nobody else's business."""
    undisturbed.cache_clear()
    yield
    undisturbed.cache_clear()


def first_fault() -> str:
    """What the first plan of one death says that finds something; empty if none does."""
    verdicts = (judge(SLUG, way.plan) for way in ways_of(SLUG, Right.FILE))
    return next((str(one) for one in verdicts if one.faults), "")


@pytest.mark.slow
@pytest.mark.parametrize("name", BUGS)
def test_planted_bug_is_found(name: str) -> None:
    """Some death shows the bug, in words that name what is wrong."""
    with planting(BUGS[name]):
        fault = first_fault()
    print(fault)
    assert SHOWS[name] in fault, BUGS[name].sentence


def test_story_of_the_planted_bugs_is_there() -> None:
    """The story in which they are looked for is in the book, and has no fault without them."""
    assert SLUG in {one.slug for one in BOOK}
    calm = undisturbed(SLUG, Right.FILE)
    assert (calm.faults, calm.breaches) == ((), ())
