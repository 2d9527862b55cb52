"""How Compute shows a VM: the model that it made of what the client sent, defaults filled in.

Sources: recorded bodies (``Test_Compute_VM_20220301``, ``test_vm_list_filter``,
``test_vmss_simple_orchestration_mode``) and, for NICs declared inside the VM, the official example
``VirtualMachine_Create_WithNetworkInterfaceConfiguration``, which shows their ids alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.arm.messages import stamp
from providers.arm.os_profiles import os_profile
from providers.arm.vm_disks import is_windows, storage_profile
from providers.base import Priority, ProvisioningState
from providers.simulated import instances
from providers.simulated.documents import mapping_in, mappings_in, plain_document
from providers.simulated.extensions import present as extensions_of
from providers.simulated.extensions import state_of
from providers.simulated.resources import is_nic

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.base import Instance
    from providers.simulated.records import ExtensionRecord, InstanceRecord

KIND = "Microsoft.Compute/virtualMachines"
EXTENSION_KIND = f"{KIND}/extensions"

# From this version on, VMs and sets carry their etag in the body.
_ETAGS_SINCE = "2024-07-01"


def etag_of(record: InstanceRecord) -> str:
    """The VM's etag as Azure writes it: a quoted number, 1 in the answer to its creation."""
    return f'"{max(1, record.etag - 1)}"'


def shown_vm(
    emulator: Emulator, record: InstanceRecord, version: str, *, user_data: bool = False
) -> dict[str, object]:
    """The VM as a GET shows it, without instance view."""
    instance = instances.shown(record, emulator.region.clock, emulator.region.scenario)
    notes = emulator.shelf.get(record.id) or {}
    properties = _properties(emulator, record, instance, notes)
    if user_data and "userData" in record.document:
        properties["userData"] = record.document["userData"]
    shown: dict[str, object] = {
        "name": record.name,
        "id": record.id,
        "type": KIND,
        "location": record.ref.location,
    }
    # Recorded: a VM to which nobody ever gave tags shows none, not an empty set of them.
    if record.tags or "tagged" in notes:
        shown["tags"] = dict(record.tags)
    if "plan" in record.document:
        shown["plan"] = record.document["plan"]
    identity = _identity(emulator, record, notes)
    if identity:
        shown["identity"] = identity
    if record.zone is not None:
        shown["zones"] = [record.zone]
    shown["properties"] = properties
    if version[:10] >= _ETAGS_SINCE:
        shown["etag"] = etag_of(record)
    extensions = shown_extensions(emulator, record)
    if extensions:
        shown["resources"] = extensions
    return shown


def shown_extensions(emulator: Emulator, record: InstanceRecord) -> list[dict[str, object]]:
    """The extensions of a VM as resources of their own, in the order in which they came."""
    now = emulator.now
    return [shown_extension(record, one, now) for one in extensions_of(record, now)]


def shown_extension(
    record: InstanceRecord, extension: ExtensionRecord, now: float
) -> dict[str, object]:
    """One of them. Recorded: a client that says nothing of settings is shown empty ones."""
    shown: dict[str, object] = {
        "name": extension.name,
        "id": f"{record.id}/extensions/{extension.name}",
        "type": EXTENSION_KIND,
        "location": record.ref.location,
        "properties": {
            "autoUpgradeMinorVersion": False,
            "settings": {},
            **extension.properties,
            "provisioningState": state_of(extension, now).value,
        },
    }
    if extension.tags is not None:
        shown["tags"] = dict(extension.tags)
    return shown


def provisioning_state(emulator: Emulator, record: InstanceRecord, instance: Instance) -> str:
    """The VM's state, changes of its model included, of which the region itself knows nothing."""
    state = instance.provisioning_state
    if state is ProvisioningState.SUCCEEDED and emulator.operations.updating(record.key):
        return ProvisioningState.UPDATING.value
    return state.value


def vm_id_of(record: InstanceRecord) -> str:
    """The unique id of a VM; another VM of the same name has another one."""
    digits = blake2b(f"{record.key}@{record.created_at}".encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _properties(
    emulator: Emulator,
    record: InstanceRecord,
    instance: Instance,
    notes: Mapping[str, object],
) -> dict[str, object]:
    document = record.document
    shown: dict[str, object] = {
        "hardwareProfile": {
            **mapping_in(document, "hardwareProfile"),
            "vmSize": record.size,
        },
        "provisioningState": provisioning_state(emulator, record, instance),
        "vmId": vm_id_of(record),
    }
    if record.ref.name:
        shown["virtualMachineScaleSet"] = {"id": record.ref.id}
    # Members that the set makes by itself show no fault domain: recorded.
    if record.fault_domain is not None:
        shown["platformFaultDomain"] = record.fault_domain
    shown |= {
        name: value
        for name, value in document.items()
        if name not in _REWRITTEN and not _says_nothing(name, value)
    }
    shown["storageProfile"] = storage_profile(record)
    if "osProfile" in document:
        given = {"computerName": record.name, **mapping_in(document, "osProfile")}
        shown["osProfile"] = os_profile(given, windows=is_windows(document))
    shown["networkProfile"] = _network_profile(record)
    if record.priority is Priority.SPOT or "priority" in notes:
        shown["priority"] = record.priority.value
    if record.eviction_policy is not None:
        shown["evictionPolicy"] = record.eviction_policy
    shown["timeCreated"] = stamp(emulator.region.clock.at(record.created_at))
    return shown


# Shown in another form, or elsewhere, or only when asked for.
_REWRITTEN = frozenset(
    {"storageProfile", "osProfile", "networkProfile", "plan", "extensions", "userData", "tags"}
)


def _says_nothing(name: str, value: object) -> bool:
    # Recorded: additional capabilities that are all false are not echoed.
    return (
        name == "additionalCapabilities" and isinstance(value, Mapping) and not any(value.values())
    )


def _network_profile(record: InstanceRecord) -> dict[str, object]:
    profile = mapping_in(record.document, "networkProfile")
    given = mappings_in(profile, "networkInterfaces")
    if given:
        return {"networkInterfaces": [plain_document(card) for card in given]}
    made = [part for part in record.resources if is_nic(part.id)]
    if not mappings_in(profile, "networkInterfaceConfigurations"):
        made = []
    return {
        "networkInterfaces": [
            {
                "id": part.id,
                "properties": {
                    "primary": number == 0,
                    "deleteOption": "Detach" if part.kept else "Delete",
                },
            }
            for number, part in enumerate(made)
        ]
    }


def _identity(
    emulator: Emulator, record: InstanceRecord, notes: Mapping[str, object]
) -> dict[str, object]:
    kind = str(mapping_in(notes, "identity").get("type", ""))
    if not kind and record.identity_ids:
        kind = "UserAssigned"
    if not kind or kind == "None":
        return {}
    shown: dict[str, object] = {"type": kind}
    if "SystemAssigned" in kind:
        shown["principalId"] = vm_id_of(record)
        shown["tenantId"] = emulator.settings.tenant
    if record.identity_ids:
        ids = [
            blake2b(own.lower().encode(), digest_size=16).hexdigest() for own in record.identity_ids
        ]
        shown["userAssignedIdentities"] = {
            own: {"principalId": _guid(digits), "clientId": _guid(digits[::-1])}
            for own, digits in zip(record.identity_ids, ids, strict=True)
        }
    return shown


def _guid(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
