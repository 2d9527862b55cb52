"""Listens where the daemon's log lines go: what guards held back is counted, mistakes of ours are breaches."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from controller.engine.report import PassReport
from tests.simulation.held_back import guards_of
from tests.simulation.sentences import breaches

if TYPE_CHECKING:
    from tests.simulation.world import World


class Diary:
    """In the place of a ``PassLog``."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def line(self, event: str, at: datetime, *, warning: bool = False, **facts: object) -> None:
        """A line about something else than a pass."""
        del at, warning
        record = self._world.record
        record.hit(f"told {event}")
        if event == "standing" and facts.get("freeze"):
            record.hit(f"freeze {facts['freeze']}")
        if event in {"mistake", "stuck"}:
            self._world.broken("I19", f"{self._name}: {event} {facts}")

    def write(self, report: PassReport) -> None:
        """A pass has ended."""
        world = self._world
        if report.incident is not None:
            world.broken("I19", f"{self._name}: {report.incident.trace[-1500:]}")
        if report.violations:
            world.broken("I9", f"{self._name}: the guard refused {report.violations}")
        if report.error is not None:
            world.record.hit(f"look failed {type(report.error).__name__}")
        plan = report.plan
        for invariant, words in breaches(report, self._scale_set(report.fleet)):
            world.broken(invariant, f"{self._name} plans: {words}")
        if plan is not None:
            for blocked in plan.blocked:
                world.record.hit(f"prevented {blocked.reason}")
            if plan.approval is not None and not plan.approval.given:
                world.record.hit("approval awaited")
            if plan.overshoot_frozen:
                world.record.hit("overshoot frozen")
        world.rates.ended(self._name, report)
        self._outcomes(report)

    def _scale_set(self, fleet: str) -> str:
        """A fleet of a world has the name of its set, or (a second claim) that of no set."""
        return next((ref.id for ref in self._world.refs if ref.name == fleet), "")

    def _outcomes(self, report: PassReport) -> None:
        world = self._world
        for outcome in report.outcomes:
            for guard in guards_of(outcome):
                world.record.hit(f"held back: {guard}")
            if outcome.error is not None:
                world.record.hit(f"refused {type(outcome.error).__name__}")
            elif not outcome.accepted:
                world.record.hit(f"not sent: {outcome.verb}")
