"""The documents that are sent: a scale set without a profile, a VM that joins it, tags.

Shapes: Compute REST API 2024-07-01. Azure: ``platformFaultDomainCount`` must be 1 in a set over zones, and
``singlePlacementGroup`` is always sent as false, or the platform may decide for true.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.base import GroupRef, GroupRequest, InstallExtension, InstanceRequest, Json

_BESIDE_PROPERTIES = "plan"
_CHILDREN = "extensions"


def set_body(ref: GroupRef, request: GroupRequest) -> dict[str, Json]:
    """A new scale set: Flexible, without a VM profile, so that nothing but us makes members."""
    body: dict[str, Json] = {
        "location": ref.location,
        "tags": dict(request.tags),
        "properties": {
            "orchestrationMode": "Flexible",
            "platformFaultDomainCount": request.fault_domain_count,
            "singlePlacementGroup": False,
        },
    }
    if request.zones:
        body["zones"] = list(request.zones)
    return body


def set_change(request: GroupRequest) -> dict[str, Json]:
    """A change of an existing set: its tags, whole, and its zones. Azure lets zones be added only.

    A PATCH leaves everything else of the set as its owner made it.
    """
    body: dict[str, Json] = {"tags": dict(request.tags)}
    if request.zones:
        body["zones"] = list(request.zones)
    return body


def vm_body(ref: GroupRef, request: InstanceRequest) -> dict[str, Json]:
    """A VM that joins the set, at the place, size and priority of the request.

    ``plan`` of the document stands beside ``properties``; ``extensions`` are resources of their own.
    """
    document = dict(request.document)
    plan = document.pop(_BESIDE_PROPERTIES, None)
    document.pop(_CHILDREN, None)
    body: dict[str, Json] = {
        "location": ref.location,
        "tags": dict(request.tags),
        "properties": document | _of_the_member(ref, request),
    }
    if request.zone is not None:
        body["zones"] = [request.zone]
    if plan is not None:
        body["plan"] = plan
    if request.identity_ids:
        body["identity"] = {
            "type": "UserAssigned",
            "userAssignedIdentities": {arm_id: {} for arm_id in request.identity_ids},
        }
    return body


def extension_body(ref: GroupRef, extension: InstallExtension) -> dict[str, Json]:
    """An extension of a VM. It stands in the VM's location."""
    return {"location": ref.location, "properties": dict(extension.document)}


def tags_body(now: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, Json]:
    """The whole tags after a change: a PATCH of a VM replaces them all."""
    merged = {name: value for name, value in now.items() if name not in change}
    merged |= {name: value for name, value in change.items() if value is not None}
    return {"tags": merged}


def _of_the_member(ref: GroupRef, request: InstanceRequest) -> dict[str, Json]:
    properties: dict[str, Json] = {
        "hardwareProfile": {"vmSize": request.size},
        "priority": str(request.priority),
        "virtualMachineScaleSet": {"id": ref.id},
    }
    if request.fault_domain is not None:
        properties["platformFaultDomain"] = request.fault_domain
    if request.priority is Priority.SPOT:
        if request.eviction_policy is not None:
            properties["evictionPolicy"] = request.eviction_policy
        if request.max_price is not None:
            properties["billingProfile"] = {"maxPrice": request.max_price}
    return properties
