"""Options that pick from what was seen: labels, paths, queries. What is written wrongly is wrong usage.

Each is parsed by a module of its own, which is imported only when the option is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from controller.cli.goals import Goal
    from controller.cli.query import Query
    from controller.cli.selector import Selector
    from controller.formats.jsonpath import Path

EVENT_TYPES = ("Normal", "Warning")


def read_selector(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> Selector:
    """Read ``-l``. Raises ``click.BadParameter``."""
    from controller.cli.selector import Selector, parse_selector

    try:
        return parse_selector(given) if given else Selector()
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def read_path(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> Path | None:
    """Read ``--sort-by``; braces around the path are kubectl's habit. Raises ``click.BadParameter``."""
    if not given:
        return None
    from controller.formats.jsonpath import JsonPathError, parse_path

    try:
        return parse_path(given.strip().removeprefix("{").removesuffix("}"))
    except JsonPathError as error:
        raise click.BadParameter(str(error)) from error


def read_query(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> Query | None:
    """Read ``--query``. Raises ``click.BadParameter``."""
    if not given:
        return None
    from controller.cli.query import parse_query

    return parse_query(given)


def read_goal(_context: click.Context, _parameter: click.Parameter, given: str) -> Goal:
    """Read ``--for``. Raises ``click.BadParameter``."""
    from controller.cli.goals import parse_goal

    try:
        return parse_goal(given)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def read_types(
    _context: click.Context, _parameter: click.Parameter, given: str | None
) -> frozenset[str]:
    """Read ``--types``, in any case. Raises ``click.BadParameter``."""
    if not given:
        return frozenset()
    known = {one.lower(): one for one in EVENT_TYPES}
    words = [word.strip().lower() for word in given.split(",")]
    for word in words:
        if word not in known:
            raise click.BadParameter(
                f"{word!r} is no type of event; there are {', '.join(EVENT_TYPES)}"
            )
    return frozenset(known[word] for word in words)
