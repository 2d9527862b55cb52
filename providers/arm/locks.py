"""Microsoft.Authorization/locks at every scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.filters import parsed
from providers.arm.messages import Reply
from providers.arm.routes import Route
from providers.base import LockLevel
from providers.simulated.documents import mapping_in
from providers.simulated.locks import covers

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.simulated.records import LockRecord

_KIND = "Microsoft.Authorization/locks"


def put(emulator: Emulator, request: Request) -> Reply:
    """Set a lock (201) or change it (200)."""
    properties = mapping_in(request.document(), "properties")
    level = str(properties.get("level", ""))
    if level not in {known.value for known in LockLevel}:
        text = f"The lock level '{level}' is invalid. Valid levels are: 'CanNotDelete, ReadOnly'."
        raise Refusal(400, "InvalidLockLevel", text, gateway=True)
    scope, name = request.params["scope"], request.params["name"]
    there = _find(emulator, scope, name)
    emulator.region.add_lock(
        LockLevel(level),
        scope,
        name if there is None else there.name,
        notes=str(properties.get("notes", "")),
    )
    found = _existing(emulator, scope, name)
    return Reply(201 if there is None else 200, _shown(found))


def get(emulator: Emulator, request: Request) -> Reply:
    """Show one lock."""
    return Reply(200, _shown(_existing(emulator, request.params["scope"], request.params["name"])))


def delete(emulator: Emulator, request: Request) -> Reply:
    """Take a lock away: 200, or 204 if there was none."""
    found = _find(emulator, request.params["scope"], request.params["name"])
    if found is None:
        return Reply(204)
    emulator.region.remove_lock(found.scope, found.name)
    return Reply(200)


def list_at(emulator: Emulator, request: Request) -> Reply:
    """List the locks at, above and below a scope; with ``atScope()`` those at and above it.

    Raises ``Refusal`` (403) while the scenario makes locks unreadable.
    """
    scope = request.params["scope"]
    _check_readable(emulator, scope)
    text = request.query.get("$filter", "")
    only_above = text.replace(" ", "").lower() == "atscope()"
    if not only_above:
        parsed(text)
    found = [
        _shown(lock)
        for lock in emulator.world.locks()
        if covers(lock.scope, scope) or (not only_above and covers(scope, lock.scope))
    ]
    return Reply(200, {"value": found})


def _check_readable(emulator: Emulator, scope: str) -> None:
    windows = emulator.region.scenario.locks_unreadable
    if any(window.since <= emulator.now < window.until for window in windows):
        raise Refusal(
            403,
            "AuthorizationFailed",
            f"The client does not have authorization to perform action '{_KIND}/read' over scope '{scope}' "
            "or the scope is invalid. If access was recently granted, please refresh your credentials.",
            gateway=True,
        )


def _find(emulator: Emulator, scope: str, name: str) -> LockRecord | None:
    wanted = (scope.lower(), name.lower())
    there = (
        lock for lock in emulator.world.locks() if (lock.scope.lower(), lock.name.lower()) == wanted
    )
    return next(there, None)


def _existing(emulator: Emulator, scope: str, name: str) -> LockRecord:
    found = _find(emulator, scope, name)
    if found is None:
        raise Refusal(404, "LockNotFound", f"The lock '{name}' could not be found.", gateway=True)
    return found


def _shown(lock: LockRecord) -> dict[str, object]:
    notes = {"notes": lock.notes} if lock.notes else {}
    return {
        "properties": {"level": lock.level.value, **notes},
        "id": f"{lock.scope}/providers/{_KIND}/{lock.name}",
        "type": _KIND,
        "name": lock.name,
    }


_LOCK = "{+scope}/providers/Microsoft.Authorization/locks/{name}"

ROUTES = (
    Route("PUT", _LOCK, put),
    Route("GET", _LOCK, get),
    Route("DELETE", _LOCK, delete),
    Route("GET", "{+scope}/providers/Microsoft.Authorization/locks", list_at),
)
