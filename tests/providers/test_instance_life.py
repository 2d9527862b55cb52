"""The life of a VM: how long things take, and what each operation leads to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.base import (
    Health,
    InstallExtension,
    LockLevel,
    PowerOperation,
    ProvisioningState,
    TagChange,
)
from providers.errors import Conflict, Locked, NotFound
from providers.simulated.lifecycle import EDGES, OPERATIONS, SHOWN, Phase
from providers.simulated.scenario import (
    Allocation,
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    ExtensionFault,
    ZoneOutage,
)
from tests.providers.worlds import (
    A_WHILE,
    MAX_SPREAD,
    REF,
    TIDY,
    a_region,
    a_request,
    a_spot,
    named,
    states,
)

if TYPE_CHECKING:
    from providers.base import InstanceRequest


def test_every_phase_is_shown() -> None:
    """Every phase but the last is shown as something, and every edge and operation leads to one of them."""
    assert set(SHOWN) == set(Phase) - {Phase.GONE}
    assert {edge.to for edge in EDGES.values()} <= set(Phase)
    assert set(OPERATIONS) == set(PowerOperation)


def test_creation_steps() -> None:
    """A VM is created, then its OS is provisioned while it runs, then it is there within 40 to 60 s."""
    region = a_region()
    region.create(REF, a_request())
    seen = [states(region)]
    for seconds in (36, 24):
        region.clock.advance(seconds)
        seen.append(states(region))
    assert seen == [("Creating", "creating"), ("Creating", "running"), ("Succeeded", "running")]


@pytest.mark.parametrize("seed", range(5))
def test_creation_duration(seed: int) -> None:
    """Whatever the seed, a VM is not ready before 40 s and is ready after 60 s."""
    region = a_region(seed=seed)
    region.create(REF, a_request())
    region.clock.advance(39.9)
    early = named(region).provisioning_state
    region.clock.advance(20.2)
    assert (early, named(region).provisioning_state) == (
        ProvisioningState.CREATING,
        ProvisioningState.SUCCEEDED,
    )


@pytest.mark.parametrize(
    ("operation", "during", "after"),
    [
        (PowerOperation.POWER_OFF, ("Updating", "stopping"), ("Succeeded", "stopped")),
        (PowerOperation.DEALLOCATE, ("Updating", "deallocating"), ("Succeeded", "deallocated")),
        (PowerOperation.RESTART, ("Updating", "running"), ("Succeeded", "running")),
        (PowerOperation.REDEPLOY, ("Updating", "starting"), ("Succeeded", "running")),
        (PowerOperation.REIMAGE, ("Updating", "starting"), ("Succeeded", "running")),
        (PowerOperation.PERFORM_MAINTENANCE, ("Updating", "running"), ("Succeeded", "running")),
        (PowerOperation.START, ("Succeeded", "running"), ("Succeeded", "running")),
    ],
)
def test_operations(
    operation: PowerOperation, during: tuple[str, str], after: tuple[str, str]
) -> None:
    """Each operation on a running VM shows its own states while it lasts, and its result then."""
    region = a_region(members=1)
    region.operate(REF, "web-000001", operation)
    assert states(region) == during
    region.clock.advance(180)
    assert states(region) == after


def test_deallocated_starts_again() -> None:
    """A deallocated VM starts and runs as before, under its name."""
    region = a_region(members=1)
    for operation in (PowerOperation.DEALLOCATE, PowerOperation.START):
        region.operate(REF, "web-000001", operation)
        region.clock.advance(A_WHILE)
    assert states(region) == ("Succeeded", "running")


def test_start_needs_capacity() -> None:
    """A deallocated VM whose host is not to be had again fails to start and stays deallocated."""
    region = a_region(members=1, capacity=(CapacityLimit(0, since=100),))
    region.operate(REF, "web-000001", PowerOperation.DEALLOCATE)
    region.clock.advance(100)
    region.operate(REF, "web-000001", PowerOperation.START)
    region.clock.advance(A_WHILE)
    failure = named(region).failure
    assert states(region) == ("Failed", "deallocated")
    assert failure is not None
    assert failure.code == "ZonalAllocationFailed"


@pytest.mark.parametrize(
    ("before", "operation", "text"),
    [
        (PowerOperation.RESTART, PowerOperation.POWER_OFF, "another operation is in progress"),
        (PowerOperation.DEALLOCATE, PowerOperation.DEALLOCATE, "another operation is in progress"),
    ],
)
def test_busy_conflicts(before: PowerOperation, operation: PowerOperation, text: str) -> None:
    """A VM that is busy takes no further operation."""
    region = a_region(members=1)
    region.operate(REF, "web-000001", before)
    with pytest.raises(Conflict, match=text):
        region.operate(REF, "web-000001", operation)


def test_stopped_cannot_restart() -> None:
    """A stopped VM cannot be restarted; the refusal names its power state."""
    region = a_region(members=1)
    region.operate(REF, "web-000001", PowerOperation.POWER_OFF)
    region.clock.advance(A_WHILE)
    with pytest.raises(Conflict, match="since it is stopped"):
        region.operate(REF, "web-000001", PowerOperation.RESTART)


@pytest.mark.parametrize(
    ("operation", "shown"),
    [(PowerOperation.START, "start"), (TagChange({"a": "1"}), "Update VM")],
)
def test_leaving_text(operation: PowerOperation | TagChange, shown: str) -> None:
    """A VM on its way out takes no operation, in Azure's words."""
    region = a_region(members=1)
    region.delete_members(REF, ["web-000001"])
    with pytest.raises(Conflict) as refusal:
        region.operate(REF, "web-000001", operation)
    assert str(refusal.value) == (
        f"OperationNotAllowed: Operation '{shown}' is not allowed on VM 'web-000001' since the VM is marked "
        "for deletion. You can only retry the Delete operation (or wait for an ongoing one to complete)."
    )


def test_missing_member_text() -> None:
    """An operation on a VM that is not there is NotFound, in Azure's words."""
    with pytest.raises(NotFound) as refusal:
        a_region().operate(REF, "web-000001", PowerOperation.START)
    assert str(refusal.value) == (
        "ResourceNotFound: The Resource 'Microsoft.Compute/virtualMachines/web-000001' under resource group "
        "'web-rg' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )


def test_read_only_stops_operations() -> None:
    """A ReadOnly lock stops even a restart, which only sends a POST."""
    region = a_region(members=1)
    region.add_lock(LockLevel.READ_ONLY, REF.instance_id("web-000001"))
    with pytest.raises(Locked, match="cannot perform write operation"):
        region.operate(REF, "web-000001", PowerOperation.RESTART)


ALLOCATION = [
    (a_request(), None, "ZonalAllocationFailed"),
    (a_spot(), None, "OverconstrainedZonalAllocationRequest"),
    (a_request(), Allocation.ALLOCATION_FAILED, "AllocationFailed"),
]


@pytest.mark.parametrize(("request_", "named_code", "code"), ALLOCATION)
def test_no_capacity(request_: InstanceRequest, named_code: Allocation | None, code: str) -> None:
    """Without capacity an accepted VM fails with the code of its zone and priority, and shows no power."""
    region = a_region(capacity=(CapacityLimit(0, failure=named_code),))
    region.create(REF, request_)
    region.clock.advance(A_WHILE)
    failure = named(region).failure
    assert states(region) == ("Failed", "unknown")
    assert failure is not None
    assert failure.code == code


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (a_request(zone=None), "AllocationFailed"),
        (a_spot(zone=None), "OverconstrainedAllocationRequest"),
    ],
)
def test_no_regional_capacity(request_: InstanceRequest, code: str) -> None:
    """A regional VM fails with the regional code."""
    region = a_region(MAX_SPREAD, capacity=(CapacityLimit(0),))
    region.create(REF, request_)
    region.clock.advance(A_WHILE)
    failure = named(region).failure
    assert failure is not None
    assert failure.code == code


def test_zonal_text() -> None:
    """The text of a zonal allocation failure is Azure's."""
    region = a_region(capacity=(CapacityLimit(0),))
    region.create(REF, a_request())
    region.clock.advance(A_WHILE)
    failure = named(region).failure
    assert failure is not None
    assert failure.message == (
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this zone. "
        "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
    )


def test_limited_capacity() -> None:
    """A limit of two hosts gives two VMs a host; a deletion frees one for the next."""
    region = a_region(members=3, capacity=(CapacityLimit(2, size="Standard_D2s_v5"),))
    seen = [each.provisioning_state.value for each in region.observe(REF).instances]
    region.delete_members(REF, ["web-000001"])
    region.clock.advance(A_WHILE)
    region.create(REF, a_request("web-000004"))
    region.clock.advance(A_WHILE)
    assert seen == ["Succeeded", "Succeeded", "Failed"]
    assert states(region, "web-000004") == ("Succeeded", "running")


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (CreationOutcome.OS_TIMED_OUT, "OSProvisioningTimedOut"),
        (CreationOutcome.EXTENSION_FAILED, "VMExtensionProvisioningError"),
    ],
)
def test_failed_but_running(outcome: CreationOutcome, code: str) -> None:
    """A VM whose guest or extension fails is Failed and runs all the same."""
    region = a_region(creations=(CreationFault(outcome),))
    region.create(REF, a_request())
    region.clock.advance(1300)
    failure = named(region).failure
    assert states(region) == ("Failed", "running")
    assert failure is not None
    assert failure.code == code


def test_stuck_creation() -> None:
    """A creation that hangs stays Creating for a day, and can be deleted."""
    region = a_region(creations=(CreationFault(CreationOutcome.STUCK),))
    region.create(REF, a_request())
    region.clock.advance(86_400)
    assert states(region) == ("Creating", "creating")
    region.delete_members(REF, ["web-000001"])
    region.clock.advance(A_WHILE)
    assert region.observe(REF).instances == ()


def test_zone_outage() -> None:
    """In a dead zone VMs show no power state, creations fail, and all is as before when it is over."""
    region = a_region(members=1, zone_outages=(ZoneOutage("1", since=100, until=400),))
    region.clock.advance(40)
    region.create(REF, a_request("web-000002"))
    region.create(REF, a_request("web-000003", zone="2"))
    region.clock.advance(A_WHILE)
    during = [states(region, f"web-00000{number}") for number in (1, 2, 3)]
    region.clock.advance(300)
    assert during == [
        ("Succeeded", "unknown"),
        ("Failed", "unknown"),
        ("Succeeded", "running"),
    ]
    assert states(region) == ("Succeeded", "running")


def test_outage_catches_creation() -> None:
    """A creation that is under way when its zone dies fails."""
    region = a_region(zone_outages=(ZoneOutage("1", since=80),))
    region.create(REF, a_request())
    region.clock.advance(A_WHILE)
    failure = named(region).failure
    assert failure is not None
    assert failure.code == "ZonalAllocationFailed"


def test_health_needs_a_probe() -> None:
    """A running VM reports health only if it has the Application Health extension."""
    region = a_region(members=2)
    probe = InstallExtension("probe", {"type": "ApplicationHealthLinux"})
    region.operate(REF, "web-000002", probe)
    starting = named(region, "web-000002").health
    region.clock.advance(A_WHILE)
    assert named(region).health is Health.UNKNOWN
    assert (starting, named(region, "web-000002").health) == (Health.UNKNOWN, Health.HEALTHY)


def test_creation_installs_no_extension() -> None:
    """Extensions in the document of a creation are left out, as Azure knows none there."""
    region = a_region()
    wishing = {**TIDY, "extensions": [{"name": "probe", "properties": {}}]}
    region.create(REF, a_request(document=wishing))
    region.clock.advance(A_WHILE)
    found = named(region)
    assert found.extensions == ()
    assert found.document is not None
    assert "extensions" not in found.document


def test_failed_extension_leaves_vm() -> None:
    """An installation that fails is shown with its extension; VM, power and the next one are not touched."""
    region = a_region(members=1, extensions=(ExtensionFault("agent"),))
    for name in ("agent", "probe"):
        region.operate(REF, "web-000001", InstallExtension(name, {"protectedSettings": {"k": "s"}}))
        region.clock.advance(A_WHILE)
    bad, good = named(region).extensions or ()
    assert (bad.name, bad.state, good.state) == (
        "agent",
        ProvisioningState.FAILED,
        ProvisioningState.SUCCEEDED,
    )
    assert bad.failure is not None
    assert "processing extension 'agent' of VM 'web-000001'" in bad.failure.message
    assert states(region) == ("Succeeded", "running")
    assert "protectedSettings" not in repr(region.world.roster.member(REF, "web-000001"))
