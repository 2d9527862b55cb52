"""A region that lives as long as a process does: its time runs, and it is saved as it changes.

A command moves the region's clock by itself. A daemon waits in real time, so here the clock follows:
each call finds the region as it is at that moment. What was accepted is in the file before the call
returns; calls that come together share one saving.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from providers.relay import Relay
from providers.simulated.provider import SimulatedProvider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from providers.relay import Call, Change
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


class LivingProvider(Relay):
    """The provider contract over a region whose time runs. ``save`` None: it lives in memory alone."""

    def __init__(
        self, region: SimulatedRegion, pace: Pace, save: Callable[[], None] | None = None
    ) -> None:
        super().__init__(SimulatedProvider(region))
        self._region = region
        self._pace = pace
        self._save = save
        self._saved = region.world.changes
        self._turn: asyncio.Future[None] | None = None

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Look at the region as it is now."""
        del call
        return await self._call(go_on)

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Change the region as it is now."""
        del change
        return await self._call(go_on)

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
