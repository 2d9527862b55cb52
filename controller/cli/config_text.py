"""Settings for people and for machines, without secrets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from controller.cli.columns import print_columns
from controller.cli.settings import told_of
from controller.formats.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

    from controller.cli.config_file import Config
    from controller.cli.settings import Told
    from providers.base import Json


def config_lines(context: click.Context, *, origins: bool) -> list[str]:
    """A table with one row for each setting and value; commands that agree share a row."""
    rows: dict[tuple[str, ...], list[str]] = {}
    for one in _told(context):
        shown = _plain(_shown(one))
        key = (one.setting.key, shown, *((one.origin,) if origins else ()))
        rows.setdefault(key, []).append(" ".join(one.setting.path))
    header = ("SETTING", "VALUE", *(("ORIGIN",) if origins else ()), "COMMANDS")
    body = [(*key, ", ".join(commands)) for key, commands in sorted(rows.items())]
    return print_columns([header, *body])


def config_document(context: click.Context) -> dict[str, Json]:
    """Every setting of every command with its value and origin."""
    return {
        "formatVersion": "1.0",
        "configFile": _config_path(context),
        "settings": [
            {
                "command": " ".join(one.setting.path),
                "setting": one.setting.key,
                "value": _shown(one),
                "origin": one.origin,
            }
            for one in _told(context)
        ],
    }


def _told(context: click.Context) -> Iterable[Told]:
    root = context.find_root()
    config: Config | None = root.meta.get("evenkeel.config")
    program = root.command
    return told_of(
        program,  # type: ignore[arg-type]  # the root of every context of ours is the program
        config.defaults if config else {},
        config.places if config else {},
    )


def _config_path(context: click.Context) -> str | None:
    found = context.find_root().meta.get("evenkeel.config_path")
    return None if found is None else str(found)


def _shown(one: Told) -> Json:
    """The value as JSON has it, without secrets."""
    value = one.value
    if isinstance(value, (tuple, list)):
        plain: Json = [str(part) for part in value]
    elif isinstance(value, (bool, int, float)):
        plain = value
    else:
        # Click has a mark of its own for options that have no default.
        plain = str(value) if isinstance(value, (str, Path)) else None
    shown = redact({one.setting.key: plain})
    return shown[one.setting.key] if isinstance(shown, dict) else None


def _plain(value: Json) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value) or "-"
    return str(value)
