"""Changes of a VM that exists: what Azure lets one change, and what becomes of the VM."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.errors import fixed
from providers.arm.places import same_location
from providers.arm.vm_disks import storage_profile
from providers.simulated import failures, locks, scale_sets
from providers.simulated.capacity import not_offered
from providers.simulated.documents import mapping_in, mappings_in, plain_document
from providers.simulated.lifecycle import EDGES, Phase
from providers.simulated.records import Resource
from providers.sizes import size_facts

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.vm_requests import WantedVm
    from providers.simulated.records import InstanceRecord

# Properties that stay as they were at creation. ``priority`` is recorded, the rest documented.
_FIXED = (
    "osProfile.computerName",
    "osProfile.adminUsername",
    "storageProfile.imageReference.publisher",
    "storageProfile.imageReference.offer",
    "storageProfile.imageReference.sku",
    "storageProfile.imageReference.id",
    "storageProfile.osDisk.createOption",
)
# Azure takes them and never gives them back.
_SECRETS = ("adminPassword", "customData")


def changed(emulator: Emulator, record: InstanceRecord, wanted: WantedVm) -> InstanceRecord | None:
    """The VM as it is to be; None if the request changes nothing.

    Raises ``Refusal`` or an error of the region for what cannot change.
    """
    world = emulator.world
    locks.check_write(world.locks(), record.id)
    if record.life.phase is Phase.DELETING:
        raise failures.marked_for_deletion("Update VM", record.name)
    _check_fixed(record, wanted)
    document = _document(record, wanted)
    tags = dict(record.tags if wanted.tags is None else wanted.tags)
    scale_sets.check_tags(tags)
    ids = record.identity_ids
    if wanted.identity is not None:
        ids = tuple(mapping_in(wanted.identity, "userAssignedIdentities"))
    size = _size(emulator, record, wanted)
    newer = replace(record, document=document, tags=tags, identity_ids=ids, size=size)
    if newer == record:
        return None
    if record.life.phase in EDGES:
        raise failures.another_operation("Update VM", record.name)
    return _with_new_disks(emulator, newer)


def store(emulator: Emulator, before: InstanceRecord, newer: InstanceRecord) -> InstanceRecord:
    """Put the changed VM in the place of the former one; its size may be another."""
    usage = emulator.world.roster.usage
    usage.add(before, -1)
    stored = emulator.world.store(replace(newer, etag=before.etag + 1))
    usage.add(stored, 1)
    return stored


def _check_fixed(record: InstanceRecord, wanted: WantedVm) -> None:
    if wanted.location and not same_location(wanted.location, record.ref.location):
        raise failures.location_fixed(replace(record.ref, name=record.name), wanted.location)
    if wanted.zone is not None and wanted.zone != record.zone:
        raise fixed("zones")
    if wanted.scale_set and wanted.scale_set.lower() != record.ref.id.lower():
        raise fixed("virtualMachineScaleSet.id")
    if wanted.fault_domain is not None and wanted.fault_domain != record.fault_domain:
        raise fixed("platformFaultDomain")
    if wanted.priority is not None and wanted.priority is not record.priority:
        raise fixed("priority")
    if wanted.eviction_policy not in {None, record.eviction_policy}:
        raise fixed("evictionPolicy")
    for path in _FIXED:
        was, is_now = _at(record.document, path), _at(wanted.document, path)
        if is_now is not None and was is not None and is_now != was:
            raise fixed(path)


def _size(emulator: Emulator, record: InstanceRecord, wanted: WantedVm) -> str:
    if not wanted.size or wanted.size.casefold() == record.size.casefold():
        return record.size
    old, new = size_facts(record.size), size_facts(wanted.size)
    if new is None:
        raise failures.size_unknown(wanted.size)
    scenario = emulator.region.scenario
    if not_offered(scenario, new.name, record.zone):
        raise failures.sku_not_available(new.name, record.ref.location)
    more = new.vcpus - (old.vcpus if old is not None else 0)
    if more > 0:
        facts = replace(new, vcpus=more)
        usage = emulator.world.roster.usage
        shortage = usage.check(record.ref, facts, record.priority, scenario)
        if shortage is not None:
            raise failures.quota_exceeded(shortage, record.ref.location)
    return new.name


def _document(record: InstanceRecord, wanted: WantedVm) -> dict[str, object]:
    given = plain_document(wanted.document)
    profile = given.get("osProfile")
    if isinstance(profile, dict):
        for secret in _SECRETS:
            profile.pop(secret, None)
    return _merged(record.document, _as_kept(record, given))


def _as_kept(record: InstanceRecord, given: dict[str, object]) -> dict[str, object]:
    # A client sends back what it was shown. What the face only shows is not a change of the model.
    profile = given.get("networkProfile")
    shown_cards = isinstance(profile, Mapping) and "networkInterfaces" in profile
    own = mapping_in(record.document, "networkProfile")
    if shown_cards and "networkInterfaces" not in own:
        del given["networkProfile"]
    return given


def _merged(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    found = dict(old)
    for name, value in new.items():
        before = old.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            found[name] = _merged(before, value)
        elif value is not None:
            found[name] = value
    return found


def _with_new_disks(emulator: Emulator, record: InstanceRecord) -> InstanceRecord:
    storage = mapping_in(record.document, "storageProfile")
    shown = storage_profile(record)
    made: list[Resource] = []
    disks: list[dict[str, object]] = []
    for disk in mappings_in(shown, "dataDisks"):
        entry = plain_document(disk)
        entry.pop("toBeDetached", None)
        if "id" not in mapping_in(entry, "managedDisk"):
            digits = emulator.world.dice.hexadecimal(32)
            name = str(entry.get("name") or f"{record.name}_disk{len(disks) + 2}_{digits}")
            own = f"{record.ref.group_scope}/providers/Microsoft.Compute/disks/{name}"
            entry["name"] = name
            entry["managedDisk"] = {**mapping_in(entry, "managedDisk"), "id": own}
            made.append(Resource(own, kept=entry.get("deleteOption") != "Delete"))
        disks.append(entry)
    if not made:
        return record
    document = {**record.document, "storageProfile": {**storage, "dataDisks": disks}}
    return replace(record, document=document, resources=(*record.resources, *made))


def _at(document: Mapping[str, object], path: str) -> object:
    *parents, last = path.split(".")
    for parent in parents:
        document = mapping_in(document, parent)
    return document.get(last)
