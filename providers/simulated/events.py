"""What the platform and other people do by themselves, at the times a scenario says.

Each event is tried when its time has come. One whose object is not there yet (no set to join, no instance
to edit) answers False and is tried again whenever the region is looked at.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from providers.base import InstanceRequest, Priority
from providers.simulated import instances
from providers.simulated.lifecycle import OPERATIONS, WITHOUT_HOST, Phase
from providers.simulated.scenario import Eviction, ForeignEdit, ForeignInstance

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.simulated.records import InstanceRecord, ScaleSetRecord
    from providers.simulated.scenario import Scenario
    from providers.simulated.world import World

Event: TypeAlias = Eviction | ForeignInstance | ForeignEdit


def planned(scenario: Scenario) -> tuple[Event, ...]:
    """All events of a scenario, in the order in which equal times are settled."""
    return (*scenario.evictions, *scenario.foreign_instances, *scenario.foreign_edits)


def apply(world: World, event: Event, at: float) -> bool:
    """Let an event happen; False if it has to wait for its object."""
    match event:
        case Eviction():
            _evict(world, event, at)
            return True
        case ForeignInstance():
            return _join(world, event, at)
        case ForeignEdit():
            return _edit(world, event, at)


def _evict(world: World, event: Eviction, at: float) -> None:
    hit = [record for record in world.roster if can_be_evicted(record) and _names(event, record)]
    for record in hit[: event.count]:
        evict(world, record, at)


def evict(world: World, record: InstanceRecord, at: float) -> None:
    """Take its capacity from a Spot VM; it is deleted or deallocated as its policy says."""
    gone = record.eviction_policy == "Delete"
    cleared = replace(record, fate=None, problem=None)
    world.begin(cleared, Phase.DELETING if gone else Phase.DEALLOCATING, at)


def can_be_evicted(record: InstanceRecord) -> bool:
    """Whether a VM is Spot, holds a host and is not on its way out."""
    leaving = {Phase.DELETING, Phase.DEALLOCATING}
    return record.priority is Priority.SPOT and record.life.phase not in WITHOUT_HOST | leaving


def _names(event: Eviction, record: InstanceRecord) -> bool:
    return (
        event.zone in {None, record.zone}
        and (event.size is None or event.size.casefold() == record.size.casefold())
        and (event.instance is None or event.instance.casefold() == record.name.casefold())
    )


def _join(world: World, event: ForeignInstance, at: float) -> bool:
    hosts = [
        scale_set
        for scale_set in world.sets.values()
        if event.scale_set is None or event.scale_set.casefold() == scale_set.ref.name.casefold()
    ]
    for scale_set in hosts:
        if world.roster.find(scale_set.ref, event.name) is None:
            request = _foreign_request(event, scale_set)
            record = instances.accepted(
                scale_set.ref, request, at=at, lag=world.scenario.list_lag, dice=world.dice
            )
            world.begin(record, Phase.RUNNING, at)
    return bool(hosts)


def _foreign_request(event: ForeignInstance, scale_set: ScaleSetRecord) -> InstanceRequest:
    zone = event.zone if event.zone in scale_set.zones else next(iter(scale_set.zones), None)
    return InstanceRequest(
        name=event.name,
        zone=zone,
        fault_domain=None,
        size=event.size,
        priority=Priority.REGULAR,
        tags=event.tags,
        document={},
    )


def _edit(world: World, event: ForeignEdit, at: float) -> bool:
    found = [r for r in world.roster if r.name.casefold() == event.instance.casefold()]
    if event.operation is not None:
        within = OPERATIONS[event.operation].within
        found = [record for record in found if record.life.phase in within]
    for record in found:
        _change(world, event, record, at)
    return bool(found)


def _change(world: World, event: ForeignEdit, record: InstanceRecord, at: float) -> None:
    tags = with_changes(record.tags, event.tags)
    edited = replace(record, tags=tags, health=event.health or record.health)
    if event.delete:
        world.begin(edited, Phase.DELETING, at)
    elif event.operation is not None:
        world.begin(edited, OPERATIONS[event.operation].to, at)
    else:
        world.store(replace(edited, etag=edited.etag + 1))


def with_changes(tags: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """Apply changes to tags: None takes a tag away. Names compare without regard to case, as Azure's do."""
    changed = {name.casefold() for name in changes}
    kept = {name: value for name, value in tags.items() if name.casefold() not in changed}
    return kept | {name: value for name, value in changes.items() if value is not None}
