"""How often processes may ask: judged at the wire, request by request, and between one pass and the next.

What a process has heard is what has come back to it: a request that was on its way when another one was
refused is nobody's fault.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.core.rhythm import (
    LISTS_AT_MOST,
    LISTS_PER_SECOND,
    LONGEST_BACKOFF_SECONDS,
    WORKING_SHARE,
)
from providers.errors import Conflict, Throttled

if TYPE_CHECKING:
    from datetime import datetime

    from controller.engine.report import PassReport
    from providers.base import GroupRef
    from providers.errors import ProviderError
    from tests.simulation.process import Process
    from tests.simulation.world import World

WINDOW_SECONDS = 60.0
LISTS_IN_A_WINDOW = WORKING_SHARE * (LISTS_AT_MOST + LISTS_PER_SECOND * WINDOW_SECONDS)
"""What the working share of Azure's bucket of lists gives in a minute: all that it holds, and what it gains."""
_HEARD_SECONDS = 0.01
_HEARSAY_SECONDS = 40.0
"""So long after a change of specs a process without ears has read of it: the rescan, and a reading.

Seconds in which the process is stopped do not count: it reads when it goes on, at the same time as it looks.
"""
_MOVES = frozenset({"create", "delete", "operate", "sweep"})


@dataclass(slots=True)
class _Fleet:
    """What one process has tried at one fleet."""

    until: dict[str, float] = field(default_factory=dict)
    heard_at: dict[str, float] = field(default_factory=dict)
    refused: int = 0
    moved: int = 0
    failures: int = 0
    began_at: float = 0.0
    ended_at: float | None = None
    last_end: float = 0.0


class Rates:
    """Counts what each process asks for. The truth is the wire's; of a pass only its end is taken from the program."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._fleets: dict[tuple[Process, str], _Fleet] = defaultdict(_Fleet)
        self._lists: dict[Process, deque[float]] = defaultdict(deque)
        self._stirred_at = -1e9

    def stirred(self) -> None:
        """Specs have changed, or can be read again."""
        self._stirred_at = self._world.now

    def sending(self, process: Process, ref: GroupRef | None, what: str) -> None:
        """A request leaves a process."""
        if what == "list":
            self.within_the_share(process)
        if ref is None:
            return
        one = self._fleets[process, ref.name]
        self.not_before_retry_after(process, one, what)
        if what == "list" and one.ended_at is not None:
            self.no_hot_loop(process, ref, one)
        if what == "list" and (one.ended_at is not None or not one.began_at):
            one.began_at, one.ended_at = self._world.now, None

    def heard(
        self,
        process: Process,
        ref: GroupRef | None,
        what: str,
        *,
        error: ProviderError | None,
        its_now: datetime,
    ) -> None:
        """An answer has come back to a process, whose clock shows ``its_now``."""
        if ref is None:
            return
        one = self._fleets[process, ref.name]
        if isinstance(error, Throttled):
            one.until[what] = self._world.now + (error.until - its_now).total_seconds()
            one.heard_at[what] = self._world.now
        if what in _MOVES:
            one.moved += error is None
            one.refused += error is not None and not isinstance(error, Conflict)

    def set_anew(self, host: str) -> None:
        """The time of day of a host was set: moments that a platform named are of another clock."""
        for (process, _), one in self._fleets.items():
            if process.host == host:
                one.until.clear()

    def ended(self, name: str, report: PassReport) -> None:
        """A process has ended a pass."""
        process = next((one for one in self._world.cast.processes if one.name == name), None)
        if process is None:
            return
        one = self._fleets[process, report.fleet]
        failed = report.error is not None or (one.refused > 0 and one.moved == 0)
        # Whoever edits a spec wants it tried anew.
        if self._may_hear_of_an_edit(process, one.last_end):
            one.failures = 0
        one.failures = one.failures + 1 if failed else 0
        one.refused = one.moved = 0
        one.ended_at = one.last_end = self._world.now

    # ---- the invariants

    def within_the_share(self, process: Process) -> None:
        """I12: a process asks for no more lists in any minute than its share of Azure's bucket gives."""
        times, now = self._lists[process], self._world.now
        times.append(now)
        while times[0] <= now - WINDOW_SECONDS:
            times.popleft()
        if len(times) > LISTS_IN_A_WINDOW:
            self._world.broken("I12", f"{process.name} asks for {len(times)} lists in a minute")

    def not_before_retry_after(self, process: Process, one: _Fleet, what: str) -> None:
        """I12: a process that was told when to come back sends no such request for that fleet before."""
        until, now = one.until.get(what, -1.0), self._world.now
        if now + _HEARD_SECONDS < until and now > one.heard_at.get(what, now) + _HEARD_SECONDS:
            self._world.broken(
                "I12", f"{process.name} sends {what} {until - now:.1f} s before it was told to"
            )

    def no_hot_loop(self, process: Process, ref: GroupRef, one: _Fleet) -> None:
        """I13: after so many failed passes in a row a fleet is left alone for 2, 4, 8 … seconds, up to five minutes."""
        if one.failures == 0 or one.ended_at is None:
            return
        if self._may_hear_of_an_edit(process, one.began_at):
            return
        pause, now = min(2.0**one.failures, LONGEST_BACKOFF_SECONDS), self._world.now
        if now - one.ended_at < pause - _HEARD_SECONDS:
            self._world.broken(
                "I13",
                f"{process.name} looks at {ref.name} {now - one.ended_at:.1f} s after failure {one.failures}",
            )

    def _may_hear_of_an_edit(self, process: Process, moment: float) -> bool:
        """Whether a process may still have had the last change of specs to read at a moment."""
        edited = self._stirred_at
        return edited >= moment or process.awake_seconds(edited, moment) < _HEARSAY_SECONDS
