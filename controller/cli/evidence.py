"""``evenkeel evidence``: everything that is known of fleets, for somebody who was not there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES
from controller.cli.options import show_options, source_options

if TYPE_CHECKING:
    from controller.cli.options import Show, Source

_HELP = """Write a bundle of what is known of the fleets in PATH: specs, observation,
locks, plan, conditions, events, mistakes, versions, settings with their
origins, and the state of the audit trail.

Nothing is changed, and secrets are left out: first-boot data, extension
settings, and whatever a key or a pattern gives away. Read it before you pass
it on. A name that ends in .zip gives one file, any other a directory.

\b
Examples:
  evenkeel evidence specs/ --out evidence.zip
  evenkeel evidence specs/ --out case-41/ --state-dir /var/lib/evenkeel
"""


@click.command("evidence", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--out",
    required=True,
    envvar="EVENKEEL_EVIDENCE",
    type=click.Path(path_type=Path),
    help="Where to write it: NAME.zip, or a directory.",
)
@click.option(
    "--audit",
    envvar="EVENKEEL_AUDIT",
    type=click.Path(path_type=Path),
    help="The audit trail to examine for it.",
)
@click.option(
    "--state-dir",
    envvar="EVENKEEL_STATE_DIR",
    type=click.Path(path_type=Path),
    help="The daemon's state directory, where its audit trail is.",
)
@source_options
@show_options()
@click.pass_context
def command(
    context: click.Context,
    paths: tuple[str, ...],
    *,
    out: Path,
    audit: Path | None,
    state_dir: Path | None,
    source: Source,
    show: Show,
) -> int:
    """Look once and write the bundle."""
    from controller.cli.evidence_bundle import Request, write_evidence

    if audit is not None and state_dir is not None:
        raise click.UsageError("--audit and --state-dir both name a trail: give one")
    trail = audit if state_dir is None else state_dir / "audit.jsonl"
    return write_evidence(Request(paths, out, trail, source, show), context)
