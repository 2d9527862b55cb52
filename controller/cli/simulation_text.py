"""What a simulated life was like: as text for people, and as a document for machines."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING

from controller.cli.events import event_entry
from controller.formats.text import time_text
from controller.formats.words import counted
from providers.relay import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.cli.screen import Screen
    from controller.cli.simulating import Lived
    from controller.core.eventlog import Event
    from controller.engine.rehearsal import Course
    from providers.base import Document, Json

_LOOKS = (Call.LIST, Call.NAMED, Call.CATALOG)
_OK = "ok"


_HANG = " " * 11
"""Under the words that follow a time."""


def text_lines(lived: Lived, screen: Screen) -> Iterator[str]:
    """What happened, in order, then how each fleet stands, then what the platform was asked."""
    happened = [event for course in lived.courses for event in course.events if event.at]
    happened.sort(key=lambda event: event.at or lived.start)
    for (at, fleet, reason), several in groupby(
        happened, key=lambda event: (event.at, event.fleet, str(event.reason))
    ):
        words = f"{fleet}  {reason}: {_told(list(several))}"
        yield screen.wrap(words, _HANG, first=f"{_after(lived.start, at)}  ")
    yield ""
    yield f"After {lived.hours:g} h:"
    for course in lived.courses:
        words = f"{course.fleet.name}: {'; '.join(_standing(course, lived.start))}"
        yield screen.wrap(words, "    ", first="  ")
    yield f"  The platform was asked {_asked(lived.calls)}."


def _after(start: datetime, at: datetime | None) -> str:
    """Hours, minutes and seconds since the beginning: ``+26:03:10``."""
    seconds = 0 if at is None else max(0, round((at - start).total_seconds()))
    return f"+{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _told(several: Sequence[Event]) -> str:
    """Several events of one kind and moment in a line: what one of them says, and whom else it is about."""
    first = several[0]
    about = f"{first.subject}: " if first.subject != first.fleet else ""
    if len(several) == 1:
        return f"{about}{first.message}"
    last = several[-1]
    names = f"{first.subject} … {last.subject}"
    return f"{len(several)} ({names}), the first: {first.message}"


def _standing(course: Course, start: datetime) -> Iterator[str]:
    members = len(course.seen.observed.owned) if course.seen and course.seen.observed else 0
    yield f"{members} of {counted(course.fleet.replicas, 'instance')}"
    if course.since is not None:
        yield f"as its spec says since {_after(start, course.since)}"
        if course.reached_at != course.since:
            yield f"for the first time at {_after(start, course.reached_at)}"
    else:
        yield "not as its spec says"
        yield from _in_the_way(course)
    done = ", ".join(f"{verb} {count}" for verb, count in sorted(course.changes.items()))
    looks = "looked at once" if course.passes == 1 else f"looked at {course.passes} times"
    yield f"{looks}, and changed: {done or 'nothing'}"


def _in_the_way(course: Course) -> Iterator[str]:
    plan = course.seen.plan if course.seen else None
    if plan is not None:
        reasons = Counter(str(one.reason) for one in plan.blocked)
        yield from (f"{reason} holds back {count}" for reason, count in sorted(reasons.items()))


def _asked(calls: Counter[tuple[str, str]]) -> str:
    looks = sum(count for (call, _), count in calls.items() if call in _LOOKS)
    refused = sum(count for (_, answer), count in calls.items() if answer != _OK)
    changes = calls.total() - looks
    words = f"for {counted(looks, 'look')} and {counted(changes, 'change')}"
    return f"{words}, of which it refused {refused}" if refused else words


def document(lived: Lived) -> Document:
    """The same for machines."""
    return {
        "apiVersion": "evenkeel/v1alpha1",
        "kind": "Simulation",
        "start": time_text(lived.start),
        "hours": lived.hours,
        "seed": lived.seed,
        "fleets": [_fleet_entry(course) for course in lived.courses],
        "calls": [
            {"call": call, "answer": answer, "count": count}
            for (call, answer), count in sorted(lived.calls.items())
        ],
    }


def _fleet_entry(course: Course) -> Json:
    plan = course.seen.plan if course.seen else None
    members = course.seen.observed.owned if course.seen and course.seen.observed else ()
    return {
        "name": course.fleet.name,
        "replicas": course.fleet.replicas,
        "instances": len(members),
        "convergedSince": None if course.since is None else time_text(course.since),
        "firstConvergedAt": None if course.reached_at is None else time_text(course.reached_at),
        "passes": course.passes,
        "changes": {str(verb): count for verb, count in sorted(course.changes.items())},
        "prevented": [
            {"reason": str(one.reason), "detail": one.detail, "instance": one.instance}
            for one in (plan.blocked if plan else ())
        ],
        "events": [event_entry(event) for event in course.events],
    }
