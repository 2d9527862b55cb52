"""An emulated ARM in a thread, which says what it was asked, and a relay before it that can hold a request."""

from __future__ import annotations

import asyncio
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Thread
from typing import TYPE_CHECKING

from controller.engine.clock import WallClock
from providers.arm.emulator import Emulator, Settings
from providers.arm.messages import Reply, Request
from providers.arm.server import Pace, Server
from providers.simulated.region import SimulatedRegion
from tests.providers.worlds import names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPEED = 60.0
"""Seconds in the region for each one here."""

_MUCH = 1 << 16
_DELETIONS = {("DELETE", 202), ("POST", 202)}


def members_of(request: Request) -> tuple[str, ...]:
    """The VMs that a request is about: the one in its path, or those that a batch names."""
    head, _, name = request.path.rpartition("/virtualMachines/")
    if head and "/" not in name:
        return (name,)
    named = request.document().get("instanceIds", []) if request.method == "POST" else []
    return tuple(str(one) for one in named) if isinstance(named, list) else ()


@dataclass(frozen=True, slots=True)
class Asked:
    """One request and its answer. ``at`` is on the clock that all processes of this machine share."""

    at: float
    method: str
    path: str
    status: int
    members: tuple[str, ...] = ()


@dataclass
class Cloud:
    """ARM on loopback. ``on_change`` is told of each request that is no read, before its answer goes out."""

    emulator: Emulator
    loop: asyncio.AbstractEventLoop
    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    on_change: Callable[[Asked], None] = lambda _: None

    def record(self, request: Request, _url: str, reply: Reply) -> None:
        """Take the place of the recorder of traffic."""
        if request.method == "GET":
            return
        at = WallClock().elapsed
        one = Asked(at, request.method, request.path, reply.status, members_of(request))
        self.asked.append(one)
        self.on_change(one)

    @property
    def members(self) -> list[str]:
        """Names of the members, by the region itself."""
        return names_in(self.emulator.region)

    def named(self, method: str, status: int) -> list[str]:
        """Members for which a request of this kind was answered so, in order."""
        found = [one for one in self.asked if (one.method, one.status) == (method, status)]
        return [member for one in found for member in one.members]

    @property
    def deletions(self) -> list[str]:
        """Members whose deletion was accepted, one by one or in a batch, in order."""
        found = [one for one in self.asked if (one.method, one.status) in _DELETIONS]
        return [member for one in found for member in one.members]


def a_region() -> SimulatedRegion:
    """An empty region whose time begins now: processes in front of it go by the time of day."""
    return SimulatedRegion.fresh(WallClock().now.replace(microsecond=0), seed=1)


@contextmanager
def serving() -> Iterator[Cloud]:
    """Serve an empty region while the block lasts."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    cloud = Cloud(Emulator(a_region(), Settings(throttle=False, speed=SPEED)), loop)
    server = Server(cloud.emulator, pace=Pace(cloud.emulator, time.monotonic), traffic=cloud)  # type: ignore[arg-type]  # a listener instead of a recorder
    runner, port = asyncio.run_coroutine_threadsafe(
        server.start("127.0.0.1", 0, None), loop
    ).result()
    cloud.url = f"http://127.0.0.1:{port}"
    try:
        yield cloud
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass
class Relay:
    """Passes bytes on to ARM, and holds the first request that begins as ``hold`` says until ``go``."""

    upstream: str
    hold: Callable[[bytes], bool]
    held: Event = field(default_factory=Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    _pumps: set[asyncio.Task[None]] = field(default_factory=set)

    async def start(self) -> asyncio.Server:
        """Listen."""
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = self.upstream.removeprefix("http://").split(":")
        up_reader, up_writer = await asyncio.open_connection(host, int(port))
        await asyncio.gather(
            self._pump(reader, up_writer, holds=True), self._pump(up_reader, writer, holds=False)
        )

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, holds: bool
    ) -> None:
        try:
            while chunk := await reader.read(_MUCH):
                if holds and not self.held.is_set() and self.hold(chunk):
                    self.held.set()
                    await self.go.wait()
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
