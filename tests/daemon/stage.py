"""A stage for stories of the daemon: a region and a daemon on one virtual event loop, and a script."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from controller.core.standings import Accepted, Freeze, SourceStanding, Standing
from controller.engine.board import Board
from controller.engine.chronicle import Chronicle
from controller.engine.clock import LoopClock
from controller.engine.daemon import Daemon, Gate
from controller.engine.patience import Patience
from controller.engine.ramp import Ramp
from controller.engine.reads import Shares
from controller.engine.tenure import SoleTenure
from controller.engine.visit import Means
from providers.relay import Relay
from providers.simulated.provider import SimulatedProvider
from tests.builders import NOW, REF
from tests.shell.stage import a_provider, web
from tests.virtual_time import run_in_time_of

if TYPE_CHECKING:
    from controller.engine.board import FleetState
    from controller.engine.clock import DaemonClock
    from controller.engine.tenure import Tenure
    from controller.spec.values import Fleet
    from providers.base import GroupRef, GroupSnapshot, LeftoverSearch, Provider
    from providers.relay import Call, Change

T = TypeVar("T")
Script = Callable[["Stage"], Awaitable[T]]


def fleet_named(name: str, replicas: int = 3, **over: object) -> Fleet:
    """A fleet of this name in a scale set of the same name."""
    ref = replace(REF, name=name)
    return replace(web(replicas, **over), name=name, ref=ref)


def stands(fleet: Fleet, freeze: Freeze | None = None, revision: str = "content:1") -> Standing:
    """How a fleet stands that its source wants as it is."""
    return Standing(fleet.ref.id.lower(), fleet.name, "specs", fleet, freeze, revision, NOW)


def accepted(*fleets: Fleet | Standing) -> Accepted:
    """What an intake has accepted."""
    standings = tuple(one if isinstance(one, Standing) else stands(one) for one in fleets)
    return Accepted(standings, (SourceStanding("specs", "content:1", NOW),))


@dataclass(eq=False)
class Counting(Relay):
    """A provider that counts calls by their name, and by scale set."""

    clock: DaemonClock
    calls: Counter[str] = field(default_factory=Counter)
    lists: list[tuple[float, str]] = field(default_factory=list)
    writes: list[tuple[float, str, str]] = field(default_factory=list)

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        if names is None:
            self.lists.append((self.clock.elapsed, ref.name))
        return await super().observe(ref, names, leftovers)

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        self.calls[call] += 1
        return await go_on()

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        self.writes.append((self.clock.elapsed, change.ref.name, change.call))
        return await go_on()


@dataclass
class Diary:
    """Remembers what the daemon told."""

    broken: list[tuple[str, Exception]] = field(default_factory=list)
    beats: int = 0

    def broke(self, part: str, error: Exception) -> None:
        self.broken.append((part, error))

    def beat(self, trouble: str | None) -> None:
        assert trouble is None
        self.beats += 1


class Patient:
    """A source without any news of its own."""

    async def run(self, stop: asyncio.Event) -> None:
        await stop.wait()


class Stage:
    """A daemon at work. ``trouble`` is what keeps changes back, None for nothing."""

    def __init__(
        self,
        provider: SimulatedProvider,
        *,
        seed: int = 1,
        tenure: Tenure | None = None,
        resync: float = 60.0,
        dry_run: bool = False,
        around: Callable[[Provider, DaemonClock], Counting] | None = None,
    ) -> None:
        self.region = provider.region
        self.clock = LoopClock(self.region.clock.start)
        self.provider = (around or Counting)(provider, self.clock)
        self.diary = Diary()
        self.board = Board(self.clock.now, dry_run=dry_run)
        self.trouble: str | None = None
        self.gate = Gate(lambda: self.trouble)
        self.means = Means(
            provider=self.provider,
            between=None,
            clock=self.clock,
            machine=self.clock,
            dice=random.Random(seed),
            tenure=tenure or SoleTenure(),
            board=self.board,
            shares=Shares(self.clock, resync),
            ramp=Ramp(self.clock),
            patience=Patience(self.clock),
            chronicle=Chronicle(self.board, self.clock, None),
            trouble=self.gate.trouble,
            shut=self.gate.why_shut,
            dry_run=dry_run,
        )
        self.daemon = Daemon(self.means, self.gate, self.diary)
        self.stop = asyncio.Event()
        self.whole: bool | None = None
        self.stopped_at = self.ended_at = 0.0

    def state(self, name: str) -> FleetState:
        """The board's state of a fleet."""
        found = self.board.view().fleet(name)
        assert found is not None
        return found

    async def until(self, holds: Callable[[], bool], within: float = 3600.0) -> float:
        """Wait until something holds after a change of the board; gives the seconds that it took."""
        began = self.clock.elapsed
        async with asyncio.timeout(within):
            while not holds():
                await self.board.changed(self.board.version)
        return self.clock.elapsed - began

    def at_rest(self, *names: str) -> bool:
        """Whether the last pass over each of these fleets found everything as it should be."""
        found = [self.board.view().fleet(name) for name in names]
        return all(
            one is not None and one.report is not None and one.report.converged for one in found
        )


def play(
    script: Script[T], provider: SimulatedProvider | None = None, **more: object
) -> tuple[Stage, T]:
    """Run a daemon in virtual time beside a script, and stop it when the script has ended."""
    of = provider or a_provider()

    async def story() -> tuple[Stage, T]:
        stage = Stage(of, **more)  # type: ignore[arg-type]  # the stage's own options
        running = asyncio.create_task(stage.daemon.run(Patient(), stage.stop))
        try:
            result = await script(stage)
        finally:
            stage.stop.set()
            stage.stopped_at = stage.clock.elapsed
            stage.whole = await running
            stage.ended_at = stage.clock.elapsed
        return stage, result

    return run_in_time_of(of.region.clock, story())
