"""``--server``: ask a running daemon instead of looking at the cloud."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from controller.cli.options import typed

if TYPE_CHECKING:
    from collections.abc import Callable

PLACES = ("paths", "provider", "state", "scenario", "arm_url", "arm_ca")
"""Options that say where to look without a daemon."""


def server_option(function: Callable[..., int]) -> Callable[..., int]:
    """Add ``--server``; passed on as ``server``, None to look at the cloud itself.

    Whoever types where to look means that, whatever the environment says.
    """

    @wraps(function)
    def collected(**values: object) -> int:
        elsewhere = [name for name in PLACES if typed(name)]
        if elsewhere and typed("server"):
            other = "--specs" if elsewhere[0] == "paths" else f"--{elsewhere[0].replace('_', '-')}"
            raise click.UsageError(f"--server asks a daemon; {other} has no meaning there")
        if elsewhere:
            values["server"] = None
        return function(**values)

    option = click.option(
        "--server",
        envvar="EVENKEEL_SERVER",
        metavar="URL",
        callback=_server_address,
        help="Ask the daemon that listens there instead of looking at the cloud.",
    )
    return option(collected)


def _server_address(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> str | None:
    if not given:
        return None
    whole = given if "://" in given else f"http://{given}"
    parts = urlsplit(whole)
    if parts.scheme in {"http", "https"} and parts.hostname and not parts.query:
        return whole.rstrip("/")
    raise click.BadParameter(f"{given!r} is not an address such as http://127.0.0.1:8080")
