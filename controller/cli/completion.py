"""``evenkeel completion``: what a shell needs to complete commands, options and the names of fleets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import SHORT_EXIT_CODES

if TYPE_CHECKING:
    from click.shell_completion import ShellComplete

SHELLS = ("bash", "zsh", "fish")
VARIABLE = "_EVENKEEL_COMPLETE"

_HELP = """Print a script that makes a shell complete commands, options and the
names of fleets.

Names come from the spec files of --specs, EVENKEEL_SPECS or specs/, and from
nowhere else: no cloud and no daemon is asked while you type.

\b
Examples:
  source <(evenkeel completion bash)
  evenkeel completion zsh > "${fpath[1]}/_evenkeel"
  evenkeel completion fish > ~/.config/fish/completions/evenkeel.fish
"""


@click.command("completion", help=_HELP, epilog=SHORT_EXIT_CODES)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> int:
    """Print click's own script for a shell."""
    from controller.cli.options import write

    program = context.find_root().command
    write(script_of(shell, program).rstrip("\n"))
    return 0


def script_of(shell: str, program: click.Command) -> str:
    """The script for one of ``SHELLS``."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:  # pragma: no cover -- click knows all of SHELLS
        raise click.UsageError(f"no completion for {shell}")
    made: ShellComplete = found(program, {}, "evenkeel", VARIABLE)
    # Not .source(), which for bash starts a bash to ask for its version.
    return made.source_template % made.source_vars()
