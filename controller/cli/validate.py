"""``evenkeel validate``: every mistake of every spec file in one run, without network or account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES, Exit
from controller.cli.options import show_options

if TYPE_CHECKING:
    from controller.cli.options import Show
    from controller.cli.specs import Loaded

FORMATS = ("text", "json", "github", "sarif")

_HELP = """Check spec files, or all spec files below directories.

All mistakes of all files are told at once, each with its code, its place and
what to write instead. Nothing is looked up outside of the files.

\b
Examples:
  evenkeel validate specs/
  evenkeel validate web.yaml --format sarif > web.sarif
"""


@click.command("validate", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    envvar="EVENKEEL_FORMAT",
    help="Form of the mistakes on stdout.",
)
@show_options()
def command(paths: tuple[str, ...], *, form: str, show: Show) -> int:
    """Compile the files, print their mistakes on stdout, and count them on stderr."""
    from controller.cli.diagnostics import summary
    from controller.cli.specs import read_specs
    from controller.formats.words import counted

    specs = read_specs(paths)
    if text := _rendered(specs, form, show):
        show.data(text)
    checked = f"{counted(specs.files, 'file')}, {counted(len(specs.fleets), 'valid fleet')}"
    show.say(f"evenkeel: checked {checked}: {summary(specs.diagnostics)}")
    return Exit.ERROR if specs.has_errors else Exit.DONE


def _rendered(specs: Loaded, form: str, show: Show) -> str:
    from controller.cli import diagnostics

    found = specs.diagnostics
    if form == "json":
        return diagnostics.render_json(found)
    if form == "github":
        return diagnostics.render_github(found)
    if form == "sarif":
        from importlib.metadata import version

        return diagnostics.render_sarif(found, version=version("evenkeel"))
    text = diagnostics.render_text(found, color=show.out.colour)
    # The count goes to stderr, where it also stands when there is nothing to show.
    return text.removesuffix(diagnostics.summary(found)).rstrip()
