"""What keeps a resource of Microsoft.Network from being deleted: whoever uses it.

Recorded (``test_delete_dependent_resources``): all of it is 400, not 409, and may be tried again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.network_kinds import ADDRESSES, CARDS, GATEWAYS, GROUPS, NETWORKS, ROUTE_TABLES
from providers.simulated import failures, locks
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.network_kinds import Kind

_CODES = {
    CARDS.name: "NicInUse",
    ADDRESSES.name: "PublicIPAddressCannotBeDeleted",
    NETWORKS.name: "InUseSubnetCannotBeDeleted",
    GROUPS.name: "InUseNetworkSecurityGroupCannotBeDeleted",
    ROUTE_TABLES.name: "InUseRouteTableCannotBeDeleted",
    GATEWAYS.name: "InUseNatGatewayCannotBeDeleted",
}
# Those of route tables and NAT gateways are worded here; the others are recorded.
_TEXTS = {
    CARDS.name: "Network Interface {id} is used by existing resource {users}. In order to delete the network "
    "interface, it must be dissociated from the resource. To learn more, see aka.ms/deletenic.",
    ADDRESSES.name: "Public IP address {id} can not be deleted since it is still allocated to resource {users}. "
    "In order to delete the public IP, disassociate/detach the Public IP address from the resource.  To learn "
    "how to do this, see aka.ms/deletepublicip.",
    NETWORKS.name: "Subnet {name} is in use by {users} and cannot be deleted. In order to delete the subnet, "
    "delete all the resources within the subnet. See aka.ms/deletesubnet.",
    GROUPS.name: "Network security group {id} cannot be deleted because it is in use by the following "
    "resources: {users}. In order to delete the Network security group, remove the association with the "
    "resource(s). To learn how to do this, see aka.ms/deletensg.",
    ROUTE_TABLES.name: "Route table {name} is in use by {users} and cannot be deleted.",
    GATEWAYS.name: "Nat gateway {id} cannot be deleted because it is in use by the following resources: {users}.",
}


def check_deletable(emulator: Emulator, kind: Kind, document: Mapping[str, object]) -> None:
    """Raise what Azure says to a DELETE: a lock (409), a user or a reservation (400)."""
    resource_id = str(document["id"])
    locks.check_delete(emulator.world.locks(), resource_id)
    if kind is CARDS:
        _check_card(emulator, resource_id)
    elif kind is NETWORKS:
        for subnet in mappings_in(mapping_in(document, "properties"), "subnets"):
            check_unused(emulator, kind, f"{resource_id}/subnets/{subnet.get('name')}")
    elif kind.name in _TEXTS:
        check_unused(emulator, kind, resource_id)


def check_unused(emulator: Emulator, kind: Kind, resource_id: str) -> None:
    """Raise ``Refusal`` (400) if anything refers to a resource or child of this kind."""
    users = emulator.network.users_of(resource_id)
    if users and kind.name in _TEXTS:
        raise _in_use(kind, resource_id, users)


def check_cards_free(emulator: Emulator, document: Mapping[str, object], vm_id: str) -> None:
    """Raise ``Refusal`` or ``Conflict`` (400) if another VM has a NIC of a new one, or it is kept for one."""
    for entry in mappings_in(mapping_in(document, "networkProfile"), "networkInterfaces"):
        _check_card(emulator, str(entry.get("id")), for_vm=vm_id)


def _check_card(emulator: Emulator, card_id: str, *, for_vm: str = "") -> None:
    owner = emulator.network.owner_of(card_id)
    if owner is not None:
        raise _in_use(CARDS, card_id, [owner])
    _check_reservation(emulator, card_id, for_vm)


def _check_reservation(emulator: Emulator, card_id: str, for_vm: str) -> None:
    note = emulator.shelf.get(f"{card_id}/evenkeel/reserved") or {}
    until, instance = note.get("until"), str(note.get("instance"))
    if instance.lower() != for_vm.lower() and isinstance(until, float) and until > emulator.now:
        raise failures.nic_reserved(instance)


def _in_use(kind: Kind, resource_id: str, users: list[str]) -> Refusal:
    name = resource_id.rpartition("/")[2]
    text = _TEXTS[kind.name].format(id=resource_id, name=name, users=", ".join(users))
    return Refusal(400, _CODES[kind.name], text)
