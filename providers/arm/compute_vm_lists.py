"""Lists of VMs: by resource group, subscription and location, with the filter for members of a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal, not_an_option
from providers.arm.filters import parsed
from providers.arm.messages import Reply
from providers.arm.paging import paged
from providers.arm.places import check_group, same_location, set_ref
from providers.arm.routes import Route
from providers.arm.vm_bodies import shown_extensions, shown_vm
from providers.arm.vm_views import instance_view, status_row
from providers.simulated.documents import mapping_in
from providers.simulated.locks import covers
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import InstanceRecord

_BY_SET = "virtualmachinescaleset/id"


def in_group(emulator: Emulator, request: Request) -> Reply:
    """List the VMs of a resource group."""
    scope = check_group(emulator, request)
    return _listed(emulator, request, lambda record: covers(scope, record.key))


def in_subscription(emulator: Emulator, request: Request) -> Reply:
    """List the VMs of a subscription."""
    scope = f"/subscriptions/{request.params['subscription']}"
    return _listed(emulator, request, lambda record: covers(scope, record.key))


def in_location(emulator: Emulator, request: Request) -> Reply:
    """List the VMs of a subscription in one location."""
    scope, place = f"/subscriptions/{request.params['subscription']}", request.params["location"]
    return _listed(
        emulator,
        request,
        lambda record: covers(scope, record.key) and same_location(record.ref.location, place),
    )


def _listed(emulator: Emulator, request: Request, fits: Callable[[InstanceRecord], bool]) -> Reply:
    wanted = _filter(request)
    records = {record.key: record for record in _records(emulator, wanted) if fits(record)}
    if not records and wanted is None:
        # Recorded: an empty list comes from ARM itself, compact and without Compute's charge.
        return Reply(200, {"value": []}, by_arm=True)
    build = _row(emulator, request, by_set=wanted is not None)
    return paged(emulator, request, list(records), lambda key: build(records[key]))


def _records(emulator: Emulator, wanted: str | None) -> list[InstanceRecord]:
    if wanted is None:
        return emulator.region.listed()
    ref = set_ref(wanted, "")
    # Recorded: the id of a set that does not exist gives an empty list, not an error.
    return [] if ref is None else emulator.region.listed(ref)


def _filter(request: Request) -> str | None:
    found = parsed(request.query.get("$filter", ""))
    unknown = found.keys() - {_BY_SET}
    if unknown:
        text = f"The filter '{request.query['$filter']}' is not supported."
        raise Refusal(400, "InvalidParameter", text, target="$filter")
    return found.get(_BY_SET)


def _row(
    emulator: Emulator, request: Request, *, by_set: bool
) -> Callable[[InstanceRecord], dict[str, object]]:
    expand = request.query.get("$expand", "").lower()
    if expand not in {"", "instanceview"}:
        raise not_an_option("$expand", request.query["$expand"])
    if expand and not by_set and "group" in request.params:
        text = "The $expand query parameter can only be specified if a valid $filter option is specified."
        raise Refusal(400, "InvalidParameter", text, target="$expand")
    status_only = request.query.get("statusonly", "").lower() == "true"

    def build(record: InstanceRecord) -> dict[str, object]:
        if status_only:
            return status_row(emulator, record)
        row = shown_vm(emulator, record, request.api_version)
        if "resources" in row:
            # Recorded: a list names the extensions and tells nothing more of them.
            row["resources"] = [{"id": one["id"]} for one in shown_extensions(emulator, record)]
        properties = row["properties"]
        if expand and isinstance(properties, dict):
            properties["instanceView"] = instance_view(emulator, record)
        return _shouted(row) if by_set else row

    return build


def _shouted(row: dict[str, object]) -> dict[str, object]:
    # Recorded: in the list of a set's members the resource group of the ids is in upper case.
    row["id"] = _upper_group(str(row["id"]))
    properties = row["properties"]
    if isinstance(properties, dict):
        own = mapping_in(properties, "virtualMachineScaleSet").get("id")
        properties["virtualMachineScaleSet"] = {"id": _upper_group(str(own))}
    return row


def _upper_group(resource_id: str) -> str:
    parts = resource_id.split("/")
    parts[4] = parts[4].upper()
    return "/".join(parts)


_OWN = "/subscriptions/{subscription}"
_VMS = "providers/Microsoft.Compute/virtualMachines"
_IN_LOCATION = f"{_OWN}/providers/Microsoft.Compute/locations/{{location}}/virtualMachines"

ROUTES = (
    Route(
        "GET",
        f"{_OWN}/resourceGroups/{{group}}/{_VMS}",
        in_group,
        ("HighCostGet",),
        call=Call.OBSERVE,
    ),
    Route("GET", f"{_OWN}/{_VMS}", in_subscription, ("HighCostGet",), call=Call.OBSERVE),
    Route("GET", _IN_LOCATION, in_location, ("HighCostGet",), call=Call.OBSERVE),
)
