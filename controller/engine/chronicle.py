"""What the daemon tells: a log line for each pass and each change of standing, and events for the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.engine.board import Event
from controller.engine.outcome import Verb
from providers.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from controller.engine.board import Board, FleetState
    from controller.engine.clock import DaemonClock
    from controller.engine.log import PassLog
    from controller.engine.report import PassReport

_DONE = {Verb.ENSURE_SET: "SetCreated", Verb.CREATE: "Created", Verb.DELETE: "Deleting"}


class Telling:
    """Tells the board and the log."""

    def __init__(self, board: Board, log: PassLog, clock: DaemonClock) -> None:
        self._board = board
        self._log = log
        self._clock = clock

    def passed(self, state: FleetState, report: PassReport) -> None:
        """A pass has ended."""
        del state
        self._log.write(report)
        self._board.tell(*_events(report))

    def waits(self, state: FleetState, why: str) -> None:
        """A fleet was not looked at. It is told when the reason is a new one."""
        if state.why_next != why:
            self._log.line("waits", self._clock.now, fleet=state.name, why=why)


def _events(report: PassReport) -> Iterator[Event]:
    at: datetime = report.ended_at
    for one in report.outcomes:
        subject = one.instance or report.fleet
        if one.accepted and one.verb in _DONE:
            yield Event(at, report.fleet, _DONE[one.verb], f"{subject}: {one.sentence}")
        elif one.error is not None and not isinstance(one.error, Conflict):
            yield Event(
                at, report.fleet, one.error.code, f"{subject}: {one.sentence}", warning=True
            )
    if report.error is not None:
        yield Event(at, report.fleet, report.error.code, str(report.error), warning=True)
