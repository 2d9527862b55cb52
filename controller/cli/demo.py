"""``evenkeel demo``: three fleets live a short life in a simulated region, in memory, in a few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controller.cli.exits import Exit
from controller.cli.options import show_options

if TYPE_CHECKING:
    from controller.cli.options import Show

_HELP = """Watch three fleets live a short life: planned, created, one of them scaled in
around a locked instance, and settled. The region is simulated and lives in
memory: no account, no network, no file. Every run prints the same.

\b
Example:
  evenkeel demo
"""

_EPILOG = "Exit codes: 0 done, 1 the fleets did not settle (which is a bug)."


@click.command("demo", help=_HELP, epilog=_EPILOG)
@show_options()
def command(show: Show) -> int:
    """Run the story."""
    import asyncio

    from controller.cli.demo_story import Story

    settled = asyncio.run(Story(show).tell())
    return Exit.DONE if settled else Exit.ERROR
