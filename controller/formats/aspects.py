"""What matters most about a member, and in which domain it is drawn: the rule behind every picture.

What matters most: that it is going, then that it cannot be deleted, because that decides about scale-in, then
that it is not up yet or does not serve, then its class. The terminal gives each aspect a letter, the page a cell.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.phase import Phase, classify
from controller.core.steps import Prevented
from controller.core.topology import EVERYWHERE, FAULT_DOMAIN, ZONE
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.core.deletability import Ledger
    from controller.core.observed import Member
    from controller.core.steps import Create, SpreadReport


class Aspect(StrEnum):
    """What a picture shows of a member, in the order in which members stand in it."""

    REGULAR = "regular"
    SPOT = "spot"
    LOCKED = "locked"
    HELD = "held"
    BROKEN = "broken"
    NEW_REGULAR = "new-regular"
    NEW_SPOT = "new-spot"
    LEAVING = "leaving"


_LOCKED = frozenset({Prevented.LOCKED, Prevented.LOCKS_UNREADABLE})
_HELD = frozenset({Prevented.HELD, Prevented.PROTECTED, Prevented.QUORUM})
_DOMAINS = {ZONE: "zone", FAULT_DOMAIN: "fault domain"}


def aspect_of(member: Member, now: datetime, ledger: Ledger) -> Aspect:
    """The aspect of a member under management, as it was at ``now``."""
    phase = classify(member.instance, now)
    if phase is Phase.DELETING:
        return Aspect.LEAVING
    obstacle = ledger.obstacles.get(member.name)
    if obstacle and obstacle.reason in _LOCKED:
        return Aspect.LOCKED
    if obstacle and obstacle.reason in _HELD:
        return Aspect.HELD
    if phase is Phase.CREATING:
        return aspect_of_new(member.instance.priority)
    if phase is not Phase.RUNNING:
        return Aspect.BROKEN
    return Aspect.SPOT if member.instance.priority is Priority.SPOT else Aspect.REGULAR


def aspect_of_new(priority: Priority) -> Aspect:
    """The aspect of a member of this class that is on its way."""
    return Aspect.NEW_SPOT if priority is Priority.SPOT else Aspect.NEW_REGULAR


def domain_of_new(step: Create) -> str:
    """The domain in which a member will stand that is to be created."""
    if step.zone is not None:
        return step.zone
    return EVERYWHERE if step.fault_domain is None else str(step.fault_domain)


def domains_in_order(spread: SpreadReport, drawn: Iterable[str]) -> tuple[str, ...]:
    """The domains of a picture: the eligible ones, then those outside, then any other that has something drawn."""
    return tuple(dict.fromkeys([*spread.before, *spread.outside, *sorted(drawn)]))


def domain_label(spread: SpreadReport, domain: str) -> str:
    """``zone 1``, ``fault domain 0``, ``region``; a domain outside the eligible ones says so."""
    if spread.domain not in _DOMAINS:
        return "region"
    label = f"{_DOMAINS[spread.domain]} {domain}"
    return label if domain in spread.before else f"{label} (outside)"
