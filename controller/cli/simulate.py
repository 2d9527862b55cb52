"""``evenkeel simulate``: what would happen to fleets in a simulated region, in virtual time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.options import show_options

if TYPE_CHECKING:
    from controller.cli.options import Show

_MOST_HOURS = 24 * 366

_HELP = """Live through hours in a simulated region, and tell what would happen to
the fleets in PATH: what is created, deleted and held back, when each fleet is
as its spec says, and how often the platform is asked. The region begins
empty, lives in memory and runs in virtual time; the same seed tells the same.
No account, no network, and nothing is kept.

\b
Examples:
  evenkeel simulate specs/web.yaml
  evenkeel simulate specs/ --hours 24 --scenario specs/scenarios/lag.yaml
  evenkeel simulate specs/ --scenario outage.yaml --seed 7 -o json
"""


@click.command("simulate", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--scenario",
    envvar="EVENKEEL_SCENARIO",
    metavar="FILE",
    help="Faults and limits of the simulated region.",
)
@click.option(
    "--hours",
    type=click.FloatRange(0, _MOST_HOURS, min_open=True),
    default=1.0,
    envvar="EVENKEEL_HOURS",
    help="How many hours go by. Default: 1",
)
@click.option(
    "--seed",
    type=int,
    default=0,
    envvar="EVENKEEL_SEED",
    help="Chance of the region and of the pauses. Default: 0",
)
@click.option(
    "--resync",
    type=click.FloatRange(1),
    default=60.0,
    envvar="EVENKEEL_RESYNC",
    metavar="SECONDS",
    help="How often a fleet at rest is looked at. Default: 60",
)
@show_options(["text", "json", "yaml"])
def command(
    paths: tuple[str, ...],
    *,
    scenario: str | None,
    hours: float,
    seed: int,
    resync: float,
    show: Show,
) -> int:
    """Let the hours go by and tell."""
    from controller.cli.simulating import Request, simulate

    return simulate(
        Request(
            paths=paths,
            show=show,
            scenario=None if scenario is None else Path(scenario),
            hours=hours,
            seed=seed,
            resync_seconds=resync,
        )
    )
