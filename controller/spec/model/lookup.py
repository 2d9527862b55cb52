"""Which fields there are, and where: what an error needs to say what was meant."""

from collections.abc import Iterator
from functools import cache
from typing import get_args

from pydantic import BaseModel

from controller.spec.model.fleet import FleetDocument
from controller.spec.nodes import Path

SYNONYMS = {
    "capacity": "replicas",
    "count": "replicas",
    "instances": "replicas",
    "instanceCount": "replicas",
    "size": "sizes",
    "vmSize": "sizes",
    "vmSizes": "sizes",
    "zone": "zones",
    "availabilityZones": "zones",
    "platformFaultDomainCount": "faultDomains",
    "faultDomainCount": "faultDomains",
    "zoneBalance": "whenUnsatisfiable",
    "priorityMixPolicy": "spot",
    "priority": "spot",
    "baseRegularPriorityCount": "baseRegular",
    "regularPriorityPercentageAboveBase": "regularPercentageAboveBase",
    "allocationStrategy": "sizeAllocation",
    "virtualMachineProfile": "template",
    "profile": "template",
    "imageReference": "image",
    "osType": "os",
    "diskSizeGB": "sizeGiB",
    "diskSizeGiB": "sizeGiB",
    "sizeGB": "sizeGiB",
    "retain": "deleteOption",
    "sshKeys": "sshPublicKeys",
    "publicKeys": "sshPublicKeys",
    "userAssignedIdentities": "userAssigned",
    "enableAcceleratedNetworking": "acceleratedNetworking",
    "publicIPAddressConfiguration": "publicIp",
    "terminateNotificationProfile": "terminateNotification",
    "notBeforeTimeout": "timeoutMinutes",
    "patchSettings": "patching",
    "patchMode": "mode",
    "securityProfile": "security",
    "securityType": "type",
    "diagnosticsProfile": "bootDiagnostics",
    "applicationHealth": "health",
    "paused": "suspend",
    "regularPercentage": "regularPercentageAboveBase",
}
"""Words of Azure and of other controllers for fields that are called otherwise here."""


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        model = _model_in(argument)
        if model is not None:
            return model
    return None


@cache
def _children(model: type[BaseModel]) -> dict[str, type[BaseModel] | None]:
    return {
        field.alias or name: _model_in(field.annotation)
        for name, field in model.model_fields.items()
    }


def fields_at(path: Path) -> tuple[str, ...]:
    """Name the fields that the mapping at ``path`` may have; empty where keys are free."""
    model: type[BaseModel] | None = FleetDocument
    for step in path:
        if isinstance(step, str):
            model = _children(model).get(step) if model is not None else None
    return tuple(_children(model)) if model is not None else ()


def _places(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str]]:
    for alias, below in _children(model).items():
        yield alias, prefix
        if below is not None and not prefix.endswith("pools"):
            yield from _places(below, f"{prefix}.{alias}" if prefix else alias)


@cache
def homes() -> dict[str, tuple[str, ...]]:
    """Say for each field name in which mappings it stands, as dotted paths."""
    found: dict[str, list[str]] = {}
    for alias, place in _places(FleetDocument, ""):
        found.setdefault(alias, []).append(place)
    return {alias: tuple(places) for alias, places in found.items()}
