"""Members that a scale set with a profile makes and takes away by itself, to have its capacity.

Recorded: names ``<set>_<8 hex>``, computer names with six more characters, the tag
``VirtualMachineProfileTimeCreated``, ``deleteOption`` Delete, no ``platformFaultDomain``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import floor
from typing import TYPE_CHECKING, cast

from providers.base import InstanceRequest, Priority
from providers.simulated import extensions, failures, locks
from providers.simulated.documents import mapping_in, mappings_in, plain_document
from providers.simulated.lifecycle import Phase
from providers.sizes import size_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.set_bodies import SetModel
    from providers.base import Document
    from providers.simulated.records import InstanceRecord, ScaleSetRecord

# Ours: when the guest agent of a new VM begins with what the profile wants on it.
_BOOT_SECONDS = 30.0

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def check_growth(emulator: Emulator, record: ScaleSetRecord, model: SetModel, more: int) -> None:
    """Raise what Azure says at once to ``more`` members: an unknown size, quota, a size not offered."""
    facts = size_facts(model.size)
    if facts is None:
        raise failures.size_unknown(model.size)
    if not facts.memory_preserving:
        raise failures.size_not_for_flexible(facts.name, record.ref.name)
    if more <= 0:
        return
    all_of_them = replace(facts, vcpus=facts.vcpus * more)
    priority = _priority(model)
    shortage = emulator.world.roster.usage.check(
        record.ref, all_of_them, priority, emulator.region.scenario
    )
    if shortage is not None:
        raise failures.quota_exceeded(shortage, record.ref.location)


def adjust(emulator: Emulator, record: ScaleSetRecord, model: SetModel) -> tuple[str, ...]:
    """Make or take members until the set has its capacity; give the keys of those that change."""
    there = living(emulator, record)
    missing = model.capacity - len(there)
    if missing >= 0:
        return tuple(_made(emulator, record, model) for _ in range(missing))
    held = emulator.world.locks()
    # Azure's default policy: the newest go first.
    doomed = [member for member in reversed(there) if not locks.undeletable(held, member.id)]
    victims = doomed[:-missing]
    emulator.region.delete_members(record.ref, [member.name for member in victims])
    return tuple(member.key for member in victims)


def living(emulator: Emulator, record: ScaleSetRecord) -> list[InstanceRecord]:
    """The members of a set that are not on their way out, oldest first."""
    members = emulator.world.roster.members(record.ref)
    return [member for member in members if member.life.phase is not Phase.DELETING]


def _made(emulator: Emulator, record: ScaleSetRecord, model: SetModel) -> str:
    dice = emulator.world.dice
    name = f"{record.ref.name}_{dice.hexadecimal(8)}"
    created = emulator.region.clock.at(record.created_at)
    stamped = f"{created.month}/{created.day}/{created.year} {created:%I:%M:%S %p} +00:00"
    there = living(emulator, record)
    priority = _next_priority(model, there)
    spot = priority is Priority.SPOT
    request = InstanceRequest(
        name=name,
        zone=_emptiest(record, there),
        fault_domain=None,
        size=model.size,
        priority=priority,
        tags={**record.tags, "VirtualMachineProfileTimeCreated": stamped},
        document=cast("Document", _document(model, dice.hexadecimal(12))),
        eviction_policy=str(model.profile.get("evictionPolicy") or "Deallocate") if spot else None,
    )
    emulator.region.create(record.ref, request)
    _extend(emulator, record, name, model)
    return record.ref.instance_id(name).lower()


def _extend(emulator: Emulator, record: ScaleSetRecord, name: str, model: SetModel) -> None:
    """Put the extensions of the profile onto a new member, as the platform does."""
    for row in mappings_in(mapping_in(model.profile, "extensionProfile"), "extensions"):
        member = emulator.world.roster.member(record.ref, name)
        if member is not None:
            properties = mapping_in(row, "properties")
            extensions.begin(
                emulator.world, member, str(row.get("name", "")), properties, after=_BOOT_SECONDS
            )


def _emptiest(record: ScaleSetRecord, there: list[InstanceRecord]) -> str | None:
    held = Counter(member.zone for member in there)
    return min(record.zones, key=lambda zone: (held[zone], zone), default=None)


def _priority(model: SetModel) -> Priority:
    wanted = str(model.profile.get("priority", "Regular"))
    return Priority.REGULAR if wanted == "Regular" else Priority.SPOT


def _next_priority(model: SetModel, there: list[InstanceRecord]) -> Priority:
    # Azure's Spot Priority Mix: base + floor((n - base) * percentage / 100) are Regular.
    mix = mapping_in(model.properties, "priorityMixPolicy")
    if not mix or _priority(model) is Priority.REGULAR:
        return _priority(model)
    base, share = (
        int(str(mix.get(name) or 0))
        for name in ("baseRegularPriorityCount", "regularPriorityPercentageAboveBase")
    )
    wanted = len(there) + 1
    regular = min(wanted, base) + floor(max(0, wanted - base) * share / 100)
    held = sum(member.priority is Priority.REGULAR for member in there)
    return Priority.REGULAR if held < regular else Priority.SPOT


def _document(model: SetModel, digits: str) -> dict[str, object]:
    document = plain_document(model.profile)
    for name in ("priority", "evictionPolicy", "extensionProfile", "timeCreated"):
        document.pop(name, None)
    profile = plain_document(mapping_in(document, "osProfile"))
    if profile:
        prefix = str(profile.pop("computerNamePrefix", ""))
        letters = (_LETTERS[int(digits[at : at + 2], 16) % 32] for at in range(0, 12, 2))
        profile["computerName"] = prefix + "".join(letters)
        document["osProfile"] = profile
    storage = plain_document(mapping_in(document, "storageProfile"))
    storage["osDisk"] = {"deleteOption": "Delete", **_given(mapping_in(storage, "osDisk"))}
    disks = mappings_in(storage, "dataDisks")
    storage["dataDisks"] = [{"deleteOption": "Delete", **_given(disk)} for disk in disks]
    document["storageProfile"] = storage
    network = plain_document(mapping_in(document, "networkProfile"))
    cards = mappings_in(network, "networkInterfaceConfigurations")
    network["networkInterfaceConfigurations"] = [_card(card) for card in cards]
    document["networkProfile"] = network
    return document


def _given(entry: Mapping[str, object]) -> dict[str, object]:
    return {name: _without_nulls(value) for name, value in entry.items() if value is not None}


def _without_nulls(value: object) -> object:
    return _given(value) if isinstance(value, dict) else value


def _card(card: Mapping[str, object]) -> dict[str, object]:
    return {**card, "properties": {"deleteOption": "Delete", **mapping_in(card, "properties")}}
