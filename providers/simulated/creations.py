"""Ways into the region: creating and changing a set, creating a member."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import ProvisioningState
from providers.simulated import failures, instances, locks, resources, scale_sets
from providers.simulated.capacity import lacking
from providers.simulated.faults import allocation_fate
from providers.simulated.lifecycle import Phase
from providers.simulated.records import ScaleSetRecord
from providers.simulated.scenario import Allocation

if TYPE_CHECKING:
    from providers.base import GroupRef, GroupRequest, InstanceRequest, SizeFacts
    from providers.simulated.records import Fate, InstanceRecord
    from providers.simulated.world import World


def put_set(world: World, ref: GroupRef, request: GroupRequest, etag: str | None) -> ScaleSetRecord:
    """Create a set (``etag`` None: only create) or write to it if its etag is ``etag``."""
    resources.check_resource_group(ref, world)
    locks.check_write(world.locks(), ref.id)
    scale_sets.check_request(ref, request)
    record = world.sets.get(ref.id.lower())
    if record is not None:
        scale_sets.check_location(record, ref)
        _write_set(world, record, request, etag)
        return world.sets[record.key]
    if etag is not None:
        raise failures.resource_missing("virtualMachineScaleSets", ref.name, ref.resource_group)
    record = ScaleSetRecord(
        ref=ref,
        zones=request.zones,
        fault_domain_count=request.fault_domain_count,
        tags=dict(request.tags),
        state=ProvisioningState.CREATING,
        created_at=world.clock.elapsed,
    )
    world.store_set(record, scale_sets.CREATE_SECONDS)
    return world.sets[record.key]


def _write_set(
    world: World, record: ScaleSetRecord, request: GroupRequest, etag: str | None
) -> None:
    if etag is None:
        raise failures.exists(record.ref.id)
    if record.state is ProvisioningState.DELETING:
        raise failures.concurrent_request()
    if etag != record.shown_etag:
        raise failures.etag_mismatch(etag, record.shown_etag)
    changed = scale_sets.changed(record, request)
    # A write to the set takes the place of a batch delete that is running on it.
    world.preempt(record.ref)
    seconds = scale_sets.CREATE_SECONDS
    world.store_set(changed, None if scale_sets.is_settled(record) else seconds)


def create(world: World, ref: GroupRef, request: InstanceRequest) -> None:
    """Start the creation of a member: refuse what Azure refuses at once, accept the rest."""
    scale_set = _set_for(world, ref)
    _check_new(world, ref, request)
    facts = instances.check_request(scale_set, request)
    resources.check_references(ref, request, world)
    instances.check_room(scale_set, request, world.roster.count(ref))
    _begin(world, scale_set.ref, request, facts)


def create_alone(world: World, ref: GroupRef, request: InstanceRequest) -> None:
    """Start the creation of a VM that belongs to no set: ``ref`` has an empty name."""
    resources.check_resource_group(ref, world)
    _check_new(world, ref, request)
    facts = instances.check_alone(request)
    resources.check_references(ref, request, world)
    _begin(world, ref, request, facts)


def _check_new(world: World, ref: GroupRef, request: InstanceRequest) -> None:
    if world.roster.find(ref, request.name) is not None:
        raise failures.exists(ref.instance_id(request.name))
    locks.check_write(world.locks(), ref.instance_id(request.name))


def _begin(world: World, ref: GroupRef, request: InstanceRequest, facts: SizeFacts) -> None:
    instances.check_offered(ref, request, world.scenario)
    shortage = world.roster.usage.check(ref, facts, request.priority, world.scenario)
    if shortage is not None:
        raise failures.quota_exceeded(shortage, ref.location)
    now = world.clock.elapsed
    record = instances.accepted(ref, request, at=now, lag=world.scenario.list_lag, dice=world.dice)
    for part in record.resources:
        # An ARM id is one thing: a NIC that was left behind under this name becomes the new VM's.
        world.leftovers.pop(part.id.lower(), None)
    fate = fate_of(world, record, Phase.CREATING) or world.faults.creation(record, now)
    world.begin(replace(record, fate=fate), Phase.CREATING, now)


def fate_of(world: World, record: InstanceRecord, phase: Phase) -> Fate | None:
    """What becomes of a VM that needs a host; raises ``NotOffered`` if Azure would say so at once."""
    code = lacking(world.scenario, record, world.roster, world.clock.elapsed)
    if code is Allocation.SKU_NOT_AVAILABLE:
        raise failures.sku_not_available(record.size, record.ref.location)
    return None if code is None else allocation_fate(code, phase)


def _set_for(world: World, ref: GroupRef) -> ScaleSetRecord:
    resources.check_resource_group(ref, world)
    scale_set = world.sets.get(ref.id.lower())
    if scale_set is None:
        raise failures.set_missing(ref.id)
    if scale_set.state is ProvisioningState.DELETING:
        raise failures.concurrent_request()
    return scale_set
