"""What can be done to a member that stays: power, maintenance, tags, extensions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import InstallExtension, TagChange
from providers.simulated import extensions, failures, locks, scale_sets
from providers.simulated.creations import fate_of
from providers.simulated.events import with_changes
from providers.simulated.lifecycle import ALREADY, EDGES, OPERATIONS, SHOWN, Phase

if TYPE_CHECKING:
    from providers.base import GroupRef, PowerOperation
    from providers.simulated.records import InstanceRecord
    from providers.simulated.world import World


def operate(
    world: World,
    ref: GroupRef,
    name: str,
    operation: PowerOperation | TagChange | InstallExtension,
) -> None:
    """Start a power operation or an installation on one member, or change its tags at once."""
    record = world.roster.member(ref, name)
    if record is None:
        raise failures.resource_missing("virtualMachines", name, ref.resource_group)
    # Azure: ReadOnly stops even POSTs such as start and restart.
    locks.check_write(world.locks(), record.id)
    if isinstance(operation, InstallExtension):
        extensions.install(world, record, operation.name, operation.document)
        return
    shown = "Update VM" if isinstance(operation, TagChange) else operation.value
    if record.life.phase is Phase.DELETING:
        raise failures.marked_for_deletion(shown, record.name)
    if isinstance(operation, TagChange):
        tags = with_changes(record.tags, operation.tags)
        scale_sets.check_tags(tags)
        world.store(replace(record, tags=tags, etag=record.etag + 1))
    else:
        _power(world, record, operation)


def _power(world: World, record: InstanceRecord, operation: PowerOperation) -> None:
    phase, rule = record.life.phase, OPERATIONS[operation]
    if phase in ALREADY.get(operation, ()):
        return
    if phase in EDGES:
        raise failures.another_operation(operation.value, record.name)
    if phase not in rule.within:
        raise failures.not_in_state(operation.value, record.name, SHOWN[phase][1].value)
    fate = None
    if rule.to is Phase.STARTING and phase is not Phase.STOPPED:
        fate = fate_of(world, record, Phase.STARTING)
    world.begin(replace(record, fate=fate), rule.to, world.clock.elapsed)
