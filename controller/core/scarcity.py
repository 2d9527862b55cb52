"""Remembered refusals: offerings that are not worth asking for until a time.

Learned from refused requests and from failed members, kept in a tag of the set, forgotten by time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from controller.core.observed import Memory, Scarce
from controller.core.tags import VALUE_LIMIT
from providers.base import Priority
from providers.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.core.observed import Observed
    from providers.base import Catalog, SizeFacts

_HOUR = timedelta(hours=1)
_SHORT = timedelta(minutes=3)
_QUOTA = timedelta(minutes=10)
_SKU_REGULAR = timedelta(hours=23)
_LETTERS = {
    Refusal.ZONE_FULL: "Z",
    Refusal.REGION_FULL: "R",
    Refusal.OVERCONSTRAINED_ZONE: "O",
    Refusal.OVERCONSTRAINED: "C",
    Refusal.NOT_AVAILABLE: "N",
    Refusal.QUOTA: "Q",
    Refusal.OTHER: "X",
}
_REFUSALS = {letter: refusal for refusal, letter in _LETTERS.items()}


def learn(
    code: str, *, zone: str | None, size: str, priority: Priority, now: datetime
) -> tuple[Scarce, ...]:
    """What one refusal of an offering says about the next attempts.

    Times to live are those of a production controller for Azure: an hour for capacity, 23 hours for a
    Regular size that the subscription does not get, ten minutes for quota, three for anything else.
    """
    refusal = refusal_of(code)
    scarce = Scarce(zone, size, priority, now + _SHORT, code)
    match refusal:
        case Refusal.ZONE_FULL:
            scarce = replace(scarce, priority=None, until=now + _HOUR, larger_too=True)
        case Refusal.REGION_FULL:
            scarce = replace(scarce, zone=None, priority=None, until=now + _HOUR)
        case Refusal.OVERCONSTRAINED_ZONE:
            scarce = replace(scarce, until=now + _HOUR)
        case Refusal.OVERCONSTRAINED:
            scarce = replace(scarce, zone=None, until=now + _HOUR)
        case Refusal.NOT_AVAILABLE:
            life = _HOUR if priority is Priority.SPOT else _SKU_REGULAR
            scarce = replace(scarce, zone=None, until=now + life)
        case Refusal.QUOTA:
            scarce = replace(scarce, zone=None, until=now + _QUOTA, larger_too=True)
    return (scarce,)


def remember(memory: Memory, new: Iterable[Scarce], now: datetime) -> Memory:
    """Add what was learned; of two equal refusals the later end stays, what is over is forgotten."""
    latest: dict[tuple[str, ...], Scarce] = {}
    for one in (*memory.scarcity, *new):
        key = (one.zone or "", one.size, one.priority or "", str(one.larger_too))
        if one.until > now and (key not in latest or latest[key].until < one.until):
            latest[key] = one
    return replace(memory, scarcity=tuple(latest[key] for key in sorted(latest)))


def learn_from_failures(memory: Memory, observed: Observed, now: datetime) -> Memory:
    """Add what failed members of the fleet show: their failure names the offering that was not to be had."""
    learned: list[Scarce] = []
    for member in observed.owned:
        failure = member.instance.failure
        if failure is None or refusal_of(failure.code) is Refusal.OTHER:
            continue
        found = member.instance
        since = failure.at or found.created_at or now
        learned += learn(
            failure.code, zone=found.zone, size=found.size, priority=found.priority, now=since
        )
    return remember(memory, learned, now)


def obstacle(
    memory: Memory, catalog: Catalog | None, *, zone: str | None, size: str, priority: Priority
) -> Scarce | None:
    """The remembered refusal that covers an offering, the one that lasts longest; None if there is none."""
    found = [
        one
        for one in memory.scarcity
        if one.zone in {None, zone}
        and one.priority in {None, priority}
        and _covers_size(one, size, catalog)
    ]
    return max(found, key=lambda one: one.until, default=None)


def _covers_size(one: Scarce, size: str, catalog: Catalog | None) -> bool:
    if one.size.lower() == size.lower():
        return True
    refused, asked = _facts(catalog, one.size), _facts(catalog, size)
    if not one.larger_too or refused is None or asked is None:
        return False
    return refused.family == asked.family and asked.vcpus >= refused.vcpus


def _facts(catalog: Catalog | None, size: str) -> SizeFacts | None:
    return catalog.sizes.get(size) if catalog else None


def encode(memory: Memory) -> str:
    """Write scarcity for a tag: ``zone/size/priority/refusal/end``, the longest-lasting first.

    What does not fit into a tag's value is left out: it is then learned again, at the cost of one refusal.
    """
    kept: list[str] = []
    for one in sorted(memory.scarcity, key=lambda one: (one.until, one.size), reverse=True):
        piece = "/".join(
            (
                one.zone or "*",
                _short(one.size),
                (one.priority or "*")[0],
                _LETTERS[refusal_of(one.code)] + ("+" if one.larger_too else ""),
                format(int(one.until.timestamp()), "x"),
            )
        )
        if len(",".join([*kept, piece])) > VALUE_LIMIT:
            break
        kept.append(piece)
    return ",".join(sorted(kept))


def _short(size: str) -> str:
    prefix = "standard_"
    return size[len(prefix) :] if size.lower().startswith(prefix) else size


def decode(value: str | None, now: datetime) -> tuple[Scarce, ...]:
    """Read what ``encode`` wrote, leaving out what is over and what cannot be read."""
    found = (_decode_one(piece) for piece in (value or "").split(",") if piece)
    return tuple(one for one in found if one is not None and one.until > now)


def _decode_one(piece: str) -> Scarce | None:
    parts = piece.split("/")
    if len(parts) != 5:
        return None
    zone, size, priority, code, end = parts
    try:
        until = datetime.fromtimestamp(int(end, 16), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    classes = {"R": Priority.REGULAR, "S": Priority.SPOT, "*": None}
    if priority not in classes:
        return None
    return Scarce(
        zone=None if zone == "*" else zone,
        size=size if size.lower().startswith("basic_") else f"Standard_{size}",
        priority=classes[priority],
        until=until,
        code=_REFUSALS.get(code[:1], Refusal.OTHER).value,
        larger_too=code.endswith("+"),
    )
