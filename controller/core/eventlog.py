"""Events over time: repeated ones are counted, similar ones combined, chatter is held down.

The rules and numbers are those of client-go's event correlator (``tools/record/events_cache.go``), so that
what is shown reads as ``kubectl get events`` does: the same event again raises a count; from ten different
messages of one kind within ten minutes on, one event stands for all that follow; of each object 25 events
are told at once and one more every five minutes. What has not happened for an hour is forgotten, as the API
server does; of more than ``CAPACITY`` events the ones that have been silent longest go first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from controller.core.phase import Phase
from controller.core.steps import Prevented, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

CAPACITY = 4096
"""Entries of each of the three memories, as in client-go. A bound for the worst hour; ``KEPT`` is what usually holds."""

KEPT = timedelta(hours=1)
"""How long after it happened last an event is known: kube-apiserver's ``--event-ttl``, so kubectl's memory."""

SIMILAR_MESSAGES = 10
SIMILAR_WITHIN = timedelta(seconds=600)
"""So many different messages of one object and reason, none of them so long after another, are combined."""

BURST = 25
REFILL_SECONDS = 300.0
"""Events about one object that are told at once, and the time after which one more is."""

COMBINED = "(combined from similar events): "

_KIND = 4
"""Parts of the key of an event that stands for several; others have their message as well."""

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
class Entry:
    """What is known of one event. ``told`` is the same one as it was last told; None: chatter held it down."""

    counted: Logged
    told: Logged | None


@dataclass(frozen=True, slots=True)
class _Similar:
    """Messages of one object and reason that came close after each other."""

    messages: tuple[str, ...]
    last: datetime

    def is_over(self, now: datetime) -> bool:
        """Whether the next message stands by itself, whatever came before."""
        return now - self.last > SIMILAR_WITHIN


@dataclass(frozen=True, slots=True)
class _Allowance:
    """How many events about one object may still be told, as of a moment."""

    left: float
    at: datetime

    def at_moment(self, now: datetime) -> float:
        """What it has grown to by then."""
        refilled = max(0.0, (now - self.at).total_seconds()) / REFILL_SECONDS
        return min(float(BURST), self.left + refilled)

    def is_full(self, now: datetime) -> bool:
        """Whether it is what an object has that nothing is known of."""
        return self.at_moment(now) >= BURST


_Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventLog:
    """What has happened, as far as it is remembered. Values: ``record`` gives another one back.

    ``held_down`` is how many times an event was counted and not told. Each memory has first what was put
    into it longest ago.
    """

    entries: Mapping[_Key, Entry] = field(default_factory=dict)
    similar: Mapping[_Key, _Similar] = field(default_factory=dict)
    allowances: Mapping[_Key, _Allowance] = field(default_factory=dict)
    held_down: int = 0

    @property
    def events(self) -> tuple[Logged, ...]:
        """All events that were told, the one that happened last at the end, as kubectl sorts them."""
        told = (one.told for one in self.entries.values() if one.told is not None)
        return tuple(sorted(told, key=lambda one: (one.last, one.event.subject)))

    def of(self, fleet: str) -> tuple[Logged, ...]:
        """Those of one fleet."""
        return tuple(one for one in self.events if one.event.fleet == fleet)


def record(log: EventLog, events: Iterable[Event], now: datetime) -> EventLog:
    """Take events in, in their order, and forget what is old. An event without a time happened ``now``.

    Gives the same log back if nothing has changed: most looks find nothing to tell.
    """
    news = tuple(events)
    if not news and not _is_outdated(log, now):
        return log
    book = _Book(log)
    for event in news:
        book.note(event, event.at or now)
    return book.closed(now)


def _is_outdated(log: EventLog, now: datetime) -> bool:
    """Whether there is something to forget."""
    return (
        _is_first(log.entries, lambda one: _is_old(one, now))
        or _is_first(log.similar, lambda one: one.is_over(now))
        or _is_first(log.allowances, lambda one: one.is_full(now))
    )


def _is_old(entry: Entry, now: datetime) -> bool:
    return now - entry.counted.last > KEPT


class _Book:
    """Grows during one call of ``record`` and is seen by nothing outside of it."""

    def __init__(self, log: EventLog) -> None:
        self._entries = dict(log.entries)
        self._similar = dict(log.similar)
        self._allowances = dict(log.allowances)
        self._held_down = log.held_down

    def note(self, event: Event, at: datetime) -> None:
        """Combine, count, and tell if the object has not been told about too often."""
        combined, key = self._combine(event, at)
        before = self._entries.get(key)
        if before is not None and _is_old(before, at):
            before = None
        entry = _counted(before, combined, at, combined=len(key) == _KIND)
        if self._may_tell((event.fleet, event.subject), at):
            _put(self._entries, key, Entry(entry, entry))
            return
        self._held_down += 1
        _put(self._entries, key, Entry(entry, before.told if before else None))

    def closed(self, now: datetime) -> EventLog:
        """The log with everything noted, and without what nobody asks for any more."""
        _drop_first(self._entries, lambda one: _is_old(one, now))
        _drop_first(self._similar, lambda one: one.is_over(now))
        _drop_first(self._allowances, lambda one: one.is_full(now))
        return EventLog(self._entries, self._similar, self._allowances, self._held_down)

    def _combine(self, event: Event, at: datetime) -> tuple[Event, _Key]:
        kind = (event.fleet, event.subject, event.type, event.reason.value)
        before = self._similar.get(kind)
        messages = before.messages if before and not before.is_over(at) else ()
        if event.message not in messages:
            messages = (*messages, event.message)
        # The set never grows beyond its bound: the oldest message makes room for the next.
        kept = messages[-(SIMILAR_MESSAGES - 1) :]
        _put(self._similar, kind, _Similar(kept, at))
        if len(messages) < SIMILAR_MESSAGES:
            return event, (*kind, event.message)
        return replace(event, message=f"{COMBINED}{event.message}"), kind

    def _may_tell(self, subject: _Key, at: datetime) -> bool:
        before = self._allowances.get(subject, _Allowance(BURST, at))
        left = before.at_moment(at)
        may = left >= 1
        _put(self._allowances, subject, _Allowance(left - 1 if may else left, max(before.at, at)))
        return may


def _counted(before: Entry | None, event: Event, at: datetime, *, combined: bool) -> Logged:
    if before is None:
        return Logged(event, at, at, combined=combined)
    known = before.counted
    first, last = min(known.first, at), max(known.last, at)
    return Logged(event, first, last, known.count + 1, combined)


def _put(memory: dict[_Key, _T], key: _Key, value: _T) -> None:
    """Put an entry last, and drop the one that was put longest ago if there are too many."""
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > CAPACITY:
        del memory[next(iter(memory))]


def _is_first(memory: Mapping[_Key, _T], holds: Callable[[_T], bool]) -> bool:
    """Whether something holds for what was put longest ago."""
    return bool(memory) and holds(next(iter(memory.values())))


def _drop_first(memory: dict[_Key, _T], over: Callable[[_T], bool]) -> None:
    """Drop what is over, from what was put longest ago on; what stands behind something that is not has to wait."""
    while memory and over(memory[first := next(iter(memory))]):
        del memory[first]
