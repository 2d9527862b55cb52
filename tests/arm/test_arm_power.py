"""What is done to VMs that stay: power, eviction, extensions."""

from __future__ import annotations

import pytest

from tests.arm.clients import LOCKS, VM, Client, a_client_with_set, a_vm


def power_of(client: Client) -> str:
    """The power state of the first member."""
    return str(client.get(f"{VM}/instanceView").json["statuses"][1]["code"])


@pytest.mark.parametrize(
    ("operation", "during", "after"),
    [
        ("powerOff", "stopping", "stopped"),
        ("deallocate", "deallocating", "deallocated"),
        ("restart", "running", "running"),
        ("redeploy", "starting", "running"),
        ("reimage", "starting", "running"),
        ("performMaintenance", "running", "running"),
    ],
)
def test_power_operations(operation: str, during: str, after: str) -> None:
    """Each operation is 202 with both headers and no body, and leads where it should."""
    client = a_client_with_set(members=1)
    started = client.send("POST", f"{VM}/{operation}")
    assert (started.status, started.text) == (202, "")
    assert {"azure-asyncoperation", "location"} <= started.headers.keys()
    assert power_of(client) == f"PowerState/{during}"
    assert client.poll(started).json["status"] == "InProgress"
    client.wait(200)
    assert power_of(client) == f"PowerState/{after}"
    assert client.poll(started).json["status"] == "Succeeded"


def test_start_after_deallocation() -> None:
    """A deallocated VM can be started; the path's case does not matter."""
    client = a_client_with_set(members=1)
    client.send("POST", f"{VM}/deallocate")
    client.wait()
    assert client.send("POST", f"{VM}/START").status == 202
    client.wait()
    assert power_of(client) == "PowerState/running"


def test_operation_without_effect() -> None:
    """The start of a VM that runs is accepted and over at once."""
    client = a_client_with_set(members=1)
    started = client.send("POST", f"{VM}/start")
    assert started.status == 202
    assert client.poll(started).json["status"] == "Succeeded"


def test_operation_on_leaving_vm() -> None:
    """A VM that is on its way out takes no operation, in Azure's words."""
    client = a_client_with_set(members=1)
    client.send("DELETE", VM)
    refused = client.send("POST", f"{VM}/restart")
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert "since the VM is marked for deletion. You can only retry the Delete" in refused.message


def test_read_only_lock_stops_posts() -> None:
    """A ReadOnly lock stops POSTs, too, and calls them writes."""
    client = a_client_with_set(members=1)
    client.send("PUT", f"{VM}/{LOCKS}/frozen", {"properties": {"level": "ReadOnly"}})
    refused = client.send("POST", f"{VM}/restart")
    assert (refused.status, refused.code) == (409, "ScopeLocked")
    assert "cannot perform write operation" in refused.message


def test_eviction_of_regular_vm() -> None:
    """Only Spot VMs can be evicted; the refusal is recorded."""
    refused = a_client_with_set(members=1).send("POST", f"{VM}/simulateEviction")
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert refused.message == (
        "Operation 'simulateEviction' is allowed only for Spot Virtual Machines"
    )


@pytest.mark.parametrize(("policy", "status"), [("Deallocate", 200), ("Delete", 404)])
def test_eviction_of_spot_vm(policy: str, status: int) -> None:
    """An eviction is 204; then the VM is deallocated or gone, as its policy says."""
    client = a_client_with_set()
    client.send("PUT", VM, a_vm(priority="Spot", evictionPolicy=policy))
    client.wait()
    assert client.send("POST", f"{VM}/simulateEviction").status == 204
    client.wait()
    assert client.get(VM).status == status
    if status == 200:
        assert power_of(client) == "PowerState/deallocated"


def test_extension_comes_and_goes() -> None:
    """An extension is 201 Creating, then Succeeded, stands in the VM's body, and goes with 202."""
    client = a_client_with_set(members=1)
    own = f"{VM}/extensions/script"
    body = {"properties": {"type": "CustomScript", "protectedSettings": {"key": "secret"}}}
    made = client.send("PUT", own, body)
    assert (made.status, made.json["properties"]["provisioningState"]) == (201, "Creating")
    assert "protectedSettings" not in made.json["properties"]
    client.wait()
    assert client.poll(made).json["status"] == "Succeeded"
    (shown,) = client.get(VM).json["resources"]
    assert (shown["id"], shown["properties"]["provisioningState"]) == (own, "Succeeded")
    assert client.send("PUT", own, body).status == 200
    assert client.send("DELETE", own).status == 202
    client.wait()
    assert client.get(own).status == 404
    assert client.send("DELETE", own).status == 204


def test_missing_extension() -> None:
    """The text of a missing extension names its VM: recorded."""
    refused = a_client_with_set(members=1).get(f"{VM}/extensions/mine")
    assert refused.message.startswith(
        "The Resource 'Microsoft.Compute/virtualMachines/web-000001/extensions/mine' under resource group "
        "'web-rg' was not found."
    )


def test_health_extension_shows_health() -> None:
    """With the Application Health extension the instance view has the VM's health, without it none."""
    client = a_client_with_set(members=1)
    assert "vmHealth" not in client.get(f"{VM}/instanceView").json
    body = {"properties": {"type": "ApplicationHealthLinux"}}
    client.send("PUT", f"{VM}/extensions/health", body)
    client.wait()
    health = client.get(f"{VM}/instanceView").json["vmHealth"]
    assert health["status"]["code"] == "HealthState/healthy"


def test_patch_makes_no_extension() -> None:
    """A PATCH of an extension that is not there is a 404, and makes none."""
    client = a_client_with_set(members=1)
    extension = f"{VM}/extensions/health"
    missing = client.send("PATCH", extension, {"properties": {}})
    assert (missing.status, missing.code) == (404, "ResourceNotFound")
    assert client.get(f"{VM}/extensions").json == {"value": []}


def test_extensions_go_with_their_vm() -> None:
    """A new VM of the same name has none of the old one's extensions."""
    client = a_client_with_set(members=1)
    client.send("PUT", f"{VM}/extensions/script", {"properties": {"type": "CustomScript"}})
    client.send("DELETE", VM)
    client.wait()
    client.send("PUT", VM, a_vm())
    client.wait()
    assert client.get(f"{VM}/extensions").json == {"value": []}
