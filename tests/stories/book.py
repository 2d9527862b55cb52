"""All stories, in the order of reading."""

from __future__ import annotations

from tests.stories import ending_stories, hindrance_stories, scaling_stories, spec_stories

BOOK = (
    *scaling_stories.STORIES,
    *hindrance_stories.STORIES,
    *spec_stories.STORIES,
    *ending_stories.STORIES,
)
