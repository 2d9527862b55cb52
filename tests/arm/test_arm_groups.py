"""Resource groups, generic lists, tags."""

from __future__ import annotations

import pytest

from tests.arm.clients import (
    COMPUTE,
    GROUP,
    LOCKS,
    OWN,
    SET,
    VM,
    a_client,
    a_client_with_set,
    a_set,
    a_vm,
)

WESTEUROPE = {"location": "westeurope"}


def test_group_comes_and_is_shown() -> None:
    """A group is 201, again 200; the body is ARM's, compact, as recorded."""
    client = a_client()
    made = client.send("PUT", GROUP, WESTEUROPE | {"tags": {"a": "b"}}, version="2020-06-01")
    assert made.status == 201
    assert made.text == (
        f'{{"id":"{GROUP}","name":"web-rg","type":"Microsoft.Resources/resourceGroups","location":'
        '"westeurope","properties":{"provisioningState":"Succeeded"},"tags":{"a":"b"}}'
    )
    assert client.send("PUT", GROUP, WESTEUROPE).status == 200
    assert client.get(GROUP).json["name"] == "web-rg"


def test_existence_of_group() -> None:
    """HEAD is 204 for a group that is there and 404 for one that is not, both without a body."""
    client = a_client()
    assert client.send("HEAD", GROUP).status == 404
    client.send("PUT", GROUP, WESTEUROPE)
    found = client.send("HEAD", GROUP)
    assert (found.status, found.text) == (204, "")


def test_group_in_unknown_place() -> None:
    """A group in a region that does not exist is refused in the recorded words."""
    refused = a_client().send("PUT", GROUP, {"location": "BadLocation"})
    assert (refused.status, refused.code) == (400, "LocationNotAvailableForResourceGroup")
    assert refused.message.startswith(
        "The provided location 'BadLocation' is not available for resource group. List of available "
        "regions is '"
    )


def test_missing_group() -> None:
    """A group that is not there is a 404 from ARM."""
    refused = a_client().get(GROUP)
    assert (refused.status, refused.code) == (404, "ResourceGroupNotFound")
    assert refused.message == "Resource group 'web-rg' could not be found."


def test_group_appears_with_its_first_resource() -> None:
    """Unless the region is strict, a group that a request refers to exists, and is listed from then on."""
    client = a_client_with_set()
    listed = client.get(f"{OWN}/resourceGroups").json["value"]
    assert [group["name"] for group in listed] == ["web-rg"]


def test_group_goes_with_all_in_it() -> None:
    """The deletion of a group is 202 with Location alone; 202 until it is empty, then 200."""
    client = a_client_with_set(members=2)
    gone = client.send("DELETE", GROUP)
    assert (gone.status, gone.headers["retry-after"]) == (202, "15")
    assert "azure-asyncoperation" not in gone.headers
    assert client.state_of(GROUP) == "Deleting"
    assert client.follow(gone.headers["location"]).status == 202
    client.wait(70)
    assert client.follow(gone.headers["location"]).status == 202
    client.wait(10)
    ended = client.follow(gone.headers["location"])
    assert (ended.status, ended.text) == (200, "")
    assert [client.get(path).status for path in (GROUP, SET, VM)] == [404, 404, 404]


def test_nothing_enters_a_leaving_group() -> None:
    """A group on its way out takes nothing new."""
    client = a_client_with_set(members=1)
    client.send("DELETE", GROUP)
    for path, body in ((GROUP, WESTEUROPE), (f"{VM}2", a_vm()), (f"{SET}2", a_set())):
        refused = client.send("PUT", path, body)
        assert (refused.status, refused.code) == (409, "ResourceGroupBeingDeleted")


@pytest.mark.parametrize("scope", [GROUP, VM, OWN])
def test_lock_anywhere_stops_deletion(scope: str) -> None:
    """A lock on the group, above it or on anything in it stops the deletion of the group whole."""
    client = a_client_with_set(members=1)
    client.send("PUT", f"{scope}/{LOCKS}/keep", {"properties": {"level": "CanNotDelete"}})
    refused = client.send("DELETE", GROUP)
    assert (refused.status, refused.code) == (409, "ScopeLocked")
    assert refused.message == (
        f"The scope '{GROUP}' cannot perform delete operation because following scope(s) are locked: "
        f"'{scope}'. Please remove the lock and try again."
    )
    assert client.state_of(VM) == "Succeeded"


def test_resources_of_a_group() -> None:
    """The generic list has VMs, sets and disks, without their properties; groups are not in it."""
    client = a_client_with_set(members=1)
    rows = client.get(f"{GROUP}/resources").json["value"]
    kinds = [row["type"] for row in rows if "Microsoft.Compute/" in row["type"]]
    assert kinds == [
        "Microsoft.Compute/disks",
        "Microsoft.Compute/virtualMachines",
        "Microsoft.Compute/virtualMachineScaleSets",
    ]
    assert [row for row in rows if "properties" in row] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("resourceType eq 'Microsoft.Compute/virtualMachines'", ["web-000001", "web-000002"]),
        ("tagName eq 'team' and tagValue eq 'blue'", ["web-000002"]),
        ("name eq 'WEB'", ["web"]),
        ("resourceType eq 'Microsoft.Compute/images'", []),
    ],
)
def test_filtered_resources(text: str, names: list[str]) -> None:
    """The generic list can be filtered by type, name and tag, without regard to case."""
    client = a_client_with_set(members=1)
    client.send("PUT", f"{COMPUTE}/virtualMachines/web-000002", a_vm(tags={"Team": "blue"}))
    found = client.get(f"{OWN}/resources", filter=text).json["value"]
    assert [row["name"] for row in found] == names


def test_tags_of_any_resource() -> None:
    """Tags are merged, replaced and deleted under any resource, and the resource shows them."""
    client = a_client_with_set(members=1)
    tags = f"{VM}/providers/Microsoft.Resources/tags/default"
    for operation, given in (
        ("Merge", {"a": "1", "b": "2"}),
        ("Merge", {"b": "3"}),
        ("Delete", {"a": "1"}),
    ):
        body = {"operation": operation, "properties": {"tags": given}}
        assert client.send("PATCH", tags, body).status == 200
    assert client.get(VM).json["tags"] == {"b": "3"}
    client.send("PUT", tags, {"properties": {"tags": {"c": "4"}}})
    assert client.get(tags).json["properties"] == {"tags": {"c": "4"}}
    assert client.send("DELETE", tags).status == 200
    assert "tags" not in client.get(VM).json


def test_tags_of_sets_and_groups() -> None:
    """Sets and groups have tags in the same way; a set's etag moves."""
    client = a_client_with_set()
    etag = client.get(SET).json["etag"]
    for scope in (SET, GROUP):
        body = {"properties": {"tags": {"a": "1"}}}
        client.send("PUT", f"{scope}/providers/Microsoft.Resources/tags/default", body)
        assert client.get(scope).json["tags"] == {"a": "1"}
    assert client.get(SET).json["etag"] != etag
