"""Disks: of VMs, left behind, and put by somebody."""

from __future__ import annotations

from tests.arm.clients import (
    COMPUTE,
    IMAGE,
    LOCKS,
    OWN,
    VM,
    a_client,
    a_client_with_set,
    a_vm,
)

DISK = f"{COMPUTE}/disks/mine"
BODY = {"location": "westeurope", "sku": {"name": "Premium_ZRS"}, "properties": {"diskSizeGB": 500}}


def test_disk_that_is_put() -> None:
    """A disk is 202 Updating with both headers and a wait of 2 s, then Succeeded: recorded."""
    client = a_client()
    made = client.send("PUT", DISK, BODY)
    assert (made.status, made.headers["retry-after"]) == (202, "2")
    assert "/DiskOperations/" in made.headers["location"]
    assert made.json["properties"]["provisioningState"] == "Updating"
    client.wait(5)
    assert client.poll(made).json["status"] == "Succeeded"
    shown = client.get(DISK).json
    assert shown["sku"] == {"name": "Premium_ZRS", "tier": "Premium"}
    assert (shown["properties"]["diskSizeGB"], shown["properties"]["diskState"]) == (
        500,
        "Unattached",
    )


def test_disk_of_a_vm() -> None:
    """The disk of a VM is listed with its VM, and is not deleted while the VM has it."""
    client = a_client_with_set(members=1)
    (disk,) = client.get(f"{COMPUTE}/disks").json["value"]
    assert (disk["managedBy"], disk["zones"]) == (VM, ["1"])
    refused = client.send("DELETE", disk["id"])
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert refused.message == f"Disk {disk['name']} is attached to VM {VM}."


def test_disk_left_behind() -> None:
    """A disk whose delete option is Detach outlives its VM and can then be deleted."""
    client = a_client_with_set()
    storage = {"imageReference": IMAGE, "osDisk": {"createOption": "FromImage"}}
    client.send("PUT", VM, a_vm(storageProfile=storage))
    client.wait()
    client.send("DELETE", VM)
    client.wait()
    (disk,) = client.get(f"{OWN}/providers/Microsoft.Compute/disks").json["value"]
    assert disk["properties"]["diskState"] == "Unattached"
    assert client.send("DELETE", disk["id"]).status == 202
    client.wait()
    assert client.get(disk["id"]).status == 404


def test_disk_that_goes() -> None:
    """A disk goes with 202; a missing one is 204 on deletion and 404 on a look."""
    client = a_client()
    client.send("PUT", DISK, BODY)
    client.wait(5)
    assert client.send("DELETE", DISK).status == 202
    client.wait(5)
    assert client.send("DELETE", DISK).status == 204
    assert client.get(DISK).code == "ResourceNotFound"


def test_lock_keeps_a_disk() -> None:
    """A lock on a disk stops its deletion."""
    client = a_client()
    client.send("PUT", DISK, BODY)
    client.send("PUT", f"{DISK}/{LOCKS}/keep", {"properties": {"level": "CanNotDelete"}})
    assert client.send("DELETE", DISK).code == "ScopeLocked"
