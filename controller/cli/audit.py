"""``evenkeel audit``: is a trail as it was written, and what does it tell."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.options import show_options

if TYPE_CHECKING:
    from controller.cli.options import Show
    from controller.core.chain import Anchor

_HELP = """Check or read the trail that reconcile and run keep of every change.

\b
Examples:
  evenkeel audit verify .evenkeel/audit.jsonl
  evenkeel audit show .evenkeel/audit.jsonl --fleet web
"""

_VERIFY = """Find any edit, deletion, insertion or reordering of records, in FILE and
the closed files beside it, and a cut-off end as far as the anchor tells.

Who may write FILE.head as well can hide a new end. --head takes an anchor
that was kept elsewhere: evidence bundles and logs print them.

\b
Examples:
  evenkeel audit verify audit.jsonl
  evenkeel audit verify audit.jsonl --head 41:9f86d081884c7d65...
"""

_SHOW = """Print every change on record: when, by whom, what, why, and what came of it.

\b
Examples:
  evenkeel audit show audit.jsonl
  evenkeel audit show audit.jsonl --fleet web --instance web-000003 -o json
"""

_CODES = "Exit codes: 0 whole, 1 not as it was written or not readable, 64 usage."
_FILE = click.Path(path_type=Path)


@click.group("audit", help=_HELP, no_args_is_help=True)
def command() -> None:
    """Hold the commands about trails."""


def _anchors(
    _context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> tuple[Anchor, ...]:
    from controller.core.chain import Anchor

    for one in given:
        if not re.fullmatch(r"[1-9][0-9]{0,17}:[0-9a-f]{64}", one):
            raise click.BadParameter(f"{one!r} is not an anchor: NUMBER:HASH with 64 hex digits")
    return tuple(Anchor(int(one.partition(":")[0]), one.partition(":")[2]) for one in given)


@command.command("verify", help=_VERIFY, epilog=_CODES)
@click.argument("file", type=_FILE)
@click.option(
    "--head",
    "heads",
    multiple=True,
    envvar="EVENKEEL_HEAD",
    metavar="N:HASH",
    callback=_anchors,
    help="An anchor that was kept elsewhere; may be given again.",
)
@click.option(
    "--archived",
    is_flag=True,
    envvar="EVENKEEL_ARCHIVED",
    help="Older files were moved away: begin with what is there.",
)
@show_options(["text", "json", "yaml"])
def verify(file: Path, *, heads: tuple[Anchor, ...], archived: bool, show: Show) -> int:
    """Examine a trail, print what was found, and say by the exit code whether it is whole."""
    from controller.cli.audit_text import examination_document, examination_text, examined

    found = examined(file, heads=heads, archived=archived)
    if show.output == "text":
        show.data(examination_text(found, show.out))
    else:
        show.document(examination_document(found))
    return 0 if found.whole else 1


@command.command("show", help=_SHOW, epilog=_CODES)
@click.argument("file", type=_FILE)
@click.option("--fleet", envvar="EVENKEEL_FLEET", metavar="NAME", help="Of one fleet only.")
@click.option(
    "--instance", envvar="EVENKEEL_INSTANCE", metavar="NAME", help="Of one instance only."
)
@show_options(["text", "json", "yaml"])
def show_trail(file: Path, *, fleet: str | None, instance: str | None, show: Show) -> int:
    """List changes; a trail that is not whole is told of, and shown all the same."""
    from controller.cli.audit_text import change_document, change_lines, examined, of_interest

    found = examined(file, archived=True)
    for one in found.breaks:
        show.say(f"evenkeel: {one.place}: {one.sentence}")
    changes = [one for one in found.changes if of_interest(one, fleet, instance)]
    if show.output == "text":
        show.data("\n".join(change_lines(changes, show.out)) or "no changes on record")
    else:
        show.document({"formatVersion": "1.0", "changes": [change_document(o) for o in changes]})
    return 0 if found.whole else 1
