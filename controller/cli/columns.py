"""Tables for people and for ``awk``: columns padded to their widest cell, three blanks apart."""

from __future__ import annotations

import textwrap
import unicodedata
from typing import TYPE_CHECKING

from controller.cli.screen import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "   "
NARROW_GAP = "  "
_LAST_AT_LEAST = 24
"""Columns that the last cell needs to be broken into lines; below that it is better left whole."""


def print_columns(
    rows: Sequence[Sequence[str]],
    *,
    gap: str = GAP,
    width: int | None = None,
    fold: bool = False,
) -> list[str]:
    """Lines of a table. Rows have equally many cells; an empty cell of a column is left blank.

    A table that is wider than ``width`` is set two blanks apart. ``fold``: what is still too wide is broken
    in its last column.
    """
    shown = [[legible(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*shown, strict=True)]
    if width is not None and sum(widths) + len(gap) * (len(widths) - 1) > width:
        gap = min(gap, NARROW_GAP, key=len)
    room = None if width is None or not fold else width - _start_of_last(widths, gap)
    return [line for row in shown for line in _lines(row, widths, gap, room)]


def pad(text: str, width: int) -> str:
    """Fill up with blanks to ``width`` columns of a terminal."""
    return text + " " * (width - display_width(text))


def display_width(text: str) -> int:
    """Columns that a terminal needs: two for wide East Asian characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )


def _start_of_last(widths: Sequence[int], gap: str) -> int:
    return sum(widths[:-1]) + len(gap) * (len(widths) - 1)


def _lines(row: Sequence[str], widths: Sequence[int], gap: str, room: int | None) -> list[str]:
    *cells, last = row
    parts = [last] if room is None or room < _LAST_AT_LEAST else _broken(last, room)
    head = gap.join([*(pad(cell, width) for cell, width in zip(cells, widths, strict=False)), ""])
    indent = " " * _start_of_last(widths, gap)
    return [f"{indent if number else head}{part}".rstrip() for number, part in enumerate(parts)]


def _broken(text: str, room: int) -> list[str]:
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False) or [""]
