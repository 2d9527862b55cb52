"""Operations of Microsoft.Network: accepted, and asked for later.

Recorded: a PUT is 201 (200 for a change) with ``Azure-AsyncOperation`` and ``Retry-After: 3``; a DELETE is
202 with ``Location`` as well; a poll says ``{"status": ...}`` and nothing else; the wait between polls grows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.accepting import signed_query
from providers.arm.errors import Refusal
from providers.arm.messages import Reply
from providers.arm.operations import RUNNING, Operation
from providers.arm.routes import Route

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

_WAITS = (1.0, 2.0, 4.0, 8.0, 10.0, 16.0, 20.0, 40.0, 80.0, 100.0, 160.0)
_FIRST_WAIT = 3.0
_DELETE_WAIT = 10.0


def accepted(
    emulator: Emulator, request: Request, target: str, *, seconds: float, location: str
) -> dict[str, str]:
    """Keep an operation that ends after so many seconds; give the headers that say where to ask."""
    operation = emulator.operations.begin(
        Operation(
            name=emulator.new_guid(),
            subscription=request.params["subscription"],
            location=location,
            target=target,
            started=emulator.now,
            due=emulator.now + seconds,
        )
    )
    deletes = request.method == "DELETE"
    headers = {
        "Azure-AsyncOperation": _url(emulator, request, operation, "operations"),
        "Azure-AsyncNotification": "Enabled",
        "Retry-After": emulator.wait(
            min(_DELETE_WAIT if deletes else _FIRST_WAIT, max(1.0, seconds))
        ),
    }
    if deletes:
        headers["Location"] = _url(emulator, request, operation, "operationResults")
    return headers


def poll(emulator: Emulator, request: Request) -> Reply:
    """Say how far an operation is."""
    operation = _existing(emulator, request)
    headers = _later(emulator, operation) if operation.status == RUNNING else {}
    return Reply(200, {"status": operation.status}, headers, indented=True)


def result(emulator: Emulator, request: Request) -> Reply:
    """Answer 202 while an operation goes on, and 204 once it is through."""
    operation = _existing(emulator, request)
    if operation.status != RUNNING:
        return Reply(204)
    here = _url(emulator, request, operation, "operationResults")
    return Reply(202, None, {"Location": here, **_later(emulator, operation)})


def _existing(emulator: Emulator, request: Request) -> Operation:
    name = request.params["operation"]
    operation = emulator.operations.get(name)
    if operation is None:
        raise Refusal(404, "OperationNotFound", f"Operation {name} not found.")
    return operation


def _later(emulator: Emulator, operation: Operation) -> dict[str, str]:
    elapsed = emulator.now - operation.started
    wait = next((wait for wait in _WAITS if wait >= elapsed), _WAITS[-1])
    return {"Retry-After": emulator.wait(wait)}


def _url(emulator: Emulator, request: Request, operation: Operation, path: str) -> str:
    moment = emulator.region.clock.at(operation.started)
    query = signed_query(operation.subscription, request.api_version, moment)
    return (
        f"{request.origin}/subscriptions/{operation.subscription}/providers/Microsoft.Network/locations/"
        f"{operation.location}/{path}/{operation.name}{query}"
    )


_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"

ROUTES = (
    Route("GET", f"{_LOCATION}/operations/{{operation}}", poll),
    Route("GET", f"{_LOCATION}/operationResults/{{operation}}", result),
)
