"""Microsoft.Compute/disks: those of VMs, those that a VM left behind, and those that somebody put."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.arm.accepting import accepted
from providers.arm.errors import Refusal, resource_missing
from providers.arm.messages import Reply, stamp
from providers.arm.network_documents import guid
from providers.arm.operations import Operation
from providers.arm.paging import paged
from providers.arm.places import check_group, check_writable, known_region, ref_in, tags_in
from providers.arm.routes import Route
from providers.arm.vm_disks import storage_profile
from providers.simulated import locks
from providers.simulated.documents import mapping_in, mappings_in
from providers.simulated.locks import covers
from providers.simulated.resources import is_disk
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import InstanceRecord, Leftover

KIND = "Microsoft.Compute/disks"

# Recorded: Retry-After 2, and through in less than a second of Compute's own time.
_POLL_SECONDS = 2.0
_SECONDS = (0.5, 2.0)


@dataclass(frozen=True, slots=True)
class _Found:
    """A disk as it is shown, and the VM that has it."""

    document: dict[str, object]
    owner: InstanceRecord | None


def put(emulator: Emulator, request: Request) -> Reply:
    """Create or change a disk. Azure answers 202 with both headers, not 201: recorded."""
    body = request.document()
    place = known_region(body.get("location"), "disks")
    check_writable(emulator, request, place.location)
    own = _id(request)
    locks.check_write(emulator.world.locks(), own)
    given = mapping_in(body, "properties")
    sku = mapping_in(body, "sku")
    name = str(sku.get("name", "Standard_LRS"))
    document: dict[str, object] = {
        "name": request.params["name"],
        "id": own,
        "type": KIND,
        "location": place.location,
        "sku": {"name": name, "tier": name.partition("_")[0]},
        "properties": {**given, **_filled(emulator, own, given)},
    }
    tags = tags_in(body)
    if tags is not None:
        document["tags"] = tags
    if body.get("zones"):
        document["zones"] = body["zones"]
    seconds = emulator.world.dice.uniform(*_SECONDS)
    shown = emulator.shelf.keep(own, document, state="Updating", seconds=seconds)
    # Recorded: the answer shows what was asked for; what Azure fills in is shown when it is done.
    asked = {**given, "provisioningState": mapping_in(shown, "properties")["provisioningState"]}
    first = {**shown, "sku": {"name": name}, "properties": asked}
    return accepted(
        emulator, request, _operation(emulator, request, seconds), status=202, body=first
    )


def _filled(emulator: Emulator, own: str, given: Mapping[str, object]) -> dict[str, object]:
    before = mapping_in(emulator.shelf.get(own) or {}, "properties")
    size = given.get("diskSizeGB", 4)
    return {
        "timeCreated": before.get("timeCreated", stamp(emulator.region.clock.now)),
        "diskState": before.get("diskState", "Unattached"),
        **_beside(own, size if isinstance(size, int) else 4),
        "networkAccessPolicy": given.get("networkAccessPolicy", "AllowAll"),
    }


def _beside(own: str, gib: int) -> dict[str, object]:
    return {
        "encryption": {"type": "EncryptionAtRestWithPlatformKey"},
        "networkAccessPolicy": "AllowAll",
        "publicNetworkAccess": "Enabled",
        "diskSizeBytes": gib << 30,
        "uniqueId": guid(own.lower()),
    }


def get(emulator: Emulator, request: Request) -> Reply:
    """Show a disk."""
    return Reply(200, _existing(emulator, request).document, indented=True)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start the deletion of a disk (202); 204 if there is none, 409 while a VM has it."""
    check_group(emulator, request)
    own = _id(request)
    locks.check_delete(emulator.world.locks(), own)
    found = _disks(emulator, own).get(own.lower())
    if found is None:
        return Reply(204)
    if found.owner is not None:
        text = f"Disk {request.params['name']} is attached to VM {found.owner.id}."
        raise Refusal(409, "OperationNotAllowed", text)
    seconds = emulator.world.dice.uniform(*_SECONDS)
    if own.lower() in emulator.world.leftovers:
        emulator.region.delete_leftover(own)
    else:
        emulator.shelf.leave(own, seconds)
    return accepted(emulator, request, _operation(emulator, request, seconds), status=202)


def in_group(emulator: Emulator, request: Request) -> Reply:
    """List the disks of a resource group."""
    return _listed(emulator, request, check_group(emulator, request))


def in_subscription(emulator: Emulator, request: Request) -> Reply:
    """List the disks of a subscription."""
    return _listed(emulator, request, f"/subscriptions/{request.params['subscription']}")


def disk_documents(emulator: Emulator, scope: str) -> list[dict[str, object]]:
    """All disks at or below a scope, as they are shown."""
    return [found.document for found in _disks(emulator, scope).values()]


def _listed(emulator: Emulator, request: Request, scope: str) -> Reply:
    found = _disks(emulator, scope)
    return paged(emulator, request, list(found), lambda key: found[key].document)


def _existing(emulator: Emulator, request: Request) -> _Found:
    check_group(emulator, request)
    own = _id(request)
    found = _disks(emulator, own).get(own.lower())
    if found is None:
        raise resource_missing(KIND, request.params["name"], request.params["group"])
    return found


def _disks(emulator: Emulator, scope: str) -> dict[str, _Found]:
    group = scope.rpartition("/providers/")[0] or scope
    found = {}
    for record in emulator.world.roster:
        if not covers(group, record.key) and not covers(record.ref.group_scope, scope):
            continue
        for document in _of_vm(emulator, record):
            found[str(document["id"]).lower()] = _Found(document, record)
    for left in emulator.world.leftovers.values():
        if is_disk(left.id):
            found[left.id.lower()] = _Found(_left(emulator, left), None)
    for document in emulator.shelf.below(scope, KIND):
        found.setdefault(str(document["id"]).lower(), _Found(document, None))
    return {key: disk for key, disk in found.items() if covers(scope, key)}


def _of_vm(emulator: Emulator, record: InstanceRecord) -> Iterator[dict[str, object]]:
    profile = storage_profile(record)
    disks = [mapping_in(profile, "osDisk"), *mappings_in(profile, "dataDisks")]
    for disk in disks:
        own = mapping_in(disk, "managedDisk").get("id")
        if own is None or emulator.shelf.get(str(own)) is not None:
            continue
        kind = str(mapping_in(disk, "managedDisk").get("storageAccountType", "Standard_LRS"))
        shown = _document(emulator, str(own), record.created_at, kind)
        shown["location"] = record.ref.location
        shown["managedBy"] = record.id
        if record.tags:
            # Azure: a disk gets the tags of the VM that it is made with.
            shown["tags"] = dict(record.tags)
        if record.zone is not None:
            shown["zones"] = [record.zone]
        properties = shown["properties"]
        if isinstance(properties, dict):
            gib = disk.get("diskSizeGB", 30)
            properties["diskSizeGB"] = gib
            properties |= _beside(str(own), gib if isinstance(gib, int) else 30)
            properties["diskState"] = "Attached"
        yield shown


def _left(emulator: Emulator, left: Leftover) -> dict[str, object]:
    shown = _document(emulator, left.id, left.since, "Premium_LRS")
    if left.tags:
        shown["tags"] = dict(left.tags)
    properties = shown["properties"]
    if isinstance(properties, dict):
        properties["diskState"] = "Unattached"
    return shown


def _document(emulator: Emulator, disk_id: str, since: float, kind: str) -> dict[str, object]:
    return {
        "name": disk_id.rpartition("/")[2],
        "id": disk_id,
        "type": KIND,
        "location": emulator.settings.location,
        "sku": {"name": kind, "tier": kind.partition("_")[0]},
        "properties": {
            "creationData": {"createOption": "FromImage"},
            "timeCreated": stamp(emulator.region.clock.at(since)),
            "provisioningState": "Succeeded",
        },
    }


def _id(request: Request) -> str:
    return f"{ref_in(request).group_scope}/providers/{KIND}/{request.params['name']}"


def _operation(emulator: Emulator, request: Request, seconds: float) -> Operation:
    return emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=request.params["subscription"],
            location=emulator.settings.location,
            target=_id(request),
            started=emulator.now,
            poll_seconds=_POLL_SECONDS,
            path="DiskOperations",
            due=emulator.now + seconds,
        )
    )


_OWN = "/subscriptions/{subscription}"
_DISKS = "providers/Microsoft.Compute/disks"
_DISK = f"{_OWN}/resourceGroups/{{group}}/{_DISKS}/{{name}}"

ROUTES = (
    Route("PUT", _DISK, put, ("PutDisk",), call=Call.OPERATE),
    Route("GET", _DISK, get, ("GetDisk",), call=Call.OBSERVE),
    Route("DELETE", _DISK, delete, ("DeleteDisk",), call=Call.OPERATE),
    Route(
        "GET",
        f"{_OWN}/resourceGroups/{{group}}/{_DISKS}",
        in_group,
        ("ListDisks",),
        call=Call.OBSERVE,
    ),
    Route("GET", f"{_OWN}/{_DISKS}", in_subscription, ("ListDisks",), call=Call.OBSERVE),
)
