"""What stands around every answer: ids, dates, cache headers, the shape of the body."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from providers.arm.messages import Reply, http_date

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.errors import Refusal
    from providers.arm.messages import Request

_ALWAYS = {
    "Cache-Control": "no-cache",
    "Pragma": "no-cache",
    "Expires": "-1",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
}
JSON = "application/json; charset=utf-8"
IMPLIED = "x-evenkeel-implied"
"""Said with a 404 in a region that is not strict: a VM that refers to the resource will find it there."""
_MARK = "\u0001compact\u0001"


def headers_for(emulator: Emulator, request: Request) -> dict[str, str]:
    """The headers that do not depend on what is answered."""
    request_id = emulator.request_guid()
    correlation = request.headers.get("x-ms-correlation-request-id", request_id)
    moment = emulator.region.clock.now
    region = emulator.settings.location.upper()
    headers = {
        **_ALWAYS,
        "Date": http_date(moment),
        "x-ms-request-id": request_id,
        "x-ms-correlation-request-id": correlation,
        "x-ms-routing-request-id": f"{region}:{moment:%Y%m%dT%H%M%SZ}:{correlation}",
    }
    client = request.headers.get("x-ms-client-request-id")
    if client is not None:
        headers["x-ms-client-request-id"] = client
    return headers


def refused(emulator: Emulator, refusal: Refusal) -> Reply:
    """An error as an answer."""
    headers = {}
    if refusal.gateway:
        headers["x-ms-failure-cause"] = "service" if refusal.status == 504 else "gateway"
    if refusal.retry_after is not None:
        headers["Retry-After"] = emulator.wait(refusal.retry_after)
    if refusal.implied and not emulator.region.scenario.strict:
        headers[IMPLIED] = "true"
    return Reply(refusal.status, refusal.body(), headers, indented=not refusal.gateway)


def dressed(reply: Reply, around: Mapping[str, str], *, tagged: bool = True) -> Reply:
    """The answer with everything that stands around it; its own headers win.

    ``tagged``: the etag of the body is said in a header as well.
    """
    headers = {**around, **reply.headers}
    if reply.body is not None:
        headers.setdefault("Content-Type", JSON)
    body = reply.body
    etag = body.get("etag") if isinstance(body, dict) else None
    if tagged and isinstance(etag, str) and reply.status < 300:
        headers["ETag"] = etag
    return Reply(reply.status, body, headers, indented=reply.indented, charge=reply.charge)


def content_of(reply: Reply) -> bytes:
    """The body as it goes over the wire. Recorded: Compute indents, but writes ``networkProfile`` compact."""
    if reply.body is None:
        return b""
    if isinstance(reply.body, str):
        return reply.body.encode()
    if not reply.indented:
        return _compact(reply.body).encode()
    kept: list[str] = []
    text = json.dumps(_marked(reply.body, kept), indent=2, ensure_ascii=False)
    for number, profile in enumerate(kept):
        text = text.replace(json.dumps(f"{_MARK}{number}", ensure_ascii=False), profile, 1)
    return text.replace("\n", "\r\n").encode()


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _marked(value: object, kept: list[str]) -> object:
    if isinstance(value, dict):
        return {name: _inner(name, inner, kept) for name, inner in value.items()}
    if isinstance(value, list):
        return [_marked(inner, kept) for inner in value]
    return value


def _inner(name: str, value: object, kept: list[str]) -> object:
    if name != "networkProfile":
        return _marked(value, kept)
    kept.append(_compact(value))
    return f"{_MARK}{len(kept) - 1}"
