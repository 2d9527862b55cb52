"""Generic lists of resources, and the tags of any resource."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.compute_disks import disk_documents
from providers.arm.emulator import GROUP
from providers.arm.errors import Refusal
from providers.arm.filters import alternatives, matches
from providers.arm.messages import Reply
from providers.arm.paging import paged
from providers.arm.places import check_group
from providers.arm.routes import Route
from providers.arm.set_bodies import shown_set
from providers.arm.vm_bodies import shown_vm
from providers.simulated import locks, scale_sets
from providers.simulated.documents import mapping_in
from providers.simulated.events import with_changes
from providers.simulated.locks import covers

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

# What ARM's own copy of a resource shows: nothing of its properties.
_SHOWN = ("id", "name", "type", "location", "tags", "sku", "zones", "identity", "managedBy", "kind")


def in_group(emulator: Emulator, request: Request) -> Reply:
    """List the resources of a group."""
    return _listed(emulator, request, check_group(emulator, request))


def in_subscription(emulator: Emulator, request: Request) -> Reply:
    """List the resources of a subscription."""
    return _listed(emulator, request, f"/subscriptions/{request.params['subscription']}")


def get_tags(emulator: Emulator, request: Request) -> Reply:
    """Show the tags of a resource or group."""
    scope = request.params["scope"]
    return Reply(200, _tags_document(scope, _tags_of(emulator, scope)))


def put_tags(emulator: Emulator, request: Request) -> Reply:
    """Put tags in the place of all tags (PUT), or merge, replace or delete some (PATCH)."""
    scope = request.params["scope"]
    locks.check_write(emulator.world.locks(), scope)
    body = request.document()
    given = mapping_in(mapping_in(body, "properties"), "tags")
    wanted = {name: "" if value is None else str(value) for name, value in given.items()}
    operation = str(body.get("operation", "Replace")).lower()
    before = _tags_of(emulator, scope)
    if operation == "merge":
        wanted = with_changes(before, wanted)
    elif operation == "delete":
        wanted = with_changes(before, dict.fromkeys(wanted))
    elif operation != "replace":
        text = f"The tags operation '{body.get('operation')}' is invalid."
        raise Refusal(400, "InvalidTagsOperation", text, gateway=True)
    scale_sets.check_tags(wanted)
    _write(emulator, scope, wanted)
    return Reply(200, _tags_document(scope, wanted))


def delete_tags(emulator: Emulator, request: Request) -> Reply:
    """Take all tags away."""
    scope = request.params["scope"]
    locks.check_write(emulator.world.locks(), scope)
    _tags_of(emulator, scope)
    _write(emulator, scope, {})
    return Reply(200)


def _listed(emulator: Emulator, request: Request, scope: str) -> Reply:
    wanted = alternatives(request.query.get("$filter", ""))
    found = {
        str(document["id"]).lower(): {
            name: document[name] for name in _SHOWN if document.get(name) is not None
        }
        for document in documents_below(emulator, scope)
        if any(matches(document, one) for one in wanted)
    }
    reply = paged(emulator, request, list(found), found.__getitem__)
    return replace(reply, indented=False)


def documents_below(emulator: Emulator, scope: str) -> list[dict[str, object]]:
    """All resources at or below a scope: VMs, sets, disks, and whatever clients have put."""
    found = [
        shown_vm(emulator, record, "")
        for record in emulator.region.listed()
        if covers(scope, record.key)
    ]
    found += [
        shown_set(emulator, record, "")
        for record in emulator.world.sets.values()
        if covers(scope, record.key)
    ]
    disks = disk_documents(emulator, scope) + emulator.network.below(scope)
    known = {str(document["id"]).lower() for document in disks}
    kept = [
        document
        for document in emulator.shelf.below(scope)
        if document["type"] != GROUP and str(document["id"]).lower() not in known
    ]
    return found + disks + kept


def _tags_of(emulator: Emulator, scope: str) -> Mapping[str, str]:
    key = scope.lower()
    record = emulator.world.roster.get(key)
    if record is not None:
        return record.tags
    scale_set = emulator.world.sets.get(key)
    if scale_set is not None:
        return scale_set.tags
    document = emulator.shelf.get(scope)
    left = emulator.world.leftovers.get(key)
    if document is None and left is not None:
        return left.tags
    if document is None:
        text = f"The resource with id '{scope}' was not found."
        raise Refusal(404, "ResourceNotFound", text, gateway=True)
    return {name: str(value) for name, value in mapping_in(document, "tags").items()}


def _write(emulator: Emulator, scope: str, tags: dict[str, str]) -> None:
    key, world = scope.lower(), emulator.world
    record, scale_set = world.roster.get(key), world.sets.get(key)
    if record is not None:
        world.store(replace(record, tags=tags, etag=record.etag + 1))
    elif scale_set is not None:
        world.sets[key] = replace(scale_set, tags=tags, etag=scale_set.etag + 1)
        world.changes += 1
    else:
        _write_elsewhere(emulator, scope, tags)


def _write_elsewhere(emulator: Emulator, scope: str, tags: dict[str, str]) -> None:
    """On the shelf, on what a VM left behind, or on both: the region knows leftovers by itself."""
    left, document = emulator.world.leftovers.get(scope.lower()), emulator.shelf.get(scope)
    if left is not None:
        emulator.world.leftovers[scope.lower()] = replace(left, tags=tags)
        emulator.world.changes += 1
    if document is not None or left is None:
        emulator.shelf.keep(scope, (document or {}) | {"tags": tags})


def _tags_document(scope: str, tags: Mapping[str, str]) -> dict[str, object]:
    return {
        "id": f"{scope}/providers/Microsoft.Resources/tags/default",
        "name": "default",
        "type": "Microsoft.Resources/tags",
        "properties": {"tags": dict(tags)},
    }


_TAGS = "{+scope}/providers/Microsoft.Resources/tags/default"

ROUTES = (
    Route("GET", "/subscriptions/{subscription}/resources", in_subscription),
    Route("GET", "/subscriptions/{subscription}/resourceGroups/{group}/resources", in_group),
    Route("GET", _TAGS, get_tags),
    Route("PUT", _TAGS, put_tags),
    Route("PATCH", _TAGS, put_tags),
    Route("DELETE", _TAGS, delete_tags),
)
