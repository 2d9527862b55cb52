"""Every story with the process dying before and after every mutating call, and starting from nothing.

Lists lag by 20 seconds, in two ways: new members are missing and gone ones still shown; or everything is
shown as it was. Not one member too many at any call, nor a deletion too many; and the story ends as always.
"""

from __future__ import annotations

import pytest

from tests.crash import When
from tests.stories.book import BOOK
from tests.stories.teller import Cut, Story, Way, tell

LAG = 20.0
MORE = 3
"""A restart can cost a few calls more than the story has; they are cut, too."""


def faults_when_cut(story: Story, way: Way) -> dict[str, list[str]]:
    """What goes wrong, by the cut, when a story is told once for each way to cut it."""
    told = Way(stale_seconds=way.stale_seconds, list_lag=way.list_lag)
    numbers = range(1, tell(story, told).tally.number + MORE + 1)
    found = {
        f"{when} call {number}": tell(
            story,
            Way(cut=Cut(number, when), stale_seconds=way.stale_seconds, list_lag=way.list_lag),
        ).faults(story)
        for number in numbers
        for when in When
    }
    return {cut: faults for cut, faults in found.items() if faults}


@pytest.mark.slow
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_every_crash_on_lagging_lists(story: Story) -> None:
    """Dying at any call while lists lag does no harm and changes no end."""
    assert faults_when_cut(story, Way(list_lag=LAG)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_every_crash_on_old_lists(story: Story) -> None:
    """Dying at any call while lists show the fleet as it was does no harm and changes no end."""
    assert faults_when_cut(story, Way(stale_seconds=LAG)) == {}


@pytest.mark.slow
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_rival_at_every_call(story: Story) -> None:
    """A second process that makes a pass in front of any call does no harm, though places may differ."""
    numbers = range(1, tell(story).tally.number + 1)
    for number in numbers:
        told = tell(story, Way(rival=number, stale_seconds=LAG))
        assert (told.broken, told.over, told.idle) == ([], True, True), f"at call {number}"
        assert told.members == story.members, f"at call {number}"


@pytest.mark.parametrize("when", When)
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_first_crash(story: Story, when: When) -> None:
    """Dying at the very first call does no harm and changes no end."""
    assert tell(story, Way(cut=Cut(1, when), list_lag=LAG)).faults(story) == []
