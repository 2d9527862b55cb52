"""Subnets, pools, rules: resources that live inside another one of Microsoft.Network, with routes of their own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal, resource_missing
from providers.arm.messages import Reply
from providers.arm.network_addresses import use_of
from providers.arm.network_documents import child_kept
from providers.arm.network_kinds import CARDS, KINDS, NAMESPACE, NETWORKS, Child, Kind
from providers.arm.network_operations import accepted
from providers.arm.network_references import settle_references
from providers.arm.network_resources import existing, id_of, keep
from providers.arm.network_use import check_unused
from providers.arm.network_views import view
from providers.arm.places import check_group
from providers.arm.routes import Route
from providers.simulated import locks
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request


def put(kind: Kind, child: Child, emulator: Emulator, request: Request) -> Reply:
    """Create a child (201) or change it (200); the parent is written with it."""
    parent = existing(kind, emulator, request)
    own = _id(kind, child, request)
    locks.check_write(emulator.world.locks(), own)
    body = {**request.document(), "name": request.params["child"]}
    entry = child_kept(f"{parent['id']}/{child.name}", body)
    before = _entries(parent, child)
    is_new = not any(_is(other, request) for other in before)
    others = [entry if _is(other, request) else other for other in before]
    newer = _with(parent, child, [*others, entry] if is_new else others)
    settle_references(emulator, newer, str(parent["location"]))
    stored = keep(emulator, kind, newer)
    headers = _accepted(emulator, request, own, parent, seconds=kind.seconds)
    body_shown = _shown(emulator, child, request, stored)
    return Reply(201 if is_new else 200, body_shown, headers, indented=True)


def get(kind: Kind, child: Child, emulator: Emulator, request: Request) -> Reply:
    """Show a child."""
    parent = existing(kind, emulator, request)
    found = _shown(emulator, child, request, parent)
    if found is None:
        raise _missing(kind, child, request)
    return Reply(200, found, indented=True)


def list_all(kind: Kind, child: Child, emulator: Emulator, request: Request) -> Reply:
    """List the children of a resource."""
    parent = view(emulator, existing(kind, emulator, request))
    properties = mapping_in(parent, "properties")
    return Reply(200, {"value": mappings_in(properties, child.name)}, indented=True)


def usages(emulator: Emulator, request: Request) -> Reply:
    """Show how many addresses of each subnet of a network are taken."""
    network = existing(NETWORKS, emulator, request)
    rows = []
    for entry in mappings_in(mapping_in(network, "properties"), "subnets"):
        own = f"{network['id']}/subnets/{entry.get('name')}"
        taken, size = use_of(emulator, own)
        rows.append(
            {
                "currentValue": taken,
                "id": own,
                "limit": size,
                "name": {"localizedValue": "Subnet size and usage", "value": "SubnetSpace"},
                "unit": "Count",
            }
        )
    return Reply(200, {"value": rows}, indented=True)


def delete(kind: Kind, child: Child, emulator: Emulator, request: Request) -> Reply:
    """Take a child away (202); 204 if there is none, 400 while anything is in it."""
    check_group(emulator, request)
    parent = emulator.network.get(id_of(kind, request))
    own = _id(kind, child, request)
    if parent is None:
        name = request.params["name"]
        raise resource_missing(kind.type, name, request.params["group"])
    before = _entries(parent, child)
    rest = [entry for entry in before if not _is(entry, request)]
    if len(rest) == len(before):
        return Reply(204)
    locks.check_delete(emulator.world.locks(), own)
    if kind is NETWORKS:
        check_unused(emulator, kind, own)
    emulator.shelf.clear(own)
    keep(emulator, kind, _with(parent, child, rest))
    return Reply(202, None, _accepted(emulator, request, own, parent, seconds=kind.seconds))


def _accepted(
    emulator: Emulator,
    request: Request,
    own: str,
    parent: Mapping[str, object],
    *,
    seconds: float,
) -> dict[str, str]:
    location = str(parent["location"])
    return accepted(emulator, request, own, seconds=seconds, location=location)


def _shown(
    emulator: Emulator, child: Child, request: Request, parent: Mapping[str, object]
) -> Mapping[str, object] | None:
    properties = mapping_in(view(emulator, parent), "properties")
    entries = mappings_in(properties, child.name)
    return next((entry for entry in entries if _is(entry, request)), None)


def _entries(parent: Mapping[str, object], child: Child) -> list[Mapping[str, object]]:
    return mappings_in(mapping_in(parent, "properties"), child.name)


def _with(
    parent: Mapping[str, object], child: Child, entries: list[Mapping[str, object]]
) -> dict[str, object]:
    return {**parent, "properties": {**mapping_in(parent, "properties"), child.name: entries}}


def _is(entry: Mapping[str, object], request: Request) -> bool:
    return str(entry.get("name", "")).lower() == request.params["child"].lower()


def _id(kind: Kind, child: Child, request: Request) -> str:
    return f"{id_of(kind, request)}/{child.name}/{request.params['child']}"


def _missing(kind: Kind, child: Child, request: Request) -> Refusal:
    # Network itself answers for a child of a resource that is there, not ARM.
    text = f"Resource {_id(kind, child, request)} not found."
    refusal = Refusal(404, "NotFound", text)
    refusal.implied = True
    return refusal


def _routes(kind: Kind, child: Child) -> tuple[Route, ...]:
    parent = (
        f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}"
        f"/{kind.name}/{{name}}"
    )
    collection = f"{parent}/{child.name}"
    one = f"{collection}/{{child}}"
    reads = (
        Route("GET", one, partial(get, kind, child)),
        Route("GET", collection, partial(list_all, kind, child)),
    )
    if kind is CARDS:
        return reads
    return (
        *reads,
        Route("PUT", one, partial(put, kind, child)),
        Route("DELETE", one, partial(delete, kind, child)),
    )


_USAGES = Route(
    "GET",
    f"/subscriptions/{{subscription}}/resourceGroups/{{group}}/providers/{NAMESPACE}"
    f"/{NETWORKS.name}/{{name}}/usages",
    usages,
)

ROUTES = (
    *(
        route
        for kind in KINDS
        for child in kind.children
        if child.served
        for route in _routes(kind, child)
    ),
    _USAGES,
)
