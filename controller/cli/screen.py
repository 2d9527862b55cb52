"""What a stream can show: colour, characters beyond ASCII, how many columns.

The one place that knows ANSI codes. Colour repeats what a word or symbol says and never says it alone.
"""

from __future__ import annotations

import shutil
import textwrap
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TextIO

PIPE_WIDTH = 80
"""Columns where the stream does not tell; also what golden transcripts are made with."""

_NARROWEST, _WIDEST = 60, 100


class Paint(StrEnum):
    """ANSI codes by what they stand for."""

    ADDED = "32"
    REMOVED = "31"
    CHANGED = "33"
    WARNED = "33"
    STRONG = "1"
    MUTED = "2"
    REGULAR_CELL = "30;42"
    SPOT_CELL = "30;46"
    LOCKED_CELL = "30;43"
    HELD_CELL = "30;45"
    BROKEN_CELL = "97;41"


@dataclass(frozen=True, slots=True)
class Screen:
    """How to write to one stream. ``live``: a terminal on which lines may be redrawn."""

    colour: bool = False
    unicode: bool = True
    width: int = PIPE_WIDTH
    live: bool = False

    def paint(self, text: str, paint: Paint) -> str:
        """Colour a text, or leave it as it is."""
        return f"\x1b[{paint}m{text}\x1b[0m" if self.colour and text else text

    def glyph(self, preferred: str, plain: str) -> str:
        """A character beyond ASCII where the stream's encoding has it."""
        return preferred if self.unicode else plain

    def wrap(self, text: str, indent: str = "", *, first: str | None = None) -> str:
        """Break a sentence into lines of at most ``width``; words and names stay whole."""
        return textwrap.fill(
            legible(text),
            width=self.width,
            initial_indent=indent if first is None else first,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def flow(self, parts: Sequence[str], indent: str, *, first: str, gap: str = "   ") -> str:
        """Set short texts one after the other; a line is broken between them, never inside one."""
        lines = [first]
        for part in map(legible, parts):
            line = lines[-1]
            glued = line + (gap if line.strip() and not line.endswith(" ") else "") + part
            if len(glued) <= self.width:
                lines[-1] = glued
            else:
                lines.append(indent + part)
        return "\n".join(lines)


_FORCE = ("FORCE_COLOR", "CLICOLOR_FORCE")


def screen_of(stream: TextIO, color: str, environ: Mapping[str, str]) -> Screen:
    """Find out what a stream can show. The option wins over all variables, ``NO_COLOR`` over those that force colour."""
    terminal = stream.isatty()
    dumb = environ.get("TERM") == "dumb"
    # CI systems show colours and have no terminal: they set one of these.
    forced = any(environ.get(name, "0") not in {"", "0"} for name in _FORCE)
    wanted = (forced or (terminal and not dumb)) and not environ.get("NO_COLOR")
    columns = shutil.get_terminal_size((PIPE_WIDTH, 24)).columns if terminal else PIPE_WIDTH
    return Screen(
        colour=color == "always" or (color == "auto" and wanted),
        unicode=_speaks_unicode(stream),
        width=max(_NARROWEST, min(columns, _WIDEST)),
        live=terminal and not dumb and not environ.get("CI"),
    )


def legible(text: str) -> str:
    """Replace control characters, which a cloud's texts or tags may hold, by visible ones."""
    return "".join(
        char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text
    )


def _speaks_unicode(stream: TextIO) -> bool:
    try:
        "■→·".encode(getattr(stream, "encoding", None) or "utf-8")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
