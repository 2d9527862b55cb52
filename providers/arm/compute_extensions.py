"""Extensions of a VM, as resources under it. The region keeps them and knows what comes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.compute_vms import ending_soon, existing
from providers.arm.errors import resource_missing
from providers.arm.messages import Reply
from providers.arm.places import tags_in
from providers.arm.routes import Route
from providers.arm.vm_bodies import KIND as VM
from providers.arm.vm_bodies import shown_extension, shown_extensions
from providers.simulated import extensions, failures, locks
from providers.simulated.documents import mapping_in
from providers.simulated.lifecycle import Phase
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import InstanceRecord


def put(emulator: Emulator, request: Request) -> Reply:
    """Install an extension (201) or change it (200). Protected settings are never shown again."""
    record = _vm(emulator, request)
    body = request.document()
    made = extensions.install(
        emulator.world,
        record,
        request.params["extension"],
        mapping_in(body, "properties"),
        tags=tags_in(body),
    )
    operation = ending_soon(emulator, record, made.due - emulator.now, made.problem)
    status = 200 if made.again else 201
    shown = shown_extension(record, made, emulator.now)
    return accepted(emulator, request, operation, status=status, body=shown)


def change(emulator: Emulator, request: Request) -> Reply:
    """Change an extension; one that is not there is not made, but is a 404."""
    get(emulator, request)
    return put(emulator, request)


def get(emulator: Emulator, request: Request) -> Reply:
    """Show an extension."""
    record = existing(emulator, request)
    name = request.params["extension"]
    found = extensions.find(record, name, emulator.now)
    if found is None:
        raise resource_missing(VM, f"{record.name}/extensions/{name}", request.params["group"])
    return Reply(200, shown_extension(record, found, emulator.now), indented=True)


def list_all(emulator: Emulator, request: Request) -> Reply:
    """List the extensions of a VM."""
    record = existing(emulator, request)
    return Reply(200, {"value": shown_extensions(emulator, record)}, indented=True)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start to take an extension away (202); 204 if it is not there."""
    record = _vm(emulator, request)
    name = request.params["extension"]
    locks.check_delete(emulator.world.locks(), f"{record.id}/extensions/{name}")
    seconds = extensions.remove(emulator.world, record, name)
    if not seconds:
        return Reply(204)
    return accepted(emulator, request, ending_soon(emulator, record, seconds), status=202)


def _vm(emulator: Emulator, request: Request) -> InstanceRecord:
    record = existing(emulator, request)
    locks.check_write(emulator.world.locks(), record.id)
    if record.life.phase is Phase.DELETING:
        raise failures.marked_for_deletion("Update VM", record.name)
    return record


_ALL = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute"
    "/virtualMachines/{name}/extensions"
)
_ONE = f"{_ALL}/{{extension}}"

ROUTES = (
    Route("PUT", _ONE, put, ("UpdateVM",), call=Call.OPERATE),
    Route("PATCH", _ONE, change, ("UpdateVM",), call=Call.OPERATE),
    Route("GET", _ONE, get, ("LowCostGet",), call=Call.OBSERVE),
    Route("DELETE", _ONE, delete, ("UpdateVM",), call=Call.OPERATE),
    Route("GET", _ALL, list_all, ("LowCostGet",), call=Call.OBSERVE),
)
