"""``evenkeel describe``: one fleet whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.daemon_option import server_option
from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.fleet_names import complete_fleets
from controller.cli.forms import FormType
from controller.cli.options import form_option, show_options, source_options, specs_option
from controller.cli.picking import read_query

if TYPE_CHECKING:
    from controller.cli.forms import Form
    from controller.cli.options import Show, Source
    from controller.cli.query import Query
    from controller.cli.tables import Item

_HELP = """Show one fleet whole: its spec, status, conditions, SLA, what is
blocked, what is planned, its instances and events.

\b
Examples:
  evenkeel describe web
  evenkeel describe web --server http://127.0.0.1:8080
  evenkeel describe web -o jsonpath='{.status.summary}'
"""


@click.command("describe", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("name", shell_complete=complete_fleets)
@click.option(
    "--query",
    metavar="JMESPATH",
    callback=read_query,
    help="Print what this finds in the document of -o json, as az does.",
)
@server_option
@specs_option
@source_options
@form_option(FormType(("text", "json", "yaml")))
@show_options()
def command(
    name: str,
    *,
    query: Query | None,
    server: str | None,
    paths: tuple[str, ...],
    source: Source,
    form: Form,
    show: Show,
) -> int:
    """Look once at one fleet and print its sections."""
    in_words = form.word == "text" and query is None
    if server is not None:
        from controller.cli.daemon_telling import describe_at

        return (
            describe_at(server, name, show)
            if in_words
            else _served(server, name, form, query, show)
        )
    from controller.cli.describe_text import describe_text
    from controller.cli.gather import gather
    from controller.formats.fleet_document import fleet_document

    gathered = gather(paths, source, show, names=(name,))
    for sight in gathered.sights:
        if in_words:
            show.data(describe_text(sight, show.out))
        else:
            _print(fleet_document(sight), form, query, show)
    return gathered.code


def _served(server: str, name: str, form: Form, query: Query | None, show: Show) -> int:
    from controller.cli.server import Server

    _print(Server(server).fleet(name), form, query, show)
    return 0


def _print(document: Item, form: Form, query: Query | None, show: Show) -> None:
    from controller.cli.printing import Printing, print_document

    print_document(document, Printing(form, query=query), show)
