"""The text of one spec file, and how a place in it becomes a diagnostic."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from controller.spec.diagnostics import WHOLE_FILE, Diagnostic, Severity, Span
from controller.spec.secrets import MASK, SpecLines, conceal

if TYPE_CHECKING:
    from controller.spec.codes import Code

LINE_BREAK = re.compile(r"\r\n|\r|\n")
SHOWN_COLUMNS = 400


@dataclass(frozen=True, slots=True)
class SourceFile:
    """Bytes of one spec file. ``path`` is shown to people; ``root`` bounds the files it may refer to.

    An empty ``root`` means the directory of ``path``.
    """

    path: str
    content: bytes
    root: str = ""


class FileRefusedError(Exception):
    """A file that a spec refers to may not be read. Its text completes the sentence ``the file …``."""


ReadFile: TypeAlias = Callable[[SourceFile, str], bytes]


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake before it is tied to a file: code, sentence, place and remedy."""

    code: Code
    message: str
    span: Span = WHOLE_FILE
    label: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR


def to_diagnostic(problem: Problem, path: str, text: SpecLines) -> Diagnostic:
    """Tie ``problem`` to the file ``path`` with this ``text``. Secrets of the text stay in it."""
    span = problem.span
    source_line, hidden = "", None
    if 0 < span.line <= len(text.lines):
        source_line = text.lines[span.line - 1][: max(SHOWN_COLUMNS, span.end_column)]
        hidden = text.hidden_from(span.line)
    if hidden is not None:
        source_line = source_line[: hidden - 1] + f" {MASK}"

    # What is quoted may come from the place itself, or from beside it where the whole line is hidden.
    inside = hidden is not None and (span.end_column > hidden or hidden == 1)

    def said(sentence: str) -> str:
        return conceal(sentence) if inside else sentence

    return Diagnostic(
        code=problem.code,
        severity=problem.severity,
        message=said(problem.message),
        file=path,
        line=span.line,
        column=span.column,
        end_column=span.end_column,
        source_line=source_line,
        # A label may be the path, of which a key inside is a part.
        label="" if inside else problem.label,
        help=said(problem.help),
        notes=tuple(said(note) for note in problem.notes),
    )
