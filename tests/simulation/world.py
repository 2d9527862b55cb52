"""A world: one region, one lease store, one desk with specs, processes of the product, and everybody else.

``simulate(seed)`` runs it: first in bad weather, every change judged; then everything is healed, and the
fleets have to come to rest within a bound; then nothing may be written for a day.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from controller.core.limits import approval_token
from controller.core.phase import HANGS_AFTER
from controller.core.scarcity import PROBATION
from controller.core.serials import LATE_REQUEST
from controller.core.tags import HOLD
from controller.engine.daemon import HEARTBEAT_SECONDS
from controller.engine.holds import Terms
from controller.spec.values import Fleet
from providers.base import GroupRef
from providers.simulated.clock import VirtualClock
from providers.simulated.dice import Dice
from providers.simulated.leases import LeaseTable
from providers.simulated.lifecycle import Phase
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Scenario
from providers.simulated.world import World as RegionWorld
from tests.simulation import loop as virtual
from tests.simulation.cast import Cast
from tests.simulation.hands import GUID, Desk, Wish
from tests.simulation.history import History
from tests.simulation.judge import Judge
from tests.simulation.options import Fault, Options, draw
from tests.simulation.people import People
from tests.simulation.process import DeadError, Process, begin, install
from tests.simulation.rates import Rates
from tests.simulation.record import Record

Script: TypeAlias = "Callable[[World], Coroutine[Any, Any, None]]"
"""What hands do in a world, beside everything that is drawn."""

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
QUIET_HOURS = 24
_SCARCE_SECONDS = 3600 + PROBATION.total_seconds()
CURED_SECONDS = (LATE_REQUEST + HANGS_AFTER).total_seconds()
"""So long after the faults whoever is to run badly does, and people mend it: the guests have had their 20 minutes."""
_STEP = 10.0


class _LoopTime(VirtualClock):
    """The region's clock, and the lease store's: the loop's own time, which nobody moves."""

    def __init__(self, start: datetime) -> None:
        self._loop = asyncio.get_running_loop()
        super().__init__(start)

    @property
    def elapsed(self) -> float:
        return self._loop.time()

    @elapsed.setter
    def elapsed(self, _: float) -> None:
        """Nobody sets it."""

    def advance(self, seconds: float) -> None:
        """Time passes by itself."""


@dataclass
class Result:
    """What became of a seed."""

    options: Options
    record: Record
    virtual_seconds: float
    converged_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing was broken."""
        return not self.record.breaches


class World:
    """Everything of one run. Made inside of its event loop."""

    def __init__(self, options: Options, directory: Path) -> None:
        self._loop = asyncio.get_running_loop()
        self.options = options
        self.directory = directory
        self.heartbeat_seconds = HEARTBEAT_SECONDS
        self.start = START
        self.dice = random.Random(f"world {options.seed}")
        self.record = Record()
        clock = _LoopTime(START)
        scenario = Scenario(list_lag=options.lag)
        self.region = SimulatedRegion(RegionWorld(clock, Dice(options.seed), scenario))
        self.table = LeaseTable(clock)
        self.terms = Terms(options.lease_seconds)
        self.desk = Desk()
        self.judge = Judge(self)
        self.history = History(self)
        self.rates = Rates(self)
        self.people = People(self)
        self.cast = Cast(self)
        self.weather = True
        self.over = asyncio.Event()
        self.holders: dict[Process, str] = {}
        self.wishes: dict[str, Wish] = {}
        self.lock_times: dict[str, float] = {}
        self.views: list[Callable[[Any], Any]] = []
        self.past_lists: dict[str, list[tuple[float, Any]]] = {}
        self.explicit_by_plan: dict[str, set[str]] = {}
        self.approvals: set[str] = set()
        self.digests_now: dict[str, float] = {}
        self._acted: dict[tuple[str, str], int] = {}
        self._overlaps: dict[str, frozenset[str]] = {}

    # ---- chance

    @property
    def now(self) -> float:
        """Virtual seconds since the beginning."""
        return self._loop.time()

    def strikes(self, fault: Fault) -> bool:
        """Whether a fault strikes here and now."""
        strength = self.options.strength(fault)
        if not self.weather or not strength or self.dice.random() >= strength:
            return False
        self.record.hit(f"fault {fault}")
        return True

    def maybe_kill(self, process: Process, fault: Fault, *, raising: bool = True) -> None:
        """Let a process die here, if its time has come."""
        if not process.dead and self.strikes(fault):
            self.record.line(self.now, process.name, "dies", fault)
            process.kill(fault)
            if raising:
                raise DeadError(fault)

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something later, unless the bad weather is over by then."""

        def then() -> None:
            if self.weather:
                deed()

        asyncio.get_running_loop().call_later(seconds, then)

    # ---- specs

    def a_fleet(self) -> GroupRef:
        """One of the scale sets."""
        return self.dice.choice(self.refs)

    @property
    def refs(self) -> list[GroupRef]:
        """All scale sets that fleets live in."""
        return [GroupRef(GUID, "sim-rg", name, "westeurope") for name in sorted(self.wishes)]

    def note_head(self) -> None:
        """Take in which specs are wanted from now on, and since when."""
        fleets = self.desk.known
        texts = self.desk.now
        here = [fleet.spec_digest for fleet in self.desk.specs_of(texts).fleets]
        self.digests_now = {digest: self.digests_now.get(digest, self.now) for digest in here}
        self.history.committed(here)
        claimed: dict[str, int] = {}
        for digest in here:
            key = fleets[digest].ref.id.lower()
            claimed[key] = claimed.get(key, 0) + 1
        twice = frozenset(key for key, times in claimed.items() if times > 1)
        self._overlaps[str(texts.revision)] = twice

    def mend(self) -> None:
        """Put all files right, on top of everything that was ever committed."""
        files = {f"{name}.yaml": wish.text for name, wish in self.wishes.items()}
        self.desk.mend(files, self.now)
        self.note_head()
        self.stir()

    def stir(self) -> None:
        """Tell the watchers that listen."""
        self.rates.stirred()
        self.cast.stir()

    def overlaps(self, revision: str) -> frozenset[str]:
        """Scale sets that a commit claims twice."""
        return self._overlaps.get(revision, frozenset())

    def follows(self, ref: GroupRef, host: str, revision: str) -> bool:
        """Whether a host that acts for a revision has not acted for a later one before."""
        number = int(revision.partition(":")[2], 16)
        key = (host, ref.id.lower())
        before = self._acted.get(key, number)
        self._acted[key] = number
        if before == number or self.desk.commits[number].follows(before):
            return True
        self.record.line(self.now, "acted", before, number)
        return False

    def approved(self, fleet: Fleet) -> bool:
        """Whether somebody has approved the spec."""
        return fleet.spec_digest in self.approvals

    def locks_since(self, moment: float) -> list[Any]:
        """Locks that are there and were there at a moment already."""
        return [
            lock
            for lock in self.region.world.own_locks
            if self.lock_times.get(lock.name, 0.0) <= moment
        ]

    def broken(self, invariant: str, words: str) -> None:
        """An invariant did not hold; the run ends."""
        self.record.broken(invariant, self.now, words)
        self.over.set()

    # ---- the run

    async def run(self, script: Script | None = None) -> Result:
        """From the first commit to the last hour of quiet."""
        self._first_specs()
        self.cast.begin()
        await self.bad_weather(script)
        after = None
        if not self.record.breaches:
            after = await self.come_to_rest()
        if not self.record.breaches:
            await self._stay_quiet()
        await self.cast.end()
        return Result(self.options, self.record, self.now, after)

    async def bad_weather(self, script: Script | None = None) -> None:
        """Let everything strike that the options have, for as long as they say."""
        self.weather = True
        self.cast.begin_mishaps()
        tasks = [
            begin(None, self.people.busy(fault, deed))
            for fault, deed in self.people.deeds.items()
            if self.options.strength(fault)
        ]
        tasks += [begin(None, script(self))] if script else []
        await self._until(lambda: False, self.options.seconds)
        self.weather = False
        for task in tasks:
            task.cancel()
        for task in tasks:
            if task.done() and not task.cancelled() and task.exception() is not None:
                raise task.exception()  # type: ignore[misc]  # a mistake of the world's own

    def _first_specs(self) -> None:
        options = self.options
        for name in ["web", "workers"][: options.fleets]:
            self.wishes[name] = Wish(
                name=name,
                scale_set=name,
                replicas=self.dice.randrange(1, options.most + 1),
                deletion=options.deletion,
                spot=self.dice.choice(["Delete", "Deallocate"]) if options.spot else "",
            )
        files = {f"{name}.yaml": wish.text for name, wish in self.wishes.items()}
        self.desk.commit(files, 0.0)
        self.note_head()

    async def _until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Wait until something holds, in steps; False if time ran out or something broke."""
        end = self.now + seconds
        while self.now < end and not self.over.is_set():
            if holds():
                return True
            await virtual.pass_time(min(_STEP, max(0.01, end - self.now)))
        return holds()

    def heal(self) -> None:
        """End every fault: what was broken is mended, what was held is let go."""
        region = self.region
        region.world.settle()
        region.use(Scenario(list_lag=self.options.lag))
        region.world.own_locks.clear()
        for record in list(region.world.roster):
            region.world.store(replace(record, tags=_let_go(record.tags), etag=record.etag + 1))
        for key, left in list(region.world.leftovers.items()):
            region.world.leftovers[key] = replace(left, tags=_let_go(left.tags))
        for name, wish in self.wishes.items():
            self.wishes[name] = replace(wish, absent=False, approval="")
        self.mend()
        for fleet in [self.desk.known[digest] for digest in self.digests_now]:
            self.approvals.add(fleet.spec_digest)
            self.wishes[fleet.ref.name] = replace(
                self.wishes[fleet.ref.name], approval=approval_token(fleet)
            )
        self.mend()
        self.cast.heal()

    def _cure(self) -> None:
        """Somebody mends members that run badly, which the program never touches: else a meltdown goes on."""
        world = self.region.world
        world.settle()
        for record in list(world.roster):
            if record.life.phase is Phase.DEGRADED:
                world.begin(replace(record, problem=None), Phase.RUNNING, self.now)

    def bound_seconds(self) -> float:
        """How long coming to rest may take: the longest of what is waited for, one after the other, and half as long again."""
        waits = (
            2 * self.options.resync
            + LATE_REQUEST.total_seconds()
            + HANGS_AFTER.total_seconds()
            + 3 * self.terms.lease_seconds
            + _SCARCE_SECONDS
            + 2 * self.options.most * 15
            + 10 * 60
        )
        return 1.5 * waits

    async def come_to_rest(self) -> float | None:
        """I20: once the faults are over, every fleet is as its spec says within the bound."""
        self.heal()
        began = self.now
        cure = asyncio.get_running_loop().call_later(CURED_SECONDS, self._cure)
        rests = await self._until(self.is_at_rest, self.bound_seconds())
        cure.cancel()
        if not rests:
            if not self.record.breaches:
                self.broken(
                    "I20", f"not at rest after {self.bound_seconds():.0f} s: {self.state()}"
                )
            return None
        return self.now - began

    async def _stay_quiet(self) -> None:
        """I20, I16, I22: at rest nothing is written for a day, and nothing of ours is left behind."""
        await self._until(lambda: False, 1200.0)
        await self.cast.end()
        self._cure()
        await self.cast.passes_until_quiet()
        before = self.record.writes
        for _ in range(QUIET_HOURS):
            await virtual.pass_time(3600.0)
            await self.cast.one_pass()
        if self.record.writes != before:
            self.broken("I20", f"{self.record.writes - before} writes in a day of rest")
        if not self.is_at_rest():
            self.broken("I20", f"not at rest any more after a day: {self.state()}")
        self.region.world.settle()
        left = [one for one in self.region.world.leftovers.values() if self.judge.is_leak(one)]
        if left:
            self.broken("I22", f"{len(left)} leftovers after a day, such as {left[0].id}")
        self.cast.check_status()

    def is_at_rest(self) -> bool:
        """Whether the region is as the specs want it."""
        self.region.world.settle()
        for ref in self.refs:
            living = self.judge.living(ref)
            wish = self.wishes[ref.name]
            if len(living) != wish.replicas or any(
                one.life.phase not in {Phase.RUNNING, Phase.DEGRADED}
                and not self.judge.is_spoilt(one.name)
                for one in living
            ):
                return False
        return True

    def state(self) -> str:
        """How the fleets stand, in a line."""
        return "; ".join(
            f"{ref.name} wants {self.wishes[ref.name].replicas}: "
            + (", ".join(f"{m.name} {m.life.phase}" for m in self.judge.members(ref)) or "nobody")
            for ref in self.refs
        )


def _let_go(tags: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in tags.items() if name != HOLD}


def scratch() -> Path:
    """A directory of its own, in memory where that is to be had: fsync is the product's, not the disk's."""
    memory = Path("/dev/shm")  # noqa: S108 -- only a place; the name below it is fresh
    where = memory if os.access(memory, os.W_OK) else None
    return Path(tempfile.mkdtemp(prefix="evenkeel-simulation-", dir=where))


def simulate(seed: int, options: Options | None = None, script: Script | None = None) -> Result:
    """Run the world of a seed; ``script`` is what hands do in it beside all that is drawn."""
    options = options or draw(seed)
    directory = scratch()

    async def work() -> Result:
        install(asyncio.get_running_loop())
        return await World(options, directory).run(script)

    try:
        return virtual.run(random.Random(f"order {seed}"), work)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def told(result: Result) -> str:
    """A failing seed in words: what broke, all options, the end of the trace, and how to run it again."""
    return "\n".join(
        [
            f"seed {result.options.seed} broke {len(result.record.breaches)}:",
            *(f"  {breach}" for breach in result.record.breaches),
            result.options.text,
            "the end of its trace:",
            *(f"  {line}" for line in list(result.record.lines)[-60:]),
            f"again: make simulate SEEDS=1 FIRST={result.options.seed}",
        ]
    )
