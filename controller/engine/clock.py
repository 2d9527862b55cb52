"""The one place that reads the time of day. Everything else is given a clock or a moment."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the shell asks the time of. The simulated region's own clock has this shape too."""

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed on this clock; at once for zero or less."""
        ...


class SteadyClock(Protocol):
    """Measures how long something took. It is never set, and it runs on while the machine is suspended."""

    @property
    def elapsed(self) -> float:
        """Seconds since some fixed moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed; at once for zero or less."""
        ...


_BOOT_TIME: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class WallClock:
    """The time of the machine that we run on."""

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- this is the clock module

    @property
    def elapsed(self) -> float:
        """Seconds since the machine was started, suspended or not.

        Where there is no such clock, the monotonic one: it may stand still while the machine sleeps.
        """
        return time.monotonic() if _BOOT_TIME is None else time.clock_gettime(_BOOT_TIME)

    def wait(self, seconds: float) -> None:
        """Block the calling thread; never called in that of the event loop."""
        time.sleep(max(0.0, seconds))

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0.0, seconds))


def monotonic_microseconds() -> int:
    """The machine's monotonic clock, by which systemd counts as well."""
    return time.monotonic_ns() // 1000


class DaemonClock(Clock, SteadyClock, Protocol):
    """The time of day for what people and clouds say, and counted seconds for all that waits and ages."""


class LoopClock:
    """The time of the running event loop, beginning at ``start``: with a virtual loop, virtual time."""

    def __init__(self, start: datetime) -> None:
        self._start = start

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self._start + timedelta(seconds=self.elapsed)

    @property
    def elapsed(self) -> float:
        """The loop's own time in seconds."""
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        """Wait on the loop."""
        await asyncio.sleep(max(0.0, seconds))


async def sleep_unless(stirred: asyncio.Event, seconds: float, clock: SteadyClock) -> None:
    """Return when ``stirred`` is set, or when so many seconds have passed."""
    waiters = [asyncio.ensure_future(stirred.wait()), asyncio.ensure_future(clock.sleep(seconds))]
    try:
        await asyncio.wait(waiters, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
