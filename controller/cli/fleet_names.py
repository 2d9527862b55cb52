"""Completion of fleet names on the command line: from spec files of this machine, and nothing else.

A key was pressed and somebody waits, so nothing is compiled and no more is read than has to be: names are
guessed from the text of the files. Neither a cloud nor a daemon is ever asked.
"""

from __future__ import annotations

import os
import re
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import click

FILES_AT_MOST = 1_000
BYTES_AT_MOST = 64 * 1024
"""So much of each file is read: a fleet's name stands at the top of its document."""

_SUFFIXES = (".yaml", ".yml", ".json")
_NAME = re.compile(
    r"^metadata:[ \t]*(?:#.*)?\n(?:[ \t]+.*\n|[ \t]*(?:#.*)?\n)*?[ \t]+name:[ \t]*[\"']?([a-z0-9-]+)"
    r"|^metadata:[ \t]*\{[^}\n]*?\bname:[ \t]*[\"']?([a-z0-9-]+)",
    re.MULTILINE,
)


def complete_fleets(
    context: click.Context, _parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """Names of fleets that begin with what was typed."""
    given: Any = context.params.get("paths") or os.environ.get("EVENKEEL_SPECS", "specs/")
    paths = given.split(os.pathsep) if isinstance(given, str) else given
    return [CompletionItem(name) for name in names_in(paths) if name.startswith(typed)]


def names_in(paths: Iterable[str]) -> list[str]:
    """All names of fleets that the files at these paths seem to hold, in their order."""
    found = {name for file in islice(_files(paths), FILES_AT_MOST) for name in _names_of(file)}
    return sorted(found)


def _files(paths: Iterable[str]) -> Iterator[Path]:
    for path in map(Path, paths):
        if path.is_dir():
            yield from (one for one in path.rglob("*") if one.suffix in _SUFFIXES)
        else:
            yield path


def _names_of(file: Path) -> Iterator[str]:
    try:
        with file.open("rb") as opened:
            text = opened.read(BYTES_AT_MOST).decode("utf-8", errors="replace")
    except OSError:
        return
    yield from (found[1] or found[2] for found in _NAME.finditer(text))
