"""Puts a config file to use for the command that comes after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from controller.cli.config_file import NO_FILE, SYSTEM_FILE, read_config
from controller.cli.diagnostics import render_text
from controller.cli.exits import CommandError, Exit
from controller.formats.redact import redact_text

if TYPE_CHECKING:
    from controller.cli.config_file import Config


def configure(context: click.Context, named: str | None) -> None:
    """Make a file's settings the defaults of all commands. ``named`` None: the system's file.

    Raises ``CommandError`` for a file that cannot be read, or says anything that is no setting: whoever
    wrote it believes that it holds.
    """
    if named == NO_FILE:
        return
    path = Path(SYSTEM_FILE if named is None else named)
    config = _read(path, context)
    errors = [one for one in config.diagnostics if one.is_error]
    if errors:
        click.echo(redact_text(render_text(config.diagnostics)), err=True)
        raise CommandError(
            f"the config file {path} is wrong; nothing was done",
            hint="mend what is told above, or go without it: --config none",
            code=Exit.USAGE,
        )
    if named is None:
        click.echo(f"evenkeel: settings from {path}", err=True)
    context.default_map = config.defaults
    context.meta["evenkeel.config"] = config
    context.meta["evenkeel.config_path"] = path


def _read(path: Path, context: click.Context) -> Config:
    program = context.command
    try:
        return read_config(path, program)  # type: ignore[arg-type]  # the program is a group
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CommandError(
            f"the config file {path} cannot be read: {reason}",
            hint="name another one with --config, or none: --config none",
            code=Exit.USAGE,
        ) from error
