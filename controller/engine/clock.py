"""The one place that reads the time of day. Everything else is given a clock or a moment."""

from __future__ import annotations

import asyncio
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


class WallClock:
    """The time of the machine that we run on."""

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return datetime.now(UTC)  # noqa: TID251 -- this is the clock module

    async def sleep(self, seconds: float) -> None:
        """Wait in real time."""
        await asyncio.sleep(max(0.0, seconds))
