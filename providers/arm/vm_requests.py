"""What a client wants of a VM: the body of a PUT or PATCH, taken apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from providers.arm.errors import Refusal, required
from providers.arm.places import tags_in
from providers.arm.spelling import spelled
from providers.base import InstanceRequest, Priority
from providers.simulated import failures
from providers.simulated.documents import mapping_in, plain_document

if TYPE_CHECKING:
    from providers.base import Document

# Properties that the region keeps by themselves, and those that only Azure writes.
_APART = frozenset(
    {
        "hardwareProfile",
        "priority",
        "evictionPolicy",
        "virtualMachineScaleSet",
        "platformFaultDomain",
        "provisioningState",
        "vmId",
        "timeCreated",
        "instanceView",
        "resources",
    }
)


@dataclass(frozen=True, slots=True)
class WantedVm:
    """The body of a PUT or PATCH on a VM. What is None or empty was not said.

    ``document`` holds the properties that the region keeps as they are, and ``plan``.
    """

    location: str
    zone: str | None
    size: str
    scale_set: str
    fault_domain: int | None
    priority: Priority | None
    eviction_policy: str | None
    tags: Mapping[str, str] | None
    identity: Mapping[str, object] | None
    document: Mapping[str, object]


def wanted_vm(body: Mapping[str, object]) -> WantedVm:
    """Take a body apart. Raises ``Refusal`` (400) for a value of the wrong shape."""
    properties = spelled(mapping_in(body, "properties"))
    document = plain_document(
        {name: value for name, value in properties.items() if name not in _APART}
    )
    if isinstance(body.get("plan"), Mapping):
        document["plan"] = mapping_in(body, "plan")
    identity = body.get("identity")
    return WantedVm(
        location=str(body.get("location") or ""),
        zone=_zone(body.get("zones")),
        size=str(mapping_in(properties, "hardwareProfile").get("vmSize") or ""),
        scale_set=str(mapping_in(properties, "virtualMachineScaleSet").get("id") or ""),
        fault_domain=_fault_domain(properties.get("platformFaultDomain")),
        priority=_priority(properties.get("priority")),
        eviction_policy=_text(properties.get("evictionPolicy")),
        tags=tags_in(body),
        identity=identity if isinstance(identity, Mapping) else None,
        document=document,
    )


def creation_of(name: str, wanted: WantedVm) -> InstanceRequest:
    """The region's request for a new VM. Raises ``Refusal`` (400) if something necessary is missing."""
    if not wanted.size:
        raise required("hardwareProfile.vmSize")
    price = mapping_in(wanted.document, "billingProfile").get("maxPrice")
    return InstanceRequest(
        name=name,
        zone=wanted.zone,
        fault_domain=wanted.fault_domain,
        size=wanted.size,
        priority=wanted.priority or Priority.REGULAR,
        tags=dict(wanted.tags or {}),
        document=cast("Document", dict(wanted.document)),
        eviction_policy=wanted.eviction_policy,
        max_price=float(price) if isinstance(price, int | float) else None,
        identity_ids=tuple(mapping_in(wanted.identity or {}, "userAssignedIdentities")),
    )


def _zone(zones: object) -> str | None:
    if not isinstance(zones, list) or not zones:
        return None
    if len(zones) > 1:
        raise failures.invalid(
            f"A Virtual Machine can be in one zone only; {len(zones)} were given in 'zones'."
        )
    return str(zones[0])


def _fault_domain(value: object) -> int | None:
    # Sent as the text "0" by the command line, and as -1 for "let the platform choose".
    if value is None:
        return None
    try:
        number = int(str(value))
    except ValueError as error:
        text = f"The value '{value}' of parameter 'platformFaultDomain' is invalid."
        raise Refusal(400, "InvalidParameter", text, target="platformFaultDomain") from error
    return None if number == -1 else number


def _priority(value: object) -> Priority | None:
    # Low is the name that Spot had in its preview.
    known = {"regular": Priority.REGULAR, "spot": Priority.SPOT, "low": Priority.SPOT}
    if value is None:
        return None
    found = known.get(str(value).lower())
    if found is None:
        text = f"The value '{value}' of parameter 'priority' is invalid."
        raise Refusal(400, "InvalidParameter", text, target="priority")
    return found


def _text(value: object) -> str | None:
    return None if value is None else str(value)
