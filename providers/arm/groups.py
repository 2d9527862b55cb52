"""Resource groups: made, listed, tagged, and deleted with all that is in them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from providers import regions
from providers.arm.accepting import signed_query
from providers.arm.emulator import GROUP
from providers.arm.errors import Refusal, entity_missing, group_leaving, group_missing
from providers.arm.filters import matches, parsed
from providers.arm.messages import Reply
from providers.arm.paging import paged
from providers.arm.places import group_document, ref_in, tags_in
from providers.arm.routes import Route
from providers.simulated import locks
from providers.simulated.documents import mapping_in
from providers.simulated.locks import covers

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

# Recorded: Retry-After 15 on all of 249 answers.
_POLL_SECONDS = 15.0
# A group goes when it is empty, not after a time; thirty years are for ever here.
_UNTIL_EMPTY = 1e9


def put(emulator: Emulator, request: Request) -> Reply:
    """Create a resource group (201) or change its tags (200)."""
    body = request.document()
    location = _location(body)
    scope = ref_in(request).group_scope
    locks.check_write(emulator.world.locks(), scope)
    there = emulator.shelf.get(scope)
    if there is not None and _leaving(there):
        raise group_leaving(request.params["group"])
    if there is not None and there["location"] != location:
        raise _elsewhere(request.params["group"], str(there["location"]))
    document = group_document(request, location) | _tags(body)
    return Reply(201 if there is None else 200, emulator.shelf.keep(scope, document))


def get(emulator: Emulator, request: Request) -> Reply:
    """Show a resource group."""
    return Reply(200, _existing(emulator, request))


def head(emulator: Emulator, request: Request) -> Reply:
    """Say whether a resource group exists: 204 or 404, without a body."""
    found = emulator.shelf.get(ref_in(request).group_scope)
    return Reply(404 if found is None else 204)


def patch(emulator: Emulator, request: Request) -> Reply:
    """Change the tags of a resource group."""
    document = _existing(emulator, request)
    scope = ref_in(request).group_scope
    locks.check_write(emulator.world.locks(), scope)
    return Reply(200, emulator.shelf.keep(scope, document | _tags(request.document())))


def list_all(emulator: Emulator, request: Request) -> Reply:
    """List the resource groups of a subscription."""
    scope = f"/subscriptions/{request.params['subscription']}"
    wanted = parsed(request.query.get("$filter", ""))
    found = {
        str(document["id"]).lower(): document
        for document in emulator.shelf.below(scope, GROUP)
        if matches(document, wanted)
    }
    return paged(emulator, request, list(found), found.__getitem__)


def delete(emulator: Emulator, request: Request) -> Reply:
    """Start the deletion of a group with all that is in it. A lock at, above or inside it forbids that."""
    _existing(emulator, request)
    scope = ref_in(request).group_scope
    _check_locks(emulator, request.path.rstrip("/"), scope)
    emulator.shelf.leave(scope, _UNTIL_EMPTY)
    emulator.leaving.add(scope.lower())
    for record in list(emulator.world.roster):
        if covers(scope, record.id):
            emulator.region.delete_one(record.ref, record.name)
    job = base64.urlsafe_b64encode(
        json.dumps({"jobId": scope}, separators=(",", ":")).encode()
    ).decode()
    return Reply(202, None, _later(emulator, request, job))


def poll(emulator: Emulator, request: Request) -> Reply:
    """Say whether a deletion goes on (202) or is through (200); both without a body."""
    try:
        job = json.loads(base64.urlsafe_b64decode(request.params["operation"]))
        scope = str(job["jobId"])
    except (ValueError, KeyError, TypeError) as error:
        raise entity_missing() from error
    if scope.lower() in emulator.leaving:
        return Reply(202, None, _later(emulator, request, request.params["operation"]))
    return Reply(200)


def settle(emulator: Emulator) -> None:
    """Carry the deletions of groups on: sets go after their VMs, the rest after the sets."""
    for scope in list(emulator.leaving):
        _carry_on(emulator, scope)


def _carry_on(emulator: Emulator, scope: str) -> None:
    world = emulator.world
    if any(covers(scope, record.id) for record in world.roster):
        return
    held = [record for record in world.sets.values() if covers(scope, record.key)]
    for record in held:
        emulator.region.delete_set(record.ref)
    if held:
        return
    for leftover in [left for left in world.leftovers if covers(scope, left)]:
        del world.leftovers[leftover]
    emulator.shelf.clear_group(scope)
    emulator.leaving.discard(scope)


def _later(emulator: Emulator, request: Request, job: str) -> dict[str, str]:
    subscription = request.params["subscription"]
    query = signed_query(subscription, request.api_version, emulator.region.clock.now)
    return {
        "Location": f"{request.origin}/subscriptions/{subscription}/operationresults/{job}{query}",
        "Retry-After": emulator.wait(_POLL_SECONDS),
    }


def _check_locks(emulator: Emulator, asked: str, scope: str) -> None:
    held = emulator.world.locks()
    locks.check_delete(held, asked)
    inside = [lock.scope for lock in held if covers(scope, lock.scope)]
    if inside:
        raise Refusal(
            409,
            "ScopeLocked",
            f"The scope '{asked}' cannot perform delete operation because following scope(s) are locked: "
            f"{','.join(repr(lock) for lock in inside)}. Please remove the lock and try again.",
            gateway=True,
        )


def _existing(emulator: Emulator, request: Request) -> dict[str, object]:
    found = emulator.shelf.get(ref_in(request).group_scope)
    if found is None:
        raise group_missing(request.params["group"])
    return found


def _leaving(group: dict[str, object]) -> bool:
    return mapping_in(group, "properties").get("provisioningState") == "Deleting"


def _location(body: dict[str, object]) -> str:
    given = body.get("location")
    known = regions.region(given) if isinstance(given, str) else None
    if known is not None:
        return known.location
    if not given:
        text = "The location property is required for this definition."
        raise Refusal(400, "LocationRequired", text, gateway=True)
    raise Refusal(
        400,
        "LocationNotAvailableForResourceGroup",
        f"The provided location '{given}' is not available for resource group. List of available regions is "
        f"'{','.join(regions.known_locations())}'.",
        gateway=True,
    )


def _elsewhere(group: str, location: str) -> Refusal:
    return Refusal(
        409,
        "InvalidResourceGroupLocation",
        f"Invalid resource group location '{location}'. The Resource group '{group}' already exists in "
        f"location '{location}'.",
        gateway=True,
    )


def _tags(body: dict[str, object]) -> dict[str, object]:
    tags = tags_in(body)
    return {} if tags is None else {"tags": tags}


_GROUP = "/subscriptions/{subscription}/resourceGroups/{group}"

ROUTES = (
    Route("PUT", _GROUP, put),
    Route("GET", _GROUP, get),
    Route("HEAD", _GROUP, head),
    Route("PATCH", _GROUP, patch),
    Route("DELETE", _GROUP, delete),
    Route("GET", "/subscriptions/{subscription}/resourceGroups", list_all),
    Route("GET", "/subscriptions/{subscription}/operationresults/{operation}", poll),
)
