"""``evenkeel explain``: what would happen to a fleet or an instance, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.daemon_option import server_option
from controller.cli.exits import SHORT_EXIT_CODES, CommandError
from controller.cli.fleet_names import complete_fleets
from controller.cli.options import show_options, source_options, specs_option

if TYPE_CHECKING:
    from controller.cli.options import Show, Source
    from controller.formats.instances import FleetSight

_HELP = """Say what would happen to a fleet or to one of its instances, and why.

For an instance: whether it may be deleted and by which rule, what the plan
would do with it, what was nearly chosen instead, and when it is looked at
next.

\b
Examples:
  evenkeel explain web
  evenkeel explain web/web-000003
  evenkeel explain web --server http://127.0.0.1:8080
"""


@click.command("explain", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("subject", metavar="FLEET[/INSTANCE]", shell_complete=complete_fleets)
@server_option
@specs_option
@source_options
@show_options(["text", "json", "yaml"])
def command(
    subject: str, *, server: str | None, paths: tuple[str, ...], source: Source, show: Show
) -> int:
    """Look once and explain the plan."""
    fleet, _, instance = subject.partition("/")
    if server is not None:
        from controller.cli.daemon_telling import explain_at

        return explain_at(server, fleet, instance, show)
    from controller.cli.gather import gather

    gathered = gather(paths, source, show, names=(fleet,))
    for sight in gathered.sights:
        try:
            _explain(sight, instance or None, show)
        except LookupError:
            raise CommandError(
                f"fleet {fleet} has no instance {instance}, and none is to be created",
                hint=f"see them all: evenkeel get instances {fleet}",
            ) from None
    return gathered.code


def _explain(sight: FleetSight, instance: str | None, show: Show) -> None:
    from controller.cli.explain_text import (
        explain_document,
        explain_fleet_text,
        explain_instance_text,
    )

    if show.output != "text":
        show.document(explain_document(sight, instance))
    elif instance is None:
        show.data(explain_fleet_text(sight, show.out))
    else:
        show.data(explain_instance_text(sight, instance, show.out))
