"""``evenkeel wait``: until fleets are in a condition, or cannot come to be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.daemon_option import server_option
from controller.cli.fleet_names import complete_fleets
from controller.cli.options import show_options, source_options, specs_option
from controller.cli.picking import read_goal, read_selector

if TYPE_CHECKING:
    from controller.cli.goals import Goal
    from controller.cli.options import Show, Source
    from controller.cli.selector import Selector

DEFAULT_SECONDS = 600.0
"""Ten minutes: longer than most members take from the request until they run."""

_HELP = """Wait until fleets are in a condition; without FLEET: all fleets.

It only looks; somebody else has to do the work: a daemon, or reconcile. When a
fleet is stalled, which only a person can end, it fails at once and says why.
--for is condition=TYPE, condition=TYPE=false, jsonpath={PATH}=VALUE on what
get fleets -o json prints of the fleet, create (its scale set is there) or delete
(its scale set is gone, as a spec with state: Absent makes it).

\b
Examples:
  evenkeel wait web --for=condition=Ready --timeout 900
  evenkeel wait web --for=jsonpath='{.ready}'=6 --server http://127.0.0.1:8080
  evenkeel wait -l team=payments --for=condition=Throttled=false
  evenkeel wait web --for=delete --timeout 3600
"""

_EXIT_CODES = """\
Exit codes:
  0    every fleet is in the condition
  1    a fleet is stalled or absent, or the time was up
  64   wrong usage
  69   the provider or daemon cannot be reached, or there is no credential
  75   throttled, or somebody else holds the state: try later"""


@click.command("wait", help=_HELP, epilog=f"\b\n{_EXIT_CODES}")
@click.argument("names", nargs=-1, metavar="[FLEET]...", shell_complete=complete_fleets)
@click.option(
    "--for",
    "goal",
    default="condition=Ready",
    metavar="GOAL",
    callback=read_goal,
    help="What to wait for. Default: condition=Ready",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0),
    default=DEFAULT_SECONDS,
    metavar="S",
    help=f"Seconds after which it fails; 0: look once. Default: {DEFAULT_SECONDS:.0f}",
)
@click.option(
    "-l",
    "--selector",
    "labelled",
    metavar="LABELS",
    callback=read_selector,
    help="Only fleets with these labels, as for get.",
)
@server_option
@specs_option
@source_options
@show_options()
def command(  # noqa: PLR0913 -- one for each option
    names: tuple[str, ...],
    *,
    goal: Goal,
    timeout: float,
    labelled: Selector,
    server: str | None,
    paths: tuple[str, ...],
    source: Source,
    show: Show,
) -> int:
    """Look again and again until the end is known."""
    from controller.cli.look import Asked
    from controller.cli.waiting import waiting

    asked = Asked("fleets", names, paths, source, server, labelled)
    return waiting(asked, goal, timeout, show)
