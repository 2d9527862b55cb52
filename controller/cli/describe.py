"""``evenkeel describe``: one fleet whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.options import show_options, source_options, specs_option
from controller.cli.remote import server_option

if TYPE_CHECKING:
    from controller.cli.options import Show, Source

_HELP = """Show one fleet whole: its spec, status, conditions, SLA, what is
blocked, what is planned, and its instances.

\b
Examples:
  evenkeel describe web
  evenkeel describe web -o json
"""


@click.command("describe", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("name")
@specs_option
@server_option
@source_options
@show_options(["text", "json", "yaml"])
def command(
    name: str, *, paths: tuple[str, ...], server: str | None, source: Source, show: Show
) -> int:
    """Look once at one fleet and print its sections."""
    if server is not None:
        return _from_server(server, name, show)
    from controller.cli.describe_text import describe_text
    from controller.cli.gather import gather
    from controller.formats.fleet_document import fleet_document

    gathered = gather(paths, source, show, names=(name,))
    for sight in gathered.sights:
        if show.output == "text":
            show.data(describe_text(sight, show.out))
        else:
            show.document(fleet_document(sight))
    return gathered.code


def _from_server(server: str, name: str, show: Show) -> int:
    from controller.cli.remote import fleet_of
    from controller.formats.text import yaml_text

    found = fleet_of(server, name)
    if show.output == "text":
        # A document of many parts reads best as YAML, which is also what kubectl would show.
        show.data(yaml_text(found))
    else:
        show.document(found)
    return 0
