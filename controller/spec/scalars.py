"""What a plain scalar means under the core schema of YAML 1.2 (section 10.3.2), and where we refuse.

``no``, ``on``, ``12:30:45``, ``1_000`` and dates are text, ``0o10`` is 8. A leading zero is refused: YAML
1.1 reads ``010`` as 8 and YAML 1.2 as 10, so no reader can be sure which was meant.
"""

from __future__ import annotations

import math
import re

from controller.spec.codes import Code
from controller.spec.source import Problem

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLS = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
_INT = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEX = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_MAX_DIGITS = 18
"""Whole numbers of up to 18 digits fit every consumer of the plan's JSON."""


def resolve(text: str) -> bool | int | float | str | Problem | None:
    """Say what an unquoted scalar is, or why it is refused (a problem without a place)."""
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] in "+-.0123456789":
        return _number(text)
    return text


def _number(text: str) -> int | float | str | Problem:
    if _LEADING_ZERO.fullmatch(text):
        return _leading_zero(text)
    for pattern, base in ((_INT, 10), (_OCTAL, 8), (_HEX, 16)):
        if pattern.fullmatch(text):
            digits = text if base == 10 else text[2:]
            return int(digits, base) if len(text) <= _MAX_DIGITS else _unusable(text)
    if _NOT_FINITE.fullmatch(text):
        return _unusable(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else _unusable(text)
    return text


def _leading_zero(text: str) -> Problem:
    stripped = text.lstrip("+-").lstrip("0") or "0"
    return Problem(
        Code.LEADING_ZERO,
        f"`{_short(text)}` is ambiguous: YAML 1.1 reads an octal number, YAML 1.2 a decimal one",
        help=f'write `{_short(stripped)}` for the number or `"{_short(text)}"` for the text',
    )


def _unusable(text: str) -> Problem:
    return Problem(
        Code.NUMBER_UNUSABLE,
        f"`{_short(text)}` is not a number that a spec can hold",
        help=f"numbers are finite and have at most {_MAX_DIGITS} digits; quote it if it is text",
    )


def _short(text: str) -> str:
    return text if len(text) <= 24 else f"{text[:20]}…"
