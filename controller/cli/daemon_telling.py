"""``describe`` and ``explain`` of a running daemon: its own words, for this terminal's width."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from controller.cli.exits import Exit
from controller.cli.screen import legible
from controller.cli.server import Server

if TYPE_CHECKING:
    from controller.cli.options import Show


def describe_at(url: str, name: str, show: Show) -> int:
    """Print what the daemon says of one fleet. Raises ``CommandError``."""
    path = f"/api/v1/fleets/{quote(name, safe='')}/describe"
    show.data(legible(Server(url).text(path, width=str(show.out.width))))
    return Exit.DONE


def explain_at(url: str, name: str, instance: str, show: Show) -> int:
    """Print why the daemon would do what it would do. Raises ``CommandError``."""
    path = f"/api/v1/fleets/{quote(name, safe='')}/explain"
    asked = {"instance": instance} if instance else {}
    server = Server(url)
    if show.output == "text":
        width = str(show.out.width)
        show.data(legible(server.text(path, form="text", width=width, **asked)))
    else:
        show.document(server.document(path, **asked))
    return Exit.DONE
