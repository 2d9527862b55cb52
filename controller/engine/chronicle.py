"""What the daemon tells of its fleets: conditions, events, and a log line for each pass.

It decides nothing; what is said is computed by the core from reports and standings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from controller.core.conditions import PassFacts, Stop, conditions_after, stop_of, wish_of
from controller.engine.facts import facts_of
from controller.engine.happenings import events_of, events_of_conditions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.core.eventlog import Event
    from controller.core.standings import Standing
    from controller.engine.board import Board, FleetState
    from controller.engine.clock import DaemonClock
    from controller.engine.log import PassLog
    from controller.engine.report import PassReport


class Counts(Protocol):
    """Who counts what passes do, for metrics."""

    def passed(self, state: FleetState, report: PassReport) -> None:
        """A pass has ended. ``state`` is the fleet's from before it."""
        ...

    def forget(self, fleets: Iterable[str]) -> None:
        """Fleets of these names are not on the board any more."""
        ...


class Chronicle:
    """Tells the board and the log. ``log`` None: only the board. ``counts`` is told of each pass, too."""

    def __init__(
        self,
        board: Board,
        clock: DaemonClock,
        log: PassLog | None,
        counts: Counts | None = None,
    ) -> None:
        self._board = board
        self._clock = clock
        self._log = log
        self._counts = counts

    def passed(self, state: FleetState, report: PassReport) -> None:
        """A pass has ended. ``state`` is the fleet's from before it."""
        standing = state.standing
        facts = facts_of(
            report, _digest(standing), freeze=stop_of(standing), wish=wish_of(standing)
        )
        self._tell(state, facts, events_of(report, state.seen))
        if self._counts is not None:
            self._counts.passed(state, report)
        if self._log is not None:
            self._log.write(report)

    def waits(self, state: FleetState, why: str) -> None:
        """A fleet was not looked at, because there is no spec of it or somebody else looks after it."""
        standing = state.standing
        blind = None if standing.freeze else Stop("NotLookedAt", why, lasting=False)
        facts = PassFacts(
            digest=_digest(standing),
            wish=wish_of(standing),
            blind=blind,
            freeze=stop_of(standing),
        )
        self._tell(state, facts, ())
        if self._log is not None and state.why_next != why:
            self._log.line("waits", self._clock.now, fleet=state.name, why=why)

    def _tell(self, state: FleetState, facts: PassFacts, events: Iterable[Event]) -> None:
        now = self._clock.now
        told = conditions_after(state.told, facts, now)
        changes = events_of_conditions(state.name, state.told, told, now)
        self._board.note(state.key, told=told)
        self._board.tell((*events, *changes), now)


def _digest(standing: Standing) -> str:
    return standing.fleet.spec_digest if standing.fleet else ""
