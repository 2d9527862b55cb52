"""``evenkeel get``: fleets, instances or events as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.options import show_options, source_options, specs_option
from controller.cli.remote import server_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.options import Show, Source

KINDS = ("fleets", "instances", "events")

_HELP = """List fleets, instances or events.

FLEET limits the list to fleets of these names. READY counts running members,
UPDATED those made from the template as it is now, SPREAD the members in each
zone or fault domain, AGE the oldest member.

\b
Examples:
  evenkeel get fleets
  evenkeel get instances web -o json
  evenkeel get events --server http://127.0.0.1:8080
  EVENKEEL_SPECS=fleets/ evenkeel get events
"""


@click.command("get", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("names", nargs=-1, metavar="[FLEET]...")
@click.option("--no-headers", is_flag=True, envvar="EVENKEEL_NO_HEADERS", help="Rows only.")
@specs_option
@server_option
@source_options
@show_options(["text", "json", "yaml"])
def command(
    kind: str,
    names: tuple[str, ...],
    *,
    no_headers: bool,
    paths: tuple[str, ...],
    server: str | None,
    source: Source,
    show: Show,
) -> int:
    """Look once and print a table, or a list for machines."""
    if server is not None:
        return _from_server(server, kind, names, show, no_headers=no_headers)
    from controller.cli.gather import gather
    from controller.cli.tables import listing, table

    gathered = gather(paths, source, show, names=names)
    if show.output != "text":
        show.document(listing(kind, gathered.sights, gathered.unseen))
        return gathered.code
    rows = table(kind, gathered.sights, gathered.unseen)
    _print(rows[1:] if no_headers else rows, kind, show, empty=len(rows) == 1)
    return gathered.code


def _from_server(
    server: str, kind: str, names: tuple[str, ...], show: Show, *, no_headers: bool
) -> int:
    from controller.cli.remote import list_of, rows_of
    from controller.engine.clock import WallClock

    found = list_of(server, kind, names)
    if show.output != "text":
        show.document(found)
        return 0
    rows = rows_of(kind, found, WallClock().now)
    if len(rows) == 1:
        show.say(f"no {kind} found")
    else:
        _columns(rows[1:] if no_headers else rows, show)
    return 0


def _columns(rows: Sequence[Sequence[str]], show: Show) -> None:
    from controller.cli.columns import print_columns

    show.data("\n".join(print_columns(rows)))


def _print(rows: Sequence[Sequence[str]], kind: str, show: Show, *, empty: bool) -> None:
    from controller.cli.events import WHERE_EVENTS_LIVE

    if empty:
        show.say(f"no {kind} found")
    else:
        _columns(rows, show)
    if kind == "events":
        show.say(WHERE_EVENTS_LIVE)
