"""``evenkeel config``: which settings hold, and where they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.options import show_options

if TYPE_CHECKING:
    from controller.cli.options import Show

_HELP = """Show what the commands would be told if they were typed without options.

\b
Examples:
  evenkeel config view
  evenkeel --config evenkeel.yaml config view --origins
"""

_VIEW = """Print every setting of every command. A flag stands over its EVENKEEL_*
variable, that over the config file, and that over the default.

The config file is the one that --config or EVENKEEL_CONFIG names, else
/etc/evenkeel/config.yaml if there is one; a file of the present directory is
never taken by itself. Its keys are the long options in camelCase, for all
commands or below one command's name. Secrets are not shown.

\b
Examples:
  evenkeel config view --origins
  evenkeel config view -o json
"""


@click.group("config", help=_HELP, no_args_is_help=True)
def command() -> None:
    """Hold the commands about settings."""


@command.command("view", help=_VIEW, epilog="Exit codes: 0 done, 64 the config file is wrong.")
@click.option(
    "--origins", is_flag=True, envvar="EVENKEEL_ORIGINS", help="Say where each value comes from."
)
@show_options(["text", "json", "yaml"])
@click.pass_context
def view(context: click.Context, *, origins: bool, show: Show) -> int:
    """Print the settings."""
    from controller.cli.config_text import config_document, config_lines

    if show.output == "text":
        show.data("\n".join(config_lines(context, origins=origins)))
    else:
        show.document(config_document(context))
    return 0
