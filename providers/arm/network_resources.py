"""Resources of Microsoft.Network: put, show, list, tag, delete. One set of handlers serves every kind."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from providers import regions
from providers.arm.errors import Refusal, resource_missing
from providers.arm.messages import Reply
from providers.arm.network_addresses import check_room, release_public
from providers.arm.network_cards import allot, drop, is_six, subnet_of
from providers.arm.network_documents import etag_of, kept
from providers.arm.network_kinds import ADDRESSES, CARDS, KINDS, NAMESPACE, NETWORKS, Kind
from providers.arm.network_operations import accepted
from providers.arm.network_references import mark_children, settle_references
from providers.arm.network_use import check_deletable, check_unused
from providers.arm.network_views import view
from providers.arm.paging import paged
from providers.arm.places import (
    check_group,
    check_writable,
    ref_in,
    same_location,
    tags_in,
)
from providers.arm.preconditions import check_preconditions
from providers.arm.routes import Route
from providers.simulated import locks
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request


def put(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """Create a resource (201) or put another model in its place (200)."""
    body = request.document()
    resource_id = id_of(kind, request)
    before = emulator.network.get(resource_id)
    location = _location(kind, body)
    check_writable(emulator, request, location)
    locks.check_write(emulator.world.locks(), resource_id)
    # Only headers count here: a body that a client read and sends back carries an etag that has moved on.
    check_preconditions(request, {}, None if before is None else etag_of(before), resource_id)
    _check_location(request, before, location)
    own = resource_id if before is None else str(before["id"])
    document = {**kept(kind, own, body, before), "location": location}
    _check_removed(emulator, kind, document, before)
    settle_references(emulator, document, location)
    if kind is CARDS:
        _check_addresses(emulator, document)
    return written(emulator, request, kind, document, is_new=before is None)


def written(
    emulator: Emulator,
    request: Request,
    kind: Kind,
    document: Mapping[str, object],
    *,
    is_new: bool,
) -> Reply:
    """Keep a document and answer as to its PUT."""
    stored = keep(emulator, kind, document)
    headers = accepted(
        emulator,
        request,
        str(document["id"]),
        seconds=kind.seconds,
        location=str(document["location"]),
    )
    return Reply(201 if is_new else 200, view(emulator, stored), headers, indented=True)


def keep(emulator: Emulator, kind: Kind, document: Mapping[str, object]) -> dict[str, object]:
    """Put a document on the shelf; it is ``Updating`` for as long as a write of its kind takes."""
    resource_id = str(document["id"])
    mark_children(emulator, kind, document)
    state = "Updating" if kind.seconds else None
    given = mapping_in(document, "properties")
    properties = {name: value for name, value in given.items() if name != "provisioningState"}
    plain = {**document, "properties": properties}
    return emulator.shelf.keep(resource_id, plain, state=state, seconds=kind.seconds)


def get(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """Show a resource with its links."""
    return Reply(200, view(emulator, existing(kind, emulator, request)), indented=True)


def patch(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """Put other tags on a resource; nothing else can be patched."""
    document = existing(kind, emulator, request)
    locks.check_write(emulator.world.locks(), str(document["id"]))
    tags = tags_in(request.document())
    if tags is not None:
        document = keep(emulator, kind, {**document, "tags": tags})
        left = emulator.world.leftovers.get(str(document["id"]).lower())
        if left is not None:
            emulator.world.leftovers[left.id.lower()] = replace(left, tags=tags)
    return Reply(200, view(emulator, document), indented=True)


def delete(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """Start a deletion (202); 204 if there is no such resource, 400 while anything uses it."""
    check_group(emulator, request)
    document = emulator.network.get(id_of(kind, request))
    if document is None:
        return Reply(204)
    check_deletable(emulator, kind, document)
    resource_id = str(document["id"])
    if kind is CARDS:
        drop(emulator, document)
    elif emulator.shelf.get(resource_id) is not None:
        emulator.shelf.leave(resource_id, kind.delete_seconds)
    if kind is ADDRESSES:
        release_public(emulator, resource_id)
        emulator.world.leftovers.pop(resource_id.lower(), None)
    headers = accepted(
        emulator,
        request,
        resource_id,
        seconds=kind.delete_seconds,
        location=str(document["location"]),
    )
    return Reply(202, None, headers)


def in_group(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """List the resources of a kind in a group."""
    return _listed(kind, emulator, request, check_group(emulator, request))


def in_subscription(kind: Kind, emulator: Emulator, request: Request) -> Reply:
    """List the resources of a kind in a subscription."""
    return _listed(kind, emulator, request, f"/subscriptions/{request.params['subscription']}")


def existing(kind: Kind, emulator: Emulator, request: Request) -> dict[str, object]:
    """The resource that a request names, as it is kept. Raises ``Refusal`` (404) if there is none."""
    check_group(emulator, request)
    document = emulator.network.get(id_of(kind, request))
    if document is None:
        refusal = resource_missing(kind.type, request.params["name"], request.params["group"])
        refusal.implied = True
        raise refusal
    return document


def id_of(kind: Kind, request: Request) -> str:
    """The id of the resource that a request names; of the parent, if it names a child."""
    return f"{ref_in(request).group_scope}/providers/{kind.type}/{request.params['name']}"


def _listed(kind: Kind, emulator: Emulator, request: Request, scope: str) -> Reply:
    found = {
        str(document["id"]).lower(): document
        for document in emulator.network.below(scope, kind.type)
    }
    return paged(emulator, request, list(found), lambda key: view(emulator, found[key]))


def _location(kind: Kind, body: Mapping[str, object]) -> str:
    given = body.get("location")
    known = regions.region(given) if isinstance(given, str) else None
    if known is not None:
        return known.location
    if not given:
        text = "The location property is required for this definition."
        raise Refusal(400, "LocationRequired", text, gateway=True)
    raise Refusal(
        400,
        "LocationNotAvailableForResourceType",
        f"The provided location '{given}' is not available for resource type '{kind.type}'. List of available "
        f"regions for the resource type is '{','.join(regions.known_locations())}'.",
        gateway=True,
    )


def _check_location(request: Request, before: Mapping[str, object] | None, location: str) -> None:
    if before is None or same_location(str(before["location"]), location):
        return
    name, there = request.params["name"], before["location"]
    raise Refusal(
        409,
        "InvalidResourceLocation",
        f"The resource '{name}' already exists in location '{there}' in resource group "
        f"'{request.params['group']}'. A resource with the same name cannot be created in location "
        f"'{location}'. Please select a new resource name.",
        gateway=True,
    )


def _check_removed(
    emulator: Emulator,
    kind: Kind,
    document: Mapping[str, object],
    before: Mapping[str, object] | None,
) -> None:
    # A PUT that leaves a subnet out of the list deletes it, which Azure refuses while anything is in it.
    if before is None or kind is not NETWORKS:
        return
    stay = {
        str(entry.get("name")).lower()
        for entry in mappings_in(mapping_in(document, "properties"), "subnets")
    }
    for entry in mappings_in(mapping_in(before, "properties"), "subnets"):
        if str(entry.get("name")).lower() not in stay:
            check_unused(emulator, kind, f"{document['id']}/subnets/{entry.get('name')}")


def _check_addresses(emulator: Emulator, document: Mapping[str, object]) -> None:
    allotted = allot(emulator, document)
    for entry in mappings_in(mapping_in(document, "properties"), "ipConfigurations"):
        properties = mapping_in(entry, "properties")
        check_room(
            emulator,
            subnet_of(document, properties),
            allotted.get(str(entry["name"])),
            six=is_six(properties),
        )


_OWN = "/subscriptions/{subscription}"


def _routes(kind: Kind) -> tuple[Route, ...]:
    collection = f"{_OWN}/resourceGroups/{{group}}/providers/{NAMESPACE}/{kind.name}"
    one = f"{collection}/{{name}}"
    return (
        Route("PUT", one, partial(put, kind)),
        Route("GET", one, partial(get, kind)),
        Route("PATCH", one, partial(patch, kind)),
        Route("DELETE", one, partial(delete, kind)),
        Route("GET", collection, partial(in_group, kind)),
        Route("GET", f"{_OWN}/providers/{NAMESPACE}/{kind.name}", partial(in_subscription, kind)),
    )


ROUTES = tuple(route for kind in KINDS for route in _routes(kind))
