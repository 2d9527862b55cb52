"""``If-Match`` and ``If-None-Match`` on writes to VMs and scale sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.simulated import failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.arm.messages import Request


def check_preconditions(
    request: Request, body: Mapping[str, object], etag: str | None, resource_id: str
) -> None:
    """Raise a 412 if the resource is not as the client takes it to be. ``etag`` None: it is not there.

    An etag in the body counts as ``If-Match``: recorded.
    """
    none_match = request.headers.get("if-none-match")
    if none_match is not None and none_match != "*":
        text = f"The value '{none_match}' of parameter 'if-none-match' is invalid."
        raise Refusal(400, "InvalidParameter", text, target="if-none-match")
    if none_match is not None and etag is not None:
        raise failures.exists(resource_id)
    wanted = request.headers.get("if-match") or body.get("etag")
    if wanted is None or wanted in {"*", etag}:
        return
    raise failures.etag_mismatch(_quoted(str(wanted)), etag or '""')


def _quoted(etag: str) -> str:
    return etag if etag.startswith('"') else f'"{etag}"'
