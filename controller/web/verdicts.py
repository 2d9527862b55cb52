"""One word for a fleet, why it is so, what happens next, and what a person may do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from controller.core.status import Truth
from controller.core.steps import Prevented
from controller.engine.outcome import Verb
from controller.engine.report import Verdict
from controller.formats.remedies import FROZEN, PREVENTED
from controller.formats.rows import blocked_sentences

if TYPE_CHECKING:
    from controller.core.standings import Freeze
    from controller.core.status import Condition
    from controller.core.steps import Plan
    from controller.engine.board import FleetState
    from controller.engine.report import PassReport


class Tone(IntEnum):
    """How bad it is, the worst first. ``PERSON``: it waits for somebody's yes."""

    ALARM = 0
    PERSON = 1
    WAITING = 2
    UNKNOWN = 3
    BUSY = 4
    GOOD = 5
    RESTING = 6

    @property
    def needs_somebody(self) -> bool:
        """Whether it will not get better by itself."""
        return self in {Tone.ALARM, Tone.PERSON}

    @property
    def is_trouble(self) -> bool:
        """Whether it is worth the first glance: somebody is needed, or something is in the way."""
        return self <= Tone.WAITING


SIGNS = {
    Tone.ALARM: "✕",
    Tone.PERSON: "?",
    Tone.WAITING: "!",
    Tone.UNKNOWN: "…",
    Tone.BUSY: "↻",
    Tone.GOOD: "✓",
    Tone.RESTING: "‖",
}
"""A sign beside the word, so that colour is never the only one to tell."""


@dataclass(frozen=True, slots=True)
class Opinion:
    """One word for a fleet, and the sentence that explains it.

    ``todo`` is what a person may do, ``then`` what the daemon does next; both are empty where ``why`` says it all.
    """

    tone: Tone
    word: str
    why: str
    todo: str = ""
    then: str = ""


def opinion_of(state: FleetState) -> Opinion:
    """Say in one word how a fleet is. What its source says stands over what the last pass saw."""
    freeze = state.standing.freeze
    if freeze is not None:
        return _frozen(freeze)
    report = state.report
    if report is None:
        return Opinion(Tone.UNKNOWN, "Not seen yet", "the first look has not been made")
    if report.incident is not None or report.violations:
        return Opinion(Tone.ALARM, "Failed", report.trouble[0], then="it is tried again")
    if report.plan is None or report.status is None:
        return _unseen(report)
    return _planned(state, report, report.plan)


def begun_in(report: PassReport | None) -> frozenset[str]:
    """Instances whose creation or deletion was accepted in a pass."""
    outcomes = report.outcomes if report else ()
    return frozenset(
        one.instance
        for one in outcomes
        if one.accepted and one.instance and one.verb in {Verb.CREATE, Verb.DELETE}
    )


def _frozen(freeze: Freeze) -> Opinion:
    tone, then = Tone.ALARM, "nothing is changed until that is over"
    todo = FROZEN[freeze.reason]
    if freeze.token:
        tone, then = Tone.PERSON, "nothing is changed before somebody approves it"
        todo = f"{todo}; its token is {freeze.token}"
    return Opinion(tone, "Frozen", f"{freeze.reason}: {freeze.detail}", todo, then)


def _unseen(report: PassReport) -> Opinion:
    why = report.trouble[0] if report.trouble else "the provider showed nothing of it"
    then = "nothing is changed while it cannot be seen"
    if report.verdict is Verdict.THROTTLED:
        return Opinion(Tone.WAITING, "Throttled", why, then=then)
    return Opinion(Tone.ALARM, "Not seen", why, then=then)


def _planned(state: FleetState, report: PassReport, plan: Plan) -> Opinion:
    approval = plan.approval
    if approval is not None and not approval.given:
        todo = f'approve it with the annotation evenkeel/approve: "{approval.token}", or put the number back'
        then = "nothing of it is deleted before that"
        return Opinion(Tone.PERSON, "Needs approval", approval.why, todo, then)
    if report.left_alone:
        return Opinion(Tone.RESTING, "At rest", _first_note(plan), then="nothing is changed")
    stalled = _condition(state, "Stalled")
    if stalled is not None and stalled.status is Truth.TRUE:
        then = "nothing moves until somebody has helped"
        return Opinion(Tone.ALARM, "Stalled", stalled.message, _remedy(stalled.reason), then)
    if report.trouble:
        word = "Throttled" if report.verdict is Verdict.THROTTLED else "Refused"
        return Opinion(Tone.WAITING, word, report.trouble[0], then="it is tried again")
    if plan.blocked:
        return _blocked(state, plan)
    return _moving(state, plan)


def _blocked(state: FleetState, plan: Plan) -> Opinion:
    first, *rest = blocked_sentences(plan)
    why = f"{first}, and {len(rest)} more like it" if rest else first
    then = _moves(state, plan) or "it goes on when that is out of the way"
    return Opinion(Tone.WAITING, "Blocked", why, PREVENTED[plan.blocked[0].reason], then)


def _moving(state: FleetState, plan: Plan) -> Opinion:
    ready = _condition(state, "Ready")
    if ready is not None and ready.status is Truth.TRUE:
        return Opinion(Tone.GOOD, "Ready", ready.message)
    told = _moves(state, plan)
    if told:
        return Opinion(Tone.BUSY, "Reconciling", told)
    return Opinion(Tone.WAITING, "Not ready", ready.message if ready else "")


def _moves(state: FleetState, plan: Plan) -> str:
    """What is planned and under way, in numbers; empty if nothing is."""
    begun = begun_in(state.seen)
    creates = {step.instance for step in plan.creates}
    victims = set(plan.victims)
    parts = (
        (len(creates - begun), "to create"),
        (len(victims - begun), "to delete"),
        (len(plan.creating) + len(creates & begun), "being created"),
        (len(plan.leaving) + len(victims & begun), "being deleted"),
    )
    return ", ".join(f"{count} {words}" for count, words in parts if count)


def _remedy(reason: str) -> str:
    """What to do about a condition whose reason is an obstacle; nothing is known of other reasons."""
    return PREVENTED[Prevented(reason)] if reason in set(Prevented) else ""


def _first_note(plan: Plan) -> str:
    return plan.notes[0] if plan.notes else "its spec says that nothing of it is changed"


def _condition(state: FleetState, name: str) -> Condition | None:
    return next((one for one in state.conditions if one.type == name), None)
