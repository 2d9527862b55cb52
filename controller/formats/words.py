"""Small phrases that several commands use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def counted(count: int, word: str) -> str:
    """``1 member``, ``2 members``."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def moment(when: datetime) -> str:
    """A time to the minute, for people: ``2026-11-21 12:00 UTC``."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def place_of(zone: str | None, fault_domain: int | None) -> str:
    """``zone 2``, ``FD 0``, or nothing where the platform chooses."""
    if zone is not None:
        return f"zone {zone}"
    return "" if fault_domain is None else f"FD {fault_domain}"
