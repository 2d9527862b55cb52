"""A region that lives as long as a process does: its time runs, and it is saved as it changes.

A command moves the region's clock by itself. A daemon waits in real time, so here the clock follows:
each call finds the region as it is at that moment. What was accepted is in the file before the call
returns; calls that come together share one saving.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from providers.simulated.provider import SimulatedProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import datetime

    from providers.base import (
        Catalog,
        Group,
        GroupRef,
        GroupRequest,
        GroupSnapshot,
        InstanceRequest,
        LeftoverSearch,
        NetworkQuestion,
        Operation,
        SweepOperation,
    )
    from providers.simulated.region import SimulatedRegion

T = TypeVar("T")


class Pace:
    """Moves a region's clock ``speed`` seconds for each second that ``elapsed`` counts.

    It is a clock itself: its time is the region's, and whoever sleeps on it waits ``1/speed`` as long.
    """

    def __init__(
        self,
        region: SimulatedRegion,
        elapsed: Callable[[], float],
        *,
        sleep: Callable[[float], Awaitable[None]],
        speed: float = 1.0,
    ) -> None:
        if speed <= 0:
            raise ValueError(f"time cannot run at {speed} seconds a second")
        self._region = region
        self._elapsed = elapsed
        self._sleep = sleep
        self._speed = speed
        self._last = elapsed()

    def keep(self) -> None:
        """Let as much time pass in the region as has passed since the last call."""
        now = self._elapsed()
        passed, self._last = max(0.0, now - self._last), now
        self._region.clock.advance(passed * self._speed)

    @property
    def now(self) -> datetime:
        """The region's present moment."""
        self.keep()
        return self._region.clock.now

    @property
    def elapsed(self) -> float:
        """Seconds of the region since its start."""
        self.keep()
        return self._region.clock.elapsed

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed in the region."""
        await self._sleep(max(0.0, seconds) / self._speed)


class LivingProvider:
    """The provider contract over a region whose time runs. ``save`` None: it lives in memory alone."""

    def __init__(
        self, region: SimulatedRegion, pace: Pace, save: Callable[[], None] | None = None
    ) -> None:
        self._inner = SimulatedProvider(region)
        self._region = region
        self._pace = pace
        self._save = save
        self._saved = region.world.changes
        self._turn: asyncio.Future[None] | None = None

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show the scale set, its members and the locks over them."""
        return await self._call(lambda: self._inner.observe(ref, names, leftovers))

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show sizes, zones, fault domain limits and quota."""
        return await self._call(lambda: self._inner.catalog(subscription, location, network))

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create the set, or change it if its etag still is ``etag``."""
        return await self._call(lambda: self._inner.put_group(ref, request, etag=etag))

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of one member."""
        await self._call(lambda: self._inner.create(ref, request))

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start the batch deletion of the named members."""
        await self._call(lambda: self._inner.delete(ref, names))

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start a power operation on one member, or change its tags."""
        await self._call(lambda: self._inner.operate(ref, name, operation))

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Change tags of one leftover, or delete it."""
        await self._call(lambda: self._inner.sweep(ref, leftover, operation))

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set."""
        await self._call(lambda: self._inner.delete_group(ref))

    async def _call(self, call: Callable[[], Awaitable[T]]) -> T:
        self._pace.keep()
        try:
            return await call()
        finally:
            await self._kept()

    async def _kept(self) -> None:
        """Return when everything that has happened so far is in the file."""
        if self._save is None or self._saved == self._region.world.changes:
            return
        if self._turn is None:
            loop = asyncio.get_running_loop()
            self._turn = loop.create_future()
            loop.call_soon(self._write, self._save, self._turn)
        await asyncio.shield(self._turn)

    def _write(self, save: Callable[[], None], turn: asyncio.Future[None]) -> None:
        self._turn = None
        changes = self._region.world.changes
        try:
            save()
        except Exception as error:  # noqa: BLE001 -- whoever waits for the saving is told
            turn.set_exception(error)
            turn.exception()  # heard, even if nobody waits any more
        else:
            self._saved = changes
            turn.set_result(None)
