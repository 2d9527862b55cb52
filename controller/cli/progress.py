"""How fleets come along while they are brought to their specs.

On a terminal each fleet has a line that is redrawn. In a pipe there is one line for each change, with
the time that passed on the region's clock, and a sign of life when nothing changes for half a minute.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from controller.cli.columns import pad
from controller.cli.picture import compact, lanes_now
from controller.formats.age import human_duration
from controller.formats.sighting import Sighting
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from controller.cli.picture import Lane
    from controller.cli.screen import Screen
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet

HEARTBEAT_SECONDS, LONGEST_SILENCE_SECONDS = 30, 600
"""A fleet that does not move gives a sign of life after 30 s, then after twice as long, up to 10 min."""


@dataclass(frozen=True, slots=True)
class _Line:
    """What was said of a fleet, when, and after how long to say it again."""

    words: ProgressWords
    at: datetime
    silence: int


@dataclass(slots=True)
class LineProgress:
    """One line for each change. Remembers what it said of each fleet, and when."""

    fleets: Mapping[str, Fleet]
    screen: Screen
    write: Callable[[str], None]
    started: datetime
    _said: dict[str, _Line] = field(default_factory=dict)

    def note(self, report: PassReport) -> None:
        """Say what a pass found, if it is news or if nothing was said for a while."""
        words = progress_words(report, self.fleets[report.fleet])
        last = self._said.get(report.fleet)
        silence = HEARTBEAT_SECONDS
        if last is not None and last.words == words:
            if (report.ended_at - last.at).total_seconds() < last.silence:
                return
            silence = min(last.silence * 2, LONGEST_SILENCE_SECONDS)
        self._said[report.fleet] = _Line(words, report.ended_at, silence)
        elapsed = human_duration((report.ended_at - self.started).total_seconds())
        head = f"{elapsed:>6}  {pad(report.fleet, max(map(len, self.fleets)))}  "
        self.write(head + words.on(self.screen, len(head)))


@dataclass(frozen=True, slots=True)
class ProgressWords:
    """Where a fleet stands: its picture, and in words what it is doing or waiting for."""

    counts: str
    lanes: tuple[Lane, ...]
    doing: str

    def on(self, screen: Screen, indent: int) -> str:
        """The words for a line that begins ``indent`` columns in; broken before ``doing`` if too long."""
        plain = f"{self.counts}  {compact(self.lanes, replace(screen, colour=False))}"
        if indent + len(plain) + 2 + len(self.doing) <= screen.width:
            return f"{self.counts}  {compact(self.lanes, screen)}  {self.doing}"
        below = screen.wrap(self.doing, " " * min(indent, 8))
        return f"{self.counts}  {compact(self.lanes, screen)}\n{below}"


def progress_words(report: PassReport, fleet: Fleet) -> ProgressWords:
    """Where a fleet stands after a pass."""
    if report.plan is None or report.observed is None:
        why = next(iter(report.trouble), "no reason given")
        return ProgressWords("?", (), f"cannot be seen: {why}")
    plan = report.plan
    lanes = lanes_now(plan, Sighting(fleet, report.observed))
    return ProgressWords(f"{plan.observed}/{plan.desired}", lanes, doing(report))


_STARTED = (
    ("create", "started"),
    ("delete", "leaving"),
    ("tag", "tagged"),
    ("operate", "getting extensions"),
    ("sweep", "left over, dealt with"),
)


def doing(report: PassReport) -> str:
    """What a pass started, or what is awaited."""
    plan = report.plan
    if plan is None:
        return "not seen"
    verbs = [str(outcome.verb) for outcome in report.outcomes if outcome.accepted]
    refused = [outcome.error.code for outcome in report.outcomes if outcome.error is not None]
    parts = [f"{verbs.count(verb)} {word}" for verb, word in _STARTED if verb in verbs]
    if not parts:
        waits = (
            (len(plan.creating), "being created"),
            (len(plan.leaving), "being deleted"),
            (len(plan.installing), "getting extensions"),
        )
        parts = [f"{count} {words}" for count, words in waits if count]
    if refused:
        parts.append(f"{len(refused)} not accepted ({', '.join(dict.fromkeys(refused))})")
    if report.awaits_approval:
        parts.append("waits for approval")
    elif plan.blocked:
        parts.append(f"{counted(len(plan.blocked), 'step')} blocked: {plan.blocked[0].reason}")
    return ", ".join(parts) or ("as its spec says" if report.converged else "settling")


@contextmanager
def progress(
    fleets: Mapping[str, Fleet], screen: Screen, write: Callable[[str], None], started: datetime
) -> Iterator[Callable[[PassReport], None]]:
    """What ``converge`` is to call after each pass: a live view on a terminal, lines elsewhere."""
    if not screen.live:
        yield LineProgress(fleets, screen, write, started).note
        return
    from controller.cli.live import live_view

    with live_view(fleets, screen, started) as note:
        yield note
