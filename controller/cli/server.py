"""A running daemon as a source: its ``/api/v1`` over HTTP, for reading only.

The address is called as it stands, without a proxy: a daemon is a neighbour. Imported only with ``--server``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from controller.cli.exits import CommandError, Exit

if TYPE_CHECKING:
    from controller.cli.tables import Item

PATIENCE_SECONDS = 10.0
LARGEST_ANSWER = 256 * 1024 * 1024
"""Bytes; ten times what a thousand fleets of a thousand instances would need."""

_OK, _NOT_FOUND = 200, 404


@dataclass(frozen=True, slots=True)
class Server:
    """The daemon at ``url``. Every method raises ``CommandError`` when it has no usable answer."""

    url: str

    def listing(self, kind: str) -> Item:
        """All fleets, instances or events, as ``{apiVersion, kind: List, at, items}``."""
        found = self.document(f"/api/v1/{kind}")
        if not isinstance(found.get("items"), list):
            raise self._strange("a list was asked for")
        return found

    def fleet(self, name: str) -> Item:
        """One fleet with everything."""
        return self.document(f"/api/v1/fleets/{quote(name, safe='')}")

    def document(self, path: str, **query: str) -> Item:
        """The JSON object at a path."""
        try:
            found = json.loads(self._ask(path, query))
        except ValueError:
            raise self._strange("it sent something that is not JSON") from None
        if not isinstance(found, dict):
            raise self._strange("it sent JSON that is no object")
        return found

    def text(self, path: str, **query: str) -> str:
        """The text at a path."""
        return self._ask(path, query).decode("utf-8", errors="replace")

    def _ask(self, path: str, query: dict[str, str]) -> bytes:
        status, kind, body = self._answer(path, query)
        if status == _OK and len(body) <= LARGEST_ANSWER:
            return body
        if status == _NOT_FOUND and kind == "application/json":
            raise CommandError(_error_in(body), hint=self._names())
        raise self._strange(f"it answered with status {status}")

    def _answer(self, path: str, query: dict[str, str]) -> tuple[int, str, bytes]:
        parts = urlsplit(self.url)
        opened = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = opened(parts.hostname or "", parts.port, timeout=PATIENCE_SECONDS)
        target = parts.path.rstrip("/") + path + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request("GET", target, headers={"Accept": "application/json, text/plain"})
            answer = connection.getresponse()
            return answer.status, answer.headers.get_content_type(), answer.read(LARGEST_ANSWER + 1)
        except (OSError, HTTPException) as error:
            reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
            raise CommandError(
                f"no daemon answers at {self.url}: {reason}",
                hint="see that `evenkeel run` is up and listens there, or look without --server",
                code=Exit.UNREACHABLE,
            ) from error
        finally:
            connection.close()

    def _strange(self, what: str) -> CommandError:
        return CommandError(
            f"what answers at {self.url} is no daemon of Evenkeel that we understand: {what}",
            hint="check the address in --server or EVENKEEL_SERVER",
            code=Exit.UNREACHABLE,
        )

    def _names(self) -> str:
        try:
            names = [str(one.get("name")) for one in objects(self.listing("fleets")["items"])]
        except CommandError:
            return ""
        return f"fleets there are: {', '.join(names)}" if names else "it watches no fleet"


def objects(value: Any) -> list[Item]:
    """The objects of a JSON list; whatever else is in it is left out."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _error_in(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return "the daemon does not know that"
