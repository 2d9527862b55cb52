"""Extensions of VMs: what is installed, what comes of it, and when. Nothing runs: a state follows from the time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import Extension, Failure, PowerState, ProvisioningState
from providers.simulated import failures
from providers.simulated.documents import plain_document
from providers.simulated.lifecycle import SHOWN, Phase
from providers.simulated.records import ExtensionRecord

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.simulated.clock import VirtualClock
    from providers.simulated.records import InstanceRecord
    from providers.simulated.world import World

# Ours, in seconds: what an extension takes to install and to go.
_INSTALL_SECONDS = (10.0, 20.0)
_REMOVE_SECONDS = (5.0, 10.0)

# Azure takes them and never gives them back; so they are not kept either.
_SECRET = "protectedSettings"  # noqa: S105 -- the name of a field, not a secret

_HEALTH = "applicationhealth"


def present(record: InstanceRecord, now: float) -> tuple[ExtensionRecord, ...]:
    """The extensions that a VM has now, in the order in which they came."""
    return tuple(one for one in record.extensions if one.gone is None or one.gone > now)


def find(record: InstanceRecord, name: str, now: float) -> ExtensionRecord | None:
    """The extension of that name, without regard to case."""
    wanted = name.casefold()
    return next((one for one in present(record, now) if one.name.casefold() == wanted), None)


def state_of(extension: ExtensionRecord, now: float) -> ProvisioningState:
    """What Azure shows of it at a time."""
    if extension.gone is not None:
        return ProvisioningState.DELETING
    if extension.due > now:
        return ProvisioningState.UPDATING if extension.again else ProvisioningState.CREATING
    failed = extension.problem is not None
    return ProvisioningState.FAILED if failed else ProvisioningState.SUCCEEDED


def install(
    world: World,
    record: InstanceRecord,
    name: str,
    properties: Mapping[str, object],
    *,
    tags: Mapping[str, str] | None = None,
) -> ExtensionRecord:
    """Begin to install an extension, or to change the one of that name. Raises ``Conflict``."""
    if record.life.phase is Phase.DELETING:
        raise failures.marked_for_deletion("Update VM", record.name)
    if SHOWN[record.life.phase][1] is not PowerState.RUNNING:
        raise failures.extensions_need_power()
    return begin(world, record, name, properties, tags=tags)


def begin(
    world: World,
    record: InstanceRecord,
    name: str,
    properties: Mapping[str, object],
    *,
    tags: Mapping[str, str] | None = None,
    after: float = 0.0,
) -> ExtensionRecord:
    """The same for whatever state the VM is in: the platform puts a profile's extensions onto new VMs.

    It begins ``after`` so many seconds.
    """
    now = world.clock.elapsed
    before = find(record, name, now)
    given = plain_document({key: value for key, value in properties.items() if key != _SECRET})
    problem = world.faults.installation(record, name, now)
    due = now + after + world.dice.uniform(*_INSTALL_SECONDS)
    extension = ExtensionRecord(
        name=name if before is None else before.name,
        properties={**(before.properties if before else {}), **given},
        due=due,
        again=before is not None,
        problem=None if problem is None else replace(problem, at=due),
        tags=tags if tags is not None or before is None else before.tags,
    )
    _store(world, record, extension)
    return extension


def remove(world: World, record: InstanceRecord, name: str) -> float:
    """Begin to take an extension away; the seconds that it takes, 0 if there is none."""
    now = world.clock.elapsed
    extension = find(record, name, now)
    if extension is None:
        return 0.0
    seconds = world.dice.uniform(*_REMOVE_SECONDS)
    _store(world, record, replace(extension, gone=now + seconds))
    return seconds


def is_busy(record: InstanceRecord, now: float) -> bool:
    """Whether an extension is being installed or taken away: Azure then shows the VM as Updating."""
    return any(one.due > now or one.gone is not None for one in present(record, now))


def reports_health(record: InstanceRecord, now: float) -> bool:
    """Whether the Application Health extension is there and works; else Azure knows nothing of health."""
    return any(
        str(one.properties.get("type", "")).lower().startswith(_HEALTH)
        and state_of(one, now) is ProvisioningState.SUCCEEDED
        for one in present(record, now)
    )


def shown(record: InstanceRecord, clock: VirtualClock) -> tuple[Extension, ...]:
    """The extensions as the contract shows them."""
    now = clock.elapsed
    return tuple(
        Extension(one.name, state_of(one, now), _failure(one, clock))
        for one in present(record, now)
    )


def _failure(extension: ExtensionRecord, clock: VirtualClock) -> Failure | None:
    problem = extension.problem
    if problem is None or extension.due > clock.elapsed:
        return None
    return Failure(problem.code, problem.message, clock.at(problem.at))


def _store(world: World, record: InstanceRecord, extension: ExtensionRecord) -> None:
    now = world.clock.elapsed
    others = [
        one for one in present(record, now) if one.name.casefold() != extension.name.casefold()
    ]
    world.store(replace(record, extensions=(*others, extension)))
