"""Events over time: counted, combined, held down and bounded, as client-go does it."""

from __future__ import annotations

from datetime import timedelta

from controller.core import eventlog
from controller.core.eventlog import BURST, CAPACITY, Event, EventLog, EventReason, record
from controller.core.phase import Phase
from controller.core.steps import Prevented
from tests.builders import NOW


def an_event(message: str = "no capacity", subject: str = "web-000001") -> Event:
    return Event("web", subject, Prevented.NO_CAPACITY, message, warning=True)


def after(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def told(log: EventLog) -> list[tuple[str, int]]:
    return [(one.event.message, one.count) for one in log.events]


def test_same_event_is_counted() -> None:
    """The same event again raises a count and moves the last time; the first stays."""
    log = EventLog()
    for minute in range(14):
        log = record(log, [an_event()], NOW + after(60 * minute))
    (one,) = log.events
    assert (one.count, one.first, one.last) == (14, NOW, NOW + after(13 * 60))
    assert one.event.type == "Warning"


def test_tenth_message_is_combined() -> None:
    """Nine different messages stand by themselves; from the tenth on one event stands for all that follow."""
    log = EventLog()
    for number in range(12):
        log = record(log, [an_event(f"try {number}")], NOW + after(number))
    assert told(log) == [
        *((f"try {number}", 1) for number in range(9)),
        (f"{eventlog.COMBINED}try 11", 3),
    ]
    assert [one.combined for one in log.events] == [False] * 9 + [True]


def test_quiet_ends_combining() -> None:
    """After more than ten quiet minutes a message stands by itself again."""
    log = EventLog()
    for number in range(10):
        log = record(log, [an_event(f"try {number}")], NOW)
    just = record(log, [an_event("late")], NOW + after(600))
    assert told(just)[-1] == (f"{eventlog.COMBINED}late", 2)
    later = record(log, [an_event("late")], NOW + after(601))
    assert told(later)[-1] == ("late", 1)


def test_repeats_of_few_messages_never_combine() -> None:
    """Nine messages that come again and again are counted, not combined."""
    log = EventLog()
    for turn in range(2):
        log = record(log, [an_event(f"try {number}") for number in range(9)], NOW + after(turn))
    assert {count for _, count in told(log)} == {2}


def test_chatter_is_held_down() -> None:
    """Of one object 25 events are told at once, then one every five minutes; nothing of others is lost."""
    log = record(EventLog(), [an_event()] * (BURST + 5), NOW)
    assert (told(log), log.held_down) == ([("no capacity", BURST)], 5)
    log = record(log, [an_event()], NOW + after(299))
    assert told(log) == [("no capacity", BURST)]
    # Held down is not forgotten: the next that is told brings the count up to date.
    log = record(log, [an_event(), an_event("other", "web-000002")], NOW + after(300))
    assert told(log) == [("no capacity", BURST + 7), ("other", 1)]


def test_memory_is_bounded() -> None:
    """However many objects there are, the log keeps its bound and drops what was silent longest."""
    log = record(EventLog(), [an_event(subject="old"), an_event(subject="kept")], NOW)
    many = [an_event(subject=f"x{number}") for number in range(CAPACITY - 1)]
    log = record(record(log, many[:9], NOW), [an_event(subject="kept")], NOW)
    log = record(log, many[9:], NOW)
    sizes = [len(one) for one in (log.shown, log.counted, log.similar, log.allowances)]
    assert sizes == [CAPACITY] * 4
    subjects = {one.event.subject for one in log.events}
    assert "old" not in subjects
    assert "kept" in subjects


def test_time_of_the_event_counts() -> None:
    """An event with a time of its own is told at that time, and an earlier one does not turn time back."""
    late = Event("web", "web", EventReason.READY, "well", at=NOW + after(60))
    early = Event("web", "web", EventReason.READY, "well", at=NOW)
    (one,) = record(EventLog(), [late, early], NOW + after(90)).events
    assert (one.first, one.last, one.count) == (NOW, NOW + after(60), 2)


def test_fleets_are_told_apart() -> None:
    """The events of one fleet can be had by themselves, the last one at the end."""
    other = Event("db", "db", EventReason.FROZEN, "held", warning=True, at=NOW)
    log = record(EventLog(), [an_event(), other], NOW + after(1))
    assert [one.event.reason for one in log.of("db")] == [EventReason.FROZEN]
    assert [one.event.fleet for one in log.events] == ["db", "web"]


def test_words_are_those_of_the_plan() -> None:
    """The words of events are those of plans and members and a few more, none of which stands for two things."""
    lists = [{one.value for one in words} for words in (EventReason, Prevented, Phase)]
    # A member that is being deleted is the one word in common, and it says the same.
    assert lists[0] & lists[1] == set()
    assert lists[0] & lists[2] == {"Deleting"}
    assert lists[1] & lists[2] == set()
