"""``evenkeel get``: fleets, instances or events as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.daemon_option import server_option
from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.fleet_names import complete_fleets
from controller.cli.forms import FormType
from controller.cli.options import form_option, show_options, source_options, specs_option
from controller.cli.picking import read_path, read_query, read_selector, read_types

if TYPE_CHECKING:
    from controller.cli.forms import Form
    from controller.cli.options import Show, Source
    from controller.cli.query import Query
    from controller.cli.selector import Selector
    from controller.formats.jsonpath import Path

KINDS = ("fleets", "instances", "events")
FORMS = FormType(("text", "wide", "name", "json", "yaml", "tsv"), columns=True)

_HELP = """List fleets, instances or events.

FLEET limits the list to fleets of these names. READY counts running members,
UPDATED those made from the template as it is now, SPREAD the members in each
zone or fault domain, AGE the oldest member. Templates, queries and --sort-by
see what -o json prints; --sort-by is a path inside one of its items, and a
--query may be of its items alone, as in az: [].name is items[].name.

\b
Examples:
  evenkeel get fleets -o wide
  evenkeel get fleets --server http://127.0.0.1:8080 --watch
  evenkeel get instances web --sort-by .createdAt
  evenkeel get instances -l team=pay -o custom-columns=NAME:.name,AT:.zone
  evenkeel get fleets -o jsonpath='{range .items[*]}{.name}{"\\n"}{end}'
  evenkeel get fleets --query "[?status!='Ready'].name" -o tsv
  EVENKEEL_SPECS=fleets/ evenkeel get events --types Warning
"""


@click.command("get", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("names", nargs=-1, metavar="[FLEET]...", shell_complete=complete_fleets)
@click.option("--no-headers", is_flag=True, envvar="EVENKEEL_NO_HEADERS", help="Rows only.")
@click.option(
    "-w",
    "--watch",
    is_flag=True,
    help="Look again and again: a table that changes on a terminal, else a line for each change.",
)
@click.option(
    "--interval",
    type=click.FloatRange(0.1, 3_600),
    metavar="S",
    help="Seconds between the looks of --watch. Default: 2; 15 at Azure itself",
)
@click.option(
    "-l",
    "--selector",
    "labelled",
    metavar="LABELS",
    callback=read_selector,
    help="Only fleets with these labels: team=payments,tier!=web,env in (a,b),!old",
)
@click.option(
    "--sort-by",
    metavar="PATH",
    callback=read_path,
    help="Order by this JSONPath of each item, such as .ready",
)
@click.option(
    "--query",
    metavar="JMESPATH",
    callback=read_query,
    help="Print what this finds in the document of -o json, as az does.",
)
@click.option(
    "--types",
    metavar="TYPES",
    callback=read_types,
    help="Only events of these types, such as Warning.",
)
@server_option
@specs_option
@source_options
@form_option(FORMS)
@show_options()
def command(  # noqa: PLR0913 -- one for each option
    kind: str,
    names: tuple[str, ...],
    *,
    no_headers: bool,
    watch: bool,
    interval: float | None,
    labelled: Selector,
    sort_by: Path | None,
    query: Query | None,
    types: frozenset[str],
    server: str | None,
    paths: tuple[str, ...],
    source: Source,
    form: Form,
    show: Show,
) -> int:
    """Look, and print a table, or a list for machines."""
    from controller.cli.look import Asked, look
    from controller.cli.printing import Printing, print_look

    if types and kind != "events":
        raise click.UsageError(f"--types is for events, and {kind} have none")
    asked = Asked(kind, names, paths, source, server, labelled, types)
    printing = Printing(form, not no_headers, sort_by, query)
    if watch:
        from controller.cli.watching import watching

        return watching(asked, printing, show, interval)
    seen = look(asked, show)
    print_look(kind, seen, printing, show)
    if kind == "events" and server is None and printing.is_table:
        from controller.cli.events import WHERE_EVENTS_LIVE

        show.say(WHERE_EVENTS_LIVE)
    return seen.code
