"""``evenkeel observe``: what the provider shows, as a document that a plan can be made from later."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.options import show_options, source_options

if TYPE_CHECKING:
    from controller.cli.options import Show, Source

_HELP = """Print what the provider shows of the fleets in PATH: members, locks,
serial numbers, sizes and quota. Nothing is changed.

\b
Examples:
  evenkeel observe specs/
  evenkeel observe specs/ -o json > seen.json
  evenkeel reconcile specs/ --dry-run --observed seen.json
"""


@click.command("observe", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@source_options
@show_options(["text", "json", "yaml"])
def command(paths: tuple[str, ...], *, source: Source, show: Show) -> int:
    """Look once and print the observation."""
    from controller.cli.columns import print_columns
    from controller.cli.gather import gather
    from controller.cli.items import items_of
    from controller.cli.tables import table

    gathered = gather(paths, source, show)
    if show.output != "text":
        from controller.formats.observation import observation_document

        specs = [sight.sighting.fleet for sight in gathered.sights]
        seen = {s.plan.fleet: s.sighting.observed for s in gathered.sights}
        told = {sight.plan.fleet: sight.conditions for sight in gathered.sights}
        show.document(observation_document(gathered.now, seen, specs=specs, conditions=told))
        return gathered.code
    items = items_of("instances", gathered.sights)
    if items:
        rows = table("instances", items, gathered.now)
        show.data("\n".join(print_columns(rows, width=show.out.width)))
    else:
        show.say("no instances found")
    return gathered.code
