"""Tables are aligned, hold no control characters and no blanks at line ends."""

from __future__ import annotations

from controller.cli.columns import display_width, print_columns


def test_columns_are_aligned() -> None:
    """Each column starts where its widest cell lets it, and no line ends in blanks."""
    lines = print_columns([("NAME", "READY"), ("web", "6/6"), ("workers", "12/12")])
    assert lines == ["NAME      READY", "web       6/6", "workers   12/12"]


def test_control_characters_are_shown() -> None:
    """A name that tries to move the cursor is printed as what it is."""
    assert print_columns([("a\x1b[2Jb",)]) == ["a\\x1b[2Jb"]


def test_wide_characters_count_twice() -> None:
    """An East Asian character takes two columns of a terminal, a combining one none."""
    assert [display_width("艦隊"), display_width("e\N{COMBINING ACUTE ACCENT}")] == [4, 1]
