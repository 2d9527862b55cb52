"""What happened in a pass, as events: from two reports in a row, and from conditions that changed.

Decides nothing and reads no clock: whatever is found happened when the later pass ended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core import extensions
from controller.core.conditions import changed
from controller.core.eventlog import Event, EventReason
from controller.core.phase import Phase, classify
from controller.core.reasons import SET, reasons_of
from controller.core.status import Truth
from controller.core.steps import Prevented
from controller.engine.facts import reason_of
from controller.engine.outcome import Verb
from providers.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from controller.core.conditions import Told
    from controller.core.eventlog import Word
    from controller.core.observed import Member
    from controller.core.status import Condition
    from controller.core.steps import Create
    from controller.engine.report import PassReport

_TOLD_PHASES = frozenset(Phase) - {Phase.CREATING, Phase.DELETING}
"""Phases whose beginning is an event. Creating and deleting are told when they are asked for."""

_WELL = frozenset({Phase.RUNNING})

_DONE: Mapping[Verb, EventReason] = {
    Verb.ENSURE_SET: EventReason.SET_CREATED,
    Verb.TAG: EventReason.CHANGED,
    Verb.OPERATE: EventReason.CHANGED,
    Verb.CREATE: EventReason.CREATED,
    Verb.DELETE: EventReason.DELETING,
    Verb.MARK: EventReason.CHANGED,
    Verb.SWEEP: EventReason.SWEPT,
    Verb.DELETE_SET: EventReason.DELETING,
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
        *_of_outcomes(report),
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
    failure = member.instance.failure or extensions.failure_of(member.instance)
    words = f"{member.instance.provisioning_state}, {member.instance.power_state}"
    if failure is not None and phase not in _WELL:
        words = f"{failure.code}: {' '.join(failure.message.split())}"
    return Event(
        report.fleet,
        member.name,
        phase,
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
            one.reason,
            one.detail,
            warning=True,
            at=report.ended_at,
        )
    if plan.approval is not None and not plan.approval.given:
        words = f"{plan.approval.why}; approve it with the token {plan.approval.token}"
        yield Event(
            report.fleet,
            report.fleet,
            Prevented.APPROVAL,
            words,
            warning=True,
            at=report.ended_at,
        )


def _of_outcomes(report: PassReport) -> Iterator[Event]:
    because = reasons_of(report.plan) if report.plan else {}
    creates = {step.instance: step for step in report.plan.creates} if report.plan else {}
    for one in report.outcomes:
        subject = one.instance or report.fleet
        if one.accepted and one.verb in _DONE:
            found = because.get((str(one.verb), one.instance or SET))
            words = f"{found.reason}: {found.why}" if found else one.sentence
            if one.instance in creates and one.verb is Verb.CREATE:
                words = f"{_offering(creates[one.instance])}; {words}"
            yield Event(report.fleet, subject, _DONE[one.verb], words, at=report.ended_at)
        elif one.error is not None and not isinstance(one.error, Conflict):
            yield Event(
                report.fleet,
                subject,
                reason_of(one.error),
                f"{one.verb}: {one.sentence}",
                warning=True,
                at=report.ended_at,
            )


def _offering(step: Create) -> str:
    place = f" in zone {step.zone}" if step.zone else ""
    if step.fault_domain is not None:
        place = f" in FD {step.fault_domain}"
    return f"{step.priority} {step.size}{place}"


def _of_failure(report: PassReport) -> Iterator[Event]:
    def event(reason: Word, words: str) -> Event:
        return Event(report.fleet, report.fleet, reason, words, warning=True, at=report.ended_at)

    for rule in report.violations:
        yield event(EventReason.GUARD_REFUSED, f"the plan would break a safety rule: {rule}")
    if report.incident is not None:
        yield event(EventReason.INTERNAL_ERROR, report.incident.sentence)
    if report.error is not None:
        yield event(reason_of(report.error), f"the look failed: {report.error}")
