"""The reference of all commands and exit codes as Markdown (``docs/commands.md``), made from click's own objects."""

from __future__ import annotations

from collections import Counter
from textwrap import wrap
from typing import TYPE_CHECKING, TypeAlias

import click

from controller.cli.exits import Exit
from controller.cli.main import cli

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_Row: TypeAlias = tuple[str, str, str]
"""An option as it is written, the environment variable that mirrors it, and what it means."""

_INTRODUCTION = """\
# Commands

Made from the program by `make golden`; do not edit. `evenkeel COMMAND --help` says the same.

- Data goes to stdout; everything else goes to stderr: progress, mistakes, and in the first line where the command looks.
- An option that is not given is read from its environment variable, if that is set, else from the config file: the one that
  `evenkeel --config FILE COMMAND` or `EVENKEEL_CONFIG` names, else `/etc/evenkeel/config.yaml`. `NO_COLOR` is honoured.
- Without `--provider` the VMs are those of a simulated region, which lives in a file of the current directory between commands. Its
  clock advances only while a command waits, so waiting costs nothing. [Scenarios](scenarios.md) tell what can go wrong in it.
- `--provider azure` takes endpoint and credential from the usual variables of Azure's tools: `AZURE_TOKEN_CREDENTIALS`,
  `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and the rest. Without a credential it ends with exit code 69.
- Several commands on one state file take turns: the second one ends with exit code 75.

A config file has the long options in camelCase, for all commands that have them or below one command's name. Unknown keys and wrong types
are errors with their place; `evenkeel config view --origins` prints what holds and why. A file of the present directory is never
taken by itself: specs come from places where others write, and a file beside them must not choose the cloud or the identity.

```yaml
provider: azure
logFormat: json
reconcile:
  audit: /var/lib/evenkeel/audit.jsonl
  timeout: 1800
```
"""

_MEANINGS: Mapping[Exit, str] = {
    Exit.DONE: "Done. With `--dry-run`: planned, whether there is something to do or not.",
    Exit.ERROR: "A spec is wrong, a fleet failed, or what was to converge did not.",
    Exit.CHANGES: "With `--detailed-exitcode`: changes are pending.",
    Exit.BLOCKED: "With `--detailed-exitcode`: what is pending is blocked by a lock, hold, guard or budget.",
    Exit.USAGE: "The command was written wrongly.",
    Exit.UNREACHABLE: "The provider cannot be reached, or there is no credential.",
    Exit.THROTTLED: "Throttled, or somebody else holds the state file: try later.",
    Exit.INTERRUPTED: "Interrupted (Ctrl-C). What was accepted goes on.",
    Exit.BROKEN_PIPE: "Whoever read the output has stopped reading.",
    Exit.TERMINATED: "Told to stop (SIGTERM). What was accepted goes on.",
}


def commands_reference() -> str:
    """Build the page: each command with its options, the options that several share, the exit codes."""
    context = click.Context(cli, info_name="evenkeel")
    commands = dict(_commands(cli, context))
    rows = {
        name: _rows(command, click.Context(command, info_name=name, parent=context))
        for name, command in commands.items()
    }
    times = Counter(row for found in rows.values() for row in found)
    shared = [row for row in times if times[row] > 1]
    lines = [_INTRODUCTION]
    for name, command in commands.items():
        own = [row for row in rows[name] if row not in shared]
        others = [row for row in rows[name] if row in shared]
        lines += [f"## evenkeel {name}", "", *_command(name, command, context), *_table(own)]
        lines += [_pointer(others), ""] if others else []
    lines += ["## Shared options", "", *_table(shared), "## Exit codes", "", *_exit_codes()]
    return "\n".join(lines) + "\n"


def _commands(
    group: click.Group, context: click.Context, above: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """All commands by their full names; a command that holds others stands for them."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _commands(command, context, f"{above}{name} ")
        elif command is not None:
            yield f"{above}{name}", command


def _rows(command: click.Command, context: click.Context) -> list[_Row]:
    """All options of a command but ``--help``."""
    found: list[_Row] = []
    for parameter in command.params:
        record = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and record is not None:
            name, meaning = record
            variable = f"`{parameter.envvar}`" if isinstance(parameter.envvar, str) else ""
            found.append((f"`{name}`".replace("|", "\\|"), variable, meaning.replace("|", "\\|")))
    return found


def _command(name: str, command: click.Command, parent: click.Context) -> Iterator[str]:
    usage = " ".join(command.collect_usage_pieces(click.Context(command, parent=parent)))
    text, _, examples = (command.help or "").partition("\b\n")
    yield f"`evenkeel {name} {usage}`"
    yield ""
    yield text.strip()
    yield ""
    lines = examples.splitlines()
    yield from ("```sh", *(line.strip() for line in lines if line.startswith("  ")), "```", "")
    remark = " ".join(line for line in lines[1:] if line and not line.startswith("  "))
    if remark:
        yield from (remark, "")


def _table(rows: Iterable[_Row]) -> Iterator[str]:
    written = [f"| {option} | {variable} | {meaning} |" for option, variable, meaning in rows]
    if written:
        yield from ("| option | environment | meaning |", "|---|---|---|", *written, "")


def _pointer(rows: Iterable[_Row]) -> str:
    names = ", ".join(option.split(" ")[0].strip("`,") for option, _, _ in rows)
    return "\n".join(
        wrap(f"[Shared options](#shared-options): {names}.", 140, break_on_hyphens=False)
    )


def _exit_codes() -> Iterator[str]:
    yield "Failures come first, the worst of them: a wrong spec gives 1 whatever else happened."
    yield ""
    yield "| code | meaning |"
    yield "|---|---|"
    yield from (f"| {code.value} | {_MEANINGS[code]} |" for code in Exit)
