"""Reading a running daemon over HTTP instead of looking at the provider: ``--server URL``."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import click

from controller.cli.exits import CommandError, Exit
from controller.cli.tables import EVENTS, FLEETS, INSTANCES
from controller.formats.age import UNKNOWN, age

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from providers.base import Document

_SECONDS = 20.0
_HEADERS: Mapping[str, tuple[str, ...]] = {
    "fleets": FLEETS,
    "instances": INSTANCES,
    "events": EVENTS,
}


def server_option(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--server`` to a command that only shows."""
    option = click.option(
        "--server",
        envvar="EVENKEEL_SERVER",
        metavar="URL",
        callback=_address,
        help="Asks a running daemon, such as http://127.0.0.1:8080, and nobody else.",
    )
    return option(function)


def _address(_context: click.Context, _parameter: click.Parameter, given: str | None) -> str | None:
    if given is None:
        return None
    parts = urllib.parse.urlsplit(given)
    if parts.scheme in {"http", "https"} and parts.hostname:
        return given.rstrip("/")
    raise click.BadParameter(f"{given!r} is not an address such as http://127.0.0.1:8080")


def list_of(server: str, kind: str, names: Sequence[str]) -> Document:
    """The daemon's list of fleets, instances or events, of these fleets only if any are named."""
    found = _ask(server, f"/api/v1/{kind}")
    if names:
        wanted = {name.lower() for name in names}
        key = "name" if kind == "fleets" else "fleet"
        found["items"] = [one for one in found["items"] if one[key].lower() in wanted]
        _check_known(server, wanted)
    return found


def fleet_of(server: str, name: str) -> Document:
    """All that the daemon knows of one fleet."""
    return _ask(server, f"/api/v1/fleets/{urllib.parse.quote(name, safe='')}")


def rows_of(kind: str, found: Document, now: datetime) -> list[tuple[str, ...]]:
    """The same as the table that ``get`` prints, header and all."""
    rows = {"fleets": _fleet_row, "instances": _instance_row, "events": _event_row}[kind]
    items: Any = found["items"]
    return [_HEADERS[kind], *(rows(one, now) for one in items)]


def _check_known(server: str, wanted: set[str]) -> None:
    known = {one["name"].lower() for one in _ask(server, "/api/v1/fleets")["items"]}
    missing = sorted(wanted - known)
    if missing:
        raise CommandError(f"{server} knows no fleet {', '.join(missing)}")


def _ask(server: str, path: str) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(server + path, timeout=_SECONDS) as answer:  # noqa: S310 -- http or https, checked
            found: dict[str, Any] = json.load(answer)
            return found
    except urllib.error.HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            name = urllib.parse.unquote(path.rpartition("/")[2])
            raise CommandError(f"{server} knows no fleet {name}") from error
        raise _no_daemon(server, f"it answers {error.code}") from error
    except (OSError, ValueError) as error:
        raise _no_daemon(server, str(getattr(error, "reason", error))) from error


def _no_daemon(server: str, why: str) -> CommandError:
    return CommandError(
        f"no daemon answers at {server}: {why}",
        hint="see where it listens: evenkeel run --listen HOST:PORT",
        code=Exit.UNREACHABLE,
    )


def _fleet_row(one: Mapping[str, Any], _now: datetime) -> tuple[str, ...]:
    shown = [str(one.get(key, UNKNOWN)) for key in ("ready", "desired", "updated", "spread")]
    return (one["name"], *shown, one["status"], UNKNOWN)


def _instance_row(one: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    domain = one["faultDomain"]
    place = one["zone"] or ("<none>" if domain is None else f"FD{domain}")
    obstacle = one["obstacle"]
    lock = obstacle["reason"] if obstacle else "<none>"
    return (
        one["name"],
        one["fleet"],
        place,
        one["size"],
        one["priority"],
        one["state"],
        one["health"],
        lock if one["owned"] else "unmanaged",
        age(_moment(one["createdAt"]), now),
    )


def _event_row(one: Mapping[str, Any], now: datetime) -> tuple[str, ...]:
    times = f" (x{one['count']})" if one.get("count", 1) > 1 else ""
    seen = age(_moment(one["at"]), now) + times
    return (seen, one["type"], one["reason"], one["object"], one["message"])


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
