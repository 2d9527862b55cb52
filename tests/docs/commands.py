"""Shell blocks taken apart into what would be typed, and held against the program, the Makefile and the tree."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import click

from controller.cli.main import cli
from tests.docs.pages import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

_ENDS = re.compile(r"^(\d?>.*|&&?|;|\|\|?|\))$")
_SETS = re.compile(r"^[A-Z_]+=")


def lines_of(text: str) -> Iterator[str]:
    """The commands of a block, one a line; what a transcript shows below them is left out."""
    joined = text.replace("\\\n", " ")
    prompted = [line[2:] for line in joined.splitlines() if line.startswith("$ ")]
    yield from prompted or joined.splitlines()


def mistakes(text: str) -> list[str]:
    """What is wrong with the commands of a block; empty if all of them can be typed."""
    bash = shutil.which("bash")
    assert bash is not None
    commands = "\n".join(lines_of(text))
    read = subprocess.run(  # noqa: S603 -- it reads the block, and runs nothing of it
        [bash, "-n"], input=commands, capture_output=True, text=True, check=False
    )
    found = read.stderr.splitlines()
    for line in commands.splitlines():
        for words in _calls(line):
            found += _wrong_with(words)
    found += [
        f"there is no {path}"
        for path in re.findall(r"(?<![\w/.-])(?:deploy|tests|docs|benchmarks)/[\w./-]*\w", commands)
        if not (ROOT / path).exists()
    ]
    return found


def _calls(line: str) -> Iterator[list[str]]:
    """Each call of a program in a line, with its words."""
    words: list[str] = []
    for word in shlex.split(line, comments=True):
        if _ENDS.match(word):
            yield words
            words = []
        elif words or not _SETS.match(word):
            words.append(word)
    yield words


def _wrong_with(words: list[str]) -> list[str]:
    if words[:1] == ["evenkeel"]:
        return _wrong_options(cli, words[1:])
    if words[:1] == ["make"]:
        text = (ROOT / "Makefile").read_text()
        named = [word for word in words[1:] if "=" not in word]
        return [f"no target {name}" for name in named if f"\n{name}:" not in text]
    return []


def _wrong_options(command: click.Command, words: list[str]) -> list[str]:
    """What click would say to these words; values of files and places are not looked at."""
    context = click.Context(command, info_name="evenkeel")
    if isinstance(command, click.Group) and words and not words[0].startswith("-"):
        inner = command.get_command(context, words[0])
        return _wrong_options(inner, words[1:]) if inner else [f"no command {words[0]}"]
    try:
        given, _, _ = command.make_parser(context).parse_args(list(words))
    except click.UsageError as error:
        return [error.format_message()]
    return [
        f"{one.name} is not {given[one.name]}"
        for one in command.params
        if isinstance(one.type, click.Choice)
        and isinstance(given.get(str(one.name)), str)
        and given[one.name] not in one.type.choices
    ]
