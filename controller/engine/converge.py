"""Passes until there is nothing left to do, or until waiting cannot help.

All fleets that are not done yet take a pass, then everybody waits on the same clock. A fleet is stuck
when what it lacks is prevented and nothing known ends that before the deadline.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.steps import Prevented
from controller.engine.reconcile import reconcile_once
from controller.engine.report import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from controller.core.steps import Plan
    from controller.engine.clock import Clock
    from controller.engine.reconcile import Between
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import Provider

POLL_SECONDS = 15
"""How often to look while members are being created or deleted."""

SETTLED_SECONDS = 1
"""The same when all is there and only the set's tags were brought up to date."""

PATIENCE = 3
"""Passes in a row that change nothing before a fleet that should have moved is given up."""

_UNSEEN = frozenset({Verdict.FAILED, Verdict.UNREACHABLE})


class End(StrEnum):
    """Why ``converge`` came to an end."""

    CONVERGED = "converged"
    BLOCKED = "blocked"
    TIMEOUT = "timeout"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Convergence:
    """The last report of each fleet, in the order of the fleets, and why no further pass was made."""

    reports: tuple[PassReport, ...]
    end: End
    rounds: int
    seconds: float


async def converge(
    fleets: Sequence[Fleet],
    provider: Provider,
    clock: Clock,
    *,
    timeout_seconds: float,
    on_pass: Callable[[PassReport], None],
    between: Between | None = None,
) -> Convergence:
    """Make passes until each fleet is as its spec says, is stuck, or the time is up.

    ``on_pass`` is told of every pass, round by round in the order of the fleets. At least one pass is
    made, however short the timeout. ``between`` is as in ``run_pass``.
    """
    started = clock.now
    deadline = started + timedelta(seconds=timeout_seconds)
    course = _Course(fleets, deadline)
    while True:
        course.rounds += 1
        memories = {name: report.memory for name, report in course.latest.items()}
        reports = await reconcile_once(
            course.open,
            provider,
            clock,
            memories=memories,
            number=course.rounds,
            between=between,
        )
        for report in reports:
            course.note(report)
            on_pass(report)
        end = course.end(clock.now)
        if end is not None:
            seconds = (clock.now - started).total_seconds()
            return Convergence(course.reports, end, course.rounds, seconds)
        left = (deadline - clock.now).total_seconds()
        await clock.sleep(min(course.wait_seconds(), max(1.0, left)))


class _Course:
    """Where each fleet stands while we wait for all of them."""

    def __init__(self, fleets: Sequence[Fleet], deadline: datetime) -> None:
        self.fleets = fleets
        self.deadline = deadline
        self.rounds = 0
        self.latest: dict[str, PassReport] = {}
        self._idle: Counter[str] = Counter()

    @property
    def open(self) -> list[Fleet]:
        """Fleets that need another pass. A stuck one takes part: another fleet may give way to it."""
        return [
            fleet
            for fleet in self.fleets
            if fleet.name not in self.latest or not self.latest[fleet.name].converged
        ]

    @property
    def reports(self) -> tuple[PassReport, ...]:
        """The last report of each fleet."""
        return tuple(self.latest[fleet.name] for fleet in self.fleets)

    def note(self, report: PassReport) -> None:
        """Take a report in."""
        self.latest[report.fleet] = report
        self._idle[report.fleet] = 0 if report.changed else self._idle[report.fleet] + 1

    def end(self, now: datetime) -> End | None:
        """Why to stop here, or None to go on."""
        waiting = [report for report in self.latest.values() if not report.converged]
        if not waiting:
            return End.CONVERGED
        if all(self._is_stuck(report) for report in waiting):
            failed = any(report.verdict in _UNSEEN for report in waiting)
            return End.FAILED if failed else End.BLOCKED
        return End.TIMEOUT if now >= self.deadline else None

    def wait_seconds(self) -> int:
        """How long until the first of the open fleets is worth another look."""
        return min(_wait_of(self.latest[fleet.name]) for fleet in self.open)

    def _is_stuck(self, report: PassReport) -> bool:
        """Whether another pass before the deadline can be expected to bring nothing new."""
        plan = report.plan
        if report.lease_lost:
            return True
        if report.verdict is Verdict.THROTTLED:
            wait = timedelta(seconds=report.look_again_seconds)
            return report.ended_at + wait > self.deadline
        if plan is None or report.violations:
            return self._is_tired(report)
        if report.changed or report.in_flight:
            return False
        if report.awaits_approval:
            return True
        return self._is_tired(report) if plan.steps else self._is_barred(report, plan)

    def _is_tired(self, report: PassReport) -> bool:
        return self._idle[report.fleet] >= PATIENCE

    def _is_barred(self, report: PassReport, plan: Plan) -> bool:
        """Whether what is wanted stays prevented. Open numbers settle by themselves, locks do not."""
        reasons = {blocked.reason for blocked in plan.blocked}
        if Prevented.OPEN_SERIAL in reasons:
            return False
        if Prevented.LOCKS_UNREADABLE in reasons:
            return self._is_tired(report)
        ends = [blocked.until for blocked in plan.blocked if blocked.until is not None]
        return bool(plan.blocked) and not _any_before(ends, self.deadline)


def _wait_of(report: PassReport) -> int:
    if report.only_settled:
        return SETTLED_SECONDS
    moving = (report.changed or report.in_flight) and report.verdict is not Verdict.THROTTLED
    return min(report.look_again_seconds, POLL_SECONDS) if moving else report.look_again_seconds


def _any_before(moments: Iterable[datetime], deadline: datetime) -> bool:
    return any(moment <= deadline for moment in moments)
