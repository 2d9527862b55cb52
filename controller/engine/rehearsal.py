"""A rehearsal: hours of a daemon's passes, on a clock that somebody moves, from one moment that is due to the next.

Looks, plans, guards, changes and pauses are those of the daemon. There is one process, nobody edits a spec,
and a fleet's spec is in force from the beginning.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from controller.core.conditions import conditions_after
from controller.core.rhythm import Outlook, Resync, next_look
from controller.engine.facts import facts_of
from controller.engine.happenings import events_of, events_of_conditions
from controller.engine.reconcile import reconcile_once
from controller.engine.visit import has_failed, is_moving

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from datetime import datetime

    from controller.core.conditions import Told
    from controller.core.eventlog import Event
    from controller.engine.clock import Clock, DaemonClock
    from controller.engine.outcome import Verb
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import Provider


@dataclass(slots=True)
class Course:
    """What became of one fleet.

    ``last`` is the report of the last pass, ``seen`` of the last one that could look. ``reached_at`` is when
    the fleet was as its spec says for the first time, ``since`` since when it has been without a break; None if it was
    not, or is not. ``changes`` counts what the platform accepted.
    """

    fleet: Fleet
    passes: int = 0
    failures: int = 0
    last: PassReport | None = None
    seen: PassReport | None = None
    reached_at: datetime | None = None
    since: datetime | None = None
    changes: Counter[Verb] = field(default_factory=Counter)
    events: list[Event] = field(default_factory=list)
    told: Told | None = None

    def take_in(self, report: PassReport) -> None:
        """Add a pass."""
        before = self.told
        self.told = conditions_after(
            before, facts_of(report, self.fleet.spec_digest), report.ended_at
        )
        self.events += events_of(report, self.seen)
        self.events += events_of_conditions(self.fleet.name, before, self.told, report.ended_at)
        self.changes += Counter(one.verb for one in report.outcomes if one.accepted)
        self.passes += 1
        self.failures = self.failures + 1 if has_failed(report) else 0
        self.last = report
        self.seen = report if report.plan is not None else self.seen
        self.since = (self.since or report.ended_at) if report.converged else None
        self.reached_at = self.reached_at or self.since


async def rehearse(
    fleets: Sequence[Fleet],
    provider: Provider,
    clock: DaemonClock,
    dice: random.Random,
    *,
    seconds: float,
    resync_seconds: float,
) -> tuple[Course, ...]:
    """Make passes over all fleets for so many seconds; each fleet is looked at when its last pass says so.

    ``dice`` draw the jitter. What happens while nobody looks, the provider's clock brings about.
    """
    end, rest = clock.elapsed + seconds, Resync(resync_seconds, resync_seconds)
    courses = [Course(replace(fleet, in_force_since=clock.now)) for fleet in fleets]
    due = [clock.elapsed] * len(courses)
    while due and min(due) <= end:
        number = due.index(min(due))
        await clock.sleep(due[number] - clock.elapsed)
        course = courses[number]
        report = await _pass(course, provider, clock)
        course.take_in(report)
        outlook = Outlook(report.look_again_seconds, is_moving(report), course.failures)
        due[number] = clock.elapsed + next_look(outlook, rest, dice.random()).seconds
    await clock.sleep(end - clock.elapsed)
    return tuple(courses)


async def _pass(course: Course, provider: Provider, clock: Clock) -> PassReport:
    memories = {course.fleet.name: course.last.memory} if course.last else {}
    (report,) = await reconcile_once(
        [course.fleet], provider, clock, memories=memories, number=course.passes + 1
    )
    return report
