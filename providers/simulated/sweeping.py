"""What VMs leave behind, as the contract shows it, and what can be done to it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import Leftover, LeftoverKind, SingleDelete
from providers.simulated import deletions, failures, locks
from providers.simulated.events import with_changes
from providers.simulated.resources import addresses_of, is_disk, is_nic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from providers.base import GroupRef, LeftoverSearch, SweepOperation
    from providers.simulated.world import World


def search(world: World, ref: GroupRef, wanted: LeftoverSearch) -> tuple[Leftover, ...]:
    """What is there of the NICs, disks and public addresses asked about."""
    there = {one.id.lower(): one for one in _all(world, ref)}
    if wanted.named:
        asked = {key.lower(): owner for key, owner in wanted.named.items()}
        return tuple(
            replace(
                there[key], confirmed=True, owner_exists=world.roster.find(ref, owner) is not None
            )
            for key, owner in asked.items()
            if key in there
        )
    prefix = wanted.prefix.lower()
    return tuple(
        replace(one, used_by=None) for one in there.values() if one.name.lower().startswith(prefix)
    )


def sweep(world: World, leftover: str, operation: SweepOperation) -> None:
    """Tag a leftover, or delete it."""
    if isinstance(operation, SingleDelete):
        deletions.delete_leftover(world, leftover)
        return
    locks.check_write(world.locks(), leftover)
    tag(world, leftover, operation.tags)


def tag(world: World, leftover: str, tags: Mapping[str, str | None]) -> None:
    """Change tags of a leftover; those not named stay. Raises ``NotFound``."""
    known = world.leftovers.get(leftover.lower())
    if known is None:
        raise failures.leftover_missing(leftover)
    world.leftovers[leftover.lower()] = replace(known, tags=with_changes(known.tags, tags))
    world.changes += 1


def _all(world: World, ref: GroupRef) -> Iterator[Leftover]:
    """Everything in the resource group that could be left over, in use or not."""
    for record in world.roster:
        if record.ref.group_scope.lower() != ref.group_scope.lower():
            continue
        for part in record.resources:
            tags = {} if is_nic(part.id) else dict(record.tags)
            yield Leftover(part.id, _kind(part.id), tags, used_by=record.id)
        for card, address in addresses_of(record):
            yield Leftover(address, LeftoverKind.ADDRESS, used_by=card)
    for left in world.leftovers.values():
        if locks.covers(ref.group_scope, left.id):
            used = left.used_by if (left.used_by or "").lower() in world.leftovers else None
            yield Leftover(left.id, _kind(left.id), dict(left.tags), used_by=used)


def _kind(resource_id: str) -> LeftoverKind:
    if is_nic(resource_id):
        return LeftoverKind.INTERFACE
    return LeftoverKind.DISK if is_disk(resource_id) else LeftoverKind.ADDRESS
