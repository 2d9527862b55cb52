"""Events over time: repeated ones are counted, similar ones combined, chatter is held down.

The rules and numbers are those of client-go's event correlator (``tools/record/events_cache.go``), so that
what is shown reads as ``kubectl get events`` does: the same event again raises a count; from ten different
messages of one kind within ten minutes on, one event stands for all that follow; of each object 25 events
are told at once and one more every five minutes. At most ``CAPACITY`` events are kept, the ones that have
been silent longest go first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from controller.core.phase import Phase
from controller.core.steps import Prevented, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

CAPACITY = 4096
"""Entries of each of the three memories, as in client-go."""

SIMILAR_MESSAGES = 10
SIMILAR_WITHIN = timedelta(seconds=600)
"""So many different messages of one object and reason, none of them so long after another, are combined."""

BURST = 25
REFILL_SECONDS = 300.0
"""Events about one object that are told at once, and the time after which one more is."""

COMBINED = "(combined from similar events): "

_T = TypeVar("_T")


class EventReason(StrEnum):
    """What can be told to have happened, beside the states of members and what is prevented."""

    CREATED = "Created"
    DELETING = "Deleting"
    DELETED = "Deleted"
    DISAPPEARED = "Disappeared"
    CHANGED = "Changed"
    SWEPT = "Swept"
    SET_CREATED = "SetCreated"
    # What the platform answered, or kept us from sending.
    THROTTLED = "Throttled"
    REFUSED = "Refused"
    FORBIDDEN = "Forbidden"
    NOT_FOUND = "NotFound"
    UNREACHABLE = "Unreachable"
    OUTCOME_UNKNOWN = "OutcomeUnknown"
    NOT_RECORDED = "NotRecorded"
    LEASE_LOST = "LeaseLost"
    # What became of a fleet as a whole.
    READY = "Ready"
    STALLED = "Stalled"
    FROZEN = "Frozen"
    THAWED = "Thawed"
    SPEC_ACCEPTED = "SpecAccepted"
    GUARD_REFUSED = "GuardRefused"
    INTERNAL_ERROR = "InternalError"


Word: TypeAlias = EventReason | Prevented | Phase | Reason
"""Reasons of events: closed lists of words, of which all but the first are those of plans and of members."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a fleet or to one of its instances. ``at`` None: it is so now.

    ``fleet`` is the fleet's name, ``subject`` the instance's, or the fleet's again.
    """

    fleet: str
    subject: str
    reason: Word
    message: str
    warning: bool = False
    at: datetime | None = None

    @property
    def type(self) -> str:
        """Kubernetes' two types of events."""
        return "Warning" if self.warning else "Normal"


@dataclass(frozen=True, slots=True)
class Logged:
    """An event as it stands in the log: when first and last, how often. ``combined``: it stands for several."""

    event: Event
    first: datetime
    last: datetime
    count: int = 1
    combined: bool = False


@dataclass(frozen=True, slots=True)
class _Similar:
    """Messages of one object and reason that came close after each other."""

    messages: tuple[str, ...]
    last: datetime


@dataclass(frozen=True, slots=True)
class _Allowance:
    """How many events about one object may still be told, as of a moment."""

    left: float
    at: datetime


_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventLog:
    """What has happened, as far as it is remembered. Values: ``record`` gives another one back.

    ``counted`` are all known events, ``shown`` those that were told, by the same keys; one that chatter
    has held down is counted all the same. ``held_down`` is how many times that happened.
    """

    shown: Mapping[_Key, Logged] = field(default_factory=dict)
    counted: Mapping[_Key, Logged] = field(default_factory=dict)
    similar: Mapping[_Key, _Similar] = field(default_factory=dict)
    allowances: Mapping[_Key, _Allowance] = field(default_factory=dict)
    held_down: int = 0

    @property
    def events(self) -> tuple[Logged, ...]:
        """All events that were told, the one that happened last at the end, as kubectl sorts them."""
        return tuple(sorted(self.shown.values(), key=lambda one: (one.last, one.event.subject)))

    def of(self, fleet: str) -> tuple[Logged, ...]:
        """Those of one fleet."""
        return tuple(one for one in self.events if one.event.fleet == fleet)


def record(log: EventLog, events: Iterable[Event], now: datetime) -> EventLog:
    """Take events in, in their order. An event without a time of its own happened ``now``."""
    book = _Book(log)
    for event in events:
        book.note(event, event.at or now)
    return book.closed()


class _Book:
    """Grows during one call of ``record`` and is seen by nothing outside of it."""

    def __init__(self, log: EventLog) -> None:
        self._shown = dict(log.shown)
        self._counted = dict(log.counted)
        self._similar = dict(log.similar)
        self._allowances = dict(log.allowances)
        self._held_down = log.held_down

    def note(self, event: Event, at: datetime) -> None:
        """Combine, count, and tell if the object has not been told about too often."""
        combined, key = self._combine(event, at)
        entry = self._count(combined, key, at)
        if not self._may_tell((event.fleet, event.subject), at):
            self._held_down += 1
            return
        _put(self._shown, key, entry)

    def closed(self) -> EventLog:
        """The log with everything noted."""
        return EventLog(
            self._shown, self._counted, self._similar, self._allowances, self._held_down
        )

    def _combine(self, event: Event, at: datetime) -> tuple[Event, _Key]:
        kind = (event.fleet, event.subject, event.type, event.reason.value)
        before = self._similar.get(kind)
        recent = before is not None and at - before.last <= SIMILAR_WITHIN
        messages = before.messages if before and recent else ()
        if event.message not in messages:
            messages = (*messages, event.message)
        # The set never grows beyond its bound: the oldest message makes room for the next.
        kept = messages[-(SIMILAR_MESSAGES - 1) :]
        _put(self._similar, kind, _Similar(kept, at))
        if len(messages) < SIMILAR_MESSAGES:
            return event, (*kind, event.message)
        return replace(event, message=f"{COMBINED}{event.message}"), kind

    def _count(self, event: Event, key: _Key, at: datetime) -> Logged:
        before = self._counted.get(key)
        entry = Logged(event, at, at, combined=len(key) == 4)
        if before is not None:
            entry = replace(
                entry,
                first=min(before.first, at),
                last=max(before.last, at),
                count=before.count + 1,
            )
        _put(self._counted, key, entry)
        return entry

    def _may_tell(self, subject: _Key, at: datetime) -> bool:
        before = self._allowances.get(subject, _Allowance(BURST, at))
        refilled = max(0.0, (at - before.at).total_seconds()) / REFILL_SECONDS
        left = min(float(BURST), before.left + refilled)
        may = left >= 1
        _put(self._allowances, subject, _Allowance(left - 1 if may else left, max(before.at, at)))
        return may


def _put(memory: dict[_Key, _T], key: _Key, value: _T) -> None:
    """Put an entry last, and drop the one that was put longest ago if there are too many."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > CAPACITY:
        del memory[next(iter(memory))]
