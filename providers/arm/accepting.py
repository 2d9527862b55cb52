"""Answers to what was accepted and goes on, and the polls that follow: ``behaviours`` 2 of recorded traffic."""

from __future__ import annotations

import base64
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import quote

from providers.arm.errors import Refusal, entity_missing
from providers.arm.messages import Reply, stamp
from providers.arm.operations import FAILED, RUNNING, SUCCEEDED, Operation
from providers.arm.routes import Route
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from datetime import datetime

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

# Recorded on most 201 and 202 answers of Compute, and on all polls before the end, between 1 and 61 s.
FIRST_WAIT = 10.0
_TICKS_AT_EPOCH = 621_355_968_000_000_000


def accepted(
    emulator: Emulator, request: Request, operation: Operation, *, status: int, body: object = None
) -> Reply:
    """The answer that starts an operation. ``Location`` comes with 202 alone."""
    return Reply(
        status,
        body,
        operation_headers(emulator, request, operation, location=status == 202),
        indented=True,
    )


def operation_headers(
    emulator: Emulator, request: Request, operation: Operation, *, location: bool
) -> dict[str, str]:
    """The headers that say where to ask for an operation, and when."""
    headers = {
        "Azure-AsyncOperation": _url(emulator, request, operation, monitor=False),
        "Azure-AsyncNotification": "Enabled",
        "Retry-After": emulator.wait(min(FIRST_WAIT, operation.poll_seconds)),
    }
    if location:
        headers["Location"] = _url(emulator, request, operation, monitor=True)
    return headers


def poll(emulator: Emulator, request: Request) -> Reply:
    """GET of an operation, or of its end (``monitor=true``)."""
    operation = emulator.operations.get(request.params["operation"])
    if operation is None:
        raise entity_missing()
    if request.query.get("monitor", "").lower() == "true":
        return _end_of(emulator, request, operation)
    clock = emulator.region.clock
    body: dict[str, object] = {"startTime": stamp(clock.at(operation.started))}
    if operation.ended is not None:
        body["endTime"] = stamp(clock.at(operation.ended))
    body["status"] = operation.status
    if operation.code and operation.status != RUNNING:
        body["error"] = {"code": operation.code, "message": operation.message}
    body["name"] = operation.name
    waiting = operation.status == RUNNING
    headers = {"Retry-After": emulator.wait(operation.poll_seconds)} if waiting else {}
    return Reply(200, body, headers, indented=True)


def _end_of(emulator: Emulator, request: Request, operation: Operation) -> Reply:
    if operation.status == RUNNING:
        headers = {
            "Location": _url(emulator, request, operation, monitor=True),
            "Retry-After": emulator.wait(operation.poll_seconds),
        }
        return Reply(202, None, headers)
    if operation.status == SUCCEEDED:
        return Reply(200)
    status = 409 if operation.status == FAILED else 400
    raise Refusal(status, operation.code, operation.message)


def _url(emulator: Emulator, request: Request, operation: Operation, *, monitor: bool) -> str:
    moment = emulator.region.clock.at(operation.started)
    path = (
        f"/subscriptions/{operation.subscription}/providers/Microsoft.Compute/locations/"
        f"{operation.location}/{operation.path}/{operation.name}"
    )
    return (
        request.origin
        + path
        + signed_query(operation.subscription, request.api_version, moment, monitor=monitor)
    )


def signed_query(
    subscription: str, version: str, moment: datetime, *, monitor: bool = False
) -> str:
    """The query of a polling URL: as long as Azure's, which clients have to carry unchanged."""
    ticks = _TICKS_AT_EPOCH + int(moment.timestamp() * 10_000_000)
    principal = _digest(f"principal:{subscription}", 16).hex()
    shown = "-".join(
        (principal[:8], principal[8:12], principal[12:16], principal[16:20], principal[20:])
    )
    signature = _token(f"signature:{subscription}:{ticks}", 256)
    middle = "&monitor=true" if monitor else ""
    return (
        f"?p={shown}{middle}&api-version={quote(version)}&t={ticks}&c={_certificate()}"
        f"&s={signature}&h={_token(f'hash:{ticks}', 32)}"
    )


@cache
def _certificate() -> str:
    # A certificate of about 1,900 bytes stands in every recorded URL; this one certifies nothing.
    return "MIIHADCCBeigAwIBAgITHgPrWOVr" + _token("certificate", 1770)


def _token(seed: str, size: int) -> str:
    found = b"".join(_digest(f"{seed}:{number}", 64) for number in range(size // 64 + 1))
    return base64.urlsafe_b64encode(found[:size]).decode().rstrip("=")


def _digest(seed: str, size: int) -> bytes:
    return blake2b(seed.encode(), digest_size=size).digest()


_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}"

ROUTES = (
    Route("GET", f"{_LOCATION}/operations/{{operation}}", poll, ("GetOperation",), call=Call.POLL),
    Route(
        "GET",
        f"{_LOCATION}/DiskOperations/{{operation}}",
        poll,
        ("GetDiskOperation",),
        call=Call.POLL,
    ),
)
