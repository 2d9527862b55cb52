"""What the page says of each fleet: one word, one sentence, a picture, and what happens next.

Worst first: whoever opens the page wants to know what is wrong, and only then what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.formats.sighting import Sighting
from controller.formats.words import counted
from controller.web.cells import lanes_of
from controller.web.drawing import draw
from controller.web.verdicts import Tone, begun_in, opinion_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.standings import Standing
    from controller.core.steps import Plan
    from controller.engine.board import FleetState, View
    from controller.engine.report import PassReport
    from controller.web.cells import Lane
    from controller.web.drawing import Picture
    from controller.web.verdicts import Opinion


CROWD = 60
"""From more cells in a lane on, a picture stands before the links."""


@dataclass(frozen=True, slots=True)
class Card:
    """One fleet as the page shows it."""

    state: FleetState
    verdict: Opinion
    lanes: tuple[Lane, ...]
    pictures: tuple[Picture, ...]

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
    def running(self) -> str:
        """How many members run; ``?`` if nobody has seen them."""
        status = self.seen.status if self.seen else None
        return "?" if status is None else str(status.ready)

    @property
    def wanted(self) -> str:
        """How many the spec wants; ``?`` if no spec is known."""
        status, fleet = self.seen.status if self.seen else None, self.state.standing.fleet
        if status is not None:
            return str(status.desired)
        return str(fleet.replicas) if fleet else "?"

    @property
    def scale_set(self) -> str:
        """The scale set's ARM id as the spec spells it."""
        fleet = self.state.standing.fleet
        return fleet.ref.id if fleet else self.state.key

    @property
    def crowded(self) -> bool:
        """Whether there are too many members to be shown as links without losing the picture."""
        return any(len(lane.cells) > CROWD for lane in self.lanes)

    @property
    def stale(self) -> bool:
        """Whether what is drawn is older than the last pass."""
        return self.seen is not None and self.seen is not self.report


class Cards:
    """Makes cards. Pictures are kept as long as nothing else has been seen: they are most of a page's cost."""

    def __init__(self) -> None:
        self._drawn: dict[str, _Drawn] = {}

    def of(self, view: View) -> tuple[Card, ...]:
        """All fleets, the worst first; equals by name."""
        cards = [self.of_fleet(state) for state in view.fleets]
        there = {state.key for state in view.fleets}
        self._drawn = {key: one for key, one in self._drawn.items() if key in there}
        return tuple(sorted(cards, key=lambda card: (card.verdict.tone, card.name, card.state.key)))

    def of_fleet(self, state: FleetState) -> Card:
        """One fleet."""
        drawn = self._drawn.get(state.key)
        if drawn is None or not drawn.shows(state):
            lanes = _lanes(state)
            drawn = _Drawn(state.seen, state.standing, lanes, draw(lanes))
            self._drawn[state.key] = drawn
        return Card(state, opinion_of(state), drawn.lanes, drawn.pictures)


@dataclass(frozen=True, slots=True)
class _Drawn:
    """What was drawn, and from what: reports and specs never change, so the same ones give the same picture."""

    seen: PassReport | None
    standing: Standing
    lanes: tuple[Lane, ...]
    pictures: tuple[Picture, ...]

    def shows(self, state: FleetState) -> bool:
        return self.seen is state.seen and self.standing.fleet is state.standing.fleet


def headline(cards: Sequence[Card]) -> str:
    """The page's first sentence."""
    if not cards:
        return "No fleets yet"
    bad = [card for card in cards if card.verdict.tone.needs_somebody]
    if bad:
        verb = "needs" if len(bad) == 1 else "need"
        held_up = len(troubled(cards)) - len(bad)
        waits = f", {held_up} {'is' if held_up == 1 else 'are'} held up" if held_up else ""
        return f"{len(bad)} of {counted(len(cards), 'fleet')} {verb} somebody{waits}"
    calm = {Tone.GOOD, Tone.RESTING}
    restless = [card for card in cards if card.verdict.tone not in calm]
    if restless:
        verb = "is" if len(restless) == 1 else "are"
        return f"{len(restless)} of {counted(len(cards), 'fleet')} {verb} not as wanted yet"
    if len(cards) == 1:
        return "The fleet is as its spec says"
    return f"All {len(cards)} fleets are as their specs say"


def troubled(cards: Sequence[Card]) -> list[Card]:
    """Those that are worth the first glance, in their order."""
    return [card for card in cards if card.verdict.tone.is_trouble]


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
    return lanes_of(sighting, plan, begun_in(state.seen))
