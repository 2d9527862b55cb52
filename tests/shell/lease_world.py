"""Several processes before one simulated lease store, stepped by hand on one virtual clock."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from controller.core.shards import SHARDS, shard_of
from controller.engine.holds import Holds, Terms
from controller.engine.leased import LeasedTenure, shard_name
from providers.leases import Holder
from providers.simulated.clock import VirtualClock
from providers.simulated.leases import LeaseTable, SimulatedLeases, Trouble
from tests.builders import NOW

TERMS = Terms()


def keys_of_shards() -> list[str]:
    """One key for each shard, in order."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < SHARDS:
        found.setdefault(shard_of(f"fleet-{number}"), f"fleet-{number}")
        number += 1
    return [found[shard] for shard in range(SHARDS)]


KEYS = keys_of_shards()
NAMES = [shard_name(shard) for shard in range(SHARDS)]


def a_holder(name: str, role: str = "run") -> Holder:
    """A process of this name."""
    return Holder(name, "host", len(name), role, "2026-11-21T12:00:00Z")


@dataclass
class Process:
    """One daemon. ``running`` False: it is stopped, and does nothing until it is continued."""

    name: str
    tenure: LeasedTenure
    running: bool = True

    @property
    def shards(self) -> set[int]:
        """The shards in which it would begin a change now."""
        return {shard_of(key) for key in KEYS if self.tenure.may_begin(key) is None}


@dataclass
class World:
    """All processes. ``storm``: how likely a call to the store goes wrong."""

    dice: random.Random
    storm: float = 0.0
    lag: float = 0.0
    lost: str = ""
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(NOW))
    processes: list[Process] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    idle: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.table = LeaseTable(self.clock)

    def join(self, name: str) -> Process:
        """Start a process."""
        holds = self.holds(name)
        process = Process(name, LeasedTenure(holds, self.told.append))
        self.processes.append(process)
        return process

    def holds(self, name: str, role: str = "run") -> Holds:
        """The leases of a process, before it has any."""
        store = SimulatedLeases(self.table, self._trouble, lag=self.lag)
        return Holds(store, a_holder(name, role), self.clock, TERMS)

    async def run(self, seconds: float) -> None:
        """Let time pass, a second at a time; everybody who runs does what is due, and all is checked."""
        end = self.clock.elapsed + seconds
        while self.clock.elapsed < end:
            await self.step()
            self.clock.advance(1.0)
            self.check()

    async def step(self) -> None:
        """One turn of each process that runs, in a random order."""
        for process in self.dice.sample(self.processes, len(self.processes)):
            if process.running:
                await process.tenure.renew()
                await process.tenure.share()
                self.check()

    def check(self) -> None:
        """Nobody would write without the lease in the store, for as long as the change may take."""
        need = TERMS.mutation_seconds
        safe = need + TERMS.margin_seconds - 1e-6
        for key, name in zip(KEYS, NAMES, strict=True):
            writers = [one.name for one in self.processes if one.tenure.may_write(key, 0.0) is None]
            assert writers in ([], [self.table.holder(name)]), name
            if self.table.seconds_left(name) < safe:
                bold = [one.name for one in self.processes if not one.tenure.may_write(key, need)]
                assert bold == [], name

    def losing(self, call: str) -> bool:
        """Lose the answers to these calls from the moment on when a dead process' leases have run out."""
        if all(self.table.holder(name) is None for name in NAMES):
            self.lost = call
        return bool(self.lost)

    def _trouble(self, call: str) -> Trouble:
        if call == self.lost:
            return Trouble(lost=True)
        if self.dice.random() >= self.storm:
            return Trouble()
        slow = self.dice.choice([0.0, 0.5, 4.0])
        before, after = self.dice.choice([(slow, 0.0), (0.0, slow), (slow, slow)])
        return Trouble(
            before, after, lost=self.dice.random() < 0.3, refused=self.dice.random() < 0.3
        )
