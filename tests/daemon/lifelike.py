"""A whole service on one virtual event loop: a real directory of specs, a state directory, and a machine to meddle with.

What would leave the loop is replaced: calls that block are made at once, and a hint comes when the script
says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from controller.engine.clock import WallClock
from controller.engine.compose import Composition
from controller.engine.host import Host
from controller.engine.notify import Notifier
from controller.engine.service import Service, ServiceSettings
from controller.engine.state_directory import held
from controller.engine.tenancy import this_process
from controller.engine.tenure import SoleTenure
from controller.engine.timekeeping import TrustedClock
from controller.sources.choose import open_source
from providers.simulated.clock import VirtualClock
from providers.simulated.living import LivingProvider, Pace
from tests.builders import NOW
from tests.daemon.process import write_spec
from tests.daemon.stage import Counting
from tests.shell.stage import a_provider
from tests.virtual_time import run_in_time_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controller.core.eventlog import Logged
    from controller.engine.board import FleetState
    from controller.engine.chronicle import Counts
    from controller.engine.state_directory import StateDirectory
    from providers.simulated.provider import SimulatedProvider

T = TypeVar("T")
Script = Callable[["Life"], Awaitable[T]]
_PLENTY = 1 << 40


@dataclass
class Machine:
    """A machine whose time of day somebody sets (``offset``), and whose counted seconds nobody can."""

    offset: timedelta = timedelta(0)
    probes: int = 0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed) + self.offset

    @property
    def elapsed(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        # The shell's own way to wait, which in a virtual event loop takes no time.
        await WallClock().sleep(seconds)

    def free_bytes(self, _directory: Path) -> int:
        """Room on the disk, and one more who asked."""
        self.probes += 1
        return _PLENTY


@dataclass
class Reading:
    """The seconds of whoever reads files, which would pass in a thread: here they pass at once."""

    elapsed: float = 0.0

    def wait(self, seconds: float) -> None:
        self.elapsed += seconds


class Signs(Notifier):
    """Counts the signs of life that a supervisor would get at most."""

    beats = 0

    def alive(self) -> None:
        """One more."""
        self.beats += 1


@dataclass
class Lines:
    """What the service logs: each line with its facts."""

    told: list[dict[str, Any]] = field(default_factory=list)

    def write(self, report: object) -> None:
        """A pass."""
        self.told.append({"event": "pass", "report": report})

    def line(self, event: str, now: datetime, *, warning: bool = False, **facts: Any) -> None:
        """Anything else."""
        self.told.append({"event": event, "now": now, "warning": warning, **facts})

    def of(self, event: str) -> list[dict[str, Any]]:
        """All lines of one name."""
        return [one for one in self.told if one["event"] == event]


class Heard:
    """A watcher that hears nothing by itself."""

    trouble = ""

    async def run(self) -> None:
        """Wait until cancelled."""
        await asyncio.Event().wait()


async def _at_once(call: Callable[[], T], /) -> T:
    return call()


@dataclass
class Life:
    """One service at work."""

    directory: Path
    machine: Machine
    provider: Counting
    service: Service
    lines: Lines
    signs: Signs

    def spec(self, name: str, replicas: int) -> None:
        """Write a fleet's spec, and have it read."""
        write_spec(self.directory / "specs", name, replicas)
        self.service.rescan()

    def state(self, name: str) -> FleetState:
        """The board's state of a fleet."""
        found = self.service.board.view().fleet(name)
        assert found is not None
        return found

    def failures(self, name: str) -> int:
        """Failed passes in a row over a fleet, or over one that is not known yet."""
        found = self.service.board.view().fleet(name)
        return found.failures if found else 0

    def events(self, name: str) -> tuple[Logged, ...]:
        """What is told to have happened to a fleet."""
        return self.service.board.view().log.of(name)

    def converged(self, name: str) -> bool:
        """Whether the last pass over a fleet found it as its spec says."""
        found = self.service.board.view().fleet(name)
        return found is not None and found.report is not None and found.report.converged

    async def until(self, holds: Callable[[], bool], within: float = 3600.0) -> float:
        """Wait until something holds after a change of the board; gives the seconds that it took."""
        began, board = self.machine.elapsed, self.service.board
        async with asyncio.timeout(within):
            while not holds():
                await board.changed(board.version)
        return self.machine.elapsed - began


def live(directory: Path, script: Script[T], speed: float = 1.0, **more: Any) -> tuple[Life, T]:
    """Run a service over ``directory/specs`` beside a script, in a region ``speed`` times as fast."""
    of = a_provider()
    time = VirtualClock(NOW)

    async def story() -> tuple[Life, T]:
        with _lifelike(directory, of, speed, **more) as life:
            stop = asyncio.Event()
            source = open_source(str(directory / "specs"), Reading(), kind="plain")
            running = asyncio.create_task(life.service.run([source], stop))
            try:
                result = await script(life)
            finally:
                stop.set()
                assert await running
            return life, result

    return run_in_time_of(time, story())


@contextmanager
def _lifelike(
    directory: Path,
    of: SimulatedProvider,
    speed: float,
    around: Callable[..., Counting] = Counting,
    counts: Counts | None = None,
) -> Iterator[Life]:
    machine, lines, signs = Machine(), Lines(), Signs({})
    host = Host(
        apart=_at_once,
        write=_at_once,
        watch=lambda _watched, _on_hint: Heard(),
        free_bytes=machine.free_bytes,
    )
    pace = Pace(of.region, lambda: machine.elapsed, sleep=machine.sleep, speed=speed)
    provider = around(LivingProvider(of.region, pace), machine)
    trusted = TrustedClock(machine)
    place = Composition(
        provider,
        # As on Azure the time of day is the machine's; a region that runs faster has its own.
        trusted if speed == 1.0 else pace,
        of.region,
        doubt=lambda: trusted.doubt,
        epoch=lambda: trusted.epoch,
        machine=machine,
    )
    with held(directory / "state", this_process("run"), host) as state:
        service = _service(place, state, (lines, signs, counts))
        yield Life(directory, machine, provider, service, lines, signs)


def _service(
    place: Composition, state: StateDirectory, told: tuple[Lines, Signs, Counts | None]
) -> Service:
    lines, signs, counts = told
    return Service(
        place,
        lambda _: SoleTenure(),
        state,
        ServiceSettings(resync_seconds=60.0, actor="test", audit=state.path / "audit.jsonl"),
        log=lines,  # type: ignore[arg-type]  # it only listens
        notifier=signs,
        counts=counts,
    )
