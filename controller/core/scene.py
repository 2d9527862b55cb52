"""Everything that one plan rests on, worked out once: members in buckets, locks, domains, open numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.core import deletability, leaving, scarcity, serials
from controller.core.mix import CLASSES
from controller.core.phase import SHELLS, SICK, Phase, classify
from controller.core.spread import Cell, Layout
from controller.core.topology import Topology, read_topology
from controller.core.victim_order import cell_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from controller.core.deletability import Ledger
    from controller.core.observed import Member, Memory, Observed
    from controller.core.serials import Window
    from controller.spec.values import Fleet, Pool


@dataclass(frozen=True, slots=True)
class Buckets:
    """Members by their fate in this pass.

    ``unmanaged`` are not ours, nor about to be adopted; ``leaving`` are being deleted, ``stuck`` for so long
    that nothing waits for them; ``shells`` never came up or were evicted; ``staying`` are all others of ours. ``creating`` and ``sick`` are parts of ``staying``.
    """

    unmanaged: tuple[Member, ...]
    leaving: tuple[Member, ...]
    shells: tuple[Member, ...]
    staying: tuple[Member, ...]
    creating: tuple[Member, ...]
    sick: tuple[Member, ...]
    stuck: tuple[Member, ...] = ()

    @property
    def live(self) -> tuple[Member, ...]:
        """Members under management that are not being deleted."""
        return tuple(sorted(self.staying + self.shells, key=lambda member: member.name))


@dataclass(frozen=True, slots=True)
class Scene:
    """One fleet at one moment, ready to be planned."""

    fleet: Fleet
    observed: Observed
    memory: Memory
    now: datetime
    window: Window
    ledger: Ledger
    topology: Topology
    buckets: Buckets
    pools: Mapping[str, Pool]
    adopting: tuple[Member, ...] = ()

    def members_of(self, pool: Pool, members: Iterable[Member]) -> tuple[Member, ...]:
        """Those of ``members`` that belong to a pool."""
        return tuple(member for member in members if self.pools[member.name] is pool)

    def layout(self, pool: Pool, members: Iterable[Member], others: Counter[str]) -> Layout:
        """How a pool's ``members`` stand. ``others`` are the other pools' members by domain."""
        topology = self.topology
        mine = self.members_of(pool, members)
        counts = {
            Cell(klass, domain, inner): 0
            for klass in CLASSES
            for domain in topology.eligible
            for inner in topology.inner
        }
        active: Counter[str] = Counter()
        for member in mine:
            cell = cell_of(topology, member)
            counts[cell] = counts.get(cell, 0) + 1
            active[cell.domain] += classify(member.instance, self.now) is Phase.RUNNING
        return Layout(
            counts=counts,
            eligible=topology.eligible,
            weights=self.fleet.placement.weights,
            others=others,
            active=active,
            order=topology.order,
        )

    def domains(self, members: Iterable[Member]) -> Counter[str]:
        """Members by domain."""
        return Counter(self.topology.domain_of(member) for member in members)


def read_scene(fleet: Fleet, observed: Observed, memory: Memory, now: datetime) -> Scene:
    """Work out what a plan rests on, so that nothing depends on the order in which things were listed."""
    observed = _ordered(observed)
    window = serials.read_window(fleet, observed)
    # A fleet that ends takes nobody in.
    wanted = set() if fleet.absent else {name.lower() for name in fleet.adopt}
    adopting = tuple(
        member
        for member in observed.members
        if not member.owned
        and member.name.lower() in wanted
        and classify(member.instance, now) is not Phase.DELETING
    )
    managed = tuple(sorted((*observed.owned, *adopting), key=lambda member: member.name))
    return Scene(
        fleet=fleet,
        observed=observed,
        memory=scarcity.learn_from_failures(memory, observed, now),
        now=now,
        window=window,
        ledger=deletability.read_ledger(fleet, observed, window, now).adopting(adopting),
        topology=read_topology(fleet, observed.catalog),
        buckets=_sort(observed, managed, leaving.stuck_names(memory, now), now),
        pools={member.name: pool_of(fleet, member) for member in managed},
        adopting=adopting,
    )


def _ordered(observed: Observed) -> Observed:
    locks = observed.locks
    return replace(
        observed,
        members=tuple(sorted(observed.members, key=lambda member: member.name)),
        locks=None if locks is None else tuple(sorted(set(locks), key=str)),
    )


def _sort(
    observed: Observed, managed: tuple[Member, ...], stuck: frozenset[str], now: datetime
) -> Buckets:
    phases = {member.name: classify(member.instance, now) for member in managed}

    def those(*wanted: Phase) -> tuple[Member, ...]:
        return tuple(member for member in managed if phases[member.name] in wanted)

    apart = {Phase.DELETING, *SHELLS}
    return Buckets(
        unmanaged=tuple(member for member in observed.members if member.name not in phases),
        leaving=tuple(one for one in those(Phase.DELETING) if one.name not in stuck),
        shells=those(*SHELLS),
        staying=tuple(member for member in managed if phases[member.name] not in apart),
        creating=those(Phase.CREATING),
        sick=those(*SICK),
        stuck=tuple(one for one in those(Phase.DELETING) if one.name in stuck),
    )


def pool_of(fleet: Fleet, member: Member) -> Pool:
    """By the pool tag; without one by template, then by size, then the first pool."""
    by_name = {pool.name: pool for pool in fleet.pools}
    if member.pool is not None and member.pool in by_name:
        return by_name[member.pool]
    if len(fleet.pools) > 1:
        for pool in fleet.pools:
            if member.fingerprint == pool.template.fingerprint:
                return pool
        for pool in fleet.pools:
            if member.instance.size.lower() in {choice.name.lower() for choice in pool.sizes}:
                return pool
    return fleet.pools[0]
