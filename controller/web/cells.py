"""One cell for each instance: where it stands, and what matters most about it.

A cell's kind is told by its shape as well as by its colour.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.formats.aspects import (
    Aspect,
    aspect_of,
    aspect_of_new,
    domain_label,
    domain_of_new,
    domains_in_order,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.core.deletability import Ledger
    from controller.core.observed import Member, Observed
    from controller.core.steps import Plan
    from controller.formats.sighting import Sighting


class Kind(StrEnum):
    """What a cell shows, in the order in which cells stand: a member's aspect, or what is planned."""

    REGULAR = Aspect.REGULAR
    SPOT = Aspect.SPOT
    LOCKED = Aspect.LOCKED
    HELD = Aspect.HELD
    BROKEN = Aspect.BROKEN
    NEW_REGULAR = Aspect.NEW_REGULAR
    NEW_SPOT = Aspect.NEW_SPOT
    PLANNED = "planned"
    CHOSEN = "chosen"
    LEAVING = Aspect.LEAVING
    UNMANAGED = "unmanaged"


WORDS: Mapping[Kind, str] = {
    Kind.REGULAR: "Regular, running",
    Kind.SPOT: "Spot, running",
    Kind.LOCKED: "locked",
    Kind.HELD: "held or protected",
    Kind.BROKEN: "not serving",
    Kind.NEW_REGULAR: "Regular, being created",
    Kind.NEW_SPOT: "Spot, being created",
    Kind.PLANNED: "planned",
    Kind.CHOSEN: "chosen to go",
    Kind.LEAVING: "being deleted",
    Kind.UNMANAGED: "unmanaged",
}

_ORDER = {kind: number for number, kind in enumerate(Kind)}
_GHOSTS = frozenset({Kind.PLANNED, Kind.LEAVING, Kind.UNMANAGED})


@dataclass(frozen=True, slots=True)
class Cell:
    """One instance, or one that is planned."""

    name: str
    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One zone or fault domain. ``count`` are the members that are there and stay ours until now."""

    label: str
    cells: tuple[Cell, ...]

    @property
    def count(self) -> int:
        """Members under management that are not being deleted."""
        return sum(cell.kind not in _GHOSTS for cell in self.cells)

    @property
    def sentence(self) -> str:
        """The lane in words, for whoever does not see it: ``zone 1: 2 Regular, running; 1 locked``."""
        counts = Counter(cell.kind for cell in self.cells)
        told = "; ".join(f"{counts[kind]} {WORDS[kind]}" for kind in Kind if counts[kind])
        return f"{self.label}: {told or 'empty'}"


def lanes_of(
    sighting: Sighting, plan: Plan, begun: frozenset[str] = frozenset()
) -> tuple[Lane, ...]:
    """The lanes of a fleet in the order of its domains; domains outside the eligible ones come last.

    ``begun`` are instances whose creation or deletion the platform has accepted since the look.
    """
    rows: dict[str, list[Cell]] = defaultdict(list)
    for domain, cell in (*_seen(sighting, plan, begun), *_coming(sighting.observed, plan, begun)):
        rows[domain].append(cell)
    return tuple(
        Lane(
            domain_label(plan.spread, domain),
            tuple(sorted(rows.get(domain, ()), key=_place_in_lane)),
        )
        for domain in domains_in_order(plan.spread, rows)
    )


def kinds_in(lanes: Iterable[Lane]) -> tuple[Kind, ...]:
    """The kinds that a legend has to explain, in their order."""
    found = {cell.kind for lane in lanes for cell in lane.cells}
    return tuple(kind for kind in Kind if kind in found)


def _place_in_lane(cell: Cell) -> tuple[int, str]:
    return _ORDER[cell.kind], cell.name


def _seen(sighting: Sighting, plan: Plan, begun: frozenset[str]) -> Iterable[tuple[str, Cell]]:
    observed, ledger, topology = sighting.observed, sighting.ledger(), sighting.topology()
    victims = set(plan.victims)
    for member in observed.members:
        kind = Kind.UNMANAGED
        if member.owned:
            kind = Kind(aspect_of(member, observed.observed_at, ledger))
        if member.name in victims:
            kind = Kind.LEAVING if member.name in begun else Kind.CHOSEN
        yield topology.domain_of(member), Cell(member.name, kind, _words(member, kind, ledger))


def _words(member: Member, kind: Kind, ledger: Ledger) -> str:
    obstacle = ledger.obstacles.get(member.name)
    told = f"{member.name}, {member.instance.priority} {member.instance.size}: {WORDS[kind]}"
    return f"{told}, {obstacle.detail}" if obstacle and member.owned else told


def _coming(observed: Observed, plan: Plan, begun: frozenset[str]) -> Iterable[tuple[str, Cell]]:
    known = {member.name for member in observed.members}
    for step in plan.creates:
        if step.instance not in known:
            kind = Kind.PLANNED
            if step.instance in begun:
                kind = Kind(aspect_of_new(step.priority))
            words = f"{step.instance}, {step.priority} {step.size}: {WORDS[kind]}, {step.why}"
            yield domain_of_new(step), Cell(step.instance, kind, words)
