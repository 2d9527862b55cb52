"""Ways out of the region: batch delete, single delete, deletion of a set, of a NIC or disk left behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import ProvisioningState
from providers.simulated import failures, locks, scale_sets
from providers.simulated.lifecycle import Phase
from providers.simulated.scenario import DeleteUnderLock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.base import GroupRef
    from providers.simulated.world import World


def delete_members(world: World, ref: GroupRef, names: Sequence[str]) -> None:
    """Start a batch delete; it takes the place of one that is running. Unknown names are skipped."""
    scale_set = world.existing_set(ref)
    if not names:
        raise failures.required("instanceIds")
    held = world.locks()
    # The batch is a POST on the set: ReadOnly stops it, CanNotDelete only if the scenario says so.
    locks.check_write(held, ref.id)
    if world.scenario.delete_under_lock is DeleteUnderLock.REFUSE:
        for name in names:
            locks.check_delete(held, ref.instance_id(name))
    world.preempt(ref)
    batch = world.next_turn()
    for name in names:
        record = world.roster.member(ref, name)
        if record is not None and record.life.phase is not Phase.DELETING:
            marked = replace(record, batch=batch, former=record.life)
            world.begin(marked, Phase.DELETING, world.clock.elapsed)
    world.sets[scale_set.key] = replace(scale_set, etag=scale_set.etag + 1)


def delete_one(world: World, ref: GroupRef, name: str) -> None:
    """Start the DELETE of one VM, which ARM refuses under a lock. One that is gone is accepted."""
    record = world.roster.find(ref, name)
    if record is None:
        return
    locks.check_delete(world.locks(), record.id)
    if record.life.phase is not Phase.DELETING:
        world.begin(record, Phase.DELETING, world.clock.elapsed)
    elif record.batch is not None:
        # A DELETE of its own is not undone when the batch is preempted.
        world.store(replace(record, batch=None, former=None))


def delete_set(world: World, ref: GroupRef) -> None:
    """Start the deletion of a set without members. One that is gone is accepted."""
    record = world.sets.get(ref.id.lower())
    if record is None or record.state is ProvisioningState.DELETING:
        return
    locks.check_delete(world.locks(), ref.id)
    if world.roster.count(ref):
        raise failures.set_has_members()
    leaving = replace(record, state=ProvisioningState.DELETING, etag=record.etag + 1)
    world.store_set(leaving, scale_sets.DELETE_SECONDS)


def delete_leftover(world: World, resource_id: str) -> None:
    """Delete a NIC, disk or public address whose VM is gone; one that is gone itself is accepted."""
    locks.check_delete(world.locks(), resource_id)
    key = resource_id.lower()
    for record in world.roster:
        if any(key == part.id.lower() for part in record.resources):
            raise failures.resource_in_use(resource_id, record.id)
    left = world.leftovers.get(key)
    if left is not None and left.reserved_until > world.clock.elapsed:
        raise failures.nic_reserved(left.instance_id)
    if left is not None and (left.used_by or "").lower() in world.leftovers:
        raise failures.resource_in_use(resource_id, str(left.used_by))
    world.leftovers.pop(key, None)
    # The ARM face may keep a document of it.
    world.documents.pop(key, None)
    world.changes += 1
