"""Rules about the raw overlay: it may reach every property of a VM that the controller does not decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.rejected import rejected_name, rejected_value
from controller.spec.rules.view import Finding, templates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import JsonValue

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.nodes import Path

_OWNED = {
    "hardwareProfile": "`sizes`",
    "priority": "`spot`",
    "evictionPolicy": "`spot.evictionPolicy`",
    "billingProfile": "`spot.maxPrice`",
    "virtualMachineScaleSet": "`azure.scaleSet`",
    "platformFaultDomain": "`placement.faultDomains`",
    "zones": "`placement.zones`",
    "availabilitySet": "the scale set, which excludes it",
    "location": "`azure.location`",
    "identity": "`template.identity`",
    "tags": "`spec.tags`",
    "name": "the controller",
    "computerName": "the controller",
}
"""Fields of a VM's PUT that the controller fills for each member, and what decides them."""


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the overlay of each template."""
    for path, template in templates_of(document):
        place = (*path, "overlay")
        for name in template.overlay:
            if name in _OWNED:
                yield _owned((*place, name), name)
        profile = template.overlay.get("osProfile")
        if isinstance(profile, dict) and "computerName" in profile:
            yield _owned((*place, "osProfile", "computerName"), "computerName")
        yield from _refused(place, template.overlay)


def _owned(path: Path, name: str) -> Finding:
    return Finding(
        Code.OVERLAY_OWNED,
        path,
        f"`{name}` is not for the overlay to set",
        f"it is decided by {_OWNED[name]}",
        at_key=True,
    )


def _refused(path: Path, value: JsonValue) -> Iterator[Finding]:
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield from _refused((*path, index), item)
    elif isinstance(value, dict):
        parent = str(path[-1]).lower()
        for name, below in value.items():
            key = "sku" if (parent, name) == ("sku", "name") else name
            problem = rejected_name(name) or rejected_value(key, below)
            if problem is not None:
                yield Finding(
                    problem.code,
                    (*path, name),
                    problem.message,
                    problem.help,
                    problem.notes,
                    at_key=True,
                )
            elif name != "settings":
                yield from _refused((*path, name), below)
