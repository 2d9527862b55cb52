"""What the page says of each fleet: one word, one sentence, a picture, and what happens next.

Worst first: whoever opens the page wants to know what is wrong, and only then what is right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.formats.sighting import Sighting
from controller.formats.words import counted
from controller.web.cells import lanes_of
from controller.web.verdicts import Tone, begun_in, opinion_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.steps import Plan
    from controller.engine.board import FleetState, View
    from controller.engine.report import PassReport
    from controller.web.cells import Lane
    from controller.web.verdicts import Opinion


CROWD = 60
"""From more cells in a lane on, a picture stands before the links."""


@dataclass(frozen=True, slots=True)
class Card:
    """One fleet as the page shows it."""

    state: FleetState
    verdict: Opinion
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


def cards_of(view: View) -> tuple[Card, ...]:
    """All fleets, the worst first; equals by name."""
    cards = [card_of(state) for state in view.fleets]
    return tuple(sorted(cards, key=lambda card: (card.verdict.tone, card.name, card.state.key)))


def card_of(state: FleetState) -> Card:
    """One fleet."""
    return Card(state, opinion_of(state), _lanes(state))


def headline(cards: Sequence[Card]) -> str:
    """The page's first sentence."""
    if not cards:
        return "No fleets yet"
    bad = [card for card in cards if card.verdict.tone.needs_somebody]
    if bad:
        verb = "needs" if len(bad) == 1 else "need"
        return f"{len(bad)} of {counted(len(cards), 'fleet')} {verb} somebody"
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
