"""VMs over ARM: creation, change, deletion, as recorded."""

from __future__ import annotations

from typing import Any

import pytest

from providers.simulated.scenario import CapacityLimit, NotOffered
from tests.arm.clients import (
    GROUP,
    IMAGE,
    LOCKS,
    SET,
    VM,
    VMS,
    a_client,
    a_client_with_set,
    a_set,
    a_vm,
)


def test_creation_answers_201() -> None:
    """A creation is 201 with an operation to poll, a wait of 10 s, and no Location."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    assert made.status == 201
    assert made.headers["azure-asyncnotification"] == "Enabled"
    assert made.headers["retry-after"] == "10"
    assert "location" not in made.headers
    assert made.headers["etag"] == made.json["etag"] == '"1"'
    assert client.poll(made).json["status"] == "InProgress"


def test_body_while_creating() -> None:
    """The first body has the image's exact version, no disk id, no password, and state Creating."""
    properties = a_client_with_set().send("PUT", VM, a_vm()).json["properties"]
    assert properties["provisioningState"] == "Creating"
    storage = properties["storageProfile"]
    assert storage["imageReference"]["exactVersion"]
    assert storage["osDisk"]["managedDisk"] == {"storageAccountType": "Premium_LRS"}
    assert "adminPassword" not in properties["osProfile"]


def test_body_when_created() -> None:
    """Once it runs, the VM shows its disk, the NIC made for it, and defaults that nobody sent."""
    client = a_client_with_set(members=1)
    properties = client.get(VM).json["properties"]
    disk = properties["storageProfile"]["osDisk"]
    assert disk["managedDisk"]["id"] == f"{GROUP}/providers/Microsoft.Compute/disks/{disk['name']}"
    assert disk["name"].startswith("web-000001_OsDisk_1_")
    nic = f"{GROUP}/providers/Microsoft.Network/networkInterfaces/web-000001-nic"
    assert properties["networkProfile"] == {
        "networkInterfaces": [
            {"id": nic, "properties": {"primary": True, "deleteOption": "Delete"}}
        ]
    }
    assert properties["osProfile"]["requireGuestProvisionSignal"] is True
    assert properties["timeCreated"] == "2026-11-21T12:00:00.0000000+00:00"


@pytest.mark.parametrize("asked", [None, "Delete", "Detach"])
def test_delete_option_defaults_to_detach(asked: str | None) -> None:
    """For a VM that one puts oneself, a disk without a delete option shows Detach."""
    disk = {"createOption": "FromImage"} | ({} if asked is None else {"deleteOption": asked})
    body = a_vm(storageProfile={"imageReference": IMAGE, "osDisk": disk})
    made = a_client_with_set().send("PUT", VM, body)
    shown = made.json["properties"]["storageProfile"]["osDisk"]["deleteOption"]
    assert shown == (asked or "Detach")


def test_false_capabilities_are_not_echoed() -> None:
    """Additional capabilities that are all false are not shown; one that is true is."""
    client = a_client_with_set()
    quiet = client.send("PUT", VM, a_vm(additionalCapabilities={"ultraSSDEnabled": False}))
    loud = client.send("PUT", f"{VM}x", a_vm(additionalCapabilities={"ultraSSDEnabled": True}))
    assert "additionalCapabilities" not in quiet.json["properties"]
    assert loud.json["properties"]["additionalCapabilities"] == {"ultraSSDEnabled": True}


def test_fault_domain_as_text() -> None:
    """The command line sends the fault domain as text; it is answered as a number, in the view as well."""
    client = a_client_with_set(zonal=False)
    made = client.send("PUT", VM, a_vm(zone=None, platformFaultDomain="2"))
    assert made.json["properties"]["platformFaultDomain"] == 2
    client.wait()
    assert client.get(f"{VM}/instanceView").json["platformFaultDomain"] == 2


def test_vm_without_a_set() -> None:
    """A VM may stand alone; it shows no set."""
    client = a_client()
    made = client.send("PUT", VM, a_vm(member=False))
    assert made.status == 201
    assert "virtualMachineScaleSet" not in made.json["properties"]
    client.wait()
    assert client.state_of(VM) == "Succeeded"


def test_instance_view_of_running_vm() -> None:
    """A running VM shows state, power and a ready agent; expand and the sub-resource say the same."""
    client = a_client_with_set(members=1)
    view = client.get(VM, expand="instanceView").json["properties"]["instanceView"]
    assert [status["code"] for status in view["statuses"]] == [
        "ProvisioningState/succeeded",
        "PowerState/running",
    ]
    assert view["statuses"][1]["displayStatus"] == "VM running"
    assert view["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"
    assert client.get(f"{VM}/instanceView").json == view


def test_user_data_on_request() -> None:
    """User data is shown when it is asked for, and not otherwise."""
    client = a_client_with_set()
    client.send("PUT", VM, a_vm(userData="aGVsbG8="))
    assert "userData" not in client.get(VM).json["properties"]
    assert client.get(VM, expand="userData").json["properties"]["userData"] == "aGVsbG8="


def test_put_that_changes_nothing() -> None:
    """A PUT without a change says Updating, starts nothing, moves the etag; the next GET says Succeeded."""
    client = a_client_with_set(members=1)
    before = client.get(VM).json["etag"]
    again = client.send("PUT", VM, a_vm())
    assert (again.status, again.json["properties"]["provisioningState"]) == (200, "Updating")
    assert "azure-asyncoperation" not in again.headers
    assert again.json["etag"] != before
    assert client.state_of(VM) == "Succeeded"


def test_put_of_what_was_shown() -> None:
    """A client may send back what it was shown: that changes nothing."""
    client = a_client_with_set(members=1)
    again = client.send("PUT", VM, client.get(VM).json)
    assert again.status == 200
    shown = client.get(VM).json["properties"]["networkProfile"]["networkInterfaces"]
    assert len(shown) == 1


def test_put_that_changes_something() -> None:
    """A changed PUT is 200 Updating with an operation that ends by itself."""
    client = a_client_with_set(members=1)
    changed = client.send(
        "PUT", VM, a_vm(diagnosticsProfile={"bootDiagnostics": {"enabled": True}})
    )
    assert (changed.status, changed.json["properties"]["provisioningState"]) == (200, "Updating")
    assert client.state_of(VM) == "Updating"
    client.wait(10)
    assert client.poll(changed).json["status"] == "Succeeded"
    shown = client.get(VM).json["properties"]
    assert shown["provisioningState"] == "Succeeded"
    assert shown["diagnosticsProfile"] == {"bootDiagnostics": {"enabled": True}}


def test_patch_replaces_tags() -> None:
    """Tags in a PATCH take the place of all tags."""
    client = a_client_with_set()
    client.send("PUT", VM, a_vm(tags={"old": "1"}))
    client.wait()
    patched = client.send("PATCH", VM, {"tags": {"new": "2"}})
    assert (patched.status, patched.json["tags"]) == (200, {"new": "2"})


@pytest.mark.parametrize(
    ("over", "target"),
    [
        ({"priority": "Spot"}, "priority"),
        ({"platformFaultDomain": 1}, "platformFaultDomain"),
        ({"virtualMachineScaleSet": {"id": f"{SET}-other"}}, "virtualMachineScaleSet.id"),
        ({"osProfile": {"computerName": "other"}}, "osProfile.computerName"),
    ],
)
def test_fixed_properties(over: dict[str, Any], target: str) -> None:
    """What cannot change is refused in the recorded words, with the property as target."""
    client = a_client_with_set(members=1)
    refused = client.send("PATCH", VM, {"properties": over})
    assert (refused.status, refused.code) == (409, "PropertyChangeNotAllowed")
    assert refused.message == f"Changing property '{target}' is not allowed."
    assert refused.json["error"]["target"] == target


def test_resize_moves_usage() -> None:
    """Another size is another number of cores in use."""
    client = a_client_with_set(members=1)
    resized = {"properties": {"hardwareProfile": {"vmSize": "Standard_D8s_v5"}}}
    assert client.send("PATCH", VM, resized).status == 200
    place = VM.partition("/resourceGroups")[0]
    usages = client.get(f"{place}/providers/Microsoft.Compute/locations/westeurope/usages").json
    used = {line["name"]["value"]: line["currentValue"] for line in usages["value"]}
    assert (used["cores"], used["standardDSv5Family"]) == (8, 8)


def test_data_disk_can_be_added() -> None:
    """A data disk that a PATCH adds gets a name and an id, and keeps them."""
    client = a_client_with_set(members=1)
    disks = [{"lun": 0, "createOption": "Empty", "diskSizeGB": 32}]
    client.send("PATCH", VM, {"properties": {"storageProfile": {"dataDisks": disks}}})
    client.wait()
    (first,) = client.get(VM).json["properties"]["storageProfile"]["dataDisks"]
    (second,) = client.get(VM).json["properties"]["storageProfile"]["dataDisks"]
    assert first == second
    assert first["managedDisk"]["id"].endswith(f"/disks/{first['name']}")


def test_create_only_put() -> None:
    """``If-None-Match: *`` creates, and refuses with 412 what exists already."""
    client = a_client_with_set()
    assert client.send("PUT", VM, a_vm(), if_none_match="*").status == 201
    refused = client.send("PUT", VM, a_vm(size="Standard_D4s_v5"), if_none_match="*")
    assert (refused.status, refused.code) == (412, "PreconditionFailed")
    assert client.get(VM).json["properties"]["hardwareProfile"]["vmSize"] == "Standard_D2s_v5"


@pytest.mark.parametrize("where", ["header", "body"])
def test_etag_that_does_not_match(where: str) -> None:
    """A wrong etag is a 412 in the recorded words, in the header as in the body."""
    client = a_client_with_set(members=1)
    etag = client.get(VM).json["etag"]
    refused = (
        client.send("PATCH", VM, {"tags": {}}, if_match="invalid")
        if where == "header"
        else client.send("PATCH", VM, {"tags": {}, "etag": "invalid"})
    )
    assert (refused.status, refused.code) == (412, "PreconditionFailed")
    assert refused.message == (
        f'Etag provided in if-match header "invalid" does not match etag {etag} of resource.'
    )


def test_deletion_answers_202() -> None:
    """A deletion is 202 with both headers and no body; meanwhile the VM shows Deleting."""
    client = a_client_with_set(members=1)
    gone = client.send("DELETE", VM)
    assert (gone.status, gone.text, gone.headers["retry-after"]) == (202, "", "10")
    assert "&monitor=true&" in gone.headers["location"]
    assert client.state_of(VM) == "Deleting"
    assert client.follow(gone.headers["location"]).status == 202
    client.wait()
    assert client.poll(gone).json["status"] == "Succeeded"
    ended = client.follow(gone.headers["location"])
    assert (ended.status, ended.text) == (200, "")


def test_two_kinds_of_404() -> None:
    """Right after a deletion Compute says 404 in its words, later ARM in its own."""
    client = a_client_with_set(members=1)
    client.send("DELETE", VM)
    client.wait(60)
    soon = client.get(VM)
    assert (soon.status, soon.code) == (404, "NotFound")
    assert soon.message == "The entity was not found in this Azure location."
    assert "x-ms-failure-cause" not in soon.headers
    client.wait(600)
    later = client.get(VM)
    assert (later.status, later.code) == (404, "ResourceNotFound")
    assert later.message == (
        "The Resource 'Microsoft.Compute/virtualMachines/web-000001' under resource group 'web-rg' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    )
    assert later.headers["x-ms-failure-cause"] == "gateway"


def test_deleting_nothing() -> None:
    """The deletion of a VM that is not there is 204."""
    assert a_client().send("DELETE", VM).status == 204


def test_forced_deletion_is_faster() -> None:
    """``forceDeletion`` does not wait for the guest."""
    client = a_client_with_set(members=2)
    client.send("DELETE", VM, query={"forceDeletion": "true"})
    client.send("DELETE", f"{VMS}/web-000002")
    client.wait(10)
    assert [client.get(path).status for path in (VM, f"{VMS}/web-000002")] == [404, 200]


def test_lock_stops_deletion() -> None:
    """A DELETE under a lock is refused by ARM at once, with both scopes in the text."""
    client = a_client_with_set(members=1)
    client.send("PUT", f"{VM}/{LOCKS}/keep", {"properties": {"level": "CanNotDelete"}})
    refused = client.send("DELETE", VM)
    assert (refused.status, refused.code) == (409, "ScopeLocked")
    assert refused.message == (
        f"The scope '{VM}' cannot perform delete operation because following scope(s) are locked: '{VM}'. "
        "Please remove the lock and try again."
    )
    assert refused.headers["x-ms-failure-cause"] == "gateway"


@pytest.mark.parametrize(
    ("over", "status", "code", "words"),
    [
        ({"zone": "9"}, 400, "InvalidParameter", "cannot be in zone '9'"),
        (
            {"size": "Standard_X99"},
            400,
            "InvalidParameter",
            "VM size Standard_X99 is not available",
        ),
        ({"size": ""}, 400, "InvalidParameter", "'hardwareProfile.vmSize' is missing (null)."),
        ({"priority": "Cheap"}, 400, "InvalidParameter", "'Cheap' of parameter 'priority'"),
        (
            {"virtualMachineScaleSet": {"id": f"{SET}x"}},
            400,
            "InvalidParameter",
            f"The Virtual Machine Scale Set '{SET}x' referenced by the Virtual Machine does not exist.",
        ),
    ],
)
def test_refused_creations(over: dict[str, Any], status: int, code: str, words: str) -> None:
    """What Azure refuses at once is refused with its code, and nothing comes into being."""
    client = a_client_with_set()
    refused = client.send("PUT", VM, a_vm(**over))
    assert (refused.status, refused.code) == (status, code)
    assert words in refused.message
    assert client.get(VM).status == 404


def test_zone_in_region_without_zones() -> None:
    """A zone where there are none is refused by ARM, in recorded words."""
    body = a_vm(member=False) | {"location": "westus"}
    refused = a_client().send("PUT", VM, body)
    assert (refused.status, refused.headers["x-ms-failure-cause"]) == (400, "gateway")
    assert refused.code == "ResourceTypeNotSupportAvailabilityZones"
    assert refused.message == (
        "The resource type 'virtualMachines' does not support availability zones at location 'westus' and "
        "api-version '2024-07-01'."
    )


def test_quota_is_a_409() -> None:
    """Exhausted quota refuses the PUT itself, with the figures."""
    client = a_client_with_set(quotas={"cores": 3})
    assert client.send("PUT", VM, a_vm()).status == 201
    refused = client.send("PUT", f"{VMS}/web-000002", a_vm())
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert refused.message.startswith(
        "Operation could not be completed as it results in exceeding approved Total Regional Cores quota. "
        "Additional details - Deployment Model: Resource Manager, Location: westeurope, Current Limit: 3, "
        "Current Usage: 2, Additional Required: 2, (Minimum) New Limit Required: 4."
    )


def test_size_not_offered_is_a_409() -> None:
    """A size that the subscription does not have refuses the PUT itself."""
    client = a_client_with_set(not_offered=(NotOffered("Standard_D2s_v5"),))
    refused = client.send("PUT", VM, a_vm())
    assert (refused.status, refused.code) == (409, "SkuNotAvailable")
    assert (
        "Following SKUs have failed for Capacity Restrictions: Standard_D2s_v5" in refused.message
    )


def test_allocation_fails_later() -> None:
    """Lack of capacity is found after a 201: the operation fails, and a failed VM remains."""
    client = a_client_with_set(capacity=(CapacityLimit(0, zone="1"),))
    made = client.send("PUT", VM, a_vm())
    assert made.status == 201
    client.wait()
    ended = client.poll(made)
    assert (ended.status, ended.json["status"]) == (200, "Failed")
    assert ended.json["error"]["code"] == "ZonalAllocationFailed"
    assert client.state_of(VM) == "Failed"
    (status,) = client.get(f"{VM}/instanceView").json["statuses"]
    assert status["code"] == "ProvisioningState/failed/ZonalAllocationFailed"


def test_location_is_required() -> None:
    """A VM without a location, or in one that does not exist, is refused."""
    client = a_client()
    nowhere = a_vm(member=False) | {"location": ""}
    assert client.send("PUT", VM, nowhere).code == "LocationRequired"
    elsewhere = a_vm(member=False) | {"location": "atlantis"}
    assert client.send("PUT", VM, elsewhere).code == "LocationNotAvailableForResourceType"


def test_set_in_another_group() -> None:
    """A VM and its set must be in one resource group."""
    client = a_client_with_set()
    other = VM.replace("web-rg", "other-rg")
    refused = client.send("PUT", other, a_vm())
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    assert client.send("PUT", SET.replace("web-rg", "other-rg"), a_set()).status == 201
