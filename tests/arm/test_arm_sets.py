"""Scale sets over ARM: with and without a profile, and what is done to members from the set."""

from __future__ import annotations

import re
from typing import Any

import pytest

from providers.simulated.scenario import DeleteUnderLock
from tests.arm.clients import (
    LOCKS,
    MEMBERS_OF_SET,
    SET,
    VM,
    VMS,
    Client,
    a_client,
    a_client_with_set,
    a_profile_set,
    a_set,
    a_vm,
)


def members_of(client: Client) -> list[dict[str, Any]]:
    """The rows of the member list."""
    return list(client.get(VMS, filter=MEMBERS_OF_SET).json["value"])


def test_set_without_profile() -> None:
    """A set without a profile has no sku, no profile, no upgrade policy: recorded."""
    client = a_client()
    made = client.send("PUT", SET, a_set(zones=None, fault_domains=3))
    assert (made.status, made.headers["retry-after"]) == (201, "10")
    client.wait()
    shown = client.get(SET).json
    unique = shown["properties"].pop("uniqueId")
    assert re.fullmatch(r"[0-9a-f-]{36}", unique)
    assert shown == {
        "name": "web",
        "id": SET,
        "type": "Microsoft.Compute/virtualMachineScaleSets",
        "location": "westeurope",
        "etag": '"2"',
        "properties": {
            "singlePlacementGroup": False,
            "orchestrationMode": "Flexible",
            "provisioningState": "Succeeded",
            "platformFaultDomainCount": 3,
            "constrainedMaximumCapacity": False,
        },
    }


def test_zones_stand_at_the_top() -> None:
    """The zones of a set are a property of the resource, beside its location."""
    assert a_client_with_set().get(SET).json["zones"] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        (
            a_set(platformFaultDomainCount=None),
            400,
            "InvalidParameter",
            "Required parameter 'platformFaultDomainCount' is missing (null).",
        ),
        (
            a_set(fault_domains=2),
            400,
            "InvalidParameter",
            (
                "Specifying Availability Zones is not allowed when Virtual Machine Scale Set has "
                "platformFaultDomainCount higher than 1 with OrchestrationMode: 'Flexible'."
            ),
        ),
        (
            a_set(zones=None, fault_domains=5),
            400,
            "InvalidParameter",
            "The specified fault domain count 5 must fall in the range 1 to 3.",
        ),
        (
            a_set(singlePlacementGroup=True),
            400,
            "InvalidParameter",
            "The value 'True' of parameter 'singlePlacementGroup' is not allowed.",
        ),
        (
            a_set(orchestrationMode="Uniform"),
            409,
            "OperationNotAllowed",
            "Flexible scale sets only",
        ),
        (
            a_set() | {"sku": {"name": "Standard_D2s_v5", "capacity": 2}},
            409,
            "OperationNotAllowed",
            "without a virtualMachineProfile cannot make Virtual Machines",
        ),
        (
            a_profile_set(1) | {"sku": {"capacity": 1}},
            400,
            "InvalidParameter",
            "'sku.name' is missing",
        ),
    ],
)
def test_refused_sets(body: dict[str, Any], status: int, code: str, words: str) -> None:
    """Combinations that Azure refuses are refused with its words, and no set comes into being."""
    client = a_client()
    refused = client.send("PUT", SET, body)
    assert (refused.status, refused.code) == (status, code)
    assert words in refused.message
    assert client.get(SET).status == 404


def test_put_keeps_what_it_leaves_out() -> None:
    """A PUT on an existing set with nothing but a location keeps tags, zones and fault domains."""
    client = a_client()
    client.send("PUT", SET, a_set() | {"tags": {"team": "web"}})
    client.wait()
    again = client.send("PUT", SET, {"location": "westeurope"})
    assert (again.status, again.json["properties"]["provisioningState"]) == (200, "Updating")
    assert (again.json["tags"], again.json["zones"]) == ({"team": "web"}, ["1", "2", "3"])


def test_zones_can_be_added() -> None:
    """Zones may be added later and never taken away."""
    client = a_client()
    client.send("PUT", SET, a_set(zones=("1",)))
    client.wait()
    assert client.send("PUT", SET, a_set(zones=("1", "2"))).json["zones"] == ["1", "2"]
    refused = client.send("PUT", SET, a_set(zones=("2",)))
    assert (refused.status, refused.code) == (409, "PropertyChangeNotAllowed")


def test_tags_with_if_match() -> None:
    """A write with the etag that was read succeeds once; with the same etag again it is a 412."""
    client = a_client_with_set()
    etag = client.get(SET).json["etag"]
    first = client.send("PATCH", SET, {"tags": {"a": "1"}}, if_match=etag)
    assert (first.status, first.json["tags"]) == (200, {"a": "1"})
    second = client.send("PATCH", SET, {"tags": {"a": "2"}}, if_match=etag)
    assert (second.status, second.code) == (412, "PreconditionFailed")
    assert client.get(SET).json["tags"] == {"a": "1"}


def test_create_only_set() -> None:
    """``If-None-Match: *`` does not touch a set that exists."""
    client = a_client_with_set()
    assert client.send("PUT", SET, a_set(), if_none_match="*").status == 412


def test_set_with_members_stays() -> None:
    """A set with members is not deleted; without them it goes with 202, then there is nothing: 204."""
    client = a_client_with_set(members=1)
    refused = client.send("DELETE", SET)
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert refused.message.startswith(
        "Deletion of Virtual Machine Scale Set is not allowed as it contains one or more VMs."
    )
    client.send("DELETE", VM)
    client.wait()
    gone = client.send("DELETE", SET)
    assert gone.status == 202
    client.wait()
    assert client.poll(gone).json["status"] == "Succeeded"
    assert client.send("DELETE", SET).status == 204


def test_capacity_makes_members() -> None:
    """A set with a profile makes as many members as its capacity says, over its zones."""
    client = a_client()
    made = client.send("PUT", SET, a_profile_set(3))
    assert made.json["sku"] == {"name": "Standard_D2s_v5", "tier": "Standard", "capacity": 3}
    assert client.poll(made).json["status"] == "InProgress"
    client.wait()
    assert client.poll(made).json["status"] == "Succeeded"
    members = members_of(client)
    assert sorted(member["zones"][0] for member in members) == ["1", "2", "3"]


def test_members_that_a_set_makes() -> None:
    """Their names, computer names, tags and delete options are as recorded; they show no fault domain."""
    client = a_client()
    client.send("PUT", SET, a_profile_set(1))
    client.wait()
    (member,) = members_of(client)
    properties = member["properties"]
    assert re.fullmatch(r"web_[0-9a-f]{8}", member["name"])
    assert re.fullmatch(r"web[A-Z2-7]{6}", properties["osProfile"]["computerName"])
    assert member["tags"] == {"VirtualMachineProfileTimeCreated": "11/21/2026 12:00:00 PM +00:00"}
    assert properties["storageProfile"]["osDisk"]["deleteOption"] == "Delete"
    (card,) = properties["networkProfile"]["networkInterfaces"]
    assert card["properties"]["deleteOption"] == "Delete"
    assert "platformFaultDomain" not in properties


def test_profile_is_shown() -> None:
    """The profile comes back with defaults, its creation time, and without a password."""
    client = a_client()
    secret = {"computerNamePrefix": "web", "adminUsername": "a", "adminPassword": "b"}
    client.send("PUT", SET, a_profile_set(0, osProfile=secret))
    properties = client.get(SET).json["properties"]
    profile = properties["virtualMachineProfile"]
    assert "adminPassword" not in profile["osProfile"]
    assert profile["storageProfile"]["osDisk"]["managedDisk"] == {
        "storageAccountType": "Premium_LRS"
    }
    assert profile["networkProfile"]["networkApiVersion"] == "2020-11-01"
    assert properties["upgradePolicy"] == {"mode": "Manual"}
    assert profile["timeCreated"] == properties["timeCreated"]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_scaling_keeps_the_model(method: str) -> None:
    """``{location, sku}`` alone scales a set and keeps its model: that is what the command line sends."""
    client = a_client()
    client.send("PUT", SET, a_profile_set(2))
    client.wait()
    body = {"location": "westeurope", "sku": {"name": "Standard_D2s_v5", "capacity": 4}}
    assert client.send(method, SET, body).status == 200
    client.wait()
    assert len(members_of(client)) == 4
    assert "virtualMachineProfile" in client.get(SET).json["properties"]
    client.send(method, SET, body | {"sku": {"capacity": 1}})
    client.wait()
    assert len(members_of(client)) == 1


def test_quota_refuses_the_whole_set() -> None:
    """A set whose members would exceed the quota is refused as a whole."""
    client = a_client(quotas={"cores": 5})
    refused = client.send("PUT", SET, a_profile_set(3))
    assert (refused.status, refused.code) == (409, "OperationNotAllowed")
    assert "Current Limit: 5, Current Usage: 0, Additional Required: 6" in refused.message
    assert client.get(SET).status == 404


def test_spot_priority_mix() -> None:
    """Of five members with base 1 and half above it Regular, three are Regular and two Spot."""
    client = a_client()
    mix = {"baseRegularPriorityCount": 1, "regularPriorityPercentageAboveBase": 50}
    body = a_profile_set(5, priority="Spot", evictionPolicy="Delete")
    body["properties"]["priorityMixPolicy"] = mix
    client.send("PUT", SET, body)
    client.wait()
    spot = [row for row in members_of(client) if row["properties"].get("priority") == "Spot"]
    assert len(spot) == 2


def test_batch_delete() -> None:
    """The batch delete is 202 with both headers, and ends when all named members are gone."""
    client = a_client_with_set(members=3)
    ids = {"instanceIds": ["web-000001", "WEB-000002"]}
    gone = client.send("POST", f"{SET}/delete", ids, query={"forceDeletion": "false"})
    assert (gone.status, gone.text) == (202, "")
    assert {"azure-asyncoperation", "location"} <= gone.headers.keys()
    assert gone.headers["x-ms-request-charge"] == "2"
    assert client.poll(gone).json["status"] == "InProgress"
    client.wait()
    assert client.poll(gone).json["status"] == "Succeeded"
    assert [row["name"] for row in members_of(client)] == ["web-000003"]


def test_batch_delete_of_all() -> None:
    """A star names all members; a capacity goes down with them."""
    client = a_client()
    client.send("PUT", SET, a_profile_set(3))
    client.wait()
    client.send("POST", f"{SET}/delete", {"instanceIds": ["*"]})
    client.wait()
    assert members_of(client) == []
    assert client.get(SET).json["sku"]["capacity"] == 0


@pytest.mark.parametrize("body", [{}, {"instanceIds": []}, {"instanceIds": "web-000001"}])
def test_batch_delete_of_nothing(body: dict[str, Any]) -> None:
    """A batch delete without names is refused: it never means all."""
    client = a_client_with_set(members=1)
    refused = client.send("POST", f"{SET}/delete", body)
    assert (refused.status, refused.code) == (400, "InvalidParameter")
    assert refused.message == "Required parameter 'instanceIds' is missing (null)."
    assert client.state_of(VM) == "Succeeded"


def test_batch_delete_of_unknown_names() -> None:
    """Names that the set does not have are skipped; an operation with nothing to do is over at once."""
    client = a_client_with_set(members=1)
    gone = client.send("POST", f"{SET}/delete", {"instanceIds": ["nobody"]})
    assert client.poll(gone).json["status"] == "Succeeded"
    assert client.state_of(VM) == "Succeeded"


@pytest.mark.parametrize(
    ("switch", "status"), [(DeleteUnderLock.ALLOW, 202), (DeleteUnderLock.REFUSE, 409)]
)
def test_batch_delete_under_lock(switch: DeleteUnderLock, status: int) -> None:
    """A CanNotDelete lock stops the batch delete only if the scenario says so."""
    client = a_client_with_set(members=1, delete_under_lock=switch)
    client.send("PUT", f"{VM}/{LOCKS}/keep", {"properties": {"level": "CanNotDelete"}})
    gone = client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000001"]})
    assert gone.status == status


def test_views_that_flexible_sets_lack() -> None:
    """Flexible sets have neither an instance view nor expanded rows, in Azure's words."""
    client = a_client_with_set(members=1)
    view = client.get(f"{SET}/instanceView")
    assert (view.status, view.code) == (409, "OperationNotAllowed")
    assert view.message == (
        "Operation 'VirtualMachineScaleSets.instanceView.GET' is not allowed on Virtual Machine Scale Set "
        "'web'."
    )
    rows = client.get(f"{SET}/virtualMachines", expand="instanceView")
    assert rows.message.startswith("Operation 'VirtualMachineScaleSets.virtualMachines.GET' is not")


def test_one_member_of_the_set() -> None:
    """A member can be asked for under its set, by its name; one that is not there is a 404."""
    client = a_client_with_set(members=1)
    found = client.get(f"{SET}/virtualMachines/web-000001")
    assert (found.json["instanceId"], found.json["zones"]) == ("web-000001", ["1"])
    assert client.get(f"{SET}/virtualMachines/nobody").code == "NotFound"


def test_sizes_of_a_set() -> None:
    """The sizes of a set are that of its profile; without one there are none."""
    client = a_client_with_set()
    assert client.get(f"{SET}/skus").json == {"value": []}
    client.send("PUT", f"{SET}-2", a_profile_set(0))
    (row,) = client.get(f"{SET}-2/skus").json["value"]
    assert (row["sku"]["name"], row["capacity"]["maximum"]) == ("Standard_D2s_v5", 1000)


def test_member_joins_profile_set() -> None:
    """A VM can be put into a set that makes members, too."""
    client = a_client()
    client.send("PUT", SET, a_profile_set(1))
    client.wait()
    assert client.send("PUT", VM, a_vm()).status == 201
    client.wait()
    assert len(members_of(client)) == 2


@pytest.mark.parametrize(("given", "shown"), [(None, None), ({}, {}), ({"a": "b"}, {"a": "b"})])
def test_tags_that_nobody_gave(given: dict[str, str] | None, shown: dict[str, str] | None) -> None:
    """A set and a VM show tags if somebody gave them some, if only an empty set: recorded."""
    client = a_client()
    body = a_set() if given is None else a_set() | {"tags": given}
    client.send("PUT", SET, body)
    client.send("PUT", VM, a_vm(tags=given))
    assert [client.get(path).json.get("tags") for path in (SET, VM)] == [shown, shown]


def test_guest_settings_of_a_profile() -> None:
    """The guest's settings in a profile have the defaults that are recorded for Linux."""
    client = a_client()
    client.send("PUT", SET, a_profile_set(0))
    profile = client.get(SET).json["properties"]["virtualMachineProfile"]["osProfile"]
    assert profile["linuxConfiguration"] == {
        "disablePasswordAuthentication": False,
        "provisionVMAgent": True,
        "patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"},
    }
