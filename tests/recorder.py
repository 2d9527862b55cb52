"""Keeps the traffic of the tests as files, where ``EVENKEEL_TRAFFIC`` names a directory: ``make oav`` does."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from providers.arm.traffic import Traffic

if TYPE_CHECKING:
    from providers.arm.messages import Reply, Request

VARIABLE = "EVENKEEL_TRAFFIC"


def keep(kind: str, request: Request, reply: Reply) -> None:
    """Keep an exchange below the directory ``kind``; do nothing if nobody asked for it."""
    traffic = _traffic(kind)
    if traffic is not None:
        query = f"?{urlencode(request.query)}" if request.query else ""
        traffic.record(request, f"{request.origin}{request.path}{query}", reply)


@cache
def _traffic(kind: str) -> Traffic | None:
    directory = os.environ.get(VARIABLE)
    return Traffic(Path(directory) / kind) if directory else None
