"""Small phrases that several commands use."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


NONE = "<none>"
UNMANAGED = "unmanaged"


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


def place_word(zone: str | None, fault_domain: int | None) -> str:
    """``1`` for a zone, ``FD0`` for a fault domain."""
    if zone is not None:
        return zone
    return NONE if fault_domain is None else f"FD{fault_domain}"


def lock_word(obstacle: tuple[str, str] | None, *, owned: bool) -> str:
    """What keeps an instance from being deleted, in one word; ``obstacle`` is a reason with its detail."""
    if not owned:
        return UNMANAGED
    if obstacle is None:
        return NONE
    reason, detail = obstacle
    # A lock's detail begins with its level; for the rest the reason is the better word.
    first = detail.partition(" ")[0]
    return first if first in {"CanNotDelete", "ReadOnly"} else reason
