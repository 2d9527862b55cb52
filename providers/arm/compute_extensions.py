"""Extensions of a VM, as resources under it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.compute_vms import ending_soon, existing
from providers.arm.errors import resource_missing
from providers.arm.messages import Reply
from providers.arm.places import tags_in
from providers.arm.routes import Route
from providers.arm.vm_bodies import KIND as VM
from providers.base import Health
from providers.simulated import failures, locks
from providers.simulated.documents import mapping_in
from providers.simulated.lifecycle import Phase
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import InstanceRecord

KIND = f"{VM}/extensions"

# Ours, in seconds: what an extension takes to install and to go.
_INSTALL_SECONDS = (10.0, 20.0)
_REMOVE_SECONDS = (5.0, 10.0)


def put(emulator: Emulator, request: Request) -> Reply:
    """Install an extension (201) or change it (200). Protected settings are never shown again."""
    record = _vm(emulator, request)
    own = _id(record, request)
    before = emulator.shelf.get(own)
    body = request.document()
    given = mapping_in(body, "properties")
    properties = {
        "autoUpgradeMinorVersion": False,
        "settings": {},
        **mapping_in(before or {}, "properties"),
        **{name: value for name, value in given.items() if name != "protectedSettings"},
    }
    document: dict[str, object] = {
        "name": request.params["extension"],
        "id": own,
        "type": KIND,
        "location": record.ref.location,
        "properties": properties,
    }
    tags = tags_in(body)
    if tags is not None:
        document["tags"] = tags
    seconds = emulator.world.dice.uniform(*_INSTALL_SECONDS)
    state = "Creating" if before is None else "Updating"
    shown = emulator.shelf.keep(own, document, state=state, seconds=seconds)
    _watch_health(emulator, record, properties)
    operation = ending_soon(emulator, record, seconds)
    status = 201 if before is None else 200
    return accepted(emulator, request, operation, status=status, body=shown)


def change(emulator: Emulator, request: Request) -> Reply:
    """Change an extension; one that is not there is not made, but is a 404."""
    get(emulator, request)
    return put(emulator, request)


def get(emulator: Emulator, request: Request) -> Reply:
    """Show an extension."""
    record = existing(emulator, request)
    found = emulator.shelf.get(_id(record, request))
    if found is None:
        name = f"{record.name}/extensions/{request.params['extension']}"
        raise resource_missing(VM, name, request.params["group"])
    return Reply(200, found, indented=True)


def list_all(emulator: Emulator, request: Request) -> Reply:
    """List the extensions of a VM."""
    record = existing(emulator, request)
    return Reply(200, {"value": emulator.shelf.children(record.id)}, indented=True)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start to take an extension away (202); 204 if it is not there."""
    record = _vm(emulator, request)
    own = _id(record, request)
    locks.check_delete(emulator.world.locks(), own)
    if emulator.shelf.get(own) is None:
        return Reply(204)
    seconds = emulator.world.dice.uniform(*_REMOVE_SECONDS)
    emulator.shelf.leave(own, seconds)
    return accepted(emulator, request, ending_soon(emulator, record, seconds), status=202)


def _vm(emulator: Emulator, request: Request) -> InstanceRecord:
    record = existing(emulator, request)
    locks.check_write(emulator.world.locks(), record.id)
    if record.life.phase is Phase.DELETING:
        raise failures.marked_for_deletion("Update VM", record.name)
    return record


def _id(record: InstanceRecord, request: Request) -> str:
    return f"{record.id}/extensions/{request.params['extension']}"


def _watch_health(
    emulator: Emulator, record: InstanceRecord, properties: dict[str, object]
) -> None:
    # Only with the Application Health extension does Azure know of a VM's health.
    watched = str(properties.get("type", "")).lower().startswith("applicationhealth")
    if watched and record.health is Health.UNKNOWN:
        emulator.world.store(replace(record, health=Health.HEALTHY))


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
