"""What is wrong with a spec, as values. How they are shown is the business of ``controller.cli``."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.spec.codes import Code


class Severity(StrEnum):
    """``ERROR`` freezes the fleet that the document describes; ``WARNING`` changes nothing."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a line. Line and columns count from 1, in code points; ``end_column`` is past it."""

    line: int
    column: int
    end_column: int


WHOLE_FILE = Span(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake at one place: what it is, where, and what to do instead.

    ``line`` 0 means the file as a whole; then ``source_line`` is empty. ``label`` stands at the caret,
    ``help`` says what to write instead, ``notes`` hold reasons and other places.
    """

    code: Code
    severity: Severity
    message: str
    file: str
    line: int
    column: int
    end_column: int
    source_line: str = ""
    label: str = ""
    help: str = ""
    notes: tuple[str, ...] = ()

    @property
    def is_error(self) -> bool:
        """Whether the document must not be acted upon."""
        return self.severity is Severity.ERROR


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sort by file, line, column and code, so that every run prints the same."""
    return tuple(sorted(diagnostics, key=lambda d: (d.file, d.line, d.column, d.code, d.message)))
