"""Members of a set seen from the set: the batch delete, the bare list, its sizes; and lists of sets."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.compute_sets import existing_set, not_for_flexible
from providers.arm.compute_vms import hurry
from providers.arm.errors import entity_missing, required
from providers.arm.messages import Reply
from providers.arm.operations import Operation
from providers.arm.paging import paged
from providers.arm.places import check_group, same_location
from providers.arm.routes import Route
from providers.arm.set_bodies import KIND, keep_model, model_of, shown_set
from providers.arm.set_members import living
from providers.simulated.locks import covers
from providers.simulated.scale_sets import MAX_MEMBERS
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import InstanceRecord, ScaleSetRecord

_BATCH_POLL = 30.0
# Recorded: members of a set come 120 a page.
_MEMBERS_A_PAGE = 120


def delete_members(emulator: Emulator, request: Request) -> Reply:
    """Start the batch delete of the named members (202). ``["*"]`` names all of them."""
    record = existing_set(emulator, request)
    listed = request.document().get("instanceIds")
    if not isinstance(listed, list) or not listed:
        raise required("instanceIds")
    names = [str(name) for name in listed]
    there = living(emulator, record)
    if names == ["*"]:
        names = [member.name for member in there]
    wanted = {name.casefold() for name in names}
    victims = [member for member in there if member.name.casefold() in wanted]
    if names:
        emulator.region.delete_members(record.ref, names)
    if request.query.get("forcedeletion", "").lower() == "true":
        for victim in victims:
            hurry(emulator, victim)
    _count_down(emulator, record, len(victims))
    operation = _begun(emulator, record, victims)
    reply = accepted(emulator, request, operation, status=202)
    return replace(reply, charge=len(victims))


def members(emulator: Emulator, request: Request) -> Reply:
    """List the members as bare rows, without properties: all that Azure shows here for Flexible sets."""
    record = existing_set(emulator, request)
    if request.query.get("$expand"):
        raise not_for_flexible("virtualMachines.GET", record)
    found = {member.key: member for member in emulator.region.listed(record.ref)}
    return paged(
        emulator,
        request,
        list(found),
        lambda key: _row(record, found[key]),
        usual=_MEMBERS_A_PAGE,
    )


def member(emulator: Emulator, request: Request) -> Reply:
    """Show one member as a bare row."""
    record = existing_set(emulator, request)
    found = emulator.world.roster.member(record.ref, request.params["member"])
    if found is None:
        raise entity_missing()
    return Reply(200, _row(record, found), indented=True)


def sizes(emulator: Emulator, request: Request) -> Reply:
    """List the sizes that the set may have and how far each goes."""
    record = existing_set(emulator, request)
    size = model_of(emulator, record).size
    capacity = {
        "minimum": 0,
        "maximum": MAX_MEMBERS,
        "defaultCapacity": 1,
        "scaleType": "Automatic",
    }
    row = {
        "resourceType": KIND,
        "sku": {"name": size, "tier": size.partition("_")[0]},
        "capacity": capacity,
    }
    return Reply(200, {"value": [row] if size else []}, indented=True)


def sets_in_group(emulator: Emulator, request: Request) -> Reply:
    """List the sets of a resource group."""
    scope = check_group(emulator, request)
    return _sets(emulator, request, lambda record: covers(scope, record.key))


def sets_in_subscription(emulator: Emulator, request: Request) -> Reply:
    """List the sets of a subscription."""
    scope = f"/subscriptions/{request.params['subscription']}"
    return _sets(emulator, request, lambda record: covers(scope, record.key))


def sets_in_location(emulator: Emulator, request: Request) -> Reply:
    """List the sets of a subscription in one location."""
    scope, place = f"/subscriptions/{request.params['subscription']}", request.params["location"]
    return _sets(
        emulator,
        request,
        lambda record: covers(scope, record.key) and same_location(record.ref.location, place),
    )


def _sets(emulator: Emulator, request: Request, fits: Callable[[ScaleSetRecord], bool]) -> Reply:
    found = {record.key: record for record in emulator.world.sets.values() if fits(record)}
    if not found:
        return Reply(200, {"value": []}, by_arm=True)
    return paged(
        emulator,
        request,
        list(found),
        lambda key: shown_set(emulator, found[key], request.api_version),
    )


def _row(record: ScaleSetRecord, member: InstanceRecord) -> dict[str, object]:
    # Recorded for a regional member: a list with nothing in it.
    return {
        "name": member.name,
        "id": f"{record.ref.id}/virtualMachines/{member.name}",
        "type": f"{KIND}/virtualMachines",
        "location": record.ref.location,
        "instanceId": member.name,
        "zones": [member.zone],
    }


def _count_down(emulator: Emulator, record: ScaleSetRecord, gone: int) -> None:
    model = model_of(emulator, record)
    if model.profile:
        left = max(0, model.capacity - gone)
        keep_model(emulator, record, replace(model, capacity=left))


def _begun(emulator: Emulator, record: ScaleSetRecord, victims: list[InstanceRecord]) -> Operation:
    operation = Operation(
        name=emulator.new_guid(),
        subscription=record.ref.subscription,
        location=record.ref.location,
        target=record.ref.id,
        started=emulator.now,
        poll_seconds=_BATCH_POLL,
        pending=tuple(victim.key for victim in victims),
        deletes=True,
    )
    if not victims:
        operation = replace(operation, due=emulator.now)
    return emulator.operations.begin(operation)


_OWN = "/subscriptions/{subscription}"
_SETS = "providers/Microsoft.Compute/virtualMachineScaleSets"
_SET = f"{_OWN}/resourceGroups/{{group}}/{_SETS}/{{name}}"
_VIEWS = ("HighCostGetVMScaleSet", "VMScaleSetVMViews")
_LIST = ("ListVMScaleSets",)

ROUTES = (
    Route("POST", f"{_SET}/delete", delete_members, ("VMScaleSetBatchDelete",), call=Call.DELETE),
    Route("GET", f"{_SET}/virtualMachines", members, _VIEWS, call=Call.OBSERVE),
    Route(
        "GET",
        f"{_SET}/virtualMachines/{{member}}",
        member,
        ("GetVMScaleSetVM", "VMScaleSetVMViews"),
        call=Call.OBSERVE,
    ),
    Route("GET", f"{_SET}/skus", sizes, ("GetVMScaleSet",)),
    Route(
        "GET",
        f"{_OWN}/resourceGroups/{{group}}/{_SETS}",
        sets_in_group,
        _LIST,
        call=Call.OBSERVE,
    ),
    Route("GET", f"{_OWN}/{_SETS}", sets_in_subscription, _LIST, call=Call.OBSERVE),
    Route(
        "GET",
        f"{_OWN}/providers/Microsoft.Compute/locations/{{location}}/virtualMachineScaleSets",
        sets_in_location,
        _LIST,
        call=Call.OBSERVE,
    ),
)
