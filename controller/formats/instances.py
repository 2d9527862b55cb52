"""What is shown of one instance, and of one fleet in one line: the same facts in every command."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import extensions
from controller.core.conditions import PassFacts, conditions_after
from controller.core.phase import Phase, classify
from controller.formats.text import time_text
from controller.formats.words import lock_word, moment, place_word
from providers.base import Priority

if TYPE_CHECKING:
    from datetime import datetime

    from controller.core.conditions import Told
    from controller.core.deletability import Obstacle
    from controller.core.observed import Member
    from controller.core.status import Condition, Status
    from controller.core.steps import Plan
    from controller.formats.sighting import Sighting
    from controller.spec.values import Fleet
    from providers.base import Failure, Json


@dataclass(frozen=True, slots=True)
class FleetSight:
    """One fleet as one look showed it, and what follows from that.

    ``told`` is what somebody who keeps watching has made of it; None: this look is the first.
    """

    sighting: Sighting
    plan: Plan
    status: Status
    told: Told | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """All conditions. Of a single look each holds since that look, and is about the first spec seen."""
        digest = self.sighting.fleet.spec_digest
        facts = PassFacts(digest, status=self.status)
        told = self.told or conditions_after(None, facts, self.sighting.observed.observed_at)
        return told.conditions


@dataclass(frozen=True, slots=True)
class UnseenFleet:
    """A fleet of which nothing is known: its spec is broken, or the provider showed nothing of it.

    It has a row of its own, because what is not known must not look as if it were not there.
    """

    name: str
    status: str
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class InstanceFacts:
    """One instance as it is now. ``obstacle`` None: it may be deleted. ``updated``: its template is the fleet's.

    ``failure`` is why its last operation failed, or else one of its extensions.
    """

    name: str
    fleet: str
    zone: str | None
    fault_domain: int | None
    size: str
    priority: str
    phase: Phase
    health: str
    owned: bool
    updated: bool
    obstacle: Obstacle | None
    created_at: datetime | None
    failure: Failure | None
    pool: str = ""

    @property
    def place(self) -> str:
        """``1`` for a zone, ``FD0`` for a fault domain."""
        return place_word(self.zone, self.fault_domain)

    @property
    def lock(self) -> str:
        """What keeps it from being deleted, in one word."""
        obstacle = self.obstacle
        found = None if obstacle is None else (str(obstacle.reason), obstacle.detail)
        return lock_word(found, owned=self.owned)

    def document(self) -> dict[str, Json]:
        """The same for machines, in camelCase."""
        created = time_text(self.created_at) if self.created_at else None
        obstacle = self.obstacle
        return {
            "name": self.name,
            "fleet": self.fleet,
            "zone": self.zone,
            "faultDomain": self.fault_domain,
            "size": self.size,
            "priority": self.priority,
            "state": str(self.phase),
            "health": self.health,
            "owned": self.owned,
            "updated": self.updated,
            "deletable": self.owned and obstacle is None,
            "obstacle": None
            if obstacle is None
            else {"reason": str(obstacle.reason), "detail": obstacle.detail},
            "createdAt": created,
            "failure": None
            if self.failure is None
            else {"code": self.failure.code, "message": self.failure.message},
            "pool": self.pool,
        }


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """One fleet in one line. ``spread`` is ``2/2/1`` in the order of its domains, ``exists`` tells of its set."""

    name: str
    ready: int
    desired: int
    updated: int
    spread: str
    status: str
    oldest: datetime | None
    spot: int
    exists: bool
    fleet: Fleet

    def document(self) -> dict[str, Json]:
        """The same for machines."""
        fleet = self.fleet
        return {
            "name": self.name,
            "ready": self.ready,
            "desired": self.desired,
            "updated": self.updated,
            "spread": self.spread,
            "status": self.status,
            "spot": self.spot,
            "oldestAt": None if self.oldest is None else time_text(self.oldest),
            "sizes": [choice.name for pool in fleet.pools for choice in pool.sizes],
            "exists": self.exists,
            "location": fleet.ref.location,
            "scaleSet": fleet.ref.id,
            "source": fleet.source,
            "labels": dict(fleet.labels),
        }


def instances_of(sighting: Sighting) -> tuple[InstanceFacts, ...]:
    """Facts of all members, unmanaged ones included, by name."""
    ledger = sighting.ledger()
    return tuple(
        _facts(member, sighting, ledger.obstacles.get(member.name))
        for member in sighting.observed.members
    )


def deletable_words(facts: InstanceFacts) -> str:
    """``yes``, or ``no`` with the rule and the time at which it ends."""
    if not facts.owned:
        return "no: NotOurs: it lacks this fleet's owner tag; it is shown and never touched"
    obstacle = facts.obstacle
    if obstacle is None:
        return "yes: no lock, hold, protection or unsettled creation stands in the way"
    end = f", until {moment(obstacle.until)}" if obstacle.until else ""
    return f"no: {obstacle.reason}: {obstacle.detail}{end}"


def fleet_line(sight: FleetSight) -> FleetFacts:
    """Facts of a fleet, from what was seen and what is planned."""
    owned = [one for one in instances_of(sight.sighting) if one.owned]
    born = [one.created_at for one in owned if one.created_at]
    return FleetFacts(
        name=sight.plan.fleet,
        ready=sight.status.ready,
        desired=sight.plan.desired,
        updated=sum(one.updated for one in owned),
        spread="/".join(str(count) for count in sight.plan.spread.before.values()),
        status=sight.status.summary,
        oldest=min(born, default=None),
        spot=sum(one.priority == Priority.SPOT for one in owned),
        exists=sight.sighting.observed.exists,
        fleet=sight.sighting.fleet,
    )


def _facts(member: Member, sighting: Sighting, obstacle: Obstacle | None) -> InstanceFacts:
    found = member.instance
    wanted = {pool.template.fingerprint for pool in sighting.fleet.pools}
    return InstanceFacts(
        name=found.name,
        fleet=sighting.fleet.name,
        zone=found.zone,
        fault_domain=found.fault_domain,
        size=found.size,
        priority=str(found.priority),
        phase=classify(found, sighting.observed.observed_at),
        health=str(found.health),
        owned=member.owned,
        updated=member.fingerprint is None or member.fingerprint in wanted,
        obstacle=obstacle,
        created_at=found.created_at,
        failure=found.failure or extensions.failure_of(found),
        pool=member.pool or "",
    )
