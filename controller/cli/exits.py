"""Exit codes, in one place, and the error that carries one."""

from __future__ import annotations

from enum import IntEnum
from typing import IO, Any

import click

from controller.cli.screen import Screen
from controller.formats.redact import redact_text


class Exit(IntEnum):
    """What the program's exit code says. 64, 69 and 75 are those of BSD's ``sysexits.h``."""

    DONE = 0
    ERROR = 1
    CHANGES = 2
    BLOCKED = 3
    USAGE = 64
    UNREACHABLE = 69
    THROTTLED = 75
    INTERRUPTED = 130
    BROKEN_PIPE = 141
    TERMINATED = 143


EXIT_CODES = """\
Exit codes:
  0    done; with --dry-run: planned
  1    a spec is wrong, or a fleet failed
  2    changes are pending (with --detailed-exitcode)
  3    what is pending is blocked by a lock, hold, guard or budget
       (with --detailed-exitcode)
  64   wrong usage
  69   the provider cannot be reached, or there is no credential
  75   throttled, or somebody else holds the lease: try later
  130  interrupted (143 by SIGTERM)"""

SHORT_EXIT_CODES = "Exit codes: 0 done, 1 error, 64 usage, 69 unreachable, 75 try later."


class CommandError(click.ClickException):
    """A command cannot go on: what is wrong, and what to do instead."""

    def __init__(self, message: str, *, hint: str = "", code: Exit = Exit.ERROR) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code

    def show(self, file: IO[Any] | None = None) -> None:
        """Print the sentence, and below it what to do, broken at 80 columns."""
        screen = Screen()
        first, *more = redact_text(self.message).splitlines()
        lines = [screen.wrap(f"evenkeel: {first}", "  ", first="")]
        lines += [screen.wrap(line.strip(), "    ", first="  ") for line in more]
        if self.hint:
            lines.append(screen.wrap(self.hint, "  ", first="  "))
        click.echo("\n".join(lines), err=file is None, file=file)
