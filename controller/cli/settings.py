"""Every setting of every command by the name that a config file gives it, and where its value comes from."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Setting:
    """One option of one command. ``path`` are the command's words, ``key`` the name in a config file."""

    path: tuple[str, ...]
    key: str
    option: click.Option
    command: click.Command

    @property
    def name(self) -> str:
        """Click's own name for the option's value."""
        return self.option.name or ""


@dataclass(frozen=True, slots=True)
class Told:
    """The value of a setting and its origin in words: a variable, a place in a file, or the default."""

    setting: Setting
    value: object
    origin: str


def settings_of(program: click.Group) -> tuple[Setting, ...]:
    """All settings, in the order of the commands and of their help."""
    return tuple(_below(program, click.Context(program), ()))


def told_of(
    program: click.Group, defaults: Mapping[str, Any], places: Mapping[tuple[str, ...], str]
) -> tuple[Told, ...]:
    """What each setting would be if its command were typed without options.

    ``defaults`` are a config file's, as click takes them; ``places`` tell where each stands in it.
    """
    return tuple(_told(one, defaults, places) for one in settings_of(program))


def key_of(option: click.Option) -> str:
    """``--log-format`` as ``logFormat``."""
    long = max(option.opts, key=len).lstrip("-")
    return re.sub(r"-(\w)", lambda found: found[1].upper(), long)


def _below(group: click.Group, context: click.Context, path: tuple[str, ...]) -> Iterator[Setting]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from _below(command, context, (*path, name))
        elif command is not None:
            for option in command.params:
                if isinstance(option, click.Option):
                    yield Setting((*path, name), key_of(option), option, command)


def _told(
    setting: Setting, defaults: Mapping[str, Any], places: Mapping[tuple[str, ...], str]
) -> Told:
    found: Any = defaults
    for word in setting.path:
        found = found.get(word, {})
    context = click.Context(setting.command, default_map=found)
    value, source = setting.option.consume_value(context, {})
    if source is ParameterSource.ENVIRONMENT:
        return Told(setting, value, f"environment {_variable(setting.option)}")
    if source is ParameterSource.DEFAULT_MAP:
        return Told(setting, value, places.get((*setting.path, setting.name), "config file"))
    return Told(setting, setting.option.get_default(context), "default")


def _variable(option: click.Option) -> str:
    names = [option.envvar] if isinstance(option.envvar, str) else list(option.envvar or ())
    return next((name for name in names if os.environ.get(name)), "")
