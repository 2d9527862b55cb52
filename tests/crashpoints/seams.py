"""Where a process touches what lasts: the cloud, the lease store, its own disk, the specs. Each touch is a crash point.

A request travels in a task of the world's: it arrives whatever becomes of who sent it, and takes as long there
as its answer takes back. So of requests sent side by side some have arrived and others not when a process dies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from controller.engine.host import Host
from controller.engine.hostlock import HostLocks
from controller.sources.compiling import compile_whole, to_snapshot
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble
from controller.spec.compile import CompileMemory, SpecSet
from controller.spec.source import FileRefusedError, SourceFile
from providers.relay import Call, Change, Relay
from tests.crashpoints.files import Disk
from tests.crashpoints.points import Kind, Mode, Reaper
from tests.simulation.loop import pass_time
from tests.simulation.process import Process, begin

if TYPE_CHECKING:
    from controller.spec.values import Fleet
    from providers.base import GroupRef, GroupSnapshot, LeftoverSearch, Provider
    from providers.leases import Holder, LeaseRecord, LeaseStore
    from tests.crashpoints.court import Court
    from tests.simulation.judge import Change as Judged
    from tests.stories.stage import Stage

T = TypeVar("T")

_WAY_SECONDS = 0.05
_PLENTY = 1 << 40


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of one process."""

    process: Process
    reaper: Reaper

    async def send(
        self,
        kind: Kind,
        action: Callable[[], Awaitable[T]],
        sending: Callable[[], None] = lambda: None,
    ) -> T:
        """Send a request, and die before that, or when it has arrived, or when the answer is there."""
        process, point = self.process, self.reaper.point(kind)
        await process.turn()
        self.reaper.strike(process, point, Mode.BEFORE)
        sending()
        self.reaper.happened += 1

        async def travel() -> T:
            await pass_time(_WAY_SECONDS)
            try:
                return await action()
            finally:
                self.reaper.happened += 1
                self.reaper.kill(process, point, Mode.APPLIED)
                await pass_time(_WAY_SECONDS)

        on_its_way = begin(None, travel())
        on_its_way.add_done_callback(_hear)
        found = await asyncio.shield(on_its_way)
        self.reaper.strike(process, point, Mode.AFTER)
        return found


class MortalRelay(Relay):
    """The cloud as one process reaches it. The court sees each look, each change that is sent, and its arrival."""

    def __init__(self, inner: Provider, traffic: Traffic, court: Court) -> None:
        super().__init__(inner)
        self._traffic = traffic
        self._court = court

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look, and let the court know what was shown."""
        at = asyncio.get_running_loop().time()
        found = await super().observe(ref, names, leftovers)
        self._court.looked(self._traffic.process, ref, names, found, at)
        return found

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Send a look."""
        return await self._traffic.send(Kind("cloud", call), go_on)

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Send a change."""
        court, process = self._court, self._traffic.process
        judged: list[Judged] = []

        async def arrive() -> T:
            return court.applying(process, judged[0], lambda: _at_once(go_on()))

        kind = Kind("cloud", change.call)
        return await self._traffic.send(
            kind, arrive, lambda: judged.append(court.sending(process, change))
        )


@dataclass(slots=True)
class MortalLeases:
    """The lease store as one process reaches it."""

    inner: LeaseStore
    traffic: Traffic

    async def acquire(self, name: str, holder: Holder, *, token: str, seconds: int) -> None:
        await self._send(
            "acquire", lambda: self.inner.acquire(name, holder, token=token, seconds=seconds)
        )

    async def renew(self, name: str, *, token: str) -> None:
        await self._send("renew", lambda: self.inner.renew(name, token=token))

    async def release(self, name: str, *, token: str) -> None:
        await self._send("release", lambda: self.inner.release(name, token=token))

    async def look(self) -> Sequence[LeaseRecord]:
        return await self._send("look", self.inner.look)

    async def forget(self, name: str) -> None:
        await self._send("forget", lambda: self.inner.forget(name))

    async def close(self) -> None:
        await self.traffic.process.turn()

    async def _send(self, verb: str, action: Callable[[], Awaitable[T]]) -> T:
        return await self.traffic.send(Kind("lease", verb), action)


class MortalLocks(HostLocks):
    """The locks of one process on its host: files like others."""

    def __init__(self, disk: Disk, process: Process, holder: Holder) -> None:
        super().__init__(disk.directory / "locks", holder)
        self._disk = disk
        self._process = process

    def take(self, key: str) -> str | None:
        """Take the lock of a fleet."""
        return self._disk.run(self._process, "lock", lambda: HostLocks.take(self, key))


class Deaf:
    """A watcher that hears nothing: specs are read when a round begins."""

    trouble = ""

    async def run(self) -> None:
        """Wait until cancelled."""
        await asyncio.Event().wait()


def host_of(process: Process, disk: Disk) -> Host:
    """The machine of a process: its calls into the system are crash points."""

    async def apart(call: Callable[[], T], /) -> T:
        await process.turn()
        found = disk.run(process, _what(call), call)
        await process.turn()
        return found

    return Host(apart=apart, write=apart, watch=lambda *_: Deaf(), free_bytes=lambda _: _PLENTY)


def _what(call: Callable[[], object]) -> str:
    """What a call is about, from the name of the method that it was written in."""
    name = getattr(call, "__qualname__", "")
    if "_remember" in name:
        return "last good"
    if "_save" in name:
        return "last good"
    return "specs" if "_read" in name else "audit"


class StageSource:
    """The specs of a stage: its files where it has any, else the fleets themselves.

    Each state of them is a revision that follows upon the one before.
    """

    def __init__(self, stage: Stage, traffic: Traffic, revisions: list[object]) -> None:
        self._stage = stage
        self._traffic = traffic
        self._revisions = revisions
        self._memory = CompileMemory()
        self.readings = 0

    @property
    def root(self) -> str:
        """The path as it was named."""
        return "specs"

    def read(self) -> Snapshot | SourceTrouble:
        """Read all of it, and die before, or with what was read, or when it has been handed over."""
        process, reaper = self._traffic.process, self._traffic.reaper
        point = reaper.point(Kind("specs", "read"))
        reaper.strike(process, point, Mode.BEFORE)
        found = self._read()
        reaper.strike(process, point, Mode.AFTER)
        self.readings += 1
        return found

    def _read(self) -> Snapshot | SourceTrouble:
        files = tuple(
            SourceFile(f"specs/{name}.yaml", text.encode())
            for name, text in sorted(self._stage.files.items())
        )
        fleets: tuple[Fleet, ...] = () if files else tuple(self._stage.fleets.values())
        state: object = files or fleets
        if not self._revisions or self._revisions[-1] != state:
            self._revisions.append(state)
        revision = Revision("git", f"{len(self._revisions):040x}")
        specs = SpecSet(fleets, (), ())
        if files:
            specs = compile_whole(files, (), _nothing_beside, self._memory)
        return to_snapshot(self.root, revision, files, specs, {})

    def watched(self) -> tuple[Path, ...]:
        """Nothing."""
        return ()

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        """Whether one state follows upon another."""
        return int(older.id, 16) <= int(newer.id, 16)


def _nothing_beside(_source: SourceFile, _relative: str) -> bytes:
    raise FileRefusedError("there are no files beside specs here")


def _at_once(work: Awaitable[T]) -> T:
    """The result of what never waits: the region answers in the moment in which it is asked."""
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        return cast("T", done.value)
    raise AssertionError("the region made somebody wait")


def _hear(answer: asyncio.Task[T]) -> None:
    if not answer.cancelled():
        answer.exception()
