"""A story in words: what each pass saw, meant to do and did, for a reader who has never seen the program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime

from controller.core.observed import Member, Observed
from controller.core.phase import classify
from controller.core.steps import (
    Create,
    Delete,
    DeleteSet,
    EnsureSet,
    Install,
    MarkSet,
    Plan,
    Step,
    Sweep,
    Tag,
    Victim,
)
from controller.engine.outcome import Outcome
from controller.engine.report import PassReport
from controller.spec.values import Fleet
from tests.stories.stage import Stage, place_of
from tests.stories.wire import Tally

_FEW = 4
_INDENT = "          "


def clock_words(moment: datetime) -> str:
    """``12:00:30``."""
    return f"{moment:%H:%M:%S}"


def pass_lines(fleet: Fleet, report: PassReport) -> list[str]:
    """Everything about one pass but its time and number."""
    if report.plan is None or report.observed is None:
        error = report.error or (report.incident.sentence if report.incident else "")
        return [f"cannot look: {error}", f"looks again in {report.look_again_seconds} s"]
    plan = report.plan
    return [
        f"{plan.observed} of {plan.desired} wanted{_skew_words(plan)}",
        *picture_lines(fleet, report.observed, report.ended_at),
        *(f"plan    {line}" for step in plan.steps for line in _step_lines(step)),
        *_approval_lines(plan),
        *(f"blocked {line}" for line in _blocked_lines(plan)),
        *(f"note    {note}" for note in plan.notes),
        *(f"broken  {sentence}" for sentence in report.violations),
        *_outcome_lines(report.outcomes),
        f"looks again in {report.look_again_seconds} s",
    ]


def picture_lines(fleet: Fleet, observed: Observed, now: datetime) -> list[str]:
    """The members by place, and in each place by state."""
    if not observed.exists:
        return ["there is no scale set"]
    where = fleet.placement
    places = where.zones or tuple(str(number) for number in range(where.fault_domains))
    rows: dict[str, list[Member]] = {place: [] for place in places}
    for member in observed.members:
        rows.setdefault(_place(member), []).append(member)
    kind = "zone" if where.zones else "fault domain"
    return [
        f"{kind} {place}: {_members_words(members, now) or 'nobody'}"
        for place, members in rows.items()
    ]


def end_lines(stage: Stage, tally: Tally) -> list[str]:
    """How the region really is at the end, and what was sent to it."""
    lines: list[str] = []
    for fleet in stage.fleets.values():
        living = stage.living(fleet.ref)
        places: dict[str, int] = {}
        for record in living:
            places[place_of(record)] = places.get(place_of(record), 0) + 1
        where = ", ".join(f"{place}: {places[place]}" for place in sorted(places)) or "nobody"
        lines.append(f"In the end {fleet.name} has {len(living)} of {fleet.replicas}: {where}.")
    calls = ", ".join(f"{number} {call}" for call, number in sorted(tally.calls.items()))
    return [*lines, f"Sent: {calls or 'nothing'}."]


def indented(lines: Iterable[str], first: str) -> list[str]:
    """The lines of a pass under its time."""
    head, *rest = lines
    return [f"{first}{head}", *(f"{_INDENT}{line}" for line in rest)]


def _place(member: Member) -> str:
    found = member.instance
    return found.zone or ("0" if found.fault_domain is None else str(found.fault_domain))


def _skew_words(plan: Plan) -> str:
    if plan.spread.domain == "region":
        return ""
    return f", skew {plan.spread.skew_before}"


def _members_words(members: Sequence[Member], now: datetime) -> str:
    by_state: dict[str, list[str]] = {}
    for member in members:
        by_state.setdefault(_state(member, now), []).append(member.name)
    return "; ".join(f"{_some(names)} {state}" for state, names in by_state.items())


def _state(member: Member, now: datetime) -> str:
    if not member.owned:
        return "not ours"
    words = classify(member.instance, now).value
    klass = " Spot" if member.instance.priority.value == "Spot" else ""
    unlisted = "" if member.listed else " (not in the list yet)"
    return f"{words}{klass}{unlisted}"


def _some(names: Sequence[str]) -> str:
    if len(names) <= _FEW:
        return ", ".join(names)
    return f"{names[0]} and {len(names) - 1} more"


def _step_lines(step: Step) -> list[str]:
    match step:
        case Create():
            return [_create_line(step)]
        case Delete():
            inferred = ", inferred" if step.inferred else ""
            rows = step.victims[:_FEW] if len(step.victims) > _FEW + 1 else step.victims
            lines = [f"delete ({step.reason.value}{inferred}) {_victim(one)}" for one in rows]
            more = len(step.victims) - len(rows)
            return [*lines, f"delete {more} more, each for a reason of its own"] if more else lines
        case Tag():
            return [f"tag {step.instance} ({step.reason.value}): {step.why}"]
        case Install():
            what = f"{step.extension} on {step.instance}"
            return [f"install {what} ({step.reason.value}): {step.why}"]
        case Sweep():
            what = "mark" if step.marks else "delete"
            return [f"{what} {kind_words(step.name)} ({step.reason.value}): {step.why}"]
        case _:
            return [_set_line(step)]


def _set_line(step: EnsureSet | MarkSet | DeleteSet) -> str:
    match step:
        case EnsureSet():
            return f"create the scale set: {step.why}"
        case MarkSet():
            verb = "mark" if step.marked else "unmark"
            return f"{verb} the scale set ({step.reason.value}): {step.why}"
        case DeleteSet():
            return f"delete the scale set ({step.reason.value}): {step.why}"


def kind_words(name: str) -> str:
    """The name of a leftover without the digits that are another for each seed."""
    return re.sub(r"_[0-9a-f]{32}$", "", name)


def _create_line(step: Create) -> str:
    place = f"in zone {step.zone}" if step.zone else "in the region"
    if step.fault_domain is not None:
        place = f"in fault domain {step.fault_domain}"
    again = " again" if step.retry else ""
    instead = f" instead of {step.replaces}" if step.replaces else ""
    runner_up = f" [{step.runner_up}]" if step.runner_up else ""
    return (
        f"create {step.instance}{again} {place}, {step.priority.value}{instead} "
        f"({step.reason.value}): {step.why}{runner_up}"
    )


def _victim(victim: Victim) -> str:
    runner_up = f" [{victim.runner_up}]" if victim.runner_up else ""
    return f"{victim.instance}: {victim.why}{runner_up}"


def _approval_lines(plan: Plan) -> list[str]:
    if plan.approval is None:
        return []
    given = "given" if plan.approval.given else "not given yet"
    return [f"needs   an approval ({given}): {plan.approval.why}"]


def _blocked_lines(plan: Plan) -> list[str]:
    nobody = "a new member" if plan.desired else "the fleet"
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for one in plan.blocked:
        until = f", until {clock_words(one.until)}" if one.until else ""
        key = (one.reason.value, one.detail, until)
        grouped.setdefault(key, []).append(one.instance or nobody)
    return [
        f"{_grouped(names)} ({reason}{until}): {detail}"
        for (reason, detail, until), names in grouped.items()
    ]


def _grouped(names: Sequence[str]) -> str:
    if set(names) == {"a new member"} and len(names) > 1:
        return f"{len(names)} new members"
    return _some(names)


def _outcome_lines(outcomes: Sequence[Outcome]) -> list[str]:
    runs: list[tuple[str, list[str]]] = []
    for outcome in outcomes:
        word = "done" if outcome.accepted else "refused" if outcome.error else "waits"
        key = f"{word}|{outcome.verb.value}"
        if not runs or runs[-1][0] != key:
            runs.append((key, []))
        about = f"{outcome.instance}: " if outcome.instance and not outcome.accepted else ""
        runs[-1][1].append(f"{word.ljust(7)} {about}{outcome.sentence}")
    lines: list[str] = []
    for _, row in runs:
        lines += (
            row if len(row) <= _FEW + 1 else [*row[:_FEW], f"        and {len(row) - _FEW} more"]
        )
    return lines
