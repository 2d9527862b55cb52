"""Remembered refusals: offerings that are not worth asking for until a time.

Learned from refused requests and from failed members, kept in a tag of the set. When its time is over, one
creation tries the offering again (half-open); the others follow when that one has come up.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from controller.core.observed import Memory, Scarce
from controller.core.tags import VALUE_LIMIT
from providers.base import PowerState, Priority, ProvisioningState
from providers.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controller.core.observed import Member, Observed
    from providers.base import Catalog, SizeFacts

_HOUR = timedelta(hours=1)
_SHORT = timedelta(minutes=3)
_QUOTA = timedelta(minutes=10)
_SKU_REGULAR = timedelta(hours=23)
PROBATION = timedelta(minutes=30)
"""How long after its end a refusal lets one creation at a time through. By then one has come up or failed."""
_SKEW = timedelta(minutes=5)
"""Azure's clock and ours: a member this much older than the end may be one that tried the offering."""
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
    """Add what was learned; of two equal refusals the later end stays.

    What is over is on probation for a while, then forgotten.
    """
    latest: dict[tuple[str, ...], Scarce] = {}
    for one in (*memory.scarcity, *memory.probing, *new):
        key = (one.zone or "", one.size, one.priority or "", str(one.larger_too))
        known = one.until + PROBATION > now
        if known and (key not in latest or latest[key].until < one.until):
            latest[key] = one
    ordered = [latest[key] for key in sorted(latest)]
    return replace(
        memory,
        scarcity=tuple(one for one in ordered if one.until > now),
        probing=tuple(one for one in ordered if one.until <= now),
    )


def learn_from_failures(memory: Memory, observed: Observed, now: datetime) -> Memory:
    """Add what members of the fleet show: a failure names what was not to be had, a success disproves it."""
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
    known = remember(memory, learned, now)
    probing = tuple(one for one in known.probing if not _is_disproved(one, observed))
    return replace(known, probing=probing)


def being_tried(memory: Memory, observed: Observed) -> frozenset[Scarce]:
    """Refusals on probation for which a creation is under way already."""
    return frozenset(
        one
        for one in memory.probing
        if any(
            member.instance.provisioning_state is ProvisioningState.CREATING
            for member in _tries(one, observed)
        )
    )


def on_probation(
    memory: Memory, catalog: Catalog | None, *, zone: str | None, size: str, priority: Priority
) -> tuple[Scarce, ...]:
    """The refusals on probation that cover an offering."""
    return tuple(
        one
        for one in memory.probing
        if _covers(one, catalog, zone=zone, size=size, priority=priority)
    )


def _is_disproved(one: Scarce, observed: Observed) -> bool:
    return any(
        member.instance.provisioning_state is ProvisioningState.SUCCEEDED
        and member.instance.power_state is PowerState.RUNNING
        and member.instance.created_at is not None
        for member in _tries(one, observed)
    )


def _tries(one: Scarce, observed: Observed) -> Iterator[Member]:
    """Members that were asked for since a refusal was over. One of unknown age may be such a one."""
    for member in observed.owned:
        found = member.instance
        recent = found.created_at is None or found.created_at >= one.until - _SKEW
        if recent and _covers(
            one, observed.catalog, zone=found.zone, size=found.size, priority=found.priority
        ):
            yield member


def obstacle(
    memory: Memory, catalog: Catalog | None, *, zone: str | None, size: str, priority: Priority
) -> Scarce | None:
    """The remembered refusal that covers an offering, the one that lasts longest; None if there is none."""
    found = [
        one
        for one in memory.scarcity
        if _covers(one, catalog, zone=zone, size=size, priority=priority)
    ]
    return max(found, key=lambda one: one.until, default=None)


def _covers(
    one: Scarce, catalog: Catalog | None, *, zone: str | None, size: str, priority: Priority
) -> bool:
    where = one.zone in {None, zone} and one.priority in {None, priority}
    return where and _covers_size(one, size, catalog)


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
    known = (*memory.scarcity, *memory.probing)
    for one in sorted(known, key=lambda one: (one.until, one.size), reverse=True):
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
    """Read what ``encode`` wrote, leaving out what is forgotten by now and what cannot be read."""
    found = (_decode_one(piece) for piece in (value or "").split(",") if piece)
    return tuple(one for one in found if one is not None and one.until + PROBATION > now)


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
