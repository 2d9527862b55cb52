"""Live views on a terminal, redrawn in place: a line for each fleet, or a table. Imported only there."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from controller.cli.columns import pad
from controller.cli.progress import progress_words
from controller.formats.age import human_duration
from controller.formats.redact import redact_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from controller.cli.screen import Screen
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet

REFRESHES_PER_SECOND = 10


@contextmanager
def live_view(
    fleets: Mapping[str, Fleet], screen: Screen, started: datetime
) -> Iterator[Callable[[PassReport], None]]:
    """Draw on stderr, and leave the last state standing at the end."""
    console = Console(stderr=True, width=screen.width, no_color=not screen.colour)
    width = max(map(len, fleets), default=0)
    lines = {name: f"{'':>6}  {pad(name, width)}  ..." for name in fleets}

    def drawn() -> Group:
        return Group(
            *(Text.from_ansi(line, no_wrap=True, overflow="ellipsis") for line in lines.values())
        )

    with Live(drawn(), console=console, refresh_per_second=REFRESHES_PER_SECOND) as live:

        def note(report: PassReport) -> None:
            elapsed = human_duration((report.ended_at - started).total_seconds())
            head = f"{elapsed:>6}  {pad(report.fleet, width)}  "
            words = progress_words(report, fleets[report.fleet])
            lines[report.fleet] = redact_text(head + words.on(screen, len(head)))
            live.update(drawn())

        yield note


@contextmanager
def live_table(screen: Screen) -> Iterator[Callable[[Sequence[str]], None]]:
    """Draw lines on stdout in their place, as many as fit, and leave the last ones standing."""
    console = Console(no_color=not screen.colour)
    with Live(Text(), console=console, auto_refresh=False) as live:

        def draw(lines: Sequence[str]) -> None:
            shown = "\n".join(fitting(lines, console.size.height - 1))
            live.update(Text(redact_text(shown), no_wrap=True, overflow="crop"), refresh=True)

        yield draw


def fitting(lines: Sequence[str], height: int) -> list[str]:
    """The first lines of a table, and in the last line how many there are more."""
    if len(lines) <= height:
        return list(lines)
    left = len(lines) - max(1, height - 1)
    return [*lines[: len(lines) - left], f"and {left} more: a higher window shows them"]
