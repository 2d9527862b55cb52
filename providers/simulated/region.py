"""The region as its callers see it: the contract's calls, synchronous, and what only a simulation has.

A call settles time first, so that it meets the world as it is now. Mutations return on acceptance.
``attempt`` puts the faults of the wire in front of any call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from providers import regions
from providers.base import Catalog, GroupRef, GroupSnapshot, SingleDelete
from providers.errors import ProviderError
from providers.simulated import (
    creations,
    deletions,
    failures,
    instances,
    locks,
    operations,
    resources,
    scale_sets,
    sweeping,
)
from providers.simulated.clock import VirtualClock
from providers.simulated.dice import Dice
from providers.simulated.faults import failure_of, is_harmless
from providers.simulated.networks import network_facts
from providers.simulated.offers import sizes_in
from providers.simulated.records import LockRecord
from providers.simulated.scenario import Scenario
from providers.simulated.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from providers.base import (
        Group,
        GroupRequest,
        InstanceRequest,
        LeftoverSearch,
        LockLevel,
        NetworkQuestion,
        Operation,
        SweepOperation,
    )
    from providers.simulated.records import InstanceRecord, Leftover
    from providers.simulated.scenario import Call

T = TypeVar("T")


class SimulatedRegion:
    """One subscription's Azure, as far as scale sets go. Any location of ``providers.regions`` will do."""

    def __init__(self, world: World) -> None:
        self.world = world

    @classmethod
    def fresh(
        cls, start: datetime, *, seed: int = 0, scenario: Scenario | None = None
    ) -> SimulatedRegion:
        """Make an empty region whose clock stands at ``start``."""
        return cls(World(VirtualClock(start), Dice(seed), scenario or Scenario()))

    @property
    def clock(self) -> VirtualClock:
        """The region's time."""
        return self.world.clock

    @property
    def scenario(self) -> Scenario:
        """The settings in force."""
        return self.world.scenario

    def use(self, scenario: Scenario) -> None:
        """Put another scenario in force; the same one again changes nothing."""
        self.world.use(scenario)

    def attempt(self, call: Call, names: Sequence[str], action: Callable[[], T]) -> T:
        """Carry out ``action`` unless the scenario makes this call fail on its way."""
        self.world.settle()
        fault = self.world.faults.call(call, names, self.clock.elapsed)
        if fault is None:
            return action()
        self.world.changes += 1
        if not is_harmless(fault):
            try:
                action()
            except ProviderError as error:
                raise failures.no_answer() from error
        raise failure_of(fault, self.clock.now)

    def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show a set, its members, the locks and leftovers, as ``providers.base`` says."""
        self.world.settle()
        resources.check_resource_group(ref, self.world)
        scale_set = self.world.sets.get(ref.id.lower())
        records = self.listed(ref) if names is None else self._asked(ref, names)
        return GroupSnapshot(
            observed_at=self.clock.now,
            group=None if scale_set is None else scale_sets.shown(scale_set),
            instances=tuple(
                instances.shown(record, self.clock, self.scenario) for record in records
            ),
            locks=None
            if self._locks_unreadable()
            else locks.seen_from(self.world.locks(), ref.group_scope),
            complete=names is None,
            leftovers=None if leftovers is None else sweeping.search(self.world, ref, leftovers),
        )

    def listed(self, ref: GroupRef | None = None) -> list[InstanceRecord]:
        """The VMs that a list shows now, lag included: of one set, or (None) of the whole region."""
        now, roster = self.clock.elapsed, self.world.roster
        found = list(roster) if ref is None else roster.members(ref)
        gone = [
            ghost.record
            for ghost in self.world.ghosts
            if (ref is None or ghost.record.ref.id.lower() == ref.id.lower())
            and roster.get(ghost.record.key) is None
        ]
        return [record for record in found if record.listed_from <= now] + gone

    def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show what the subscription can have in a location, and what of its network is asked about."""
        self.world.settle()
        known = regions.region(location)
        if known is None:
            raise failures.location_unknown(location, "skus", regions.known_locations())
        ref = GroupRef(subscription, "", "", known.location)
        return Catalog(
            location=known.location,
            max_fault_domains=known.max_fault_domains,
            sizes=sizes_in(known, self.scenario),
            quotas=self.world.roster.usage.report(ref, self.scenario),
            network=None if network is None else network_facts(self.world, network),
        )

    def put_set(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create a set (``etag`` None: only create) or write to it if its etag is ``etag``."""
        self.world.settle()
        return scale_sets.shown(creations.put_set(self.world, ref, request, etag))

    def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of a member."""
        self.world.settle()
        creations.create(self.world, ref, request)

    def create_alone(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of a VM outside of any set; ``ref`` has an empty name."""
        self.world.settle()
        creations.create_alone(self.world, ref, request)

    def delete_members(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start a batch delete; it takes the place of one that is running. Unknown names are skipped."""
        self.world.settle()
        deletions.delete_members(self.world, ref, names)

    def delete_one(self, ref: GroupRef, name: str) -> None:
        """Start the DELETE of one VM, which ARM refuses under a lock. One that is gone is accepted."""
        self.world.settle()
        deletions.delete_one(self.world, ref, name)

    def delete_set(self, ref: GroupRef) -> None:
        """Start the deletion of a set without members. One that is gone is accepted."""
        self.world.settle()
        deletions.delete_set(self.world, ref)

    def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start a power operation, an installation or the deletion on one member, or change its tags."""
        self.world.settle()
        if isinstance(operation, SingleDelete):
            deletions.delete_one(self.world, ref, name)
        else:
            operations.operate(self.world, ref, name, operation)

    def sweep(self, leftover: str, operation: SweepOperation) -> None:
        """Change tags of what a VM left behind, or delete it."""
        self.world.settle()
        sweeping.sweep(self.world, leftover, operation)

    def delete_leftover(self, resource_id: str) -> None:
        """Delete a NIC or disk whose VM is gone; one that is gone itself is accepted.

        Raises ``Conflict`` while its VM is there or the NIC is reserved, ``Locked`` under a lock.
        """
        self.world.settle()
        deletions.delete_leftover(self.world, resource_id)

    def leftovers(self, ref: GroupRef) -> tuple[Leftover, ...]:
        """NICs and disks in the set's resource group whose VM is gone, oldest first."""
        self.world.settle()
        found = self.world.leftovers.values()
        return tuple(left for left in found if locks.covers(ref.group_scope, left.id))

    def add_lock(
        self, level: LockLevel, scope: str, name: str = "lock", *, notes: str = ""
    ) -> None:
        """Set a lock on an ARM id; one of the same name there is changed."""
        self.remove_lock(scope, name)
        self.world.own_locks.append(LockRecord(name, level, scope, notes))

    def remove_lock(self, scope: str, name: str = "lock") -> None:
        """Take a lock away; nothing happens if there is none."""
        self.world.settle()
        self.world.changes += 1
        self.world.own_locks = [
            lock
            for lock in self.world.own_locks
            if (lock.scope.lower(), lock.name) != (scope.lower(), name)
        ]

    def _asked(self, ref: GroupRef, names: Sequence[str]) -> list[InstanceRecord]:
        found = {name.casefold(): self.world.roster.member(ref, name) for name in names}
        return [record for record in found.values() if record is not None]

    def _locks_unreadable(self) -> bool:
        now = self.clock.elapsed
        return any(window.since <= now < window.until for window in self.scenario.locks_unreadable)
