"""Bodies and ids of Microsoft.Network for tests: complete and valid, overridden by keyword."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.arm.clients import GROUP, Answer, Client, a_vm

NETWORK = f"{GROUP}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/net"
SUBNET = f"{VNET}/subnets/web"
CARDS = f"{NETWORK}/networkInterfaces"
CARD = f"{CARDS}/card"
ADDRESS = f"{NETWORK}/publicIPAddresses/address"
BALANCER = f"{NETWORK}/loadBalancers/lb"
POOL = f"{BALANCER}/backendAddressPools/pool"
SECURITY = f"{NETWORK}/networkSecurityGroups/nsg"
GATEWAY = f"{NETWORK}/natGateways/nat"
ROUTES = f"{NETWORK}/routeTables/routes"


def a_network(
    *, prefix: str = "10.1.0.0/24", links: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A network with the subnet ``web``; ``links`` are what the subnet refers to."""
    entry = {"name": "web", "properties": {"addressPrefix": prefix, **(links or {})}}
    properties = {"addressSpace": {"addressPrefixes": [prefix]}, "subnets": [entry]}
    return {"location": "westeurope", "properties": properties}


def a_card(**configuration: Any) -> dict[str, Any]:
    """A NIC in the subnet ``web`` with one IP configuration, ``first``."""
    properties = {"subnet": {"id": SUBNET}, **configuration}
    entries = [{"name": "first", "properties": properties}]
    return {"location": "westeurope", "properties": {"ipConfigurations": entries}}


def bare(**properties: Any) -> dict[str, Any]:
    """A resource that needs nothing but a place."""
    return {"location": "westeurope", "properties": properties}


def a_vm_with(*cards: str, option: str | None = None) -> dict[str, Any]:
    """A VM that stands alone and has NICs by id; ``option`` is what becomes of them with it."""
    entries = [{"id": card, "properties": {"deleteOption": option}} for card in cards]
    profile = {"networkInterfaces": entries}
    return a_vm(member=False, networkProfile=profile)


def inline_cards(*, option: str = "Delete", public: bool = False) -> dict[str, Any]:
    """A ``networkProfile`` that declares one NIC inside the VM, in the pool and the subnet ``web``."""
    properties: dict[str, Any] = {
        "subnet": {"id": SUBNET},
        "loadBalancerBackendAddressPools": [{"id": POOL}],
    }
    if public:
        properties["publicIPAddressConfiguration"] = {"name": "public", "properties": {}}
    entries = [{"name": "first", "properties": properties}]
    card = {"primary": True, "deleteOption": option, "ipConfigurations": entries}
    return {"networkInterfaceConfigurations": [{"name": "nic", "properties": card}]}


def made(client: Client, path: str, body: dict[str, Any]) -> Answer:
    """PUT something new; fails if it is refused."""
    answer = client.send("PUT", path, body)
    assert answer.status == 201, answer.text
    return answer


def addresses_of(client: Client, card: str) -> list[str]:
    """The private addresses of a NIC."""
    entries = client.get(card).json["properties"]["ipConfigurations"]
    return [entry["properties"]["privateIPAddress"] for entry in entries]
