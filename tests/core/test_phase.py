"""The phase of one instance: a truth table over provisioning state, power, priority, health and age."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from controller.core.phase import HANGS_AFTER, NOT_SERVING, SHELLS, SICK, YOUNG, Phase, classify
from providers.base import Health, PowerState, Priority, ProvisioningState
from tests.builders import NOW, an_instance

SPOT, REGULAR = Priority.SPOT, Priority.REGULAR
SUCCEEDED, FAILED = ProvisioningState.SUCCEEDED, ProvisioningState.FAILED
OLD = NOW - timedelta(days=1)
ON = (PowerState.RUNNING, PowerState.STARTING)
RELEASED = (PowerState.DEALLOCATING, PowerState.DEALLOCATED)
UPDATING = ProvisioningState.UPDATING
SETTLED = (SUCCEEDED, UPDATING, ProvisioningState.MIGRATING)


@pytest.mark.parametrize("power", PowerState)
@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("health", Health)
def test_settled_instances(power: PowerState, priority: Priority, health: Health) -> None:
    """What exists is what its power says, then its health; Spot without capacity was evicted."""
    for state in SETTLED:
        if power in RELEASED:
            may_be_starting = state is UPDATING and power is PowerState.DEALLOCATED
            evicted = priority is SPOT and not may_be_starting
            wanted = Phase.EVICTED if evicted else Phase.STOPPED
        elif power in {PowerState.STOPPING, PowerState.STOPPED}:
            wanted = Phase.STOPPED
        else:
            wanted = Phase.UNHEALTHY if health is Health.UNHEALTHY else Phase.RUNNING
        found = an_instance(
            provisioning_state=state, power_state=power, priority=priority, health=health
        )
        assert classify(found, NOW) is wanted


@pytest.mark.parametrize("power", PowerState)
@pytest.mark.parametrize("priority", Priority)
@pytest.mark.parametrize("state", [FAILED, ProvisioningState.CANCELED])
@pytest.mark.parametrize("age", [timedelta(0), YOUNG, YOUNG + timedelta(seconds=1), None])
def test_broken_instances(
    power: PowerState, priority: Priority, state: ProvisioningState, age: timedelta | None
) -> None:
    """A broken instance that runs is degraded; a young one, or one without power state, never came up."""
    young = age is not None and age <= YOUNG
    if power in ON:
        wanted = Phase.DEGRADED
    elif power is PowerState.UNKNOWN or young:
        wanted = Phase.FAILED_CREATE
    elif priority is SPOT and power in RELEASED:
        wanted = Phase.EVICTED
    else:
        wanted = Phase.FAILED
    found = an_instance(
        provisioning_state=state,
        power_state=power,
        priority=priority,
        created_at=None if age is None else NOW - age,
    )
    assert classify(found, NOW) is wanted


@pytest.mark.parametrize("power", PowerState)
@pytest.mark.parametrize(
    ("state", "wanted"),
    [
        (ProvisioningState.CREATING, Phase.CREATING),
        (ProvisioningState.DELETING, Phase.DELETING),
    ],
)
def test_moving_instances(power: PowerState, state: ProvisioningState, wanted: Phase) -> None:
    """While an instance is created or deleted, nothing else about it matters."""
    found = an_instance(
        provisioning_state=state,
        power_state=power,
        priority=SPOT,
        health=Health.UNHEALTHY,
        created_at=NOW,
    )
    assert classify(found, NOW) is wanted


@pytest.mark.parametrize("power", PowerState)
@pytest.mark.parametrize("age", [HANGS_AFTER, HANGS_AFTER + timedelta(seconds=1), None])
def test_hung_creations(power: PowerState, age: timedelta | None) -> None:
    """A creation hangs when it lasts beyond reason, is known to, and the VM does not run."""
    found = an_instance(
        provisioning_state=ProvisioningState.CREATING,
        power_state=power,
        created_at=None if age is None else NOW - age,
    )
    hangs = age is not None and age > HANGS_AFTER and power is not PowerState.RUNNING
    assert classify(found, NOW) is (Phase.HUNG if hangs else Phase.CREATING)


@pytest.mark.parametrize("created", [NOW + timedelta(minutes=1), NOW + timedelta(days=400)])
def test_future_birth_is_unknown(created: datetime) -> None:
    """An instance that claims to be created later than now is of unknown age, and not taken for young."""
    found = an_instance(
        provisioning_state=FAILED, power_state=PowerState.STOPPED, created_at=created
    )
    assert classify(found, NOW) is Phase.FAILED


def test_groups_of_phases() -> None:
    """Shells are not sick, so that a burst of evictions or failed creations stops no cleaning up."""
    assert SHELLS <= NOT_SERVING
    assert not SHELLS & SICK
    assert not {Phase.RUNNING, Phase.CREATING, Phase.DELETING, Phase.DEGRADED} & NOT_SERVING


def test_starting_spot_is_no_shell() -> None:
    """A deallocated Spot instance that somebody is starting is not taken for evicted."""
    starting = an_instance(
        provisioning_state=UPDATING, power_state=PowerState.DEALLOCATED, priority=SPOT
    )
    assert classify(starting, NOW) not in SHELLS
