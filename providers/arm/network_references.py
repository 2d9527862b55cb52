"""Ids of networks, pools and the like that a request refers to: looked for, or brought into being.

In a region that is not strict everything that a request names exists: what nobody made is made when it is
first named, subnets with a NAT gateway.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.network_kinds import GATEWAYS, KINDS, NAMESPACE, Kind
from providers.arm.routes import segments
from providers.simulated.documents import mapping_in, mappings_in, references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from providers.arm.emulator import Emulator

_BY_NAME = {kind.name.lower(): kind for kind in KINDS}


def settle_references(emulator: Emulator, document: Mapping[str, object], location: str) -> None:
    """See to it that all exists that a resource refers to.

    Raises ``Refusal`` (400) in a strict region, where nothing comes into being by being named.
    """
    own = str(document["id"]).lower()
    targets = [
        target
        for target in references(mapping_in(document, "properties"))
        if not target.lower().startswith(f"{own}/")
    ]
    if not emulator.region.scenario.strict:
        bring_about(emulator, targets, location)
        return
    for target in targets:
        if not exists(emulator, target):
            raise Refusal(
                400,
                "InvalidResourceReference",
                f"Resource {target} referenced by resource {document['id']} was not found. Please make sure that "
                "the referenced resource exists, and that both resources are in the same region.",
            )


def bring_about(emulator: Emulator, targets: Iterable[str], location: str) -> None:
    """Make what is named and is not there, as far as it belongs to Microsoft.Network."""
    for target in targets:
        found = _parts(target)
        if found is not None and not exists(emulator, target):
            _make(emulator, found, location)


def bring_listed(emulator: Emulator) -> None:
    """Make what the scenario of a strict region lists, so that it can be looked at."""
    scenario, location = emulator.region.scenario, emulator.settings.location
    if not scenario.strict:
        return
    without = {subnet.id.lower() for subnet in scenario.subnets if not subnet.nat_gateway}
    for target in (*scenario.resources, *(subnet.id for subnet in scenario.subnets)):
        found = _parts(target)
        parent = None if found is None else emulator.shelf.get(found[0])
        if found is None or (parent is not None and _child_of(parent, found)):
            continue
        _make(emulator, found, location, way_out=target.lower() not in without)


def _child_of(parent: Mapping[str, object], found: tuple[str, Kind, str, str]) -> bool:
    _, _, collection, name = found
    entries = mappings_in(mapping_in(parent, "properties"), collection)
    names = {str(entry.get("name", "")).lower() for entry in entries}
    return not collection or name.lower() in names


def exists(emulator: Emulator, target: str) -> bool:
    """Whether a resource or a child of one is there; what a scenario lists is."""
    scenario = emulator.region.scenario
    listed = [*scenario.resources, *(subnet.id for subnet in scenario.subnets)]
    if target.lower() in {entry.lower() for entry in listed}:
        return True
    found = _parts(target)
    if found is None:
        return target.lower() in emulator.world.documents
    parent_id, _, collection, name = found
    parent = emulator.network.get(parent_id)
    if parent is None or not collection:
        return parent is not None
    entries = mappings_in(mapping_in(parent, "properties"), collection)
    return any(str(entry.get("name", "")).lower() == name.lower() for entry in entries)


def mark_children(emulator: Emulator, kind: Kind, document: Mapping[str, object]) -> None:
    """Let a strict region know of the children that VMs may refer to, and of what they refer to."""
    if not emulator.region.scenario.strict:
        return
    for child in kind.children:
        for entry in mappings_in(mapping_in(document, "properties"), child.name):
            note = {"properties": mapping_in(entry, "properties")}
            emulator.shelf.keep(f"{document['id']}/{child.name}/{entry['name']}", note)


def _parts(target: str) -> tuple[str, Kind, str, str] | None:
    # The resource's id, its kind, and the collection and name of the child that is meant, if one is.
    parts = segments(target)
    if len(parts) not in {8, 10} or parts[5].lower() != NAMESPACE.lower():
        return None
    kind = _BY_NAME.get(parts[6].lower())
    if kind is None:
        return None
    parent_id = f"/{'/'.join(parts[:8])}"
    if len(parts) == 8:
        return parent_id, kind, "", ""
    child = kind.child(parts[8])
    return (parent_id, kind, child.name, parts[9]) if child is not None else None


def _make(
    emulator: Emulator,
    found: tuple[str, Kind, str, str],
    location: str,
    *,
    way_out: bool = True,
) -> None:
    parent_id, kind, collection, name = found
    document = emulator.shelf.get(parent_id) or {
        "name": parent_id.rpartition("/")[2],
        "id": parent_id,
        "type": kind.type,
        "location": location,
        "tags": {},
        "properties": _first_properties(kind),
        **({"sku": dict(kind.sku)} if kind.sku is not None else {}),
    }
    if collection:
        properties = dict(mapping_in(document, "properties"))
        entries = mappings_in(properties, collection)
        given = _child_properties(parent_id, collection)
        if not way_out:
            given.pop("natGateway", None)
        entry = {"name": name, "properties": given}
        properties[collection] = [*entries, entry]
        document = {**document, "properties": properties}
    emulator.shelf.keep(parent_id, document)
    # In a strict region only what a scenario lists is made, and nothing for its sake.
    if not emulator.region.scenario.strict:
        bring_about(emulator, list(references(document["properties"])), location)


def _first_properties(kind: Kind) -> dict[str, object]:
    if kind.child("ipConfigurations") is None:
        return {}
    return {"ipConfigurations": [{"name": "ipconfig1", "properties": {"primary": True}}]}


def _child_properties(parent_id: str, collection: str) -> dict[str, object]:
    if collection != "subnets":
        return {}
    base, _, name = parent_id.rpartition("/virtualNetworks/")
    return {
        "addressPrefix": "10.0.0.0/16",
        "natGateway": {"id": f"{base}/{GATEWAYS.name}/{name}-nat"},
    }
