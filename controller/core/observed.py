"""What one pass saw of a fleet: immutable, complete, with the time of the look.

``interpret`` turns a provider's snapshot into it. Unknown stays unknown: locks that could not be read
are None, never an empty list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.core import tags

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.spec.values import Hold
    from providers.base import (
        Catalog,
        Group,
        GroupRef,
        GroupSnapshot,
        Instance,
        Leftover,
        Lock,
        Priority,
    )


LAST_SERIAL = 99_999_999
"""Eight digits: a fleet that replaced a thousand members a day would get there after 270 years."""
WIDEST_WINDOW = 10_000
"""Ten times the members of a full set: no pass leaves more numbers open."""


@dataclass(frozen=True, slots=True)
class Serials:
    """Numbers in ``[floor, next)`` are open: a member may still appear under each of them."""

    floor: int
    next: int

    @property
    def plausible(self) -> bool:
        """Whether a controller can have written them, so that walking through the open ones ends soon."""
        in_range = 1 <= self.floor <= self.next <= LAST_SERIAL
        return in_range and self.next - self.floor <= WIDEST_WINDOW


@dataclass(frozen=True, slots=True)
class Member:
    """One instance of the set, with what its tags say.

    ``owned`` False: unmanaged, shown and never touched. ``listed`` False: asked for by name because the
    list did not have it yet. ``fingerprint`` None: unknown, which counts as up to date.
    """

    instance: Instance
    owned: bool
    pool: str | None = None
    fingerprint: str | None = None
    hold: Hold | None = None
    deletion_cost: int = 0
    listed: bool = True

    @property
    def name(self) -> str:
        """The VM's name, which is also its instance id."""
        return self.instance.name


@dataclass(frozen=True, slots=True)
class Scarce:
    """A remembered refusal: do not ask for these offerings before ``until``.

    ``zone`` None: in every zone. ``priority`` None: both. ``larger_too``: also other sizes of the family
    with at least as many vCPUs.
    """

    zone: str | None
    size: str
    priority: Priority | None
    until: datetime
    code: str
    larger_too: bool = False


@dataclass(frozen=True, slots=True)
class Memory:
    """What earlier passes learned and no look can show.

    Scarcity, whether creations were stopped, and since when each member that is being deleted was seen so.
    ``probing`` are refusals that are over and not disproved yet: one creation tries each before others do.
    ``searched_at`` is when leftovers were last looked for, so that not every pass does it. ``members`` are
    those of ours that were there at the last look; None before the first. ``epoch`` tells apart the times of
    day that the process has believed in. ``arrived`` are the names of open numbers that had a member at some
    look: no request for them is on its way any more. ``settled``: at the last look every member with a number
    below it was known; None as long as no look was whole. ``asked`` are members that were asked to go and that
    no answer came for, with the time (None: by a clock that has been set since). ``answered`` are names of open
    numbers that this process reserved and whose every request was answered: none is on its way.
    """

    scarcity: tuple[Scarce, ...] = ()
    overshoot_frozen: bool = False
    leaving: tuple[tuple[str, datetime], ...] = ()
    probing: tuple[Scarce, ...] = ()
    searched_at: datetime | None = None
    members: tuple[str, ...] | None = None
    epoch: int = 0
    arrived: tuple[str, ...] = ()
    settled: int | None = None
    asked: tuple[tuple[str, datetime | None], ...] = ()
    answered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Observed:
    """One fleet as it was at ``observed_at``.

    ``group`` None with ``exists`` True: the set is there, its own properties were not part of the look.
    ``serials`` None: the set has no such tag. ``reserved_at``: when the open numbers were reserved.
    ``retried_at``: when one of them was last tried again while an earlier request might still be on its way.
    ``catalog`` None: sizes and quota are unknown, so nothing is refused on their account. ``leftovers`` are
    what members that are gone may have left behind; None: nobody looked.
    """

    observed_at: datetime
    exists: bool
    members: tuple[Member, ...]
    locks: tuple[Lock, ...] | None
    serials: Serials | None = None
    reserved_at: datetime | None = None
    retried_at: datetime | None = None
    group: Group | None = None
    catalog: Catalog | None = None
    leftovers: tuple[Leftover, ...] | None = None

    @property
    def owned(self) -> tuple[Member, ...]:
        """Members under management, by name."""
        return tuple(member for member in self.members if member.owned)


def interpret(ref: GroupRef, snapshot: GroupSnapshot, catalog: Catalog | None = None) -> Observed:
    """Read a snapshot: which members are ours, their holds, the set's serial numbers."""
    group = snapshot.group
    set_tags = group.tags if group else {}
    return Observed(
        observed_at=snapshot.observed_at,
        exists=group is not None,
        members=_members(ref, snapshot.instances),
        locks=snapshot.locks,
        serials=parse_serials(set_tags.get(tags.SERIALS)),
        reserved_at=tags.parse_time(set_tags.get(tags.RESERVED_AT)),
        retried_at=tags.parse_time(set_tags.get(tags.RETRIED_AT)),
        group=group,
        catalog=catalog,
    )


def settle(
    ref: GroupRef, observed: Observed, found: GroupSnapshot, asked: Iterable[str] = ()
) -> Observed:
    """Put what members ``asked`` for by name are in the place of what the list showed of them.

    The locks are those of the later look. A name that was not found does not exist, whatever a lagging
    list shows; one that only the later look shows is not ``listed``.
    """
    listed = {member.name.lower() for member in observed.members}
    names = {name.lower() for name in (*asked, *(one.name for one in found.instances))}
    fresh = tuple(
        replace(member, listed=member.name.lower() in listed)
        for member in _members(ref, found.instances)
    )
    others = tuple(member for member in observed.members if member.name.lower() not in names)
    members = tuple(sorted(others + fresh, key=lambda member: member.name))
    return replace(observed, members=members, locks=found.locks)


def refresh(ref: GroupRef, observed: Observed, found: GroupSnapshot) -> Observed:
    """Put what was found by name in the place of what the list showed of the members under management.

    Every one of them must have been asked for: who was not found does not exist any more, whatever a
    lagging list shows. Unmanaged members stay as the list had them.
    """
    late = {member.name for member in observed.members if not member.listed}
    fresh = tuple(
        replace(member, listed=member.name not in late) for member in _members(ref, found.instances)
    )
    others = tuple(member for member in observed.members if not member.owned)
    members = tuple(sorted(fresh + others, key=lambda member: member.name))
    return replace(observed, members=members, locks=found.locks)


def parse_serials(value: str | None) -> Serials | None:
    """Read ``floor/next``; None for a missing value.

    A value that cannot be read counts as missing: the highest number in a name then decides, which
    never gives out a number that a visible member has.
    """
    first, _, second = (value or "").partition("/")
    if not (first.isdecimal() and second.isdecimal()):
        return None
    found = Serials(int(first), int(second))
    return found if found.plausible else None


def member_of(ref: GroupRef, instance: Instance, *, owned: bool | None = None) -> Member:
    """Read one instance's tags. ``owned`` None: the owner tag decides."""
    found = instance.tags
    return Member(
        instance=instance,
        owned=tags.owned(ref, found) if owned is None else owned,
        pool=found.get(tags.POOL),
        fingerprint=found.get(tags.TEMPLATE),
        hold=tags.parse_hold(found.get(tags.HOLD)),
        deletion_cost=tags.parse_cost(found.get(tags.DELETION_COST)),
    )


def _members(ref: GroupRef, instances: Iterable[Instance]) -> tuple[Member, ...]:
    return tuple(
        sorted((member_of(ref, found) for found in instances), key=lambda member: member.name)
    )
