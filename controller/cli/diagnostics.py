"""How diagnostics are shown: as text for people, as JSON, as GitHub annotations, as SARIF 2.1.0.

Pure functions from diagnostics to text. Columns count from 1: in code points for people, JSON and GitHub,
in UTF-16 units in SARIF. The caret is placed by display width. Nothing is said by colour alone.
"""

from __future__ import annotations

import json
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import quote

from controller.spec.codes import MEANINGS
from controller.spec.diagnostics import Severity
from controller.spec.text import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from controller.spec.diagnostics import Diagnostic
    from providers.base import Json

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m"}
_GUTTER_COLOUR = "\x1b[1;34m"
_MARGIN = 60
"""Columns shown on either side of the mistake in a long line."""


def render_text(diagnostics: Sequence[Diagnostic], *, color: bool = False) -> str:
    """Show each diagnostic with its line and a caret, and at the end how many there are.

    Empty without diagnostics; otherwise the text ends without a line break.
    """
    if not diagnostics:
        return ""
    blocks = [_block(diagnostic, color=color) for diagnostic in diagnostics]
    return "\n\n".join([*blocks, summary(diagnostics)])


def summary(diagnostics: Sequence[Diagnostic]) -> str:
    """Count errors and warnings in one line."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    counts = ((errors, "error"), (len(diagnostics) - errors, "warning"))
    parts = [f"{count} {word}{'' if count == 1 else 's'}" for count, word in counts if count]
    return " and ".join(parts) or "no errors"


def _block(diagnostic: Diagnostic, *, color: bool) -> str:
    def painted(text: str, code: str) -> str:
        return f"{code}{text}{_RESET}" if color else text

    colour = _COLOURS[diagnostic.severity]
    head = painted(f"{diagnostic.severity}[{diagnostic.code}]", colour)
    lines = [f"{head}: {painted(visible(diagnostic.message), _BOLD)}"]
    width = len(str(diagnostic.line)) if diagnostic.line else 1
    pad = " " * width
    bar = painted("|", _GUTTER_COLOUR)
    lines.append(f"{pad}{painted('-->', _GUTTER_COLOUR)} {_place(diagnostic)}")
    if diagnostic.line:
        shown, caret = _excerpt(diagnostic)
        number = painted(str(diagnostic.line), _GUTTER_COLOUR)
        label = f" {visible(diagnostic.label)}" if diagnostic.label else ""
        lines.append(f"{pad} {bar}")
        lines.append(f"{number} {bar} {shown}".rstrip())
        lines.append(f"{pad} {bar} {painted(caret + label, colour)}")
    equals = painted("=", _GUTTER_COLOUR)
    lines.extend(f"{pad} {equals} note: {visible(note)}" for note in diagnostic.notes)
    if diagnostic.help:
        lines.append(f"{pad} {equals} help: {visible(diagnostic.help)}")
    return "\n".join(lines)


def _place(diagnostic: Diagnostic) -> str:
    if not diagnostic.line:
        return visible(diagnostic.file)
    return f"{visible(diagnostic.file)}:{diagnostic.line}:{diagnostic.column}"


def _excerpt(diagnostic: Diagnostic) -> tuple[str, str]:
    """Cut the line around the mistake; give it with the caret line below it."""
    line = diagnostic.source_line.expandtabs(1)
    start, end = diagnostic.column - 1, diagnostic.end_column - 1
    first = max(0, start - _MARGIN) if start > _MARGIN * 2 else 0
    last = min(len(line), max(end, start + 1) + _MARGIN)
    before = ("…" if first else "") + visible(line[first:start])
    marked = visible(line[start:end])
    after = visible(line[max(end, start) : last]) + ("…" if last < len(line) else "")
    carets = "^" * max(1, display_width(marked))
    return before + marked + after, " " * display_width(before) + carets


def display_width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: two for wide characters, none for combining ones."""
    width = 0
    for character in text:
        if unicodedata.combining(character) or unicodedata.category(character) in {
            "Mn",
            "Me",
            "Cf",
        }:
            continue
        width += 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
    return width


def visible(text: str) -> str:
    """Replace characters that a terminal would obey: nothing in a spec may steer it."""
    return FORBIDDEN.sub("\ufffd", text.replace("\r", "").replace("\n", " ").replace("\t", " "))


def as_document(diagnostic: Diagnostic) -> dict[str, Json]:
    """Show one diagnostic as JSON: every field, always."""
    return {
        "code": diagnostic.code.value,
        "severity": diagnostic.severity.value,
        "message": diagnostic.message,
        "file": diagnostic.file,
        "line": diagnostic.line,
        "column": diagnostic.column,
        "endColumn": diagnostic.end_column,
        "sourceLine": diagnostic.source_line,
        "label": diagnostic.label,
        "help": diagnostic.help,
        "notes": list(diagnostic.notes),
    }


def render_json(diagnostics: Sequence[Diagnostic]) -> str:
    """Show all diagnostics as one JSON document with format version 1.0."""
    errors = sum(diagnostic.is_error for diagnostic in diagnostics)
    document: dict[str, Json] = {
        "formatVersion": "1.0",
        "diagnostics": [as_document(diagnostic) for diagnostic in diagnostics],
        "summary": {"errors": errors, "warnings": len(diagnostics) - errors},
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def render_github(diagnostics: Sequence[Diagnostic]) -> str:
    """Show diagnostics as workflow commands of GitHub Actions, one line each."""
    return "\n".join(_annotation(diagnostic) for diagnostic in diagnostics)


def _annotation(diagnostic: Diagnostic) -> str:
    properties = {
        "file": diagnostic.file,
        "line": str(max(diagnostic.line, 1)),
        "col": str(max(diagnostic.column, 1)),
        "endColumn": str(max(diagnostic.end_column, 2)),
        "title": diagnostic.code.value,
    }
    head = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    parts = [diagnostic.message, *(f"note: {note}" for note in diagnostic.notes)]
    if diagnostic.help:
        parts.append(f"help: {diagnostic.help}")
    return f"::{diagnostic.severity} {head}::{_data(chr(10).join(parts))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_sarif(diagnostics: Sequence[Diagnostic], *, version: str = "0") -> str:
    """Show diagnostics as one SARIF 2.1.0 run; ``version`` is the program's."""
    codes = sorted({diagnostic.code for diagnostic in diagnostics})
    rules: list[Json] = [
        {"id": code.value, "shortDescription": {"text": MEANINGS[code]}} for code in codes
    ]
    driver: dict[str, Json] = {"name": "evenkeel", "version": version, "rules": rules}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "results": [
            _result(diagnostic, codes.index(diagnostic.code)) for diagnostic in diagnostics
        ],
    }
    log: dict[str, Json] = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2, ensure_ascii=False)


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Json]:
    place: dict[str, Json] = {"artifactLocation": {"uri": quote(diagnostic.file)}}
    if diagnostic.line:
        line = diagnostic.source_line
        place["region"] = {
            "startLine": diagnostic.line,
            "startColumn": utf16_column(line, diagnostic.column),
            "endColumn": utf16_column(line, diagnostic.end_column),
        }
    text = f"{diagnostic.message}\n{diagnostic.help}" if diagnostic.help else diagnostic.message
    return {
        "ruleId": diagnostic.code.value,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def utf16_column(line: str, column: int) -> int:
    """Turn a column in code points into one in UTF-16 units, both from 1."""
    before = line[: column - 1]
    return column + sum(ord(character) > 0xFFFF for character in before)


FORMATS: Mapping[str, Callable[[Sequence[Diagnostic]], str]] = {
    "text": render_text,
    "json": render_json,
    "github": render_github,
    "sarif": render_sarif,
}
"""The formats of ``validate --format`` without options of their own."""
