"""What happened in a pass, as events: from two reports in a row, and from conditions that changed.

Decides nothing and reads no clock: whatever is found happened when the later pass ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.conditions import changed
from controller.core.eventlog import Event, EventReason
from controller.core.phase import Phase, classify
from controller.core.status import Truth
from controller.core.steps import Create, Delete
from controller.engine.facts import reason_of
from controller.engine.outcome import Verb
from providers.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from controller.core.conditions import Told
    from controller.core.observed import Member
    from controller.core.status import Condition
    from controller.engine.outcome import Outcome
    from controller.engine.report import PassReport

_TOLD_PHASES = frozenset(Phase) - {Phase.CREATING, Phase.DELETING}
"""Phases whose beginning is an event. Creating and deleting are told when they are asked for."""

_WELL = frozenset({Phase.RUNNING})

_DONE: Mapping[Verb, EventReason] = {
    Verb.ENSURE_SET: EventReason.SET_CREATED,
    Verb.TAG: EventReason.TAGGED,
    Verb.CREATE: EventReason.CREATED,
    Verb.DELETE: EventReason.DELETING,
}
"""Accepted actions that are worth telling. Reservations and settled tags are bookkeeping."""

_CONDITION_EVENTS: Mapping[tuple[str, Truth], EventReason] = {
    ("Ready", Truth.TRUE): EventReason.READY,
    ("Stalled", Truth.TRUE): EventReason.STALLED,
    ("Frozen", Truth.TRUE): EventReason.FROZEN,
    ("Frozen", Truth.FALSE): EventReason.THAWED,
}


def events_of(report: PassReport, before: PassReport | None = None) -> tuple[Event, ...]:
    """Events of a pass. ``before`` is the pass before it, None when there was none in this process."""
    found = [
        *_of_members(report, before),
        *_of_plan(report),
        *(event for one in report.outcomes for event in _of_outcome(report, one)),
        *_of_failure(report),
    ]
    return tuple(found)


def events_of_conditions(
    fleet: str, before: Told | None, after: Told, at: datetime
) -> tuple[Event, ...]:
    """Events of conditions that changed: ready, stalled, frozen, thawed, another spec accepted."""
    found = [
        _condition_event(fleet, one, at)
        for one in changed(before, after)
        if (one.type, one.status) in _CONDITION_EVENTS
    ]
    if before is not None and before.observed != after.observed:
        words = f"the spec {after.short_digest} is in force"
        found.append(Event(fleet, fleet, EventReason.SPEC_ACCEPTED, words, at=at))
    return tuple(found)


def _condition_event(fleet: str, one: Condition, at: datetime) -> Event:
    reason = _CONDITION_EVENTS[one.type, one.status]
    warning = reason in {EventReason.STALLED, EventReason.FROZEN}
    words = one.message if not warning else f"{one.reason}: {one.message}"
    return Event(fleet, fleet, reason, words, warning=warning, at=at)


def _of_members(report: PassReport, before: PassReport | None) -> Iterator[Event]:
    if report.observed is None:
        return
    now = report.observed.observed_at
    old = _owned(before)
    for member in report.observed.owned:
        phase = classify(member.instance, now)
        known = old.get(member.name)
        past = classify(known.instance, now) if known else None
        if phase in _TOLD_PHASES and phase is not past and not (past is None and phase in _WELL):
            yield _phase_event(report, member, phase)
    if before is not None:
        there = {member.name for member in report.observed.members}
        yield from (
            _gone(report, before, member) for member in old.values() if member.name not in there
        )


def _owned(report: PassReport | None) -> dict[str, Member]:
    if report is None or report.observed is None:
        return {}
    return {member.name: member for member in report.observed.owned}


def _phase_event(report: PassReport, member: Member, phase: Phase) -> Event:
    failure = member.instance.failure
    words = f"{member.instance.provisioning_state}, {member.instance.power_state}"
    if failure is not None and phase not in _WELL:
        words = f"{failure.code}: {' '.join(failure.message.split())}"
    return Event(
        report.fleet,
        member.name,
        EventReason(phase.value),
        words,
        warning=phase not in _WELL,
        at=report.ended_at,
    )


def _gone(report: PassReport, before: PassReport, member: Member) -> Event:
    asked = {one.instance for one in before.outcomes if one.verb is Verb.DELETE}
    leaving = classify(member.instance, before.ended_at) is Phase.DELETING
    ours = leaving or member.name in asked
    return Event(
        report.fleet,
        member.name,
        EventReason.DELETED if ours else EventReason.DISAPPEARED,
        "it is gone" if ours else "it is gone, and nothing here asked for that",
        warning=not ours,
        at=report.ended_at,
    )


def _of_plan(report: PassReport) -> Iterator[Event]:
    plan = report.plan
    if plan is None:
        return
    for one in dict.fromkeys(plan.blocked):
        yield Event(
            report.fleet,
            one.instance or report.fleet,
            EventReason(one.reason.value),
            one.detail,
            warning=True,
            at=report.ended_at,
        )
    if plan.approval is not None and not plan.approval.given:
        words = f"{plan.approval.why}; approve it with the token {plan.approval.token}"
        yield Event(
            report.fleet,
            report.fleet,
            EventReason.APPROVAL,
            words,
            warning=True,
            at=report.ended_at,
        )


def _of_outcome(report: PassReport, outcome: Outcome) -> Iterator[Event]:
    subject = outcome.instance or report.fleet
    if outcome.accepted and outcome.verb in _DONE:
        words = _why(report, outcome) or outcome.sentence
        yield Event(report.fleet, subject, _DONE[outcome.verb], words, at=report.ended_at)
    elif outcome.error is not None and not isinstance(outcome.error, Conflict):
        yield Event(
            report.fleet,
            subject,
            reason_of(outcome.error),
            f"{outcome.verb}: {outcome.sentence}",
            warning=True,
            at=report.ended_at,
        )


def _why(report: PassReport, outcome: Outcome) -> str:
    """The plan's own words for an action, where it is about one instance."""
    for step in report.plan.steps if report.plan else ():
        if isinstance(step, Create) and step.instance == outcome.instance:
            place = f" in zone {step.zone}" if step.zone else ""
            return f"{step.priority} {step.size}{place}: {step.why}"
        if isinstance(step, Delete):
            for victim in step.victims:
                if victim.instance == outcome.instance and outcome.verb is Verb.DELETE:
                    return f"{step.reason}: {victim.why}"
    return ""


def _of_failure(report: PassReport) -> Iterator[Event]:
    def event(reason: EventReason, words: str) -> Event:
        return Event(report.fleet, report.fleet, reason, words, warning=True, at=report.ended_at)

    for rule in report.violations:
        yield event(EventReason.GUARD_REFUSED, f"the plan would break a safety rule: {rule}")
    if report.incident is not None:
        yield event(EventReason.INTERNAL_ERROR, report.incident.sentence)
    if report.error is not None:
        yield event(reason_of(report.error), f"the look failed: {report.error}")
