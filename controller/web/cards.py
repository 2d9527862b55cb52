"""What the page says of each fleet: one word, one sentence, a picture, and what happens next.

Worst first: whoever opens the page wants to know what is wrong, and only then what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from controller.core.status import Truth
from controller.engine.outcome import Verb
from controller.engine.report import Verdict
from controller.formats.sighting import Sighting
from controller.web.cells import lanes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.standings import Freeze
    from controller.core.status import Condition
    from controller.core.steps import Plan
    from controller.engine.board import FleetState, View
    from controller.engine.report import PassReport
    from controller.web.cells import Lane


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
class Verdicts:
    """One word for a fleet, and the sentence that explains it. ``todo`` is what a person may do."""

    tone: Tone
    word: str
    why: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One fleet as the page shows it."""

    state: FleetState
    verdict: Verdicts
    lanes: tuple[Lane, ...]

    @property
    def name(self) -> str:
        """The fleet's name."""
        return self.state.name

    @property
    def report(self) -> PassReport | None:
        """The last pass."""
        return self.state.report

    @property
    def seen(self) -> PassReport | None:
        """The last pass that could look; older than ``report`` when the last one could not."""
        return self.state.seen

    @property
    def plan(self) -> Plan | None:
        """The last plan."""
        return self.seen.plan if self.seen else None

    @property
    def members(self) -> str:
        """``4 of 6``: running members of those wanted."""
        status = self.seen.status if self.seen else None
        if status is not None:
            return f"{status.ready} of {status.desired}"
        fleet = self.state.standing.fleet
        return f"? of {fleet.replicas}" if fleet else "unknown"

    @property
    def stale(self) -> bool:
        """Whether what is drawn is older than the last pass."""
        return self.seen is not None and self.seen is not self.report


def cards_of(view: View) -> tuple[Card, ...]:
    """All fleets, the worst first; equals by name."""
    cards = [card_of(state) for state in view.fleets]
    return tuple(sorted(cards, key=lambda card: (card.verdict.tone, card.name, card.state.key)))


def card_of(state: FleetState) -> Card:
    """One fleet."""
    return Card(state, verdict_of(state), _lanes(state))


def verdict_of(state: FleetState) -> Verdicts:
    """Say in one word how a fleet is. What its source says stands over what the last pass saw."""
    freeze = state.standing.freeze
    if freeze is not None:
        return _frozen(freeze)
    report = state.report
    if report is None:
        return Verdicts(Tone.UNKNOWN, "Not seen yet", "the first look has not been made")
    if report.incident is not None or report.violations:
        return Verdicts(Tone.ALARM, "Failed", report.trouble[0])
    if report.plan is None or report.status is None:
        return _unseen(report)
    return _planned(state, report, report.plan)


def headline(cards: Sequence[Card]) -> str:
    """The page's first sentence."""
    if not cards:
        return "No fleets yet"
    bad = [card for card in cards if card.verdict.tone.needs_somebody]
    if bad:
        verb = "needs" if len(bad) == 1 else "need"
        return f"{len(bad)} of {_counted(len(cards), 'fleet')} {verb} somebody"
    calm = {Tone.GOOD, Tone.RESTING}
    restless = [card for card in cards if card.verdict.tone not in calm]
    if restless:
        verb = "is" if len(restless) == 1 else "are"
        return f"{len(restless)} of {_counted(len(cards), 'fleet')} {verb} not as wanted yet"
    if len(cards) == 1:
        return "The fleet is as its spec says"
    return f"All {len(cards)} fleets are as their specs say"


def sighting_of(state: FleetState) -> Sighting | None:
    """What was last seen of a fleet, if anything was."""
    seen, fleet = state.seen, state.standing.fleet
    if seen is None or fleet is None or seen.observed is None:
        return None
    return Sighting(fleet, seen.observed)


def _lanes(state: FleetState) -> tuple[Lane, ...]:
    sighting = sighting_of(state)
    plan = state.seen.plan if state.seen else None
    if sighting is None or plan is None:
        return ()
    return lanes_of(sighting, plan, _begun(state.seen))


def _begun(report: PassReport | None) -> frozenset[str]:
    """Instances whose creation or deletion was accepted in a pass."""
    outcomes = report.outcomes if report else ()
    return frozenset(
        one.instance
        for one in outcomes
        if one.accepted and one.instance and one.verb in {Verb.CREATE, Verb.DELETE}
    )


def _frozen(freeze: Freeze) -> Verdicts:
    tone = Tone.PERSON if freeze.token else Tone.ALARM
    todo = f"To approve it: {freeze.token}" if freeze.token else ""
    return Verdicts(tone, "Frozen", f"{freeze.reason}: {freeze.detail}", todo)


def _unseen(report: PassReport) -> Verdicts:
    why = report.trouble[0] if report.trouble else "the provider showed nothing of it"
    if report.verdict is Verdict.THROTTLED:
        return Verdicts(Tone.WAITING, "Throttled", why)
    return Verdicts(Tone.ALARM, "Not seen", why)


def _planned(state: FleetState, report: PassReport, plan: Plan) -> Verdicts:
    approval = plan.approval
    if approval is not None and not approval.given:
        todo = f'Approve it with the annotation evenkeel/approve: "{approval.token}"'
        return Verdicts(Tone.PERSON, "Needs approval", approval.why, todo)
    if report.left_alone:
        return Verdicts(Tone.RESTING, "At rest", _first_note(plan))
    stalled = _condition(state, "Stalled")
    if stalled is not None and stalled.status is Truth.TRUE:
        return Verdicts(Tone.ALARM, "Stalled", stalled.message)
    if report.trouble:
        word = "Throttled" if report.verdict is Verdict.THROTTLED else "Refused"
        return Verdicts(Tone.WAITING, word, report.trouble[0])
    if plan.blocked:
        first = plan.blocked[0]
        whom = f"{first.instance}: " if first.instance else ""
        return Verdicts(Tone.WAITING, "Blocked", f"{whom}{first.detail}")
    return _moving(state, plan)


def _moving(state: FleetState, plan: Plan) -> Verdicts:
    ready = _condition(state, "Ready")
    if ready is not None and ready.status is Truth.TRUE:
        return Verdicts(Tone.GOOD, "Ready", ready.message)
    begun = _begun(state.seen)
    creates = {step.instance for step in plan.creates}
    victims = set(plan.victims)
    parts = (
        (len(creates - begun), "to create"),
        (len(victims - begun), "to delete"),
        (len(plan.creating) + len(creates & begun), "being created"),
        (len(plan.leaving) + len(victims & begun), "being deleted"),
    )
    told = ", ".join(f"{count} {words}" for count, words in parts if count)
    if told:
        return Verdicts(Tone.BUSY, "Reconciling", told)
    return Verdicts(Tone.WAITING, "Not ready", ready.message if ready else "")


def _first_note(plan: Plan) -> str:
    return plan.notes[0] if plan.notes else "its spec says that nothing of it is changed"


def _condition(state: FleetState, name: str) -> Condition | None:
    return next((one for one in state.conditions if one.type == name), None)


def _counted(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"
