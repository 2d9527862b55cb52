"""Events over time: counted, combined, held down and bounded, as client-go does it."""

from __future__ import annotations

from dataclasses import replace
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


def sizes(log: EventLog) -> list[int]:
    return [len(one) for one in (log.entries, log.similar, log.allowances)]


def test_memory_is_bounded() -> None:
    """However many objects there are, the log keeps its bound and drops what was silent longest."""
    log = record(EventLog(), [an_event(subject="old"), an_event(subject="kept")], NOW)
    many = [an_event(subject=f"x{number}") for number in range(CAPACITY - 1)]
    log = record(record(log, many[:9], NOW), [an_event(subject="kept")], NOW)
    log = record(log, many[9:], NOW)
    assert sizes(log) == [CAPACITY] * 3
    subjects = {one.event.subject for one in log.events}
    assert "old" not in subjects
    assert "kept" in subjects


def test_old_events_are_forgotten() -> None:
    """An event is shown for an hour after it happened last, also when nothing else happens, and then is new."""
    log = record(EventLog(), [an_event(subject="old"), an_event()], NOW)
    log = record(log, [an_event()], NOW + after(1800))
    log = record(log, [], NOW + after(3600))
    assert told(log) == [("no capacity", 1), ("no capacity", 2)]
    log = record(log, [], NOW + after(3601))
    assert told(log) == [("no capacity", 2)]
    log = record(log, [an_event(subject="old")], NOW + after(3602))
    assert told(log) == [("no capacity", 2), ("no capacity", 1)]
    assert record(log, [], NOW + after(9999)).events == ()


def test_an_old_event_begins_anew() -> None:
    """One that comes again after more than an hour is a first one, also where it stands behind a younger."""
    log = record(EventLog(), [an_event(), an_event("other")], NOW + after(60))
    log = record(log, [replace(an_event("old"), at=NOW)], NOW + after(60))
    log = record(log, [an_event("old")], NOW + after(3601))
    assert told(log)[-1] == ("old", 1)


def test_nothing_is_left_of_a_quiet_hour() -> None:
    """All that was kept in order to count, combine and hold down goes when it makes no difference any more."""
    log = EventLog()
    for number in range(3 * BURST):
        log = record(log, [an_event(f"try {number}"), an_event(subject=f"x{number}")], NOW)
    assert log.held_down
    assert all(sizes(log))
    refilled = after(BURST * eventlog.REFILL_SECONDS)
    assert sizes(record(log, [], NOW + refilled - after(1)))[2] > 0
    assert sizes(record(log, [], NOW + refilled)) == [0, 0, 0]


def test_a_lasting_rush_stays_small() -> None:
    """At a steady rate of ever new objects the log is as large after a day as after two hours."""
    log, found = EventLog(), []
    for minute in range(24 * 60):
        news = [an_event(subject=f"x{minute}-{number}") for number in range(10)]
        log = record(log, news, NOW + after(60 * minute))
        found.append(sizes(log))
    assert found[120] == found[-1]
    assert found[-1][0] == 61 * 10


def test_nothing_new_is_the_same_log() -> None:
    """A look that has nothing to tell neither copies nor changes the log."""
    log = record(EventLog(), [an_event()], NOW)
    assert record(log, [], NOW + after(299)) is log
    assert record(log, [], NOW + after(300)) is not log


def test_held_down_keeps_what_was_told() -> None:
    """While chatter is held down the event stands as it was told last, for as long as it goes on."""
    log = record(EventLog(), [an_event()] * BURST, NOW)
    for minute in range(1, 5):
        log = record(log, [an_event()], NOW + after(60 * minute))
    (one,) = log.events
    assert (one.count, one.last, log.held_down) == (BURST, NOW, 4)


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
