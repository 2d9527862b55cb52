"""The text of one spec file, and how a place in it becomes a diagnostic."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from controller.spec.diagnostics import WHOLE_FILE, Diagnostic, Severity, Span

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


def to_diagnostic(problem: Problem, path: str, lines: list[str]) -> Diagnostic:
    """Tie ``problem`` to the file ``path`` whose text is ``lines``."""
    span = problem.span
    source_line = lines[span.line - 1] if 0 < span.line <= len(lines) else ""
    return Diagnostic(
        code=problem.code,
        severity=problem.severity,
        message=problem.message,
        file=path,
        line=span.line,
        column=span.column,
        end_column=span.end_column,
        source_line=source_line[: max(SHOWN_COLUMNS, span.end_column)],
        label=problem.label,
        help=problem.help,
        notes=problem.notes,
    )
