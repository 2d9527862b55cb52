"""Ages as kubectl prints them: short, and coarser the longer ago.

The thresholds are those of ``duration.HumanDuration`` in Kubernetes' apimachinery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

UNKNOWN = "<unknown>"
INVALID = "<invalid>"

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 365 * 86_400


def age(since: datetime | None, now: datetime) -> str:
    """How long ago ``since`` was, such as ``5m30s``; ``<unknown>`` without a time."""
    return UNKNOWN if since is None else human_duration((now - since).total_seconds())


def last_seen(last: datetime, first: datetime, count: int, now: datetime) -> str:
    """When an event was seen last, and how often since when: ``3m (x14 over 2h)``, as kubectl has it."""
    seen = age(last, now)
    return seen if count == 1 else f"{seen} (x{count} over {age(first, now)})"


def human_duration(seconds: float) -> str:
    """A length of time in at most two units: ``95s``, ``5m30s``, ``94m``, ``4h12m``, ``3d4h``, ``412d``.

    More than a second below zero is ``<invalid>``: two clocks disagree.
    """
    whole = int(seconds)
    if whole < -1:
        return INVALID
    if whole < 2 * _MINUTE:
        return f"{max(whole, 0)}s"
    if whole < 3 * _HOUR:
        return _in_minutes(whole)
    if whole < 8 * _DAY:
        return _in_hours(whole)
    return _in_days(whole)


def _in_minutes(whole: int) -> str:
    if whole < 10 * _MINUTE:
        return _two(whole // _MINUTE, "m", whole % _MINUTE, "s")
    return f"{whole // _MINUTE}m"


def _in_hours(whole: int) -> str:
    if whole < 8 * _HOUR:
        return _two(whole // _HOUR, "h", whole % _HOUR // _MINUTE, "m")
    if whole < 2 * _DAY:
        return f"{whole // _HOUR}h"
    return _two(whole // _DAY, "d", whole % _DAY // _HOUR, "h")


def _in_days(whole: int) -> str:
    if whole < 2 * _YEAR:
        return f"{whole // _DAY}d"
    if whole < 8 * _YEAR:
        return _two(whole // _YEAR, "y", whole % _YEAR // _DAY, "d")
    return f"{whole // _YEAR}y"


def _two(large: int, large_unit: str, small: int, small_unit: str) -> str:
    return f"{large}{large_unit}{small}{small_unit}" if small else f"{large}{large_unit}"
