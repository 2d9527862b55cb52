"""The program ``evenkeel``: finds a subcommand, runs it, and turns whatever happens into an exit code.

A subcommand's module is imported when it is used, so that ``--help`` and ``validate`` start fast. This
is the outermost boundary: no traceback gets past it.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import traceback
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from controller.cli.exits import EXIT_CODES, CommandError, Exit
from controller.formats.redact import redact_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType
    from typing import NoReturn

_SUMMARIES = {
    "validate": "Check spec files; no network, no account.",
    "reconcile": "Bring fleets to what their specs say, or show the plan.",
    "run": "Keep fleets as their specs say, and serve their status: the daemon.",
    "observe": "Print what the provider shows, as an observation document.",
    "get": "List fleets, instances or events.",
    "describe": "Show one fleet whole: spec, status, what is blocked, plan, instances.",
    "explain": "Say what would happen to a fleet or an instance, and why.",
    "wait": "Wait until fleets are in a condition.",
    "emulator": "Answer as Azure Resource Manager does, on a simulated region.",
    "simulate": "Tell what would happen in hours of a simulated region.",
    "audit": "Check or read the trail of changes.",
    "evidence": "Write a bundle of all that is known, without secrets.",
    "config": "Show all settings, and where they come from.",
    "schema": "Print the JSON Schema of a spec.",
    "completion": "Print what a shell needs to complete commands.",
    "demo": "Watch three fleets live a short life in a simulated region.",
}


class Terminated(BaseException):
    """SIGTERM arrived. Derives from BaseException as KeyboardInterrupt does, and for the same reason."""


class Program(click.Group):
    """A click group whose commands are imported on use and whose failures become exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands, in the order in which one meets them."""
        del ctx
        return list(_SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a command; None for a name that does not exist."""
        del ctx
        if cmd_name not in _SUMMARIES:
            return None
        found = import_module(f"controller.cli.{cmd_name}").command
        return found if isinstance(found, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with their summaries, without importing any."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_SUMMARIES.items()))

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run, and exit with the code of the contract. Takes what ``click.Group.main`` takes."""
        kwargs.update(standalone_mode=False)
        kwargs.setdefault("prog_name", "evenkeel")
        run = super().main
        sys.exit(exit_code_of(lambda: run(*args, **kwargs)))


def exit_code_of(run: Callable[[], object]) -> int:
    """Run a command and return its exit code; what went wrong is said on stderr in one sentence."""
    try:
        returned = run()
        sys.stdout.flush()
    except click.ClickException as wrong:
        _show(wrong)
        return _code_of(wrong)
    except (click.Abort, KeyboardInterrupt, Terminated, BrokenPipeError) as stop:
        return _stopped(stop)
    except Exception as mistake:  # noqa: BLE001 - the outermost boundary: a user never sees a traceback
        _say(_confess(mistake))
        return Exit.ERROR
    return returned if isinstance(returned, int) else Exit.DONE


_SYSTEM_FILE = "/etc/evenkeel/config.yaml"
"""Told apart in ``config_file``, which is not imported for nothing."""

_HELP = """Keep fleets of Azure VMs as their specs say.

\b
Try it without an account:
  evenkeel demo
  evenkeel validate specs/
  evenkeel reconcile specs/ --dry-run
"""


@click.command(
    "evenkeel",
    cls=Program,
    help=_HELP,
    epilog=f"\b\n{EXIT_CODES}",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=lambda context, _, wanted: _version(context, wanted=wanted),
    help="Show the version and exit.",
)
@click.option(
    "--config",
    "config_file",
    envvar="EVENKEEL_CONFIG",
    metavar="FILE",
    help="Defaults of all options. Default: /etc/evenkeel/config.yaml, if there is one; none: no file.",
)
@click.pass_context
def cli(context: click.Context, config_file: str | None) -> None:
    """Read the config file, if there is one, before the command reads its options."""
    if config_file is not None or Path(_SYSTEM_FILE).exists():
        from controller.cli.configured import configure

        configure(context, config_file)


def main() -> None:
    """Entry point of the installed program."""
    signal.signal(signal.SIGTERM, _terminate)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    cli.main()


def _show(wrong: click.ClickException) -> None:
    """Click quotes what was typed, which may hold a secret."""
    shown = io.StringIO()
    wrong.show(shown)
    click.echo(redact_text(shown.getvalue().rstrip("\n")), err=True)


def _code_of(wrong: click.ClickException) -> int:
    if isinstance(wrong, CommandError):
        return wrong.code
    return Exit.USAGE if isinstance(wrong, click.UsageError) else Exit.ERROR


def _stopped(stop: BaseException) -> Exit:
    if isinstance(stop, BrokenPipeError):
        # Nobody reads any more; the interpreter must not complain about it while shutting down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return Exit.BROKEN_PIPE
    told = isinstance(stop, Terminated)
    _say(
        f"{'told to stop' if told else 'interrupted'}. "
        "What was accepted goes on; run the command again to see it."
    )
    return Exit.TERMINATED if told else Exit.INTERRUPTED


def _version(context: click.Context, *, wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import version

    click.echo(f"evenkeel {version('evenkeel')}")
    context.exit()


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise Terminated


def _say(sentence: str) -> None:
    with contextlib.suppress(OSError):
        click.echo(redact_text(f"evenkeel: {sentence}"), err=True)


def _confess(mistake: Exception) -> str:
    """One sentence with what a maintainer needs: the kind of mistake, and the line where it was made."""
    frames = traceback.extract_tb(mistake.__traceback__)
    place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else "an unknown place"
    where = place[place.rfind("controller/") :] if "controller/" in place else place
    return (
        f"stopped by a mistake of its own: {type(mistake).__name__} at {where}: {mistake}. "
        "Please report this line together with the command."
    )
