"""Deleting: the batch and what preempts it, locks, and what stays behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.base import LockLevel, PowerOperation
from providers.errors import Conflict, Locked
from providers.simulated.scenario import (
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    DeleteUnderLock,
)
from tests.providers.worlds import A_WHILE, REF, ZONAL, a_region, a_request, named, names_in, states

if TYPE_CHECKING:
    from providers.simulated.region import SimulatedRegion

ONE, TWO, THREE = "web-000001", "web-000002", "web-000003"


def write_tags(region: SimulatedRegion) -> None:
    """Write to the set with its present etag."""
    group = region.observe(REF).group
    assert group is not None
    region.put_set(REF, ZONAL, etag=group.etag)


def test_batch_takes_time() -> None:
    """Members of a batch are Deleting at once and gone after 30 to 60 s."""
    region = a_region(members=3)
    region.delete_members(REF, [ONE, TWO])
    during = [states(region, name)[0] for name in (ONE, TWO, THREE)]
    region.clock.advance(29.9)
    early = names_in(region)
    region.clock.advance(30.2)
    assert during == ["Deleting", "Deleting", "Succeeded"]
    assert (early, names_in(region)) == ([ONE, TWO, THREE], [THREE])


def test_tag_write_preempts() -> None:
    """A write to the set while a batch runs brings back every member that has not gone yet."""
    region = a_region(members=2)
    region.delete_members(REF, [ONE, TWO])
    region.clock.advance(10)
    write_tags(region)
    region.clock.advance(A_WHILE)
    assert [states(region, name) for name in (ONE, TWO)] == [("Succeeded", "running")] * 2


def test_second_batch_preempts() -> None:
    """A second batch takes the place of the first: its members go, the others return."""
    region = a_region(members=3)
    region.delete_members(REF, [ONE, TWO])
    region.delete_members(REF, [TWO, THREE])
    region.clock.advance(A_WHILE)
    assert names_in(region) == [ONE]
    assert states(region, ONE) == ("Succeeded", "running")


def test_gone_stays_gone() -> None:
    """A batch that is through cannot be preempted any more."""
    region = a_region(members=1)
    region.delete_members(REF, [ONE])
    region.clock.advance(A_WHILE)
    write_tags(region)
    assert names_in(region) == []


def test_preempted_creation_goes_on() -> None:
    """A member that was being created when its deletion was preempted ends its creation."""
    region = a_region()
    region.create(REF, a_request())
    region.delete_members(REF, [ONE])
    write_tags(region)
    assert states(region) == ("Creating", "creating")
    region.clock.advance(A_WHILE)
    assert states(region) == ("Succeeded", "running")


def test_preempted_state_is_former() -> None:
    """A stopped member that comes back is stopped, not running."""
    region = a_region(members=1)
    region.operate(REF, ONE, PowerOperation.DEALLOCATE)
    region.clock.advance(A_WHILE)
    region.delete_members(REF, [ONE])
    write_tags(region)
    assert states(region) == ("Succeeded", "deallocated")


def test_single_delete_is_final() -> None:
    """A DELETE of one VM is not undone by a write to the set, even after a batch had begun."""
    region = a_region(members=2)
    region.delete_members(REF, [ONE, TWO])
    region.delete_one(REF, ONE)
    write_tags(region)
    region.clock.advance(A_WHILE)
    assert names_in(region) == [TWO]


def test_reading_does_not_preempt() -> None:
    """Looking, creating another member and changing its tags leave a running batch alone."""
    region = a_region(members=1)
    region.delete_members(REF, [ONE])
    region.create(REF, a_request(TWO))
    region.observe(REF)
    region.clock.advance(A_WHILE)
    assert names_in(region) == [TWO]


SUBSCRIPTION_SCOPE = f"/subscriptions/{REF.subscription}"
SCOPES = [SUBSCRIPTION_SCOPE, REF.group_scope.upper(), REF.instance_id(ONE)]


@pytest.mark.parametrize("scope", [*SCOPES, REF.id])
def test_batch_bypasses_locks(scope: str) -> None:
    """By default the batch goes past every CanNotDelete lock: Azure enforces those by verb."""
    region = a_region(members=1)
    region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    region.delete_members(REF, [ONE])
    region.clock.advance(A_WHILE)
    assert names_in(region) == []


@pytest.mark.parametrize("scope", SCOPES)
def test_batch_refused_by_switch(scope: str) -> None:
    """Told to refuse, the batch stops at a lock on a VM or above and deletes none of its members."""
    region = a_region(members=2, delete_under_lock=DeleteUnderLock.REFUSE)
    region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    with pytest.raises(Locked) as refusal:
        region.delete_members(REF, [TWO, ONE])
    region.clock.advance(A_WHILE)
    assert f"following scope(s) are locked: '{scope}'" in str(refusal.value)
    assert names_in(region) == [ONE, TWO]


@pytest.mark.parametrize("scope", SCOPES)
def test_single_delete_locked(scope: str) -> None:
    """ARM refuses the DELETE of one VM under a lock, inherited or its own, in Azure's words."""
    region = a_region(members=1)
    region.add_lock(LockLevel.CAN_NOT_DELETE, scope)
    with pytest.raises(Locked) as refusal:
        region.delete_one(REF, ONE)
    assert str(refusal.value) == (
        f"ScopeLocked: The scope '{REF.instance_id(ONE)}' cannot perform delete operation because following "
        f"scope(s) are locked: '{scope}'. Please remove the lock and try again."
    )


def test_read_only_stops_batch() -> None:
    """A ReadOnly lock on the set or above stops the batch: it is a POST."""
    region = a_region(members=1)
    region.add_lock(LockLevel.READ_ONLY, REF.group_scope)
    with pytest.raises(Locked, match="cannot perform write operation"):
        region.delete_members(REF, [ONE])


def test_lock_stops_set_deletion() -> None:
    """A set under a lock is not deleted; without the lock it is."""
    region = a_region()
    region.add_lock(LockLevel.CAN_NOT_DELETE, REF.id)
    with pytest.raises(Locked):
        region.delete_set(REF)
    region.remove_lock(REF.id)
    region.delete_set(REF)
    region.clock.advance(A_WHILE)
    assert region.observe(REF).group is None


def test_prefix_is_not_parent() -> None:
    """A lock on web-rg does not cover web-rg-2, though its id begins the same."""
    region = a_region(members=1)
    region.add_lock(LockLevel.CAN_NOT_DELETE, REF.group_scope[:-1])
    region.delete_one(REF, ONE)
    region.clock.advance(A_WHILE)
    assert names_in(region) == []


def test_delete_options_decide() -> None:
    """NIC and disks go with the VM where their delete option says so, and stay otherwise."""
    region = a_region(members=1)
    region.create(REF, a_request(TWO, document={"storageProfile": {"dataDisks": [{"lun": 0}]}}))
    kept = named(region, TWO).resources
    region.delete_members(REF, [ONE, TWO])
    region.clock.advance(A_WHILE)
    assert tuple(left.id for left in region.leftovers(REF)) == kept
    assert len(kept) == 3


def test_resource_names() -> None:
    """A VM has a NIC called after it and an OS disk with Azure's 32 digits."""
    nic, disk = named(a_region(members=1)).resources
    assert nic.endswith("/Microsoft.Network/networkInterfaces/web-000001-nic")
    assert disk.rpartition("_")[0].endswith("/Microsoft.Compute/disks/web-000001_OsDisk_1")
    assert len(disk.rpartition("_")[2]) == 32


def test_locked_nic_stays() -> None:
    """A NIC that is locked itself outlives its VM, whatever its delete option."""
    region = a_region(members=1)
    nic = named(region).resources[0]
    region.add_lock(LockLevel.CAN_NOT_DELETE, nic)
    region.delete_members(REF, [ONE])
    region.clock.advance(A_WHILE)
    assert [left.id for left in region.leftovers(REF)] == [nic]
    with pytest.raises(Locked):
        region.delete_leftover(nic)


def test_nic_in_use() -> None:
    """A NIC whose VM is there cannot be deleted."""
    region = a_region(members=1)
    with pytest.raises(Conflict, match="is used by existing resource"):
        region.delete_leftover(named(region).resources[0])


def test_failed_nic_is_reserved() -> None:
    """The NIC of a failed creation is reserved for 180 s, in Azure's words, and can be deleted then."""
    region = a_region(capacity=(CapacityLimit(0),))
    region.create(REF, a_request(document={}))
    region.clock.advance(35)
    nic = named(region).resources[0]
    region.delete_one(REF, ONE)
    region.clock.advance(A_WHILE)
    with pytest.raises(Conflict) as refusal:
        region.delete_leftover(nic)
    assert str(refusal.value) == (
        "NicReservedForAnotherVm: Nic(s) in request is reserved for another Virtual Machine for 180 seconds. "
        "Please provide another nic(s) or retry after 180 seconds. Reserved VM: "
        f"{REF.instance_id(ONE)}"
    )
    region.clock.advance(180)
    region.delete_leftover(nic)
    assert nic not in {left.id for left in region.leftovers(REF)}


def test_preempted_stuck_creation() -> None:
    """A member whose creation hangs and whose deletion is preempted hangs as before."""
    region = a_region(creations=(CreationFault(CreationOutcome.STUCK),))
    region.create(REF, a_request())
    region.delete_members(REF, [ONE])
    write_tags(region)
    region.clock.advance(3600)
    assert states(region) == ("Creating", "creating")


def test_single_delete_of_nobody() -> None:
    """A DELETE of a VM that is not there is accepted and does nothing."""
    region = a_region(members=1)
    region.delete_one(REF, TWO)
    region.clock.advance(A_WHILE)
    assert names_in(region) == [ONE]
