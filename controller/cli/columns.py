"""Tables for people and for ``awk``: columns padded to their widest cell, three blanks apart."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from controller.cli.screen import legible

if TYPE_CHECKING:
    from collections.abc import Sequence

GAP = "   "


def print_columns(rows: Sequence[Sequence[str]], *, gap: str = GAP) -> list[str]:
    """Lines of a table. Rows have equally many cells; an empty cell of a column is left blank."""
    shown = [[legible(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*shown, strict=True)]
    return [
        gap.join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in shown
    ]


def pad(text: str, width: int) -> str:
    """Fill up with blanks to ``width`` columns of a terminal."""
    return text + " " * (width - display_width(text))


def display_width(text: str) -> int:
    """Columns that a terminal needs: two for wide East Asian characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
