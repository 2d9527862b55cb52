"""Networks, subnets, pools, NICs: put, shown, listed, tagged, deleted; children live in their parents."""

from __future__ import annotations

from typing import Any

import pytest

from tests.arm.clients import GROUP, OWN, VM, a_client
from tests.arm.network_bodies import (
    ADDRESS,
    BALANCER,
    CARD,
    CARDS,
    GATEWAY,
    NETWORK,
    POOL,
    ROUTES,
    SECURITY,
    SUBNET,
    VNET,
    a_card,
    a_network,
    a_vm_with,
    addresses_of,
    bare,
    made,
)

VERSIONS = ("2015-06-15", "2020-11-01", "2022-01-01", "2024-05-01", "2026-03-01")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_served(version: str) -> None:
    """Clients choose versions between 2015-06-15, in the command line's templates, and 2026-03-01."""
    client = a_client()
    assert client.send("PUT", VNET, a_network(), version=version).status == 201
    assert client.send("GET", VNET, version=version).json["name"] == "net"


@pytest.mark.parametrize(
    ("path", "first", "seconds"),
    [
        (VNET, "Updating", 5),
        (ADDRESS, "Updating", 5),
        (SECURITY, "Updating", 5),
        (GATEWAY, "Updating", 10),
        (ROUTES, "Updating", 5),
        (BALANCER, "Succeeded", 0),
        (f"{NETWORK}/applicationGateways/ag", "Updating", 300),
        (f"{NETWORK}/applicationSecurityGroups/asg", "Succeeded", 0),
    ],
)
def test_states_settle(path: str, first: str, seconds: float) -> None:
    """A new resource shows its first state, its operation ends, and then it has succeeded."""
    client = a_client()
    answer = made(client, path, bare())
    assert answer.json["properties"]["provisioningState"] == first
    client.wait(seconds)
    assert client.poll(answer).json == {"status": "Succeeded"}
    assert client.state_of(path) == "Succeeded"


def test_network_poll_recorded() -> None:
    """A poll of Network says a status and nothing else, and how long to wait while it goes on."""
    client = a_client()
    answer = made(client, VNET, a_network())
    assert (
        "/providers/Microsoft.Network/locations/westeurope/operations/"
        in (answer.headers["azure-asyncoperation"])
    )
    first = client.poll(answer)
    assert (first.json, first.headers["retry-after"]) == ({"status": "InProgress"}, "1")


def test_card_is_there_at_once() -> None:
    """A NIC has succeeded in the answer to its PUT, which carries an operation all the same."""
    client = a_client()
    made(client, VNET, a_network())
    answer = made(client, CARD, a_card())
    assert answer.json["properties"]["provisioningState"] == "Succeeded"
    assert client.poll(answer).json == {"status": "Succeeded"}
    entry = answer.json["properties"]["ipConfigurations"][0]
    assert entry["id"] == f"{CARD}/ipConfigurations/first"
    assert entry["type"] == "Microsoft.Network/networkInterfaces/ipConfigurations"
    assert entry["properties"]["privateIPAddress"] == "10.1.0.4"
    assert entry["etag"] == answer.json["etag"]
    assert "virtualMachine" not in answer.json["properties"]


def test_put_again_changes() -> None:
    """A second PUT answers 200, moves the etag, and keeps subnets that it does not mention."""
    client = a_client()
    first = made(client, VNET, a_network())
    second = client.send("PUT", VNET, bare(enableDdosProtection=True) | {"tags": {"a": "b"}})
    assert (second.status, second.json["tags"]) == (200, {"a": "b"})
    assert second.json["etag"] != first.json["etag"]
    assert [entry["name"] for entry in second.json["properties"]["subnets"]] == ["web"]


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "status"),
    [('"stale"', "", 412), ("", "*", 412), ("*", "", 200)],
)
def test_network_preconditions(if_match: str, if_none_match: str, status: int) -> None:
    """A PUT whose precondition does not hold is refused."""
    client = a_client()
    made(client, VNET, a_network())
    again = client.send("PUT", VNET, a_network(), if_match=if_match, if_none_match=if_none_match)
    assert again.status == status


def test_nulls_are_not_kept() -> None:
    """What the command line sends as null was not said: the default stands."""
    client = a_client()
    body = bare(publicIPAllocationMethod=None, dnsSettings=None) | {"sku": {"name": None}}
    shown = made(client, ADDRESS, body).json
    assert shown["properties"]["publicIPAllocationMethod"] == "Static"
    assert shown["sku"] == {"name": "Standard", "tier": "Regional"}
    assert "dnsSettings" not in shown["properties"]


def test_child_and_parent_agree() -> None:
    """A subnet put by itself stands in its network, and goes from it when it is deleted."""
    client = a_client()
    made(client, VNET, a_network())
    other = f"{VNET}/subnets/other"
    assert client.send("PUT", other, {"properties": {"addressPrefix": "10.2.0.0/24"}}).status == 201
    names = [entry["name"] for entry in client.get(VNET).json["properties"]["subnets"]]
    assert names == ["web", "other"]
    assert client.get(f"{VNET}/subnets").json["value"][1]["id"] == other
    changed = client.send("PUT", other, {"properties": {"addressPrefix": "10.3.0.0/24"}})
    assert (changed.status, changed.json["properties"]["addressPrefix"]) == (200, "10.3.0.0/24")
    assert client.send("DELETE", other).status == 202
    assert client.send("DELETE", other).status == 204
    assert client.get(other).code == "NotFound"


@pytest.mark.parametrize(
    ("parent", "child"),
    [
        (BALANCER, "backendAddressPools"),
        (BALANCER, "inboundNatRules"),
        (BALANCER, "outboundRules"),
        (BALANCER, "probes"),
        (SECURITY, "securityRules"),
        (ROUTES, "routes"),
    ],
)
def test_children_of_all_kinds(parent: str, child: str) -> None:
    """Pools, rules, probes and routes are put and shown by themselves."""
    client = a_client()
    made(client, parent, bare())
    answer = client.send("PUT", f"{parent}/{child}/one", {"properties": {}})
    assert answer.status == 201, answer.text
    assert client.get(f"{parent}/{child}/one").json["id"] == f"{parent}/{child}/one"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", VNET, 404, "ResourceNotFound"),
        ("GET", SUBNET, 404, "ResourceNotFound"),
        ("PUT", SUBNET, 404, "ResourceNotFound"),
        ("DELETE", SUBNET, 404, "ResourceNotFound"),
        ("PATCH", CARD, 404, "ResourceNotFound"),
    ],
)
def test_what_is_not_there(method: str, path: str, status: int, code: str) -> None:
    """What nobody made and nobody referred to is not there; neither is a child without its parent."""
    answer = a_client().send(method, path, {"properties": {}})
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"properties": {}}, 400, "LocationRequired"),
        ({"location": "atlantis"}, 400, "LocationNotAvailableForResourceType"),
        (bare(subnets=[{"properties": {}}]), 400, "InvalidRequestFormat"),
    ],
)
def test_bad_networks(body: dict[str, Any], status: int, code: str) -> None:
    """A network without a place, in a place that does not exist, or with a nameless subnet is refused."""
    answer = a_client().send("PUT", VNET, body)
    assert (answer.status, answer.code) == (status, code)
    assert "Microsoft.Compute" not in answer.text


def test_no_second_location() -> None:
    """A resource cannot be put again in another location."""
    client = a_client()
    made(client, VNET, a_network())
    answer = client.send("PUT", VNET, a_network() | {"location": "northeurope"})
    assert (answer.status, answer.code) == (409, "InvalidResourceLocation")


def test_tags_alone_are_patched() -> None:
    """PATCH puts other tags in the place of the old ones, and nothing else changes."""
    client = a_client()
    made(client, VNET, a_network() | {"tags": {"old": "1"}})
    answer = client.send("PATCH", VNET, {"tags": {"new": "2"}})
    assert (answer.status, answer.json["tags"]) == (200, {"new": "2"})
    assert answer.json["properties"]["subnets"][0]["name"] == "web"


def test_lists_by_group_and_subscription() -> None:
    """A list by group leaves out what stands in other groups; one by subscription has all."""
    client = a_client()
    elsewhere = CARDS.replace("web-rg", "other-rg")
    for path in (CARD, f"{elsewhere}/far"):
        made(client, path, a_card())
    near = client.get(CARDS).json["value"]
    everywhere = client.get(f"{OWN}/providers/Microsoft.Network/networkInterfaces").json["value"]
    assert [row["name"] for row in near] == ["card"]
    assert sorted(row["name"] for row in everywhere) == ["card", "far"]


def test_referred_to_is_there() -> None:
    """In a region that is not strict a NIC brings about what it refers to, its subnet with a NAT gateway."""
    client = a_client()
    pools = [{"id": POOL}]
    made(client, CARD, a_card(loadBalancerBackendAddressPools=pools))
    subnet = client.get(SUBNET).json["properties"]
    gateway = subnet["natGateway"]["id"]
    assert client.get(gateway).json["type"] == "Microsoft.Network/natGateways"
    users = client.get(POOL).json["properties"]["backendIPConfigurations"]
    assert users == [{"id": f"{CARD}/ipConfigurations/first"}]


def test_strict_knows_nothing_new() -> None:
    """In a strict region a NIC in a subnet that nobody made is refused, and one in a subnet that is there is not."""
    client = a_client(strict=True)
    client.send("PUT", GROUP, {"location": "westeurope"})
    answer = client.send("PUT", CARD, a_card())
    assert (answer.status, answer.code) == (400, "InvalidResourceReference")
    made(client, VNET, a_network())
    made(client, CARD, a_card())


def test_addresses_are_not_shared() -> None:
    """NICs get the first free addresses of their subnet, and a deleted one gives its own back."""
    client = a_client()
    made(client, VNET, a_network(prefix="10.1.0.0/29"))
    for number in range(3):
        made(client, f"{CARDS}/card-{number}", a_card())
    found = [addresses_of(client, f"{CARDS}/card-{number}") for number in range(3)]
    assert found == [["10.1.0.4"], ["10.1.0.5"], ["10.1.0.6"]]
    full = client.send("PUT", f"{CARDS}/card-3", a_card())
    assert (full.status, full.code) == (400, "SubnetIsFull")
    assert client.send("DELETE", f"{CARDS}/card-1").status == 202
    made(client, f"{CARDS}/card-3", a_card())
    assert addresses_of(client, f"{CARDS}/card-3") == ["10.1.0.5"]


def test_static_address_is_kept() -> None:
    """A NIC that asks for a static address has it, and nobody else gets it."""
    client = a_client()
    made(client, VNET, a_network())
    static = {"privateIPAllocationMethod": "Static", "privateIPAddress": "10.1.0.4"}
    made(client, CARD, a_card(**static))
    made(client, f"{CARDS}/next", a_card())
    assert addresses_of(client, CARD) == ["10.1.0.4"]
    assert addresses_of(client, f"{CARDS}/next") == ["10.1.0.5"]


def test_public_address_belongs_to_its_user() -> None:
    """A public address shows the IP configuration that uses it."""
    client = a_client()
    made(client, ADDRESS, bare())
    made(client, CARD, a_card(publicIPAddress={"id": ADDRESS}))
    shown = client.get(ADDRESS).json["properties"]
    assert shown["ipAddress"] == "198.18.0.4"
    assert shown["ipConfiguration"] == {"id": f"{CARD}/ipConfigurations/first"}


@pytest.mark.parametrize(
    ("links", "status"),
    [({}, 400), ({"natGateway": {"id": GATEWAY}}, 201), ({"routeTable": {"id": ROUTES}}, 201)],
)
def test_strict_wants_a_way_out(links: dict[str, Any], status: int) -> None:
    """In a strict region a VM whose NIC's subnet has neither NAT gateway nor route table is refused."""
    client = a_client(strict=True)
    client.send("PUT", GROUP, {"location": "westeurope"})
    for path in (GATEWAY, ROUTES):
        made(client, path, bare())
    made(client, VNET, a_network(links=links))
    made(client, CARD, a_card())
    answer = client.send("PUT", VM, a_vm_with(CARD))
    assert answer.status == status, answer.text
