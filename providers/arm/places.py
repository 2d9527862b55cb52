"""ARM ids, as values: which group, set, VM or location a request means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers import regions
from providers.arm.errors import Refusal, group_leaving, group_missing
from providers.arm.routes import segments
from providers.base import GroupRef
from providers.simulated import failures
from providers.simulated.documents import mapping_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request


def ref_in(request: Request, name: str = "", location: str = "") -> GroupRef:
    """The scale set of this name in the request's resource group; an empty name: no set."""
    params = request.params
    return GroupRef(params["subscription"], params["group"], name, location)


def set_ref(set_id: str, location: str) -> GroupRef | None:
    """The scale set of an ARM id; None if it is no such id."""
    parts = segments(set_id)
    lowered = [part.lower() for part in parts]
    shape = ["subscriptions", "resourcegroups", "providers"]
    if len(parts) != 8 or lowered[0::2][:3] != shape:
        return None
    if lowered[5:7] != ["microsoft.compute", "virtualmachinescalesets"]:
        return None
    return GroupRef(parts[1], parts[3], parts[7], location)


def known_region(location: object, kind: str) -> regions.Region:
    """The region that a body names. Raises ``Refusal`` or ``Rejected`` if it names none that exists."""
    if not isinstance(location, str) or not location:
        text = "The location property is required for this definition."
        raise Refusal(400, "LocationRequired", text, gateway=True)
    known = regions.region(location)
    if known is None:
        raise failures.location_unknown(location, kind, regions.known_locations())
    return known


def same_location(one: str, other: str) -> bool:
    """Whether two spellings mean the same region: ``West Europe`` and ``westeurope`` do."""
    return "".join(one.split()).casefold() == "".join(other.split()).casefold()


def check_group(emulator: Emulator, request: Request) -> str:
    """The scope of the request's resource group. Raises ``Refusal`` (404) if a strict region lacks it."""
    scope = ref_in(request).group_scope
    if not emulator.group_is_known(scope):
        raise group_missing(request.params["group"])
    return scope


def check_writable(emulator: Emulator, request: Request, location: str) -> str:
    """The scope of a resource group that is about to be written to.

    A group that nobody made comes into being, unless the region is strict. Raises ``Refusal``: 404 if it
    does not exist, 409 if it is on its way out.
    """
    scope = check_group(emulator, request)
    group = emulator.shelf.get(scope)
    if group is None:
        emulator.shelf.keep(scope, group_document(request, location))
    elif mapping_in(group, "properties").get("provisioningState") == "Deleting":
        raise group_leaving(request.params["group"])
    return scope


def group_document(request: Request, location: str) -> dict[str, object]:
    """A resource group, as it is shown."""
    return {
        "id": ref_in(request).group_scope,
        "name": request.params["group"],
        "type": "Microsoft.Resources/resourceGroups",
        "location": location,
        "properties": {"provisioningState": "Succeeded"},
    }


def tags_in(body: Mapping[str, object]) -> dict[str, str] | None:
    """The tags of a body; None if it has none, which is not the same as an empty set of them."""
    given = body.get("tags")
    if not isinstance(given, dict):
        return None
    return {str(name): "" if value is None else str(value) for name, value in given.items()}
