"""The product's processes in a world: daemons that are started anew whenever they die, and commands beside them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from controller.core.observed import Memory
from controller.engine.audit import Trail, TrailError, Writer
from controller.engine.audited import audited, context_of
from controller.engine.claimed import ClaimedTenure
from controller.engine.compose import Composition
from controller.engine.fence import Fenced
from controller.engine.holds import Holds
from controller.engine.host import Host
from controller.engine.leased import LeasedTenure
from controller.engine.notify import Notifier
from controller.engine.reconcile import reconcile_once
from controller.engine.report import PassReport
from controller.engine.service import Service, ServiceSettings
from controller.engine.state_directory import held
from controller.engine.tenancy import while_holding
from controller.engine.tenure import CommandTenure, SoleTenure, Tenure, key_of
from controller.engine.timekeeping import TrustedClock
from controller.spec.values import Fleet
from providers.base import Provider
from providers.errors import ProviderError
from providers.leases import Holder
from tests.simulation.diary import Diary
from tests.simulation.evidence import Evidence
from tests.simulation.hands import MemorySource
from tests.simulation.leases import WireLeases
from tests.simulation.loop import pass_time
from tests.simulation.options import Fault, Right
from tests.simulation.process import HostClock, Process, begin, exponential
from tests.simulation.wire import Wire

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")

_PLENTY = 1 << 40
_AN_HOUR_OF_COMMANDS = 8.0
_HOURS_OF_SWEEPING = 72
"""Leftovers go one by one, and here a pass is made once an hour."""
_HOURS_OF_MEMORY = 2
"""Scarcity is remembered for an hour and on probation for half of one; its end is written down."""


class Ears:
    """A watcher of directories that hears what the world says, unless it is deaf."""

    trouble = ""

    def __init__(self, cast: Cast, on_hint: Callable[[], None]) -> None:
        self._cast = cast
        self._on_hint = on_hint

    async def run(self) -> None:
        """Listen until cancelled."""
        self._cast.hints.append(self._on_hint)
        try:
            await asyncio.Event().wait()
        finally:
            self._cast.hints.remove(self._on_hint)


class Machine:
    """One host: its time of day, its disk, its directory."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.clock = HostClock(world.start)
        self.full_until = 0.0
        self.path = world.directory / name
        self.audit = self.path / "audit.jsonl"
        self.path.mkdir(parents=True)
        world.judge.evidence[name] = Evidence(self.audit, name, world.desk.known)

    def free_bytes(self, _directory: Path) -> int:
        """Room on the disk."""
        return 0 if self.clock.elapsed < self.full_until else _PLENTY


class Cast:
    """All processes of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.hints: list[Callable[[], None]] = []
        self.machines: list[Machine] = []
        self.processes: dict[Process, Machine] = {}
        self.services: dict[Process, Service] = {}
        self.memories: dict[str, Memory] = {}
        self.reports: tuple[PassReport, ...] = ()
        self._stops: dict[Process, asyncio.Event] = {}
        self._lives: list[asyncio.Task[Any]] = []
        self._mishaps: list[asyncio.Task[Any]] = []
        self._ending = asyncio.Event()
        self._count = 0

    def begin(self) -> None:
        """Start everybody."""
        options = self._world.options
        for number in range(options.controllers):
            machine = self._machine(f"host-{number}")
            self._lives.append(begin(None, self._life(machine)))

    def begin_mishaps(self) -> None:
        """Let commands be given, and things happen to hosts, until ``heal``."""
        options = self._world.options
        if options.one_shots:
            self._mishaps.append(begin(None, self._commands()))
        for fault, deed in (
            (Fault.PAUSE, self._pause),
            (Fault.DISK_FULL, self._fill),
            (Fault.CLOCK_JUMP, self._jump),
        ):
            if options.strength(fault):
                self._mishaps.append(begin(None, self._world.people.busy(fault, deed)))

    def stir(self) -> None:
        """A file has changed; who listens hears it a moment later."""
        if self._world.options.strength(Fault.DEAF):
            self._world.record.hit(f"fault {Fault.DEAF}")
        else:
            for hint in self.hints:
                asyncio.get_running_loop().call_later(self._world.dice.uniform(0.05, 0.5), hint)

    def heal(self) -> None:
        """Hosts are well again."""
        for task in self._mishaps:
            task.cancel()
        self._mishaps.clear()
        for process in self.processes:
            process.wake()
        for machine in self.machines:
            machine.full_until = 0.0
            machine.clock.skew = timedelta()

    async def end(self) -> None:
        """Stop all daemons in order, as SIGTERM does."""
        self._ending.set()
        for task in self._mishaps:
            task.cancel()
        for process, stop in list(self._stops.items()):
            process.wake()
            stop.set()
        for life in self._lives:
            await life
        self._lives.clear()

    # ---- daemons

    def _machine(self, name: str) -> Machine:
        machine = Machine(self._world, name)
        self.machines.append(machine)
        return machine

    async def _life(self, machine: Machine) -> None:
        """One host: its daemon is started again whenever it has ended."""
        world = self._world
        while not self._ending.is_set():
            process = self._process(machine)
            stack, stop = ExitStack(), asyncio.Event()
            self._stops[process] = stop
            main = begin(process, self._daemon(process, machine, stack, stop))
            await asyncio.wait([main])
            await self._bury(process, machine)
            stack.close()
            if not process.dead and main.exception() is not None:
                raise main.exception()  # type: ignore[misc]  # it ended by itself, and badly
            if self._ending.is_set():
                return
            await pass_time(world.dice.uniform(1, 60) if world.weather else 1.0)

    def _process(self, machine: Machine) -> Process:
        self._count += 1
        process = Process(f"{machine.name}#{self._count}", machine.name)
        self.processes[process] = machine
        self._world.record.line(self._world.now, process.name, "starts")
        return process

    async def _daemon(
        self, process: Process, machine: Machine, stack: ExitStack, stop: asyncio.Event
    ) -> None:
        world, options = self._world, self._world.options
        holder = self._holder(process, "run")
        host = self._host(process, machine)
        clock = TrustedClock(machine.clock)
        state = stack.enter_context(held(machine.path, holder, host))
        service = Service(
            Composition(
                Wire(world, process, clock),
                clock,
                doubt=lambda: clock.doubt,
                epoch=lambda: clock.epoch,
                machine=machine.clock,
            ),
            lambda told: self._tenure(process, holder, told),
            state,
            ServiceSettings(
                resync_seconds=options.resync,
                actor=process.name,
                audit=machine.audit,
                seed=world.dice.randrange(1 << 30),
                heartbeat_seconds=world.heartbeat_seconds,
            ),
            log=Diary(world, process.name),  # type: ignore[arg-type]  # it only listens
            notifier=Notifier({}),
        )
        self.services[process] = service
        source = MemorySource(world.desk, lambda commit: world.history.read(process, commit))
        await service.run([source], stop)

    async def _bury(self, process: Process, machine: Machine) -> None:
        """What the kernel does when a process ends: nothing runs, and its files and locks are let go."""
        await process.buried()
        self.processes.pop(process, None)
        self._stops.pop(process, None)
        self._world.holders.pop(process, None)
        service = self.services.pop(process, None)
        if service is not None:
            _let_go(service._trail)
        self._world.judge.evidence[machine.name].forget()
        if process.dead and self._world.weather and self._world.dice.random() < 0.2:
            with suppress(FileNotFoundError), machine.audit.open("r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(b'{"seq": 9')
            self._world.record.hit("torn trail")

    def _holder(self, process: Process, role: str) -> Holder:
        return Holder(process.name, process.host, self._count, role, "2026-11-21T12:00:00Z")

    def _tenure(self, process: Process, holder: Holder, told: Callable[[str], None]) -> Tenure:
        if self._world.options.right is not Right.LEASED:
            return SoleTenure()
        return LeasedTenure(self._holds(process, holder), told)

    def _holds(self, process: Process, holder: Holder) -> Holds:
        world = self._world
        world.holders[process] = holder.id
        clock = self.processes[process].clock
        return Holds(WireLeases(world, process), holder, clock, world.terms)

    def _host(self, process: Process, machine: Machine) -> Host:
        world = self._world

        async def apart(call: Callable[[], T], /) -> T:
            await process.turn()
            world.maybe_kill(process, Fault.CRASH_FILE)
            await pass_time(world.dice.uniform(0.001, 0.02))
            await process.turn()
            found = call()
            await pass_time(world.dice.uniform(0.001, 0.02))
            await process.turn()
            world.maybe_kill(process, Fault.CRASH_FILE)
            return found

        return Host(
            apart=apart,
            write=apart,
            watch=lambda _, on_hint: Ears(self, on_hint),
            free_bytes=machine.free_bytes,
        )

    # ---- commands

    async def _commands(self) -> None:
        """`reconcile --once` beside the daemons, now and then."""
        world = self._world
        machine = self._machine("bastion")
        while True:
            await pass_time(exponential(world.dice, _AN_HOUR_OF_COMMANDS))
            fleets = self._valid_fleets()
            if not fleets:
                continue
            process = self._process(machine)
            world.record.hit("one-shot")
            main = begin(process, self._command(process, machine, fleets))
            await asyncio.wait([main])
            await self._bury(process, machine)
            if not process.dead and (error := main.exception()) is not None:
                if not isinstance(error, ProviderError):
                    raise error
                world.record.hit(f"one-shot refused: {type(error).__name__}")

    async def _command(self, process: Process, machine: Machine, fleets: Sequence[Fleet]) -> None:
        tenure: CommandTenure = SoleTenure()
        if self._world.options.right is Right.LEASED:
            tenure = ClaimedTenure(self._holds(process, self._holder(process, "reconcile")))
        await while_holding(
            tenure,
            [key_of(fleet.ref) for fleet in fleets],
            lambda: self._pass(process, machine, fleets, tenure, {}),
        )

    async def _pass(
        self,
        process: Process,
        machine: Machine,
        fleets: Sequence[Fleet],
        tenure: Tenure,
        memories: dict[str, Memory],
    ) -> tuple[PassReport, ...]:
        world, clock = self._world, machine.clock
        host = self._host(process, machine)
        trail = Trail(machine.audit, Writer(process.name), lambda: clock.now, host=host)

        def between(fleet: Fleet, planned: PassReport, provider: Provider) -> Provider:
            context = context_of(fleet, planned, process.name)
            return audited(provider, trail, context, trail.now)

        try:
            with suppress(TrailError):
                trail.open()
            return await reconcile_once(
                fleets,
                Fenced(Wire(world, process, clock), tenure),
                clock,
                memories=memories,
                between=between,
            )
        finally:
            _let_go(trail)

    def _valid_fleets(self) -> tuple[Fleet, ...]:
        """The fleets of the present commit, if all of it is valid."""
        world = self._world
        specs = world.desk.specs_of(world.desk.now)
        return () if specs.broken or world.desk.trouble is not None else tuple(specs.fleets)

    # ---- the long rest

    async def one_pass(self) -> tuple[PassReport, ...]:
        """One pass of a process that remembers what the pass before it learned."""
        world = self._world
        machine = next((one for one in self.machines if one.name == "quiet"), None)
        machine = machine or self._machine("quiet")
        process = self._process(machine)
        fleets = self._valid_fleets()
        work = begin(process, self._pass(process, machine, fleets, SoleTenure(), self.memories))
        reports = await work
        await self._bury(process, machine)
        self.memories = {report.fleet: report.memory for report in reports}
        for report in reports:
            if report.violations or report.incident:
                world.broken("I19", f"{report.violations} {report.incident}")
        self.reports = reports
        return reports

    async def passes_until_quiet(self) -> None:
        """Let hours go by until a pass writes nothing: leftovers and remembered scarcity take their time."""
        quiet = 0
        for _ in range(_HOURS_OF_SWEEPING):
            before = self._world.record.writes
            await self.one_pass()
            await pass_time(3600.0)
            quiet = quiet + 1 if self._world.record.writes == before else 0
            if quiet > _HOURS_OF_MEMORY:
                return

    def check_status(self) -> None:
        """I21, I16, I17: at rest every report says that all is well, nothing drifts, and every trail is whole."""
        for machine in self.machines:
            if wrong := self._world.judge.evidence[machine.name].break_in_chain():
                self._world.broken("I17", f"{machine.name}: {wrong}")
        for report in self.reports:
            if not report.converged:
                self._world.broken("I21", f"{report.fleet} is at rest and tells {report.verdict}")
            for one in report.plan.drift if report.plan else ():
                changed = self._world.desk.once_wanted(one.fingerprint or "")
                if not changed and not self._world.judge.is_spoilt(one.instance):
                    self._world.broken(
                        "I16", f"{one.instance} drifts, and nobody changed a template"
                    )

    # ---- mishaps

    def _pause(self) -> None:
        """A process is stopped, for as long as a lease or longer, and continued."""
        process = self._one(list(self.processes))
        if process is not None:
            process.pause(self._world.dice.uniform(5, 150))

    def _fill(self) -> None:
        """A disk is full for a while."""
        machine = self._one(self.machines)
        if machine is not None:
            machine.full_until = self._world.now + self._world.dice.uniform(5, 300)

    def _jump(self) -> None:
        """A host's time of day is set."""
        machine = self._one(self.machines)
        if machine is not None:
            seconds = self._world.dice.choice([-86400, -3600, -30, 30, 3600, 86400 * 365])
            machine.clock.skew = timedelta(seconds=seconds)
            self._world.rates.set_anew(machine.name)

    def _one(self, several: list[T]) -> T | None:
        return self._world.dice.choice(several) if several else None


def _let_go(trail: Trail) -> None:
    """Close a trail's files without a word, as the kernel does."""
    trail._drop()
    if trail._lock is not None:
        os.close(trail._lock)
        trail._lock = None
