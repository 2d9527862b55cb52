"""What a VM is doing: its instance view, and the short rows that hold little else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.messages import stamp
from providers.arm.vm_bodies import KIND, provisioning_state, vm_id_of
from providers.arm.vm_disks import is_windows
from providers.base import Health, PowerState, ProvisioningState
from providers.simulated import extensions, instances
from providers.simulated.documents import mapping_in
from providers.simulated.resources import is_nic

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.base import Instance
    from providers.simulated.records import ExtensionRecord, InstanceRecord

_PROVISIONING = {
    "Creating": "Creating",
    "Updating": "Updating",
    "Succeeded": "Provisioning succeeded",
    "Failed": "Provisioning failed",
    "Deleting": "Deleting",
}
# The same text for each health that the Application Health extension reports, from its documentation.
_HEALTH = {
    Health.HEALTHY: ("healthy", "Info", "The VM is reported as healthy."),
    Health.UNHEALTHY: ("unhealthy", "Error", "The VM is reported as unhealthy."),
    Health.INITIALIZING: ("initializing", "Info", "The VM is initializing."),
}


def instance_view(emulator: Emulator, record: InstanceRecord) -> dict[str, object]:
    """The instance view of a VM, as recorded for a running one; parts that are not there yet are left out."""
    instance = instances.shown(record, emulator.region.clock, emulator.region.scenario)
    now = stamp(emulator.region.clock.now)
    shown: dict[str, object] = {}
    if record.fault_domain is not None:
        shown["platformFaultDomain"] = record.fault_domain
    if instance.power_state is PowerState.RUNNING:
        shown |= _guest(record, now)
    shown["disks"] = [
        {"name": part.id.rpartition("/")[2], "statuses": [_succeeded(now)]}
        for part in record.resources
        if not is_nic(part.id)
    ]
    shown["hyperVGeneration"] = "V2"
    installed = [_extension(emulator, one) for one in extensions.present(record, emulator.now)]
    if installed:
        shown["extensions"] = installed
    if instance.health in _HEALTH:
        code, level, text = _HEALTH[instance.health]
        status = {"code": f"HealthState/{code}", "level": level, "displayStatus": text, "time": now}
        shown["vmHealth"] = {"status": status}
    shown["statuses"] = statuses(emulator, record, instance)
    return shown


def statuses(
    emulator: Emulator, record: InstanceRecord, instance: Instance
) -> list[dict[str, object]]:
    """Provisioning state, with the code and text of what failed, and power state where there is one."""
    state = provisioning_state(emulator, record, instance)
    first: dict[str, object] = {
        "code": f"ProvisioningState/{state.lower()}",
        "level": "Info",
        "displayStatus": _PROVISIONING.get(state, state),
    }
    if instance.failure is not None and state == "Failed":
        first["code"] = f"ProvisioningState/failed/{instance.failure.code}"
        first |= {"level": "Error", "message": instance.failure.message}
    moment = instance.failure.at if instance.failure is not None else None
    first["time"] = stamp(moment or instance.created_at or emulator.region.clock.now)
    if instance.power_state is PowerState.UNKNOWN:
        return [first]
    power = instance.power_state.value
    return [
        first,
        {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
    ]


def status_row(emulator: Emulator, record: InstanceRecord) -> dict[str, object]:
    """A row of a list with ``statusOnly=true``: states and fault domain, nothing of the model."""
    instance = instances.shown(record, emulator.region.clock, emulator.region.scenario)
    view: dict[str, object] = {"statuses": statuses(emulator, record, instance)}
    if record.fault_domain is not None:
        view["platformFaultDomain"] = record.fault_domain
    return {
        "name": record.name,
        "id": record.id,
        "type": KIND,
        "location": record.ref.location,
        "properties": {
            "provisioningState": provisioning_state(emulator, record, instance),
            "vmId": vm_id_of(record),
            "instanceView": view,
        },
    }


def _extension(emulator: Emulator, extension: ExtensionRecord) -> dict[str, object]:
    """What the guest agent tells of an extension. Recorded: before it has told anything, the name alone."""
    state = extensions.state_of(extension, emulator.now)
    told = {
        ProvisioningState.SUCCEEDED: ("succeeded", "Info", "Enable succeeded."),
        # The number behind the state is the handler's exit code.
        ProvisioningState.FAILED: (
            "failed/1",
            "Error",
            extension.problem.message if extension.problem else "",
        ),
    }
    if state not in told:
        return {"name": extension.name}
    code, level, message = told[state]
    given = extension.properties
    status: dict[str, object] = {
        "code": f"ProvisioningState/{code}",
        "level": level,
        "displayStatus": _PROVISIONING[state.value],
        "message": message,
    }
    if state is ProvisioningState.FAILED:
        status["time"] = stamp(emulator.region.clock.at(extension.due))
    return {
        "name": extension.name,
        "type": f"{given.get('publisher', '')}.{given.get('type', '')}",
        "typeHandlerVersion": str(given.get("typeHandlerVersion", "")),
        "statuses": [status],
    }


def _guest(record: InstanceRecord, now: str) -> dict[str, object]:
    windows = is_windows(record.document)
    profile = mapping_in(record.document, "osProfile")
    ready = {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Ready",
        "message": "Guest Agent is running",
        "time": now,
    }
    return {
        "computerName": str(profile.get("computerName", record.name)),
        "osName": "Windows Server 2022 Datacenter" if windows else "ubuntu",
        "osVersion": "10.0.20348.1" if windows else "24.04",
        "vmAgent": {
            "vmAgentVersion": "2.7.41491.1" if windows else "2.11.1.4",
            "statuses": [ready],
            "extensionHandlers": [],
        },
    }


def _succeeded(now: str) -> dict[str, object]:
    return {
        "code": "ProvisioningState/succeeded",
        "level": "Info",
        "displayStatus": "Provisioning succeeded",
        "time": now,
    }
