"""Every story with fresh seeds: other durations, other orders, other delays, the same end.

After every call the region itself is counted, after every pass the safety sentences are held against the
plan; at the end a process without memory finds nothing to do.
"""

from __future__ import annotations

import pytest

from tests.stories.book import BOOK
from tests.stories.teller import Story, Way, tell

FEW = range(1)
MANY = range(1, 100)
STALE = range(200, 210)


@pytest.mark.parametrize("seed", FEW)
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_few_shuffles(story: Story, seed: int) -> None:
    """A story ends as it should under any of a few seeds."""
    assert not tell(story, Way(seed, shuffled=True)).faults(story)


@pytest.mark.slow
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_hundred_shuffles(story: Story) -> None:
    """A story ends as it should under all other seeds of a hundred."""
    faults = {seed: tell(story, Way(seed, shuffled=True)).faults(story) for seed in MANY}
    assert {seed: found for seed, found in faults.items() if found} == {}


@pytest.mark.slow
@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_shuffles_on_old_lists(story: Story) -> None:
    """A story ends as it should although every list shows the fleet as it was up to a minute ago."""
    ways = [Way(seed, shuffled=True, stale_seconds=20.0 + 4 * (seed - 200)) for seed in STALE]
    faults = {way.seed: tell(story, way).faults(story) for way in ways}
    assert {seed: found for seed, found in faults.items() if found} == {}
