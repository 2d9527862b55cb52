"""Serial numbers make creation safe: a name is chosen before it is used, and never used twice.

The set's tag ``evenkeel-serials`` holds ``floor/next``. Numbers in ``[floor, next)`` are open. An open
number without a member is tried again under the same name, create-only, so that a late first request
does no harm. No member with an open number is deleted. When every open number has been seen in the
list, or is known never to come, ``floor`` becomes ``next``.

A number that is tried again may have two requests under way. One of them makes the member; the other finds the
name taken, unless the member is gone by then: it would come to life once more. So the tag
``evenkeel-retried-at`` is written before a second request is sent, and for as long as it stands the numbers
stay open, whoever has been seen.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core import tags
from controller.core.observed import LAST_SERIAL, Serials

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from controller.core.observed import Memory, Observed
    from controller.spec.values import Fleet

LATE_REQUEST = timedelta(minutes=10)
"""How long after it was sent a request may still arrive: ten times the longest call timeout."""

_NUMBER = re.compile(r"-(\d{6,9})$")


@dataclass(frozen=True, slots=True)
class Window:
    """The open numbers of a pass.

    ``missing`` have no member: they may be tried again under the same name. ``unlisted`` have a member
    that the list does not show yet. ``twins_until``: until when a second request for one of them may arrive;
    None when there is none. ``closable``: every open number has been seen in the list, and none comes twice.
    """

    prefix: str
    serials: Serials
    missing: tuple[int, ...]
    unlisted: tuple[int, ...]
    twins_until: datetime | None = None

    @property
    def closable(self) -> bool:
        """Whether ``floor`` may move to ``next`` without losing sight of anything."""
        return self.seen and self.twins_until is None

    @property
    def seen(self) -> bool:
        """Whether every open number shows its member."""
        return not self.missing and not self.unlisted

    @property
    def closed(self) -> bool:
        """Whether no number is open."""
        return self.serials.floor == self.serials.next

    def has(self, name: str) -> bool:
        """Whether a member's number is open."""
        return self.serials.floor <= (serial_of(name) or 0) < self.serials.next

    def name(self, serial: int) -> str:
        """The name that belongs to an open number."""
        return member_name(self.prefix, serial)


def member_name(fleet: str, serial: int) -> str:
    """``web-000007`` for 7: six digits at least, so that names sort as numbers do."""
    return f"{fleet}-{serial:06d}"


def serial_of(name: str) -> int | None:
    """The number in a member's name, or None for a name of another form."""
    found = _NUMBER.search(name)
    return int(found.group(1)) if found else None


def read_window(fleet: Fleet, observed: Observed) -> Window:
    """The open numbers, from the set's tag; without one, the next is the highest in any name plus one.

    A set that was renamed in its spec keeps the name under which its open numbers were reserved.
    """
    serials = _in_force(fleet, observed)
    group = observed.group
    reserved_as = group.tags.get(tags.FLEET, fleet.name) if group else fleet.name
    prefix = reserved_as if serials.floor < serials.next else fleet.name
    by_name = {member.name.lower(): member for member in observed.members}
    missing: list[int] = []
    unlisted: list[int] = []
    for serial in range(serials.floor, serials.next):
        member = by_name.get(member_name(prefix, serial).lower())
        if member is None:
            missing.append(serial)
        elif not member.listed:
            unlisted.append(serial)
    twins = twins_until(observed, observed.observed_at) if serials.floor < serials.next else None
    return Window(prefix, serials, tuple(missing), tuple(unlisted), twins)


def unsettled(fleet: Fleet, observed: Observed) -> tuple[str, ...]:
    """Names to ask for one by one before planning: open, and not in the list."""
    window = read_window(fleet, observed)
    return tuple(window.name(serial) for serial in window.missing)


def arrived(fleet: Fleet, observed: Observed, before: Iterable[str]) -> tuple[str, ...]:
    """Names of open numbers that have a member, or had one at a look ``before``."""
    window = read_window(fleet, observed)
    missing, known = set(window.missing), {name.lower() for name in before}
    numbers = range(window.serials.floor, window.serials.next)
    names = ((serial, window.name(serial)) for serial in numbers)
    return tuple(name for serial, name in names if serial not in missing or name.lower() in known)


def may_still_come(observed: Observed, now: datetime) -> datetime | None:
    """Until when a request for an open number may still arrive; None when that time is over."""
    return _late(observed.reserved_at, now)


def twins_until(observed: Observed, now: datetime) -> datetime | None:
    """Until when a second request for an open number may still arrive; None when there is none."""
    return _late(observed.retried_at, now)


def note_answers(memory: Memory, reserved: Iterable[str], unanswered: Collection[str]) -> Memory:
    """Note of which open numbers no request is on its way: ``reserved`` just now, or known before, and answered."""
    known = dict.fromkeys((*memory.answered, *reserved))
    return replace(memory, answered=tuple(name for name in known if name not in unanswered))


def _late(sent: datetime | None, now: datetime) -> datetime | None:
    # A time far in the future is no time of ours: it would keep numbers open for ever.
    if sent is None or abs(now - sent) >= LATE_REQUEST:
        return None
    return sent + LATE_REQUEST


def next_serial(names: Iterable[str]) -> int:
    """The lowest number above every number in ``names``; 1 for none.

    Numbers beyond the last that we would ever give out are somebody else's and do not count.
    """
    found = [serial_of(name) or 0 for name in names]
    return 1 + max((serial for serial in found if serial <= LAST_SERIAL), default=0)


def _in_force(fleet: Fleet, observed: Observed) -> Serials:
    """The tag's numbers, unless nothing is open and it is behind the members of ours that were seen."""
    serials = observed.serials
    if serials is None or not serials.plausible:
        return _settled_below(next_serial(member.name for member in observed.members))
    if serials.floor < serials.next:
        return serials
    prefix = f"{fleet.name}-".lower()
    ours = (one.name for one in observed.owned if one.name.lower().startswith(prefix))
    return _settled_below(max(serials.next, next_serial(ours)))


def _settled_below(following: int) -> Serials:
    return Serials(following, following)
