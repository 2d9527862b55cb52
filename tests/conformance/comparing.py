"""What two answers to the same request have in common, and where they differ."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.conformance.replaying import stage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.conformance.recordings import Exchange
    from tests.conformance.replaying import Answer

HEADERS = ("azure-asyncoperation", "location", "etag", "retry-after")
# Most recorders drop Retry-After, and that of the Java libraries writes one of its own.
_KEEPS_RETRY_AFTER = ("azure-service-operator/", "azure-powershell/")
# Below these the names are the user's.
_USERS = (
    "tags",
    "userAssignedIdentities",
    "settings",
    "protectedSettings",
    "outputs",
    "parameters",
)
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|/subscriptions/[^\s',]+")
_NUMBER = re.compile(r"\d+")
_TYPES = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}


@dataclass(frozen=True, slots=True, order=True)
class Difference:
    """Where two answers differ: at which operation, in what aspect, and how."""

    operation: str
    aspect: str
    how: str


@dataclass(frozen=True, slots=True)
class Compared:
    """How many aspects of one request were compared, and which of them differ."""

    aspects: int
    differences: tuple[Difference, ...]
    unequal: int


def compared(exchange: Exchange, answer: Answer) -> Compared:
    """Compare status, headers, error and the shape of the body."""
    operation = operation_of(exchange)
    found: list[list[Difference]] = [_status(operation, exchange, answer)]
    if exchange.status == answer.status:
        found += [_header(operation, name, exchange, answer) for name in _headers_of(exchange)]
        if exchange.status >= 400:
            found += [_error(operation, name, exchange, answer) for name in ("code", "message")]
        elif stage(exchange.body) == stage(answer.body):
            found.append(list(_shapes(operation, exchange, answer)))
    differences = tuple(each for aspect in found for each in aspect)
    return Compared(len(found), differences, sum(1 for aspect in found if aspect))


def operation_of(exchange: Exchange) -> str:
    """Method and type: ``GET virtualMachines``; a list ends in ``/*``."""
    parts = [part for part in exchange.path.split("/") if part]
    lowered = [part.lower() for part in parts]
    start = -2
    if "providers" in lowered[:-1]:
        start = len(lowered) - 1 - lowered[::-1].index("providers")
    names = parts[start + 2 :: 2]
    ends_in_type = (len(parts) - start) % 2 == 1
    kind = "/".join(names) or "subscriptions"
    known = exchange.method == "POST" or not ends_in_type
    return f"{exchange.method} {kind}" if known else f"{exchange.method} {kind}/*"


def shape(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every path of a body and the type found there; rows of lists count together."""
    yield path or "the body", _TYPES.get(type(value), "number")
    if isinstance(value, list):
        for each in value:
            yield from shape(each, f"{path}[]")
    elif isinstance(value, dict) and path.rpartition(".")[2] not in _USERS:
        for name, each in value.items():
            yield from shape(each, f"{path}.{name}" if path else name)


def _status(operation: str, exchange: Exchange, answer: Answer) -> list[Difference]:
    if exchange.status == answer.status:
        return []
    code = _error_of(answer.body, "code") if answer.status >= 400 else ""
    how = f"{answer.status} {code}".strip() + f" instead of {exchange.status}"
    return [Difference(operation, "status", how)]


def _headers_of(exchange: Exchange) -> tuple[str, ...]:
    kept = exchange.recording.startswith(_KEEPS_RETRY_AFTER)
    return HEADERS if kept else HEADERS[:-1]


def _header(operation: str, name: str, exchange: Exchange, answer: Answer) -> list[Difference]:
    if (name in exchange.headers) == (name in answer.headers):
        return []
    how = "is not sent" if name in exchange.headers else "is sent, and was not"
    return [Difference(operation, f"header {name}", how)]


def _error(operation: str, name: str, exchange: Exchange, answer: Answer) -> list[Difference]:
    was, now = (_pattern(_error_of(body, name)) for body in (exchange.body, answer.body))
    return [] if was == now else [Difference(operation, f"error {name}", f"{now!r} for {was!r}")]


def _error_of(body: Any, name: str) -> str:
    error = body.get("error") if isinstance(body, dict) else None
    return str(error.get(name, "")) if isinstance(error, dict) else ""


def _pattern(text: str) -> str:
    return _NUMBER.sub("#", _QUOTED.sub("'…'", _GUID.sub("…", text))).replace("|", "/")[:120]


def _shapes(operation: str, exchange: Exchange, answer: Answer) -> Iterator[Difference]:
    was, now = set(shape(exchange.body)), set(shape(answer.body))
    for path, kind in sorted(_tops(was, now)):
        yield Difference(operation, "body", f"`{path}` ({kind}) is not shown")
    for path, kind in sorted(_tops(now, was)):
        yield Difference(operation, "body", f"`{path}` ({kind}) is shown, and was not")


def _tops(some: set[tuple[str, str]], others: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """What only ``some`` have, without what stands below another such path."""
    only = some - others
    paths = {path for path, _ in others}
    missing = {path for path, _ in only if path not in paths}
    return {(path, kind) for path, kind in only if not _below(path, missing)}


def _below(path: str, tops: set[str]) -> bool:
    cuts = [i for i, letter in enumerate(path) if letter in ".["]
    return any(path[:cut] in tops or path[: cut + 2] in tops for cut in cuts)
