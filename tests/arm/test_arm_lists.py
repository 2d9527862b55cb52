"""Lists of VMs and sets, and their pages."""

from __future__ import annotations

import pytest

from tests.arm.clients import (
    COMPUTE,
    GROUP,
    MEMBERS_OF_SET,
    OWN,
    SET,
    SETS,
    VMS,
    Client,
    a_client,
    a_client_with_set,
    a_vm,
)

IN_SUBSCRIPTION = f"{OWN}/providers/Microsoft.Compute/virtualMachines"
IN_LOCATION = f"{OWN}/providers/Microsoft.Compute/locations/westeurope/virtualMachines"


def names_on(client: Client, path: str, **query: str) -> list[list[str]]:
    """The names of all rows, page by page, as a client that follows the links finds them."""
    found = client.get(path, **query)
    pages = [[row["name"] for row in found.json["value"]]]
    while "nextLink" in found.json:
        found = client.follow(found.json["nextLink"])
        pages.append([row["name"] for row in found.json["value"]])
    return pages


@pytest.mark.parametrize("path", [VMS, IN_SUBSCRIPTION, IN_LOCATION])
def test_list_at_every_scope(path: str) -> None:
    """The VMs are listed by resource group, by subscription and by location."""
    client = a_client_with_set(members=2)
    assert names_on(client, path) == [["web-000001", "web-000002"]]


def test_members_by_filter() -> None:
    """The filter finds the members of one set, and no VM outside of it."""
    client = a_client_with_set(members=2)
    client.send("PUT", f"{VMS}/loner", a_vm(member=False))
    assert names_on(client, VMS, filter=MEMBERS_OF_SET) == [["web-000001", "web-000002"]]
    assert names_on(client, VMS) == [["loner", "web-000001", "web-000002"]]


def test_filtered_ids_are_shouted() -> None:
    """In a filtered list the resource group of a VM's and a set's id is in upper case; a disk's is not."""
    client = a_client_with_set(members=1)
    (row,) = client.get(VMS, filter=MEMBERS_OF_SET).json["value"]
    shouted = COMPUTE.replace("web-rg", "WEB-RG")
    assert row["id"] == f"{shouted}/virtualMachines/web-000001"
    properties = row["properties"]
    assert properties["virtualMachineScaleSet"]["id"] == f"{shouted}/virtualMachineScaleSets/web"
    assert GROUP in properties["storageProfile"]["osDisk"]["managedDisk"]["id"]
    (plain,) = client.get(VMS).json["value"]
    assert plain["id"].startswith(GROUP)


@pytest.mark.parametrize(
    "text",
    [
        f"'virtualMachineScaleSet/id' eq '{SET}-none'",
        "'virtualMachineScaleSet/id' eq 'nonsense'",
    ],
)
def test_filter_for_no_set(text: str) -> None:
    """The id of a set that is not there gives an empty list and no error."""
    found = a_client_with_set(members=1).get(VMS, filter=text)
    assert (found.status, found.json) == (200, {"value": []})


def test_other_filters_are_refused() -> None:
    """A filter that Compute does not know is a 400, in whatever form it comes."""
    client = a_client_with_set()
    assert client.get(VMS, filter="name eq 'web'").code == "InvalidParameter"
    assert client.get(VMS, filter="startswith(name, 'web')").code == "InvalidFilterInQueryString"


def test_expanded_list() -> None:
    """With a filter the instance view can be asked for; without one that is refused."""
    client = a_client_with_set(members=1)
    (row,) = client.get(VMS, filter=MEMBERS_OF_SET, expand="instanceView").json["value"]
    codes = [status["code"] for status in row["properties"]["instanceView"]["statuses"]]
    assert codes == ["ProvisioningState/succeeded", "PowerState/running"]
    refused = client.get(VMS, expand="instanceView")
    assert (refused.status, refused.json["error"]["target"]) == (400, "$expand")


def test_status_only() -> None:
    """``statusOnly`` shows states and the fault domain, and nothing of the model."""
    client = a_client_with_set(zonal=False)
    client.send("PUT", f"{VMS}/web-000001", a_vm(zone=None, platformFaultDomain=1))
    client.wait()
    (row,) = client.get(IN_SUBSCRIPTION, statusOnly="true").json["value"]
    properties = row["properties"]
    assert set(properties) == {"provisioningState", "vmId", "instanceView"}
    assert properties["instanceView"]["platformFaultDomain"] == 1


def test_pages() -> None:
    """With a page size the list comes in pages, each row once; the last page has no link."""
    client = a_client_with_set(members=5, page_size=2)
    assert names_on(client, VMS, filter=MEMBERS_OF_SET) == [
        ["web-000001", "web-000002"],
        ["web-000003", "web-000004"],
        ["web-000005"],
    ]


def test_empty_pages_come_first() -> None:
    """A fault puts empty pages in front, which carry a link all the same."""
    client = a_client_with_set(members=2, empty_pages=2)
    assert names_on(client, VMS) == [[], [], ["web-000001", "web-000002"]]


def test_pages_while_members_go() -> None:
    """A row that goes between two pages makes no other row go missing or come twice."""
    client = a_client_with_set(members=4, page_size=2)
    first = client.get(VMS)
    client.send("DELETE", f"{VMS}/web-000001")
    client.wait()
    second = client.follow(first.json["nextLink"])
    assert [row["name"] for row in second.json["value"]] == ["web-000003", "web-000004"]


def test_bad_token_is_refused() -> None:
    """A skip token that nobody gave out is a 400."""
    refused = a_client_with_set(members=1).send("GET", VMS, query={"$skiptoken": "nonsense"})
    assert (refused.status, refused.json["error"]["target"]) == (400, "$skiptoken")


def test_lag_of_lists() -> None:
    """A list may lag behind what was accepted; a GET of one VM does not."""
    client = a_client_with_set(list_lag=30.0)
    client.send("PUT", f"{VMS}/web-000001", a_vm())
    assert names_on(client, VMS) == [[]]
    assert client.get(f"{VMS}/web-000001").status == 200
    client.wait(30)
    assert names_on(client, VMS) == [["web-000001"]]


def test_empty_list_is_arms_own() -> None:
    """An empty list comes compact from ARM itself; Compute charges nothing for it."""
    client = a_client()
    for path in (VMS, SETS):
        found = client.get(path)
        assert found.text == '{"value":[]}'
        assert "x-ms-ratelimit-remaining-resource" not in found.headers


@pytest.mark.parametrize(
    "path",
    [
        SETS,
        f"{OWN}/providers/Microsoft.Compute/virtualMachineScaleSets",
        f"{OWN}/providers/Microsoft.Compute/locations/West Europe/virtualMachineScaleSets",
    ],
)
def test_sets_at_every_scope(path: str) -> None:
    """The sets are listed by resource group, by subscription and by location."""
    assert names_on(a_client_with_set(), path) == [["web"]]


def test_member_list_of_set() -> None:
    """The set's own list has bare rows: no properties, the name as instance id, 120 to a page."""
    client = a_client_with_set(zonal=False)
    for number in range(121):
        client.send("PUT", f"{VMS}/web-{number:06d}", a_vm(zone=None))
    pages = names_on(client, f"{SET}/virtualMachines")
    assert [len(page) for page in pages] == [120, 1]
    row = client.get(f"{SET}/virtualMachines").json["value"][0]
    assert row == {
        "name": "web-000000",
        "id": f"{SET}/virtualMachines/web-000000",
        "type": "Microsoft.Compute/virtualMachineScaleSets/virtualMachines",
        "location": "westeurope",
        "instanceId": "web-000000",
        "zones": [None],
    }
