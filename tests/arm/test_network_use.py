"""What is in use stays: the refusals of Microsoft.Network, and NICs that live and die with their VMs."""

from __future__ import annotations

import pytest

from providers.simulated.scenario import CapacityLimit
from tests.arm.clients import GROUP, LOCKS, VM, VMS, Client, a_client, a_client_with_set, a_vm
from tests.arm.network_bodies import (
    ADDRESS,
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
    inline_cards,
    made,
)

INLINE = f"{CARDS}/web-000001-nic"


def furnished() -> Client:
    """A client that has made a network with everything, and a NIC in it."""
    client = a_client()
    for path in (SECURITY, ROUTES, GATEWAY, ADDRESS):
        made(client, path, bare())
    links = {"natGateway": {"id": GATEWAY}, "routeTable": {"id": ROUTES}}
    made(client, VNET, a_network(links=links))
    card = a_card(publicIPAddress={"id": ADDRESS})
    card["properties"]["networkSecurityGroup"] = {"id": SECURITY}
    made(client, CARD, card)
    return client


@pytest.mark.parametrize(
    ("path", "code", "user"),
    [
        (VNET, "InUseSubnetCannotBeDeleted", f"{CARD}/ipConfigurations/first"),
        (SUBNET, "InUseSubnetCannotBeDeleted", f"{CARD}/ipConfigurations/first"),
        (ADDRESS, "PublicIPAddressCannotBeDeleted", f"{CARD}/ipConfigurations/first"),
        (SECURITY, "InUseNetworkSecurityGroupCannotBeDeleted", CARD),
        (ROUTES, "InUseRouteTableCannotBeDeleted", SUBNET),
        (GATEWAY, "InUseNatGatewayCannotBeDeleted", SUBNET),
    ],
)
def test_in_use_stays(path: str, code: str, user: str) -> None:
    """What a NIC or subnet uses is refused with 400 and the user's id, and stays."""
    client = furnished()
    answer = client.send("DELETE", path)
    assert (answer.status, answer.code) == (400, code)
    assert user in answer.message
    assert client.get(path).status == 200


def test_unused_goes() -> None:
    """Once the NIC is gone, all else can go in turn: 202, gone after a while, then 204."""
    client = furnished()
    for path in (CARD, SECURITY, ADDRESS, VNET, ROUTES, GATEWAY):
        answer = client.send("DELETE", path)
        assert (answer.status, answer.text) == (202, ""), path
        assert client.follow(answer.headers["location"]).status == 202
        client.wait(30)
        assert client.follow(answer.headers["location"]).status == 204
        assert client.get(path).status == 404
        assert client.send("DELETE", path).status == 204


def test_subnet_left_out_stays() -> None:
    """A network put without a subnet that is in use is refused."""
    client = furnished()
    body = a_network()
    body["properties"]["subnets"] = []
    answer = client.send("PUT", VNET, body)
    assert (answer.status, answer.code) == (400, "InUseSubnetCannotBeDeleted")


@pytest.mark.parametrize(("level", "method"), [("CanNotDelete", "DELETE"), ("ReadOnly", "PUT")])
def test_locks_over_networks(level: str, method: str) -> None:
    """A lock over a group keeps its networks from being deleted, or from being written."""
    client = a_client()
    made(client, VNET, a_network())
    body = {"properties": {"level": level}}
    assert client.send("PUT", f"{GROUP}/{LOCKS}/keep", body).status == 201
    answer = client.send(method, VNET, a_network())
    assert (answer.status, answer.code) == (409, "ScopeLocked")


def test_card_of_a_vm_stays() -> None:
    """A NIC shows its VM and cannot be deleted while the VM is there, also while that is being deleted."""
    client = a_client()
    made(client, CARD, a_card())
    made(client, VM, a_vm_with(CARD))
    client.wait()
    shown = client.get(CARD).json["properties"]
    assert (shown["virtualMachine"], shown["primary"]) == ({"id": VM}, True)
    assert client.send("DELETE", CARD).code == "NicInUse"
    client.send("DELETE", VM)
    assert client.send("DELETE", CARD).code == "NicInUse"
    client.wait()
    assert client.send("DELETE", CARD).status == 202


@pytest.mark.parametrize(("option", "status"), [("Delete", 404), ("Detach", 200), (None, 200)])
def test_card_by_id_follows_its_option(option: str | None, status: int) -> None:
    """A NIC with the delete option Delete goes with its VM; Azure's default is that it stays."""
    client = a_client()
    made(client, CARD, a_card())
    made(client, VM, a_vm_with(CARD, option=option))
    client.wait()
    client.send("DELETE", VM)
    client.wait()
    assert client.get(CARD).status == status


@pytest.mark.parametrize(("option", "left"), [("Delete", []), ("Detach", ["web-000001-nic"])])
def test_inline_card_is_a_resource(option: str, left: list[str]) -> None:
    """A NIC declared inside a VM is shown and listed, and goes or stays with it as declared."""
    client = a_client_with_set()
    made(client, VM, a_vm(networkProfile=inline_cards(option=option)))
    assert addresses_of(client, INLINE) == ["10.0.0.4"]
    assert client.get(INLINE).json["properties"]["virtualMachine"] == {"id": VM}
    assert [row["name"] for row in client.get(CARDS).json["value"]] == ["web-000001-nic"]
    client.wait()
    client.send("DELETE", VM)
    client.wait()
    assert [row["name"] for row in client.get(CARDS).json["value"]] == left


def test_inline_cards_use_pools() -> None:
    """A pool and a subnet that an inline NIC names come into being, and show it."""
    client = a_client_with_set()
    made(client, VM, a_vm(networkProfile=inline_cards()))
    user = [{"id": f"{INLINE}/ipConfigurations/first"}]
    assert client.get(POOL).json["properties"]["backendIPConfigurations"] == user
    assert client.get(SUBNET).json["properties"]["ipConfigurations"] == user


def test_inline_public_address() -> None:
    """A public address declared inside a VM is a resource that goes with the VM."""
    client = a_client_with_set()
    made(client, VM, a_vm(networkProfile=inline_cards(public=True)))
    address = client.get(INLINE).json["properties"]["ipConfigurations"][0]["properties"]
    shown = client.get(address["publicIPAddress"]["id"]).json
    assert (shown["name"], shown["zones"]) == ("web-000001-public", ["1"])
    assert shown["properties"]["ipAddress"] == "198.18.0.4"
    client.wait()
    client.send("DELETE", VM)
    client.wait()
    assert client.get(f"{NETWORK}/publicIPAddresses").json["value"] == []


def test_members_have_addresses_of_their_own() -> None:
    """Twenty members get twenty addresses, and an address that came free is given out again."""
    client = a_client_with_set()
    for number in range(1, 21):
        made(client, f"{VMS}/web-{number:06d}", a_vm(networkProfile=inline_cards()))
    client.wait()
    rows = [addresses_of(client, f"{CARDS}/web-{number:06d}-nic")[0] for number in range(1, 21)]
    assert rows == [f"10.0.0.{number}" for number in range(4, 24)]
    client.send("DELETE", f"{VMS}/web-000003")
    client.wait()
    made(client, f"{VMS}/web-000021", a_vm(networkProfile=inline_cards()))
    assert addresses_of(client, f"{CARDS}/web-000021-nic") == ["10.0.0.6"]


def test_card_of_a_failed_creation_is_reserved() -> None:
    """For three minutes after a creation failed its NIC is kept for the VM, even if that is deleted."""
    client = a_client_with_set(capacity=(CapacityLimit(0, zone="1"),))
    made(client, VM, a_vm(networkProfile=inline_cards(option="Detach")))
    client.wait(60)
    assert client.state_of(VM) == "Failed"
    client.send("DELETE", VM)
    client.wait(80)
    answer = client.send("DELETE", INLINE)
    assert (answer.status, answer.code) == (400, "NicReservedForAnotherVm")
    client.wait(180)
    assert client.send("DELETE", INLINE).status == 202
    assert client.get(INLINE).status == 404


def test_card_serves_one_vm() -> None:
    """A NIC that a VM has cannot be given to another one, and the other one is not made."""
    client = a_client()
    made(client, CARD, a_card())
    made(client, VM, a_vm_with(CARD))
    answer = client.send("PUT", f"{VMS}/other", a_vm_with(CARD))
    assert (answer.status, answer.code) == (400, "NicInUse")
    assert client.get(f"{VMS}/other").status == 404


def test_reserved_card_is_for_its_vm() -> None:
    """The NIC of a failed creation can be had again by a VM of the same name, and by no other for three minutes."""
    client = a_client_with_set(capacity=(CapacityLimit(0, zone="1"),))
    made(client, CARD, a_card())
    made(client, VM, a_vm_with(CARD))
    client.wait(60)
    client.send("DELETE", VM)
    client.wait(80)
    body = a_vm_with(CARD) | {"zones": ["2"]}
    assert client.send("PUT", f"{VMS}/other", body).code == "NicReservedForAnotherVm"
    assert client.send("PUT", VM, body).status == 201
