"""A resource of Microsoft.Network with its links and addresses, as a GET shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.network_addresses import public_address
from providers.arm.network_cards import allot
from providers.arm.network_documents import guid, shown
from providers.arm.network_kinds import (
    ADDRESSES,
    BALANCERS,
    CARDS,
    GATEWAYS,
    GROUPS,
    NETWORKS,
    ROUTE_TABLES,
    kind_of,
)
from providers.simulated.documents import mappings_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from providers.arm.emulator import Emulator


def view(emulator: Emulator, document: Mapping[str, object]) -> dict[str, object]:
    """The resource as it is shown."""
    kind = kind_of(str(document["type"]))
    if kind is None:
        return dict(document)
    found = shown(kind, document)
    properties = found["properties"]
    add = _ADDED.get(kind.name)
    if add is not None and isinstance(properties, dict):
        add(emulator, document, properties)
    return found


def _card(
    emulator: Emulator, document: Mapping[str, object], properties: dict[str, object]
) -> None:
    allotted = allot(emulator, document)
    for number, entry in enumerate(mappings_in(properties, "ipConfigurations")):
        inner = entry["properties"]
        if isinstance(inner, dict):
            inner.setdefault("privateIPAllocationMethod", "Dynamic")
            inner.setdefault("primary", number == 0)
            address = allotted.get(str(entry["name"]))
            if address is not None:
                inner["privateIPAddress"] = address
    owner = emulator.network.owner_of(str(document["id"]))
    if owner is not None:
        digits = guid(str(document["id"]).lower())
        properties["macAddress"] = f"00-0D-3A-{digits[:2]}-{digits[2:4]}-{digits[4:6]}".upper()
        properties.setdefault("primary", True)
        properties["virtualMachine"] = {"id": owner}


def _address(
    emulator: Emulator, document: Mapping[str, object], properties: dict[str, object]
) -> None:
    address = public_address(emulator, str(document["id"]))
    users = emulator.network.users_of(str(document["id"]))
    is_static = properties.get("publicIPAllocationMethod") == "Static"
    # Azure: a dynamic address is there only while somebody uses it.
    if address is not None and (is_static or users):
        properties["ipAddress"] = address
    configurations = [user for user in users if "/natgateways/" not in user.lower()]
    if configurations:
        properties["ipConfiguration"] = {"id": configurations[0]}


def _network(
    emulator: Emulator, _document: Mapping[str, object], properties: dict[str, object]
) -> None:
    _add_users(emulator, properties, "subnets", "ipConfigurations")


def _balancer(
    emulator: Emulator, _document: Mapping[str, object], properties: dict[str, object]
) -> None:
    _add_users(emulator, properties, "backendAddressPools", "backendIPConfigurations")


def _add_users(
    emulator: Emulator, properties: dict[str, object], collection: str, name: str
) -> None:
    for entry in mappings_in(properties, collection):
        users = emulator.network.users_of(str(entry["id"]))
        inner = entry["properties"]
        found = [{"id": user} for user in users if "/ipconfigurations/" in user.lower()]
        if found and isinstance(inner, dict):
            inner[name] = found


def _used(
    emulator: Emulator, document: Mapping[str, object], properties: dict[str, object]
) -> None:
    users = emulator.network.users_of(str(document["id"]))
    for name in ("networkInterfaces", "subnets"):
        found = [{"id": user} for user in users if f"/{name.lower()}/" in user.lower()]
        if found:
            properties[name] = found


_ADDED: dict[str, Callable[[Emulator, Mapping[str, object], dict[str, object]], None]] = {
    CARDS.name: _card,
    ADDRESSES.name: _address,
    NETWORKS.name: _network,
    BALANCERS.name: _balancer,
    GROUPS.name: _used,
    GATEWAYS.name: _used,
    ROUTE_TABLES.name: _used,
}
