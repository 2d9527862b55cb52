"""Where one instance is in its life. Derived from what the platform shows, never stored."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from providers.base import Health, PowerState, Priority, ProvisioningState
from providers.refusals import Refusal, refusal_of, tells_of_a_start

if TYPE_CHECKING:
    from datetime import datetime

    from providers.base import Instance

YOUNG = timedelta(hours=1)
"""Up to this age a failed instance that is seen not to run is taken for one that never came up.

Azure ends a creation after 20 minutes of provisioning at most; older ones may have run and hold data.
"""


HANGS_AFTER = timedelta(minutes=30)
"""A creation that lasts longer than this has come to nothing: Azure gives the guest 20 minutes, a host less."""


class Phase(StrEnum):
    """One word for each fate that an instance can have in a pass."""

    CREATING = "Creating"
    RUNNING = "Running"
    UNHEALTHY = "Unhealthy"
    DEGRADED = "Degraded"
    STOPPED = "Stopped"
    EVICTED = "Evicted"
    FAILED_CREATE = "FailedCreate"
    HUNG = "Hung"
    FAILED = "Failed"
    DELETING = "Deleting"


NOT_SERVING = frozenset(
    {
        Phase.UNHEALTHY,
        Phase.STOPPED,
        Phase.EVICTED,
        Phase.FAILED_CREATE,
        Phase.HUNG,
        Phase.FAILED,
    }
)
"""Phases whose members go first on scale-in under HealthFirst."""

SHELLS = frozenset({Phase.FAILED_CREATE, Phase.HUNG, Phase.EVICTED})
"""Phases of members that serve nobody and come back only as another instance."""

SICK = frozenset({Phase.UNHEALTHY, Phase.DEGRADED, Phase.FAILED})
"""Phases that count as unhealthy for the meltdown guard. Shells do not: nothing is lost with them."""

_ON = frozenset({PowerState.RUNNING, PowerState.STARTING})
_OFF = frozenset({PowerState.STOPPING, PowerState.STOPPED})
_RELEASED = frozenset({PowerState.DEALLOCATING, PowerState.DEALLOCATED})
_BROKEN = frozenset({ProvisioningState.FAILED, ProvisioningState.CANCELED})


def classify(instance: Instance, now: datetime) -> Phase:
    """Name the phase of an instance at ``now``."""
    state = instance.provisioning_state
    if state is ProvisioningState.DELETING:
        return Phase.DELETING
    if state is ProvisioningState.CREATING:
        return Phase.HUNG if _is_hung(instance, now) else Phase.CREATING
    if state in _BROKEN:
        return _broken(instance, now)
    if instance.power_state in _RELEASED:
        return Phase.EVICTED if _is_evicted(instance) else Phase.STOPPED
    if instance.power_state in _OFF:
        return Phase.STOPPED
    return _running(instance)


def _running(instance: Instance) -> Phase:
    if instance.health is Health.UNHEALTHY:
        return Phase.UNHEALTHY
    # A failed extension leaves the VM itself Succeeded: recorded of Azure.
    broken = any(one.state in _BROKEN for one in instance.extensions or ())
    return Phase.DEGRADED if broken else Phase.RUNNING


def _is_evicted(instance: Instance) -> bool:
    """Spot without its capacity, unless somebody may be starting it: deallocated, and being updated."""
    updating = instance.provisioning_state is ProvisioningState.UPDATING
    may_be_starting = updating and instance.power_state is PowerState.DEALLOCATED
    return instance.priority is Priority.SPOT and not may_be_starting


def _is_hung(instance: Instance, now: datetime) -> bool:
    """Whether a creation lasts beyond reason. One that runs may serve; one of unknown age is never given up."""
    created = instance.created_at
    too_long = created is not None and now - created > HANGS_AFTER
    return too_long and instance.power_state is not PowerState.RUNNING


def never_came_up_for_certain(instance: Instance, now: datetime) -> bool:
    """Whether a failed creation is beyond doubt: too young to have run and stopped again, and seen not to run.

    A VM without a power state is not seen: of that one only a refusal of its place is proof.
    """
    created = instance.created_at
    is_young = created is not None and timedelta(0) <= now - created <= YOUNG
    return is_young and (instance.power_state is not PowerState.UNKNOWN or _had_no_place(instance))


def rests_on_missing_power(instance: Instance) -> bool:
    """Whether nothing but a power state that is not shown speaks for a VM's not running."""
    return instance.power_state is PowerState.UNKNOWN and not _had_no_place(instance)


def _had_no_place(instance: Instance) -> bool:
    failure = instance.failure
    return failure is not None and refusal_of(failure.code) is not Refusal.OTHER


def _was_started(instance: Instance) -> bool:
    return instance.failure is not None and tells_of_a_start(instance.failure.code)


def _broken(instance: Instance, now: datetime) -> Phase:
    unseen = instance.power_state is PowerState.UNKNOWN
    if instance.power_state in _ON or (unseen and _was_started(instance)):
        return Phase.DEGRADED
    if unseen or never_came_up_for_certain(instance, now):
        return Phase.FAILED_CREATE
    if instance.priority is Priority.SPOT and instance.power_state in _RELEASED:
        return Phase.EVICTED
    return Phase.FAILED
