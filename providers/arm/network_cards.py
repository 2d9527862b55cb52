"""NICs and public addresses that VMs declare inside themselves, as the resources that Azure makes of them.

They follow from the VM and are kept nowhere, until a client writes to one or its VM goes and leaves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.network_addresses import private_address, release, release_public
from providers.arm.network_kinds import ADDRESSES, CARDS
from providers.simulated.documents import mapping_in, mappings_in, plain_document, references
from providers.simulated.resources import NIC_RESERVED_SECONDS, address_id, is_nic

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from providers.arm.emulator import Emulator
    from providers.simulated.records import InstanceRecord, Resource

# Said about a NIC by the VM that declares it; not properties of the NIC.
_OF_THE_VM = ("deleteOption", "primary", "ipConfigurations", "networkInterfaceConfigurations")


def inline(record: InstanceRecord) -> Iterator[dict[str, object]]:
    """The NICs, and after each its public addresses, that a VM declares inside itself; as they are kept."""
    profile = mapping_in(record.document, "networkProfile")
    configurations = mappings_in(profile, "networkInterfaceConfigurations") or [{}]
    made = [part for part in record.resources if is_nic(part.id)]
    for part, configuration in zip(made, configurations, strict=False):
        yield _card(record, part, configuration)
        for entry in mappings_in(mapping_in(configuration, "properties"), "ipConfigurations"):
            address = _address(record, entry)
            if address is not None:
                yield address


def attached(record: InstanceRecord) -> Iterator[tuple[str, bool]]:
    """The ids of all NICs of a VM, and whether each stays when the VM goes."""
    profile = mapping_in(record.document, "networkProfile")
    for part in record.resources:
        if is_nic(part.id):
            yield part.id, part.kept
    for card in mappings_in(profile, "networkInterfaces"):
        option = mapping_in(card, "properties").get("deleteOption") or card.get("deleteOption")
        if isinstance(card.get("id"), str):
            yield str(card["id"]), option != "Delete"


def arrived(emulator: Emulator, record: InstanceRecord) -> None:
    """Give the NICs of a new VM their addresses."""
    for document in inline(record):
        if document["type"] == CARDS.type:
            allot(emulator, document)


def allot(emulator: Emulator, card: Mapping[str, object]) -> dict[str, str | None]:
    """The private address of each IP configuration of a NIC, by name; allotted where there is none."""
    found = {}
    for entry in mappings_in(mapping_in(card, "properties"), "ipConfigurations"):
        properties = mapping_in(entry, "properties")
        found[str(entry["name"])] = private_address(
            emulator,
            subnet_of(card, properties),
            f"{card['id']}/ipConfigurations/{entry['name']}",
            asked=str(properties.get("privateIPAddress") or "")
            if properties.get("privateIPAllocationMethod") == "Static"
            else "",
            six=is_six(properties),
        )
    return found


def departed(emulator: Emulator, record: InstanceRecord) -> None:
    """Keep the NICs that a VM leaves behind, and drop those that go with it."""
    declared = {str(document["id"]).lower(): document for document in inline(record)}
    for card_id, stays in attached(record):
        document = declared.get(card_id.lower())
        left = stays or card_id.lower() in emulator.world.leftovers
        if left and document is not None and emulator.shelf.get(card_id) is None:
            emulator.shelf.keep(card_id, document)
            _keep_addresses(emulator, document, declared)
        if left and record.problem is not None:
            until = record.problem.at + NIC_RESERVED_SECONDS
            note = {"until": until, "instance": record.id}
            emulator.shelf.keep(f"{card_id}/evenkeel/reserved", note)
        if not left:
            drop(emulator, emulator.shelf.get(card_id) or document or {"id": card_id})


def _keep_addresses(
    emulator: Emulator,
    card: Mapping[str, object],
    declared: Mapping[str, Mapping[str, object]],
) -> None:
    """Keep the public addresses of a NIC that stays."""
    for entry in mappings_in(mapping_in(card, "properties"), "ipConfigurations"):
        public = mapping_in(mapping_in(entry, "properties"), "publicIPAddress").get("id")
        document = declared.get(str(public).lower())
        if document is not None:
            emulator.shelf.keep(str(public), document)


def drop(emulator: Emulator, card: Mapping[str, object]) -> None:
    """Take a NIC away, and give its addresses back; public ones that were declared with it go, too."""
    for entry in mappings_in(mapping_in(card, "properties"), "ipConfigurations"):
        properties = mapping_in(entry, "properties")
        holder = f"{card['id']}/ipConfigurations/{entry['name']}"
        release(emulator, subnet_of(card, properties), holder)
        public = mapping_in(properties, "publicIPAddress").get("id")
        if isinstance(public, str) and emulator.shelf.get(public) is None:
            release_public(emulator, public)
    card_id = str(card["id"])
    emulator.shelf.drop(f"{card_id}/evenkeel/reserved")
    emulator.shelf.clear(card_id)
    emulator.world.leftovers.pop(card_id.lower(), None)


def subnet_of(card: Mapping[str, object], properties: Mapping[str, object]) -> str:
    """The subnet of an IP configuration; one that names none stands in a network of its group."""
    named = mapping_in(properties, "subnet").get("id")
    if isinstance(named, str) and named:
        return named
    group = str(card["id"]).partition("/networkInterfaces/")[0]
    return f"{group}/virtualNetworks/default/subnets/default"


def is_six(properties: Mapping[str, object]) -> bool:
    """Whether an IP configuration is for IPv6."""
    return properties.get("privateIPAddressVersion") == "IPv6"


def wanted_by(record: InstanceRecord) -> Iterator[str]:
    """The ids that a VM refers to and does not bring with it."""
    own = {str(document["id"]).lower() for document in inline(record)}
    yield from (found for found in references(record.document) if found.lower() not in own)


def _card(
    record: InstanceRecord, part: Resource, configuration: Mapping[str, object]
) -> dict[str, object]:
    given = mapping_in(configuration, "properties")
    entries = mappings_in(given, "ipConfigurations") or [{"name": "ipconfig1"}]
    properties: dict[str, object] = {
        name: value
        for name, value in plain_document(given).items()
        if name not in _OF_THE_VM and value is not None
    }
    properties["ipConfigurations"] = [
        _configuration(record, entry, is_first=number == 0) for number, entry in enumerate(entries)
    ]
    return {
        "name": part.id.rpartition("/")[2],
        "id": part.id,
        "type": CARDS.type,
        "location": record.ref.location,
        "tags": {},
        "properties": properties,
    }


def _configuration(
    record: InstanceRecord, entry: Mapping[str, object], *, is_first: bool
) -> dict[str, object]:
    properties = {
        name: value
        for name, value in plain_document(mapping_in(entry, "properties")).items()
        if name != "publicIPAddressConfiguration" and value is not None
    }
    properties.setdefault("primary", is_first)
    address = _address(record, entry)
    if address is not None:
        properties["publicIPAddress"] = {"id": address["id"]}
    return {"name": str(entry.get("name") or "ipconfig1"), "properties": properties}


def _address(record: InstanceRecord, entry: Mapping[str, object]) -> dict[str, object] | None:
    configuration = mapping_in(mapping_in(entry, "properties"), "publicIPAddressConfiguration")
    if not configuration:
        return None
    own = address_id(record.ref, record.name, configuration)
    given = plain_document(mapping_in(configuration, "properties"))
    given.pop("deleteOption", None)
    return {
        "name": own.rpartition("/")[2],
        "id": own,
        "type": ADDRESSES.type,
        "location": record.ref.location,
        "sku": {"name": "Standard", "tier": "Regional", **mapping_in(configuration, "sku")},
        **({"zones": [record.zone]} if record.zone is not None else {}),
        "tags": {},
        "properties": {name: value for name, value in given.items() if value is not None},
    }
