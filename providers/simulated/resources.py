"""NICs and disks: which ones a VM is made with, which ones stay when it goes, what a strict region knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.simulated import failures
from providers.simulated.documents import mapping_in, mappings_in, references
from providers.simulated.records import Leftover, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from providers.base import GroupRef, InstanceRequest
    from providers.simulated.dice import Dice
    from providers.simulated.records import InstanceRecord
    from providers.simulated.world import World

# Azure: the NIC of a failed creation is kept for its VM for three minutes.
NIC_RESERVED_SECONDS = 180.0


def made_for(ref: GroupRef, request: InstanceRequest, dice: Dice) -> tuple[Resource, ...]:
    """NICs and managed disks that come into being with a VM, NICs first.

    Azure: for a VM that one puts oneself the default delete option is Detach, so they stay.
    """
    profile = mapping_in(request.document, "networkProfile")
    cards = mappings_in(profile, "networkInterfaceConfigurations") or [{}]
    if mappings_in(profile, "networkInterfaces"):
        cards = []
    storage = mapping_in(request.document, "storageProfile")
    disks = [
        disk
        for disk in mappings_in(storage, "dataDisks")
        if "id" not in mapping_in(disk, "managedDisk")
    ]
    interfaces = (
        f"{ref.group_scope}/providers/Microsoft.Network/networkInterfaces/{request.name}-nic"
    )
    volumes = f"{ref.group_scope}/providers/Microsoft.Compute/disks/{request.name}"
    os_disk = Resource(
        f"{volumes}_OsDisk_1_{dice.hexadecimal(32)}", _is_kept(mapping_in(storage, "osDisk"))
    )
    return (
        *(
            Resource(interfaces + (f"-{number}" if number > 1 else ""), _is_kept(card))
            for number, card in enumerate(cards, start=1)
        ),
        os_disk,
        *(
            Resource(f"{volumes}_disk{number}_{dice.hexadecimal(32)}", _is_kept(disk))
            for number, disk in enumerate(disks, start=2)
        ),
    )


def _is_kept(entry: Mapping[str, object]) -> bool:
    option = entry.get("deleteOption") or mapping_in(entry, "properties").get("deleteOption")
    return option != "Delete"


def is_nic(resource_id: str) -> bool:
    """Whether an ARM id is that of a NIC."""
    return "/networkinterfaces/" in resource_id.lower()


def is_disk(resource_id: str) -> bool:
    """Whether an ARM id is that of a disk."""
    return "/disks/" in resource_id.lower()


def address_id(ref: GroupRef, vm: str, configuration: Mapping[str, object]) -> str:
    """ARM id of the public address that a VM's NIC declares."""
    name = f"{vm}-{configuration.get('name') or 'publicIP'}"
    return f"{ref.group_scope}/providers/Microsoft.Network/publicIPAddresses/{name}"


def addresses_of(record: InstanceRecord) -> Iterator[tuple[str, str]]:
    """The NIC and the id of each public address that a VM declares inside itself."""
    profile = mapping_in(record.document, "networkProfile")
    cards = mappings_in(profile, "networkInterfaceConfigurations")
    made = [part for part in record.resources if is_nic(part.id)]
    for part, card in zip(made, cards, strict=False):
        for entry in mappings_in(mapping_in(card, "properties"), "ipConfigurations"):
            properties = mapping_in(entry, "properties")
            configuration = mapping_in(properties, "publicIPAddressConfiguration")
            if configuration:
                yield part.id, address_id(record.ref, record.name, configuration)


def left_by(
    record: InstanceRecord, locked: frozenset[str], at: float, *, everything: bool = False
) -> list[Leftover]:
    """What stays of a VM that goes: what its delete options keep, and what a lock keeps.

    ``everything``: Azure has forgotten to take anything along. Public addresses stay with their NIC.
    """
    left = [
        _left(record, part.id, at)
        for part in record.resources
        if everything or part.kept or part.id in locked
    ]
    cards = {one.id for one in left}
    return left + [
        Leftover(address, record.id, at, used_by=card)
        for card, address in addresses_of(record)
        if card in cards
    ]


def _left(record: InstanceRecord, resource_id: str, at: float) -> Leftover:
    if is_nic(resource_id):
        failed_at = record.problem.at if record.problem is not None else None
        reserved = 0.0 if failed_at is None else failed_at + NIC_RESERVED_SECONDS
        return Leftover(resource_id, record.id, at, reserved)
    # Azure: a disk that is made with its VM gets the VM's tags, and a NIC gets none.
    return Leftover(resource_id, record.id, at, tags=dict(record.tags))


def check_references(ref: GroupRef, request: InstanceRequest, world: World) -> None:
    """Raise, in a strict region, if the request refers to what is not there or lacks a way out."""
    scenario = world.scenario
    if not scenario.strict:
        return
    check_resource_group(ref, world)
    subnets = {subnet.id.lower(): subnet.nat_gateway for subnet in scenario.subnets}
    listed = {resource.lower() for resource in scenario.resources}
    known = listed | subnets.keys() | world.documents.keys()
    wanted = [*references(request.document), *request.identity_ids]
    for reference in wanted:
        if reference.lower() not in known:
            raise failures.reference_missing(reference, ref.instance_id(request.name))
    if not _has_way_out(request, _behind(wanted, world), subnets):
        raise failures.no_outbound()


def check_resource_group(ref: GroupRef, world: World) -> None:
    """Raise ``NotFound``, in a strict region, if nothing listed lies in the resource group or is it."""
    scope, scenario = ref.group_scope.lower(), world.scenario
    if not scenario.strict or scope in world.documents:
        return
    listed = [*scenario.resources, *(subnet.id for subnet in scenario.subnets)]
    if not any(entry.lower() == scope or entry.lower().startswith(f"{scope}/") for entry in listed):
        raise failures.group_missing(ref.resource_group)


def _behind(wanted: Iterable[str], world: World) -> set[str]:
    # What is referred to, and what that refers to in turn: a NIC's subnet, a subnet's NAT gateway.
    found: set[str] = set()
    waiting = [reference.lower() for reference in wanted]
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            document = mapping_in(world.documents.get(key, {}), "document")
            waiting += [reference.lower() for reference in references(document)]
    return found


def _has_way_out(request: InstanceRequest, wanted: set[str], subnets: Mapping[str, bool]) -> bool:
    # Azure: a NAT gateway or route table on the subnet, a load balancer, or a public IP of its own.
    ways = ("/backendaddresspools/", "/natgateways/", "/publicipaddresses/", "/routetables/")
    return (
        any(subnets.get(reference, False) for reference in wanted)
        or any(way in reference for reference in wanted for way in ways)
        or "publicIPAddressConfiguration" in str(request.document)
    )
