"""Every story as it is written, against the transcript that somebody has read and found good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stories.book import BOOK
from tests.stories.teller import Story, tell

FOLDER = Path(__file__).parent / "golden"


@pytest.mark.parametrize("story", BOOK, ids=lambda story: story.slug)
def test_golden_story(story: Story) -> None:
    """A story is told word for word as in its transcript; EVENKEEL_UPDATE_GOLDEN=1 writes a new one."""
    file = FOLDER / f"{story.slug}.txt"
    told = tell(story)
    text = told.text(story)
    if os.environ.get("EVENKEEL_UPDATE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert not told.faults(story)
    assert text == file.read_text(encoding="utf-8")


def test_every_transcript_has_a_story() -> None:
    """No transcript is left over from a story that is not told any more."""
    assert {file.stem for file in FOLDER.iterdir()} == {story.slug for story in BOOK}


def test_titles_differ() -> None:
    """Each story has a file of its own."""
    assert len({story.slug for story in BOOK}) == len(BOOK)
