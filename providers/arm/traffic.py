"""Each exchange as a file that ``oav validate-traffic`` reads. Tokens and passwords are left out."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from providers.arm.envelope import content_of
from providers.arm.routes import segments

if TYPE_CHECKING:
    from pathlib import Path

    from providers.arm.messages import Reply, Request

_HIDDEN = "REDACTED"
_SECRETS = frozenset({"adminpassword", "customdata", "protectedsettings", "client_secret"})


class Traffic:
    """Writes exchanges into a directory, numbered in the order of their answers."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._written = 0

    def record(self, request: Request, url: str, reply: Reply) -> None:
        """Keep one exchange. What stands outside of ARM (tokens, the clock) is not kept."""
        parts = segments(request.path)
        if not parts or parts[0].lower() not in {"subscriptions", "providers", "tenants"}:
            return
        self._written += 1
        kind = re.sub(r"\W+", "-", "-".join(parts[-2:]))[-60:]
        name = f"{self._written:06d}-{request.method}-{kind}.json"
        text = json.dumps(_exchange(request, url, reply), indent=2, ensure_ascii=False)
        (self._directory / name).write_text(f"{text}\n", encoding="utf-8")


def _exchange(request: Request, url: str, reply: Reply) -> dict[str, object]:
    headers = {
        name: _HIDDEN if name == "authorization" else value
        for name, value in request.headers.items()
    }
    return {
        "liveRequest": {
            "headers": headers,
            "method": request.method,
            "url": url,
            "body": _without_secrets(_parsed(request.content)),
        },
        "liveResponse": {
            "statusCode": str(reply.status),
            "headers": dict(reply.headers),
            "body": _parsed(content_of(reply)),
        },
    }


def _parsed(content: bytes) -> object:
    if not content.strip():
        return None
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: _HIDDEN if name.lower() in _SECRETS else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return value
