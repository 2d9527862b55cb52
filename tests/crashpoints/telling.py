"""Tells a story by processes that die at given crash points, and says what came of it."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path

from controller.engine.holds import Terms
from controller.engine.report import PassReport
from controller.spec.values import Fleet
from providers.simulated.leases import LeaseTable
from tests.crashpoints.court import Court
from tests.crashpoints.files import Copy, Disk, copy_of, unheard
from tests.crashpoints.life import AUDIT, Ground, Life, Right
from tests.crashpoints.points import Mode, Point, Reaper
from tests.crashpoints.trails import faults_of, tail_of
from tests.simulation.loop import pass_time
from tests.simulation.process import begin, install
from tests.simulation.record import Breach
from tests.simulation.world import scratch
from tests.stories.teller import PASSES_AT_MOST, Story, Teller, Way
from tests.stories.transcript import kind_words
from tests.virtual_time import run_in_time_of

HOSTS = ("host-a", "host-b")
ROUNDS_AT_MOST = 600
_RESTART_SECONDS = 1.0
LAG_SECONDS = 20.0
"""How far lists lag where the next process comes at once. Who has to wait for a lease sees more."""
_SWEEP_SECONDS = 600.0
_SWEEPS_AT_MOST = 30
"""What is left goes after half an hour, one thing in a pass."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Who dies where: modes by the numbers of points; and from where processes have the right to change fleets."""

    right: Right
    deaths: tuple[tuple[int, Mode], ...] = ()

    def __str__(self) -> str:
        words = ", ".join(f"{mode} {number}" for number, mode in self.deaths) or "nobody dies"
        return f"{self.right}: {words}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a plan.

    ``faults`` are sentences about what was wrong, ``breaches`` what the judge found, ``left`` things of VMs
    that are gone.
    """

    points: tuple[Point, ...]
    died: tuple[Point, ...]
    faults: tuple[str, ...]
    breaches: tuple[Breach, ...]
    left: tuple[str, ...]


class CrashTeller(Teller):
    """A telling whose rounds are those of mortal processes, on one host or on two."""

    def __init__(self, story: Story, right: Right, reaper: Reaper, place: Path) -> None:
        lag = max(LAG_SECONDS, story.scenario.list_lag) if right is Right.FILE else None
        super().__init__(story, Way(list_lag=lag))
        terms = Terms()
        table = LeaseTable(self.stage.region.clock)
        self.ground = Ground(
            self.stage, table, Court(self.stage, table, terms), reaper, terms, right
        )
        self.disks = {name: Disk(place / name, reaper) for name in HOSTS}
        self.torn: dict[str, list[bytes]] = {name: [] for name in HOSTS}
        reaper.world = self._state
        self._life: Life | None = None
        self._lives = 0
        self._rounds = 0

    async def _go_on(self) -> None:
        """Go on until all is done and the last process has ended in order, however often that takes."""
        install(asyncio.get_running_loop())
        while True:
            await super()._go_on()
            if not self._over or await self._ended():
                break
            self._over = False
        await self._swept()

    async def _swept(self) -> None:
        """Where things without a VM are left, wait until they are old enough to go, and let them go."""
        world, passes = self.stage.region.world, self._passes
        while self._over and world.leftovers and self._passes < passes + _SWEEPS_AT_MOST:
            self.stage.region.clock.advance(_SWEEP_SECONDS)
            for fleet in self.stage.active:
                await self._pass(fleet, self._wire, self.stage.region.clock, None)

    async def _round(self) -> None:
        self._rounds += 1
        if self._rounds > ROUNDS_AT_MOST:
            self._passes = PASSES_AT_MOST
            return
        life = self._life or self._new_life()
        await self._live(life, life.round(self._wire, self._pass))

    async def _ended(self) -> bool:
        """Let the process end in order; False if it died over that."""
        life = self._life
        if life is None:
            return True
        await self._live(life, life.end())
        if life.process.dead:
            return False
        life.bury()
        self._life = None
        return True

    def _new_life(self) -> Life:
        moved = self.ground.right is Right.LEASED and self._lives
        self._lives += 1
        self._life = Life(self.ground, self.disks[HOSTS[1 if moved else 0]], self._lives)
        return self._life

    async def _live(self, life: Life, work: Coroutine[None, None, None]) -> None:
        """Let a process work. If it dies over that, bury it."""
        main = begin(life.process, work)
        await asyncio.wait([main])
        if not life.process.dead:
            main.result()
            return
        await life.process.buried()
        life.bury()
        tail = tail_of(life.trail)
        self.torn[life.process.host] += [tail] if tail else []
        self.ground.court.ends(life.process, life.trail)
        self._life = None
        self._forget()
        await pass_time(_RESTART_SECONDS)

    def _state(self, left: Copy | None) -> int:
        """The time, and what stands on the disks; ``left`` if that of the living process were left so."""
        disk = self._life.disk if self._life is not None else None
        with unheard():
            copies = [
                left if left is not None and one is disk else copy_of(one.directory)
                for one in self.disks.values()
            ]
        found = [tuple(copy.items()) for copy in copies]
        return hash((self.stage.region.clock.elapsed, self._lives, tuple(found)))

    def _pause(self) -> float:
        """Somebody who waits for a lease looks again as often as a daemon does."""
        waits = self._life is not None and self._life.waits
        return self.ground.terms.look_seconds if waits else super()._pause()

    def _tell_pass(self, fleet: Fleet, report: PassReport) -> None:
        """Thousands of tellings are for counting, not for reading."""


def tell(story: Story, plan: Plan, *, is_new: bool = True) -> Outcome:
    """Carry a plan out, in directories of its own. ``is_new``: what deaths after it would leave is wanted."""
    place = scratch()
    try:
        teller = CrashTeller(story, plan.right, Reaper(dict(plan.deaths), is_new), place)
        run_in_time_of(teller.stage.region.clock, teller.tell())
        return _outcome(story, teller)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _outcome(story: Story, teller: CrashTeller) -> Outcome:
    reaper, stage = teller.ground.reaper, teller.stage
    faults = teller.telling().faults(story)
    for host, disk in teller.disks.items():
        wrong = faults_of(disk.directory / AUDIT, teller.torn[host])
        faults += [f"{host}: {fault}" for fault in wrong]
    return Outcome(
        points=tuple(reaper.points),
        died=tuple(reaper.died),
        faults=tuple(faults),
        breaches=tuple(teller.ground.court.record.breaches),
        left=tuple(sorted(kind_words(one) for one in stage.region.world.leftovers)),
    )
