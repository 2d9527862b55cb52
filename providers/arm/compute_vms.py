"""Microsoft.Compute/virtualMachines: create, change, show, list, delete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.errors import Refusal, entity_missing, not_an_option, resource_missing
from providers.arm.messages import Reply
from providers.arm.network_use import check_cards_free
from providers.arm.operations import Operation
from providers.arm.places import check_group, check_writable, known_region, ref_in, set_ref
from providers.arm.preconditions import check_preconditions
from providers.arm.routes import Route
from providers.arm.vm_bodies import KIND, etag_of, shown_vm
from providers.arm.vm_changes import changed, store
from providers.arm.vm_requests import creation_of, wanted_vm
from providers.arm.vm_views import instance_view
from providers.simulated import failures
from providers.simulated.records import Life
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from providers import regions
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.arm.vm_requests import WantedVm
    from providers.base import GroupRef
    from providers.simulated.records import InstanceRecord, Problem

# Recorded waits of polls: 35 s for a creation, 30 s for anything else.
_CREATE_POLL, _OTHER_POLL = 35.0, 30.0

# Ours, in seconds: how long a change of the model takes, and a forced deletion.
_UPDATE_SECONDS = (2.0, 6.0)
_FORCED_SECONDS = (3.0, 8.0)

# How long Compute itself answers for a VM that is gone, before ARM does. Ours; both are recorded.
_REMEMBERED_SECONDS = 60.0


def put(emulator: Emulator, request: Request) -> Reply:
    """Create a VM (201) or change its model (200)."""
    body = request.document()
    wanted = wanted_vm(body)
    record = _record(emulator, request)
    etag = None if record is None else etag_of(record)
    resource_id = ref_in(request).instance_id(request.params["name"])
    check_preconditions(request, body, etag, resource_id)
    if record is None:
        return _created(emulator, request, wanted)
    return _changed(emulator, request, record, wanted)


def patch(emulator: Emulator, request: Request) -> Reply:
    """Change parts of a VM's model; tags, where given, take the place of all tags."""
    body = request.document()
    record = existing(emulator, request)
    check_preconditions(request, body, etag_of(record), record.id)
    return _changed(emulator, request, record, wanted_vm(body))


def get(emulator: Emulator, request: Request) -> Reply:
    """Show a VM; ``$expand`` adds its instance view or its user data."""
    record = existing(emulator, request)
    expand = request.query.get("$expand", "").lower()
    wanted = {part.strip() for part in expand.split(",") if part.strip()}
    if wanted - {"instanceview", "userdata", "resiliencyview"}:
        raise not_an_option("$expand", request.query["$expand"])
    body = shown_vm(emulator, record, request.api_version, user_data="userdata" in wanted)
    if "instanceview" in wanted:
        properties = body["properties"]
        if isinstance(properties, dict):
            properties["instanceView"] = instance_view(emulator, record)
    return Reply(200, body, indented=True)


def view(emulator: Emulator, request: Request) -> Reply:
    """Show the instance view alone."""
    return Reply(200, instance_view(emulator, existing(emulator, request)), indented=True)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start a deletion (202); 204 if there is no such VM, 409 under a lock."""
    check_group(emulator, request)
    record = _record(emulator, request)
    if record is None:
        return Reply(204)
    emulator.region.delete_one(record.ref, record.name)
    if request.query.get("forcedeletion", "").lower() == "true":
        hurry(emulator, record)
    operation = begun(emulator, record, deletes=True)
    return accepted(emulator, request, operation, status=202)


def hurry(emulator: Emulator, record: InstanceRecord) -> None:
    """Let a deletion end soon: the guest is not asked, as with ``forceDeletion``."""
    world = emulator.world
    leaving = world.roster.get(record.key)
    if leaving is None or leaving.life.due is None:
        return
    due = min(leaving.life.due, emulator.now + world.dice.uniform(*_FORCED_SECONDS))
    world.store(replace(leaving, life=Life(leaving.life.phase, due, leaving.life.turn)))


def begun(
    emulator: Emulator, record: InstanceRecord, *, deletes: bool = False, creates: bool = False
) -> Operation:
    """Keep an operation that ends when the region says that the VM is through."""
    return emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=record.ref.subscription,
            location=record.ref.location,
            target=record.id,
            started=emulator.now,
            poll_seconds=_CREATE_POLL if creates else _OTHER_POLL,
            pending=(record.key,),
            deletes=deletes,
        )
    )


def ending_soon(
    emulator: Emulator, record: InstanceRecord, seconds: float, problem: Problem | None = None
) -> Operation:
    """Keep an operation on a VM that ends by itself after so many seconds, with ``problem`` if it fails."""
    return emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=record.ref.subscription,
            location=record.ref.location,
            target=record.id,
            started=emulator.now,
            poll_seconds=_OTHER_POLL,
            due=emulator.now + seconds,
            code=problem.code if problem else "",
            message=problem.message if problem else "",
        )
    )


def existing(emulator: Emulator, request: Request) -> InstanceRecord:
    """The VM that a request names. Raises ``Refusal``: one of Azure's two kinds of 404."""
    check_group(emulator, request)
    record = _record(emulator, request)
    if record is not None:
        return record
    name, group = request.params["name"], request.params["group"]
    resource_id = ref_in(request).instance_id(name)
    if emulator.was_here(resource_id, _REMEMBERED_SECONDS):
        raise entity_missing()
    raise resource_missing(KIND, name, group)


def _record(emulator: Emulator, request: Request) -> InstanceRecord | None:
    return emulator.world.roster.find(ref_in(request), request.params["name"])


def _created(emulator: Emulator, request: Request, wanted: WantedVm) -> Reply:
    place = known_region(wanted.location, "virtualMachines")
    _check_zone(request, wanted, place)
    check_writable(emulator, request, place.location)
    asked = creation_of(request.params["name"], wanted)
    check_cards_free(emulator, asked.document, ref_in(request).instance_id(asked.name))
    ref = _set_for(request, wanted, place.location)
    if ref is None:
        ref = ref_in(request, "", place.location)
        emulator.region.create_alone(ref, asked)
    else:
        emulator.region.create(ref, asked)
    record = existing(emulator, request)
    _note(emulator, record, wanted)
    operation = begun(emulator, record, creates=True)
    body = shown_vm(emulator, record, request.api_version)
    return accepted(emulator, request, operation, status=201, body=body)


def _note(emulator: Emulator, record: InstanceRecord, wanted: WantedVm) -> None:
    notes: dict[str, object] = {}
    if wanted.tags is not None:
        notes["tagged"] = True
    if wanted.priority is not None:
        notes["priority"] = wanted.priority.value
    if wanted.identity is not None:
        notes["identity"] = {"type": wanted.identity.get("type", "")}
    before = emulator.shelf.get(record.id) or {}
    if notes or before:
        emulator.shelf.keep(record.id, before | notes)


def _set_for(request: Request, wanted: WantedVm, location: str) -> GroupRef | None:
    if not wanted.scale_set:
        return None
    ref = set_ref(wanted.scale_set, location)
    if ref is None:
        raise failures.set_missing(wanted.scale_set)
    if ref.group_scope.lower() != ref_in(request).group_scope.lower():
        raise failures.invalid(
            f"The Virtual Machine '{request.params['name']}' and the Virtual Machine Scale Set '{ref.id}' "
            "must be in the same resource group."
        )
    return ref


def _changed(
    emulator: Emulator, request: Request, record: InstanceRecord, wanted: WantedVm
) -> Reply:
    newer = changed(emulator, record, wanted)
    _note(emulator, record, wanted)
    if newer is None:
        # Recorded: the etag moves on, the body says Updating, and there is nothing to poll.
        stored = emulator.world.store(replace(record, etag=record.etag + 1))
        body = _updating(shown_vm(emulator, stored, request.api_version))
        return Reply(200, body, indented=True)
    stored = store(emulator, record, newer)
    seconds = emulator.world.dice.uniform(*_UPDATE_SECONDS)
    operation = ending_soon(emulator, stored, seconds)
    body = _updating(shown_vm(emulator, stored, request.api_version))
    return accepted(emulator, request, operation, status=200, body=body)


def _updating(body: dict[str, object]) -> dict[str, object]:
    properties = body["properties"]
    if isinstance(properties, dict) and properties["provisioningState"] == "Succeeded":
        properties["provisioningState"] = "Updating"
    return body


def _check_zone(request: Request, wanted: WantedVm, place: regions.Region) -> None:
    if wanted.zone is None or place.zones:
        return
    raise Refusal(
        400,
        "ResourceTypeNotSupportAvailabilityZones",
        f"The resource type 'virtualMachines' does not support availability zones at location "
        f"'{place.location}' and api-version '{request.api_version}'.",
        gateway=True,
    )


_VM = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
    "/virtualMachines/{name}"
)

ROUTES = (
    Route("PUT", _VM, put, ("PutVM",), call=Call.CREATE),
    Route("PATCH", _VM, patch, ("UpdateVM",), call=Call.OPERATE),
    Route("GET", _VM, get, ("LowCostGet",), call=Call.OBSERVE),
    Route("DELETE", _VM, delete, ("DeleteVM",), call=Call.DELETE),
    Route("GET", f"{_VM}/instanceView", view, ("LowCostGet",), call=Call.OBSERVE),
)
