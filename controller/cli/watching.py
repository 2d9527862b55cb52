"""``get --watch``: look again and again, and show what has changed.

On a terminal the table is drawn anew in its place. Elsewhere the first look is printed whole and after it a
line for each item that is new, has changed or has gone, so that a log or a pipe reads as a story.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from typing import TYPE_CHECKING

import click

from controller.cli.exits import CommandError, Exit
from controller.cli.look import Look, look
from controller.cli.options import Show
from controller.cli.printing import Printing, in_order, lines_of, print_look
from controller.engine.clock import WallClock
from controller.formats.redact import redact
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from controller.cli.look import Asked
    from controller.cli.tables import Item

SECONDS, AZURE_SECONDS = 2.0, 15.0
GONE = "Gone"
"""The state of what is no longer there, in the last line about it."""

_STATE = {"fleets": "status", "instances": "state"}


class Muted(Show):
    """Prints data and says nothing else: what was said about the first look holds for the next ones."""

    def say(self, text: str) -> None:
        """Say nothing."""


def watching(asked: Asked, printing: Printing, show: Show, interval: float | None) -> int:
    """Look until somebody interrupts, or reads no more."""
    if not printing.is_table and printing.form.word != "json":
        raise click.UsageError("--watch prints rows, or JSON with one item a line")
    if interval is None:
        at_azure = asked.server is None and asked.source.provider == "azure"
        interval = AZURE_SECONDS if at_azure else SECONDS
    clock = WallClock()
    try:
        looks = _looks(asked, show, lambda: clock.wait(interval))
        if show.out.live and printing.is_table:
            _redraw(asked.kind, looks, printing, show)
        else:
            _follow(asked.kind, looks, printing, show)
    except KeyboardInterrupt:
        # Ending a watch is how a watch ends; nothing was under way.
        raise click.exceptions.Exit(Exit.INTERRUPTED) from None
    return Exit.DONE


def _looks(asked: Asked, show: Show, wait: Callable[[], None]) -> Iterator[Look]:
    """One look after the other. The first has to succeed; later trouble is told once and waited out."""
    yield look(asked, show)
    quiet = Muted(**{field.name: getattr(show, field.name) for field in fields(Show)})
    trouble = ""
    while True:
        wait()
        try:
            seen = look(asked, quiet)
        except CommandError as error:
            if error.message != trouble:
                show.say(f"evenkeel: {error.message}; still trying")
            trouble = error.message
            continue
        trouble = ""
        yield seen


def _redraw(kind: str, looks: Iterator[Look], printing: Printing, show: Show) -> None:
    from controller.cli.live import live_table

    with live_table(show.out) as draw:
        for seen in looks:
            items = in_order(seen.items, printing.sort_by)
            lines = lines_of(kind, items, seen.now, printing, show) if items else []
            draw([heading(kind, seen), "", *lines])


def heading(kind: str, seen: Look) -> str:
    """What stands over a table that changes: the time, how many there are, and in which states."""
    states = Counter(str(item.get(_STATE.get(kind, "type"))) for item in seen.items)
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    words = counted(len(seen.items), kind.removesuffix("s"))
    return f"{seen.now:%H:%M:%S} UTC   {words}{f': {told}' if told else ''}"


def _follow(kind: str, looks: Iterator[Look], printing: Printing, show: Show) -> None:
    first = next(looks)
    known = _by_key(first)
    if printing.is_table:
        print_look(kind, first, printing, show)
    else:
        _print_changes(kind, first, list(known.values()), printing, show)
    headless = Printing(printing.form, headers=False, sort_by=printing.sort_by)
    for seen in looks:
        found = _by_key(seen)
        changed = [item for key, item in found.items() if item != known.get(key)]
        changed += [_gone(kind, item) for key, item in known.items() if key not in found]
        if changed:
            _print_changes(kind, seen, changed, headless, show)
        known = found


def _print_changes(
    kind: str, seen: Look, changed: list[Item], printing: Printing, show: Show
) -> None:
    if printing.form.word == "json":
        for item in changed:
            show.data(json.dumps(redact(item), ensure_ascii=False))
    else:
        show.data("\n".join(lines_of(kind, changed, seen.now, printing, show)))


def _by_key(seen: Look) -> Mapping[str, Item]:
    return {_key(item): item for item in seen.items}


def _key(item: Item) -> str:
    """What makes an item the same one at the next look: its set or name, or all that an event says."""
    if "message" in item and "object" in item:
        return json.dumps([item.get(name) for name in ("fleet", "object", "reason", "message")])
    return json.dumps([item.get("fleet"), item.get("name"), item.get("scaleSet")])


def _gone(kind: str, item: Item) -> Item:
    state = _STATE.get(kind)
    return item if state is None else {**item, state: GONE}
