"""From bytes to text: size, encoding, and the characters that may not stand in a spec.

Characters that cannot be seen, or that change how a line is shown, would let a reviewer approve other
text than the controller reads ("Trojan Source", CVE-2021-42574). They are refused wherever they stand.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Span
from controller.spec.source import LINE_BREAK, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_BYTES = 256 * 1024
"""A spec file holds at most 256 KiB: ten times the largest sensible set of fleets."""

_BOM = "\ufeff"
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
    "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)
"""C0 and C1 controls, bidi controls, hidden line breaks, byte order marks, noncharacters, surrogates."""

_SHOWN_AT_MOST = 20


def split_lines(text: str) -> list[str]:
    """Split ``text`` where YAML sees line breaks, so that line numbers agree with the parser's."""
    return LINE_BREAK.split(text)


def decode(content: bytes) -> str | Problem:
    """Turn the bytes of a spec file into text without its byte order mark, or say why it cannot be."""
    if len(content) > MAX_BYTES:
        return Problem(
            Code.FILE_TOO_LARGE,
            f"the file has {len(content):,} bytes; a spec file may have {MAX_BYTES:,}",
            help="put each fleet into a file of its own",
        )
    try:
        return content.decode("utf-8").removeprefix(_BOM)
    except UnicodeDecodeError as error:
        return _not_utf8(content, error)


def _not_utf8(content: bytes, error: UnicodeDecodeError) -> Problem:
    before = content[: error.start].decode("utf-8").removeprefix(_BOM)
    lines = split_lines(before)
    column = len(lines[-1]) + 1
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        remedy = "the file looks like UTF-16; save it as UTF-8"
    else:
        remedy = "save the file as UTF-8"
    return Problem(
        Code.NOT_UTF8,
        f"byte {error.start + 1} (0x{content[error.start]:02x}) is not UTF-8",
        Span(len(lines), column, column + 1),
        help=remedy,
    )


def forbidden_characters(lines: Sequence[str]) -> Iterator[Problem]:
    """Name each forbidden character with its place; of very many, the first few."""
    found = 0
    for number, line in enumerate(lines, start=1):
        for match in FORBIDDEN.finditer(line):
            found += 1
            if found > _SHOWN_AT_MOST:
                return
            column = match.start() + 1
            yield Problem(
                Code.FORBIDDEN_CHARACTER,
                f"{character_name(match[0])} may not stand in a spec",
                Span(number, column, column + 1),
                help="remove it; the text around it may read otherwise than it looks",
            )


def character_name(character: str) -> str:
    """Name a character that cannot be shown: code point and, where it has one, Unicode's name."""
    name = unicodedata.name(character, "")
    return f"character U+{ord(character):04X}" + (f" ({name.lower()})" if name else "")
