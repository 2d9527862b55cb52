"""Slow start: mass creations, after a start or a mass eviction, begin with a few and grow with success.

Waves do the same within one fleet's pass; this does it over all fleets of the process.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from controller.core.rhythm import Window
from controller.engine.patience import TooEarly
from providers.errors import CallError, LeaseLost

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from controller.engine.clock import SteadyClock


class Ramp:
    """Lets as many creations through at once as the platform has shown that it takes."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock
        self._window = Window(at=clock.elapsed)
        self._under_way = 0
        self._moved = asyncio.Condition()

    @property
    def under_way(self) -> int:
        """Creations that have been sent and not answered yet."""
        return self._under_way

    @asynccontextmanager
    async def creation(self) -> AsyncIterator[None]:
        """Wait for a place, and learn from how the creation in the block ends."""
        async with self._moved:
            await self._moved.wait_for(self._has_room)
            self._under_way += 1
        try:
            yield
        except (LeaseLost, TooEarly):
            # It was never sent, so nothing is learned.
            raise
        except CallError:
            self._window = self._window.failed(self._clock.elapsed)
            raise
        else:
            self._window = self._window.accepted(self._clock.elapsed)
        finally:
            self._under_way -= 1
            async with self._moved:
                self._moved.notify_all()

    def _has_room(self) -> bool:
        self._window = self._window.before(self._clock.elapsed)
        return self._under_way < int(self._window.size)
