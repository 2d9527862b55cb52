"""The one place that reads the time of day. Everything else is given a clock or a moment."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
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

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0.0, seconds))
