"""One letter for each member, by the domain in which it stands: what matters most about it.

Small letters are members that are not up yet.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.formats.aspects import Aspect, aspect_of, aspect_of_new, domain_of_new

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.core.steps import Plan
    from controller.formats.sighting import Sighting


class Mark(StrEnum):
    """The letters of a picture, in the order in which they are drawn."""

    REGULAR = "R"
    SPOT = "S"
    LOCKED = "L"
    HELD = "H"
    BROKEN = "!"
    NEW_REGULAR = "r"
    NEW_SPOT = "s"
    LEAVING = "-"
    PLAIN = "■"


MEANINGS: Mapping[Mark, str] = {
    Mark.REGULAR: "Regular",
    Mark.SPOT: "Spot",
    Mark.LOCKED: "locked",
    Mark.HELD: "held or protected",
    Mark.BROKEN: "not serving",
    Mark.NEW_REGULAR: "new Regular",
    Mark.NEW_SPOT: "new Spot",
    Mark.LEAVING: "being deleted",
    Mark.PLAIN: "member",
}

_LETTERS: Mapping[Aspect, Mark] = {aspect: Mark[aspect.name] for aspect in Aspect}
_ORDER = {mark: number for number, mark in enumerate(Mark)}

Marks = dict[str, tuple[Mark, ...]]


def marks_before(sighting: Sighting) -> Marks:
    """Letters of all members under management, by domain."""
    return _by_domain((domain, mark) for _, domain, mark in _members(sighting))


def marks_after(sighting: Sighting, plan: Plan) -> Marks:
    """Letters as they will be when the plan is carried out and its new members are on their way."""
    gone = set(plan.victims)
    seen = _members(sighting)
    staying = [
        (domain, mark)
        for name, domain, mark in seen
        if name not in gone and mark is not Mark.LEAVING
    ]
    known = {name for name, _, _ in seen}
    coming = [
        (domain_of_new(step), _LETTERS[aspect_of_new(step.priority)])
        for step in plan.creates
        if step.instance not in known
    ]
    return _by_domain(staying + coming)


def _members(sighting: Sighting) -> list[tuple[str, str, Mark]]:
    """Name, domain and letter of each member under management."""
    ledger, topology = sighting.ledger(), sighting.topology()
    return [
        (
            member.name,
            topology.domain_of(member),
            _LETTERS[aspect_of(member, sighting.observed.observed_at, ledger)],
        )
        for member in sighting.observed.owned
    ]


def _by_domain(pairs: Iterable[tuple[str, Mark]]) -> Marks:
    rows: dict[str, list[Mark]] = defaultdict(list)
    for domain, mark in pairs:
        rows[domain].append(mark)
    return {domain: tuple(sorted(row, key=_ORDER.__getitem__)) for domain, row in rows.items()}
