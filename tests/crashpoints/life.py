"""One process of a telling: from its start to its death it reads specs, takes leases and makes passes.

All parts are the program's own: the directory that it holds, what it remembers of specs, the intake, the audit
trail, leases, fence, passes. Only the order of a round is written here: what all changes rest on is looked at,
specs are read, the leases over their fleets are taken, each fleet has a pass, and the leases are given back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from controller.core.standings import FreezeReason
from controller.engine.approvals import approvals
from controller.engine.audit import Trail, Writer
from controller.engine.audited import audited, context_of
from controller.engine.claimed import ClaimedTenure
from controller.engine.clock import LoopClock
from controller.engine.fence import Fenced
from controller.engine.holds import Holds, Terms
from controller.engine.intake import Intake
from controller.engine.last_good import LastGood
from controller.engine.reconcile import Between
from controller.engine.report import PassReport
from controller.engine.state_directory import StateDirectory, held
from controller.engine.tenancy import while_holding
from controller.engine.tenure import CommandTenure, SoleTenure, key_of
from controller.spec.values import Fleet
from providers.base import Provider
from providers.errors import LeaseHeld
from providers.leases import Holder
from providers.simulated.leases import LeaseTable, SimulatedLeases
from tests.crashpoints.court import Court
from tests.crashpoints.files import Disk
from tests.crashpoints.points import Reaper
from tests.crashpoints.seams import (
    MortalLeases,
    MortalLocks,
    MortalRelay,
    StageSource,
    Traffic,
    host_of,
)
from tests.simulation.loop import pass_time
from tests.simulation.process import Process
from tests.stories.stage import Stage

T = TypeVar("T")

AUDIT = "audit.jsonl"
_A_MOMENT = 0.01

Pass = Callable[[Fleet, Provider, LoopClock, Between], Awaitable[None]]


class Right(StrEnum):
    """From where a process has the right to change fleets.

    ``FILE``: a lock on its host, which the kernel gives to the next process at once. ``LEASED``: leases, and
    the next process starts on another host, whose directory is empty, and waits until they have run out.
    """

    FILE = "locks on the host"
    LEASED = "leases, then another host"


@dataclass(slots=True)
class Ground:
    """What lasts when processes die: the stage, the leases, the revisions of its specs. And who looks on."""

    stage: Stage
    table: LeaseTable
    court: Court
    reaper: Reaper
    terms: Terms
    right: Right
    revisions: list[object] = field(default_factory=list)


class Life:
    """One process on one host. ``waits``: somebody else had the leases in the last round."""

    def __init__(self, ground: Ground, disk: Disk, number: int) -> None:
        host = disk.directory.name
        self.process = Process(f"{host}#{number}", host)
        self.disk = disk
        self.waits = False
        self._ground = ground
        self._number = number
        self._stack = ExitStack()
        self._stop = asyncio.Event()
        self._begun = False

    @property
    def trail(self) -> Path:
        """Its audit trail."""
        return self.disk.directory / AUDIT

    async def round(self, provider: Provider, make_pass: Pass) -> None:
        """Make a round."""
        if not self._begun:
            self._begin(provider)
            self._begun = True
        self._check_ground()
        fleets = await self._specs()
        self.waits = False

        async def passes() -> None:
            for fleet in fleets:
                await make_pass(fleet, self._through, self._clock, self._between)

        try:
            await while_holding(self._tenure, [key_of(one.ref) for one in fleets], passes)
        except LeaseHeld:
            self.waits = True

    async def end(self) -> None:
        """End in order, as after SIGTERM."""
        self._stop.set()
        await self._following
        self._files("audit", self._trail.close)

    def bury(self) -> None:
        """What the kernel does when it has ended, whichever way."""
        self._stack.close()
        self.disk.bury()

    def _begin(self, provider: Provider) -> None:
        ground, process, clock = (
            self._ground,
            self.process,
            LoopClock(self._ground.stage.region.clock.start),
        )
        holder = Holder(process.name, process.host, self._number, "run", "2026-11-21T12:00:00Z")
        ground.court.begins(process, self.trail)
        host = host_of(process, self.disk)
        traffic = Traffic(process, ground.reaper)
        directory = self.disk.directory
        self._clock = clock
        self._state: StateDirectory = self._files(
            "state directory", lambda: self._stack.enter_context(held(directory, holder, host))
        )
        self._trail = Trail(self.trail, Writer(process.name), lambda: clock.now, host=host)
        self._tenure = self._tenure_of(holder, traffic)
        self._through = Fenced(MortalRelay(provider, traffic, ground.court), self._tenure)
        self._source = StageSource(ground.stage, traffic, ground.revisions)
        given = approvals((), directory)
        self._intake = Intake(
            [self._source],
            lambda _: None,
            clock,
            clock,
            last_good=LastGood(directory),
            approvals=lambda: self._files("approvals", given),
            host=host,
        )
        self._following = asyncio.create_task(self._intake.run(self._stop))

    def _tenure_of(self, holder: Holder, traffic: Traffic) -> CommandTenure:
        if self._ground.right is Right.FILE:
            return SoleTenure(MortalLocks(self.disk, self.process, holder))
        self._ground.court.holders[self.process] = holder.id
        store = MortalLeases(SimulatedLeases(self._ground.table), traffic)
        return ClaimedTenure(Holds(store, holder, self._clock, self._ground.terms))

    def _check_ground(self) -> None:
        """What all changes rest on, as the daemon's watchman looks at it. Nothing here is ever in trouble."""
        trouble = self._files("state directory", self._state.trouble)
        trouble = trouble or self._files("audit", self._trail.trouble)
        if trouble:
            self._ground.court.broken("I2", trouble)

    async def _specs(self) -> list[Fleet]:
        """The fleets that may be acted upon, from specs that are read now."""
        before = self._source.readings
        self._intake.rescan()
        while self._source.readings == before or self._is_unread():
            await pass_time(_A_MOMENT)
        await pass_time(_A_MOMENT)
        for sentence in self._intake.troubles:
            self._ground.court.broken("I17", sentence)
        return [
            replace(one.fleet, revision=one.revision)
            for one in self._intake.accepted.standings
            if one.fleet is not None and one.freeze is None
        ]

    def _is_unread(self) -> bool:
        freezes = [one.freeze for one in self._intake.accepted.standings]
        return any(one is not None and one.reason is FreezeReason.NOT_READ_YET for one in freezes)

    def _between(self, fleet: Fleet, planned: PassReport, provider: Provider) -> Provider:
        context = context_of(fleet, planned, self.process.name)
        return audited(provider, self._trail, context, self._trail.now)

    def _files(self, what: str, call: Callable[[], T]) -> T:
        return self.disk.run(self.process, what, call)
