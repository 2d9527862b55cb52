"""How Compute shows a Flexible scale set, and what is kept of one beside the region's own record.

Recorded: a set without a profile has no ``sku``, no ``virtualMachineProfile``, no ``upgradePolicy``
(``test_vmss_simple_orchestration_mode`` [13]); one with a profile has them, and its capacity counts
(``test_vm_list_filter`` [10]).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.arm.messages import stamp
from providers.arm.os_profiles import os_profile
from providers.arm.vm_disks import is_windows
from providers.base import ProvisioningState
from providers.simulated.documents import mapping_in, mappings_in, plain_document
from providers.sizes import size_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.simulated.records import ScaleSetRecord

KIND = "Microsoft.Compute/virtualMachineScaleSets"

_ETAGS_SINCE = "2023-09-01"
_NETWORK_API = "2020-11-01"

# Shown from the region's record, or by this module.
_APART = frozenset(
    {
        "orchestrationMode",
        "singlePlacementGroup",
        "platformFaultDomainCount",
        "provisioningState",
        "uniqueId",
        "timeCreated",
        "constrainedMaximumCapacity",
        "virtualMachineProfile",
    }
)


@dataclass(frozen=True, slots=True)
class SetModel:
    """What a set is beside its zones, fault domains and tags.

    ``profile`` empty: members are put one by one. ``tagged``: somebody gave it tags, if only an empty set.
    """

    size: str = ""
    capacity: int = 0
    profile: Mapping[str, object] = field(default_factory=dict)
    properties: Mapping[str, object] = field(default_factory=dict)
    identity: Mapping[str, object] = field(default_factory=dict)
    plan: Mapping[str, object] = field(default_factory=dict)
    tagged: bool = False

    def notes(self) -> dict[str, object]:
        """The model as a note for the shelf."""
        return {
            "size": self.size,
            "capacity": self.capacity,
            "profile": self.profile,
            "properties": self.properties,
            "identity": self.identity,
            "plan": self.plan,
            "tagged": self.tagged,
        }


def model_of(emulator: Emulator, record: ScaleSetRecord) -> SetModel:
    """The model that was kept of a set; an empty one if it was made without this face."""
    notes = emulator.shelf.get(record.ref.id) or {}
    capacity = notes.get("capacity")
    return SetModel(
        size=str(notes.get("size", "")),
        capacity=capacity if isinstance(capacity, int) else 0,
        profile=mapping_in(notes, "profile"),
        properties=mapping_in(notes, "properties"),
        identity=mapping_in(notes, "identity"),
        plan=mapping_in(notes, "plan"),
        tagged=notes.get("tagged") is True,
    )


def keep_model(emulator: Emulator, record: ScaleSetRecord, model: SetModel) -> None:
    """Keep the model of a set."""
    emulator.shelf.keep(record.ref.id, model.notes())


def properties_kept(given: Mapping[str, object]) -> dict[str, object]:
    """The properties of a body that are kept as they are."""
    return {
        name: value
        for name, value in plain_document(given).items()
        if name not in _APART and value is not None
    }


def shown_set(emulator: Emulator, record: ScaleSetRecord, version: str) -> dict[str, object]:
    """The set as a GET shows it."""
    model = model_of(emulator, record)
    shown: dict[str, object] = {
        "name": record.ref.name,
        "id": record.ref.id,
        "type": KIND,
        "location": record.ref.location,
    }
    if record.tags or model.tagged:
        shown["tags"] = dict(record.tags)
    beside = {"identity": model.identity, "plan": model.plan}
    shown |= {name: value for name, value in beside.items() if value}
    if record.zones:
        shown["zones"] = list(record.zones)
    if model.size:
        tier = model.size.partition("_")[0]
        shown["sku"] = {"name": model.size, "tier": tier, "capacity": model.capacity}
    if version[:10] >= _ETAGS_SINCE:
        shown["etag"] = record.shown_etag
    shown["properties"] = _properties(emulator, record, model)
    return shown


def set_state(emulator: Emulator, record: ScaleSetRecord) -> str:
    """The set's state, changes of its model included."""
    if record.state is ProvisioningState.SUCCEEDED and emulator.operations.updating(record.key):
        return ProvisioningState.UPDATING.value
    return record.state.value


def _properties(emulator: Emulator, record: ScaleSetRecord, model: SetModel) -> dict[str, object]:
    created = stamp(emulator.region.clock.at(record.created_at))
    shown: dict[str, object] = {
        "singlePlacementGroup": False,
        "orchestrationMode": "Flexible",
        **model.properties,
    }
    if not model.profile:
        shown.pop("upgradePolicy", None)
    else:
        shown.setdefault("upgradePolicy", {"mode": "Manual"})
        shown["virtualMachineProfile"] = _profile(model) | {"timeCreated": created}
    shown |= {
        "provisioningState": set_state(emulator, record),
        "uniqueId": unique_id(record),
        "platformFaultDomainCount": record.fault_domain_count,
        "constrainedMaximumCapacity": False,
    }
    if model.profile:
        shown["timeCreated"] = created
    return shown


def unique_id(record: ScaleSetRecord) -> str:
    """The unique id of a set; another set of the same name has another one."""
    digits = blake2b(f"{record.key}@{record.created_at}".encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _profile(model: SetModel) -> dict[str, object]:
    shown = plain_document(model.profile)
    if "osProfile" in shown:
        given = mapping_in(shown, "osProfile")
        shown["osProfile"] = os_profile(given, windows=is_windows(model.profile))
    shown.pop("userData", None)
    storage = plain_document(mapping_in(shown, "storageProfile"))
    if storage:
        storage["osDisk"] = _os_disk(model, mapping_in(storage, "osDisk"))
        shown["storageProfile"] = storage
    network = mapping_in(shown, "networkProfile")
    if network:
        cards = mappings_in(network, "networkInterfaceConfigurations")
        shown["networkProfile"] = {
            "networkApiVersion": _NETWORK_API,
            **network,
            "networkInterfaceConfigurations": [
                _card(card, is_first=number == 0) for number, card in enumerate(cards)
            ],
        }
    return shown


def _os_disk(model: SetModel, given: Mapping[str, object]) -> dict[str, object]:
    windows = is_windows(model.profile)
    facts = size_facts(model.size)
    premium = facts is not None and facts.premium_storage
    shown: dict[str, object] = {
        "osType": "Windows" if windows else "Linux",
        "createOption": "FromImage",
        "caching": "ReadWrite",
        "deleteOption": "Delete",
        "diskSizeGB": 127 if windows else 30,
        **given,
    }
    asked = {
        name: value for name, value in mapping_in(given, "managedDisk").items() if value is not None
    }
    kind = "Premium_LRS" if premium else "Standard_LRS"
    return shown | {"managedDisk": {"storageAccountType": kind, **asked}}


def _card(card: Mapping[str, object], *, is_first: bool) -> dict[str, object]:
    properties = {
        "primary": is_first,
        "disableTcpStateTracking": False,
        "enableIPForwarding": False,
        "auxiliaryMode": "None",
        "auxiliarySku": "None",
        "deleteOption": "Delete",
        **mapping_in(card, "properties"),
    }
    # The command line's templates say "true" in words; Azure answers with a boolean: recorded.
    properties["primary"] = str(properties["primary"]).lower() == "true"
    return {**card, "properties": properties}
