"""Microsoft.Compute/virtualMachineScaleSets in Flexible orchestration: create, change, show, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.errors import Refusal, entity_missing, resource_missing
from providers.arm.messages import Reply
from providers.arm.operations import Operation
from providers.arm.places import (
    check_group,
    check_writable,
    known_region,
    ref_in,
    same_location,
)
from providers.arm.preconditions import check_preconditions
from providers.arm.routes import Route
from providers.arm.set_bodies import (
    KIND,
    keep_model,
    model_of,
    shown_set,
)
from providers.arm.set_members import adjust, check_growth, living
from providers.arm.set_requests import wanted_set
from providers.base import ProvisioningState
from providers.simulated import failures
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers import regions
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import ScaleSetRecord

# Recorded waits of polls: 61 s for a creation, 37 s for a change.
_CREATE_POLL, _OTHER_POLL = 61.0, 37.0

# Ours, in seconds: how long a change of a set takes when no member is touched.
_UPDATE_SECONDS = (1.0, 3.0)
_REMEMBERED_SECONDS = 60.0


def put(emulator: Emulator, request: Request) -> Reply:
    """Create a set (201) or change it (200). What a PUT on an existing set leaves out stays as it is."""
    body = request.document()
    record = _record(emulator, request)
    etag = None if record is None else record.shown_etag
    check_preconditions(request, body, etag, ref_in(request, request.params["name"]).id)
    if record is None:
        return _created(emulator, request, body)
    if body.get("location") and not same_location(str(body["location"]), record.ref.location):
        raise failures.location_fixed(record.ref, str(body["location"]))
    return _changed(emulator, request, record, body)


def patch(emulator: Emulator, request: Request) -> Reply:
    """Change tags, capacity or parts of the model of a set."""
    body = request.document()
    record = existing_set(emulator, request)
    check_preconditions(request, body, record.shown_etag, record.ref.id)
    return _changed(emulator, request, record, body)


def get(emulator: Emulator, request: Request) -> Reply:
    """Show a set."""
    record = existing_set(emulator, request)
    return Reply(200, shown_set(emulator, record, request.api_version), indented=True)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start the deletion of a set without members (202); 204 if there is none, 409 with members."""
    check_group(emulator, request)
    record = _record(emulator, request)
    if record is None:
        return Reply(204)
    emulator.region.delete_set(record.ref)
    operation = _begun(emulator, record, (record.key,), deletes=True)
    return replace(accepted(emulator, request, operation, status=202), charge=1)


def instance_view(emulator: Emulator, request: Request) -> Reply:
    """Refuse the instance view of the set, as Azure does for Flexible ones."""
    record = existing_set(emulator, request)
    raise not_for_flexible("instanceView.GET", record)


def not_for_flexible(operation: str, record: ScaleSetRecord) -> Refusal:
    """An operation that Flexible sets do not have."""
    text = (
        f"Operation 'VirtualMachineScaleSets.{operation}' is not allowed on Virtual Machine Scale Set "
        f"'{record.ref.name}'."
    )
    return Refusal(409, "OperationNotAllowed", text)


def existing_set(emulator: Emulator, request: Request) -> ScaleSetRecord:
    """The set that a request names. Raises ``Refusal``: one of Azure's two kinds of 404."""
    check_group(emulator, request)
    record = _record(emulator, request)
    if record is not None:
        return record
    name = request.params["name"]
    if emulator.was_here(ref_in(request, name).id, _REMEMBERED_SECONDS):
        raise entity_missing()
    raise resource_missing(KIND, name, request.params["group"])


def _record(emulator: Emulator, request: Request) -> ScaleSetRecord | None:
    return emulator.world.sets.get(ref_in(request, request.params["name"]).id.lower())


def _created(emulator: Emulator, request: Request, body: Mapping[str, object]) -> Reply:
    place = known_region(body.get("location"), "virtualMachineScaleSets")
    wanted = wanted_set(body, None, place)
    if wanted.request.zones and not place.zones:
        raise _no_zones(request, place)
    check_writable(emulator, request, place.location)
    ref = ref_in(request, request.params["name"], place.location)
    emulator.region.put_set(ref, wanted.request, etag=None)
    record = emulator.world.sets[ref.id.lower()]
    try:
        if wanted.model.profile:
            check_growth(emulator, record, wanted.model, wanted.model.capacity)
    except Exception:
        # Refused as a whole: Azure looks at the members before it takes the set.
        del emulator.world.sets[record.key]
        raise
    keep_model(emulator, record, wanted.model)
    keys = (record.key, *(adjust(emulator, record, wanted.model) if wanted.model.profile else ()))
    operation = _begun(emulator, record, keys)
    body = shown_set(emulator, record, request.api_version)
    reply = accepted(emulator, request, operation, status=201, body=body)
    return replace(reply, charge=len(keys) - 1)


def _changed(
    emulator: Emulator, request: Request, record: ScaleSetRecord, body: Mapping[str, object]
) -> Reply:
    before = model_of(emulator, record)
    place = known_region(record.ref.location, "virtualMachineScaleSets")
    wanted = wanted_set(body, (record, before), place)
    grows = bool(wanted.model.profile) and wanted.model.capacity != before.capacity
    if grows:
        more = wanted.model.capacity - len(living(emulator, record))
        check_growth(emulator, record, wanted.model, more)
    emulator.region.put_set(record.ref, wanted.request, etag=record.shown_etag)
    record = emulator.world.sets[record.key]
    keep_model(emulator, record, wanted.model)
    keys = adjust(emulator, record, wanted.model) if grows else ()
    shrinks = wanted.model.capacity < before.capacity
    operation = (
        _begun(emulator, record, keys, deletes=shrinks) if keys else _ending(emulator, record)
    )
    shown = shown_set(emulator, record, request.api_version)
    properties = shown["properties"]
    if isinstance(properties, dict) and properties["provisioningState"] == "Succeeded":
        properties["provisioningState"] = "Updating"
    reply = accepted(emulator, request, operation, status=200, body=shown)
    return replace(reply, charge=len(keys))


def _no_zones(request: Request, place: regions.Region) -> Refusal:
    return Refusal(
        400,
        "ResourceTypeNotSupportAvailabilityZones",
        "The resource type 'virtualMachineScaleSets' does not support availability zones at location "
        f"'{place.location}' and api-version '{request.api_version}'.",
        gateway=True,
    )


def _begun(
    emulator: Emulator, record: ScaleSetRecord, keys: tuple[str, ...], *, deletes: bool = False
) -> Operation:
    creates = record.state is ProvisioningState.CREATING
    return emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=record.ref.subscription,
            location=record.ref.location,
            target=record.ref.id,
            started=emulator.now,
            poll_seconds=_CREATE_POLL if creates else _OTHER_POLL,
            pending=keys,
            deletes=deletes,
        )
    )


def _ending(emulator: Emulator, record: ScaleSetRecord) -> Operation:
    return emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=record.ref.subscription,
            location=record.ref.location,
            target=record.ref.id,
            started=emulator.now,
            poll_seconds=_OTHER_POLL,
            due=emulator.now + emulator.world.dice.uniform(*_UPDATE_SECONDS),
        )
    )


_SET = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
    "/virtualMachineScaleSets/{name}"
)

ROUTES = (
    Route("PUT", _SET, put, ("CreateVMScaleSet",), call=Call.PUT_GROUP),
    Route("PATCH", _SET, patch, ("VMScaleSetActions",), call=Call.PUT_GROUP),
    Route("GET", _SET, get, ("GetVMScaleSet",), call=Call.OBSERVE),
    Route("DELETE", _SET, delete, ("DeleteVMScaleSet",), call=Call.DELETE_GROUP),
    Route("GET", f"{_SET}/instanceView", instance_view, ("HighCostGetVMScaleSet",)),
)
