"""``evenkeel run``: the daemon."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.leasing import lease_options
from controller.cli.options import show_options, source_options
from controller.core.rhythm import RESYNC_SECONDS

if TYPE_CHECKING:
    from controller.cli.leasing import Leasing
    from controller.cli.options import Show, Source
    from controller.sources.choose import SourceKind

DEFAULT_LISTEN = "127.0.0.1:8080"
SHORTEST_RESYNC, LONGEST_RESYNC = 10.0, 86_400.0

_HELP = """Keep fleets as their specs say, for as long as it runs.

PATH is a directory or file of specs, a git checkout (read at its commit, never
from the work tree), or a link that is swapped, as a mounted ConfigMap has it.
A changed spec is acted upon within seconds. One that is broken or gone freezes
its own fleet, and no absence ever deletes anything. Health and state are served
over HTTP, for reading only.

SIGTERM ends it in order within 20 seconds, SIGHUP reads all specs again.

\b
Examples:
  evenkeel run specs/
  evenkeel run fleets/ --provider azure --state-dir /var/lib/evenkeel
  evenkeel run specs/ --dry-run --listen 127.0.0.1:0
"""

_EXIT_CODES = """\
Exit codes:
  0    told to stop, and ended in order
  1    it could not start
  64   wrong usage
  69   the provider cannot be reached, or there is no credential
  75   another process uses the state directory or the region's file
  130  interrupted in the middle of a pass (143 by SIGTERM)"""


def _address(_context: click.Context, _parameter: click.Parameter, given: str) -> tuple[str, int]:
    """Divide ``HOST:PORT``; an IPv6 address stands in brackets."""
    host, _, port = given.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise click.BadParameter(f"{given!r} is not HOST:PORT, such as {DEFAULT_LISTEN}")
    return host, int(port)


@click.command("run", help=_HELP, epilog=f"\b\n{_EXIT_CODES}")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--listen",
    default=DEFAULT_LISTEN,
    envvar="EVENKEEL_LISTEN",
    metavar="HOST:PORT",
    callback=_address,
    help=f"Serves status there; port 0: any free one. Default: {DEFAULT_LISTEN}",
)
@click.option(
    "--resync",
    type=click.FloatRange(SHORTEST_RESYNC, LONGEST_RESYNC),
    default=RESYNC_SECONDS,
    envvar="EVENKEEL_RESYNC",
    metavar="S",
    help="How often a fleet at rest is looked at; less often where there are too many fleets for that. "
    f"Default: {RESYNC_SECONDS:.0f}",
)
@click.option(
    "--source",
    "kind",
    type=click.Choice(["auto", "git", "link", "plain"]),
    default="auto",
    envvar="EVENKEEL_SOURCE",
    help="How specs are read. auto: by what each PATH is; plain: as files lie there, in a git checkout "
    "too.",
)
@click.option(
    "--ref",
    default="HEAD",
    envvar="EVENKEEL_REF",
    metavar="REF",
    help="The branch or tag that is read from git. Default: what is checked out",
)
@click.option("--dry-run", is_flag=True, envvar="EVENKEEL_DRY_RUN", help="Look and plan only.")
@click.option(
    "--audit",
    envvar="EVENKEEL_AUDIT",
    metavar="FILE",
    help="The trail of changes. Default: audit.jsonl in --state-dir",
)
@click.option(
    "--approve",
    "tokens",
    multiple=True,
    envvar="EVENKEEL_APPROVE",
    metavar="TOKEN",
    help="Approves a step between revisions that is held back; may be given again.",
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 1_000),
    default=1.0,
    envvar="EVENKEEL_SPEED",
    help="Seconds in the simulated region for each second here. Default: 1",
)
@source_options
@lease_options
@show_options()
def command(  # noqa: PLR0913 -- one for each option
    paths: tuple[str, ...],
    *,
    listen: tuple[str, int],
    resync: float,
    kind: SourceKind,
    ref: str,
    dry_run: bool,
    audit: str | None,
    tokens: tuple[str, ...],
    speed: float,
    source: Source,
    leasing: Leasing,
    show: Show,
) -> int:
    """Run until told to stop."""
    from controller.cli.running import Request, run

    return run(
        Request(
            paths=paths,
            source=source,
            leasing=leasing,
            show=show,
            listen=listen,
            resync_seconds=resync,
            kind=kind,
            ref=ref,
            dry_run=dry_run,
            audit=None if audit is None else Path(audit),
            tokens=tokens,
            speed=speed,
        )
    )
