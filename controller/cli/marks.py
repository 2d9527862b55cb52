"""One letter for each member, by the domain in which it stands.

A letter says what matters most about a member: that it cannot be deleted, then that it does not serve,
then whether it is Regular or Spot. Small letters are members that are not up yet.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.phase import Phase, classify
from controller.core.steps import Prevented
from controller.core.topology import EVERYWHERE
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from controller.core.deletability import Ledger
    from controller.core.observed import Member
    from controller.core.steps import Create, Plan
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

_LOCKED = frozenset({Prevented.LOCKED, Prevented.LOCKS_UNREADABLE})
_HELD = frozenset({Prevented.HELD, Prevented.PROTECTED, Prevented.QUORUM})
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
        (_place_of(step), _new(step.priority))
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
            _mark(member, sighting.observed.observed_at, ledger),
        )
        for member in sighting.observed.owned
    ]


def _by_domain(pairs: Iterable[tuple[str, Mark]]) -> Marks:
    rows: dict[str, list[Mark]] = defaultdict(list)
    for domain, mark in pairs:
        rows[domain].append(mark)
    return {domain: tuple(sorted(row, key=_ORDER.__getitem__)) for domain, row in rows.items()}


def _mark(member: Member, now: datetime, ledger: Ledger) -> Mark:
    phase = classify(member.instance, now)
    if phase is Phase.DELETING:
        return Mark.LEAVING
    # What cannot be deleted comes before what does not serve: it decides about scale-in.
    obstacle = ledger.obstacles.get(member.name)
    if obstacle and obstacle.reason in _LOCKED:
        return Mark.LOCKED
    if obstacle and obstacle.reason in _HELD:
        return Mark.HELD
    if phase is Phase.CREATING:
        return _new(member.instance.priority)
    if phase is not Phase.RUNNING:
        return Mark.BROKEN
    return Mark.SPOT if member.instance.priority is Priority.SPOT else Mark.REGULAR


def _new(priority: Priority) -> Mark:
    return Mark.NEW_SPOT if priority is Priority.SPOT else Mark.NEW_REGULAR


def _place_of(step: Create) -> str:
    if step.zone is not None:
        return step.zone
    return EVERYWHERE if step.fault_domain is None else str(step.fault_domain)
