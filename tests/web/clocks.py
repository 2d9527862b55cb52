"""The clock of a scene: the region's time, which stands still, and pauses that let others run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tests.web.scene import Scene


class SteppedClock:
    """Shows the time of the scene's region. A pause lasts until everybody who is ready has had a turn."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.elapsed = 0.0
        """Seconds that were slept: pauses of the machine, which take no time here."""

    @property
    def now(self) -> datetime:
        """The region's time."""
        return self._scene.provider.region.clock.now

    async def sleep(self, seconds: float) -> None:
        """Give way to others without waiting."""
        self.elapsed += max(0.0, seconds)
        turn = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(turn.set_result, None)
        await turn
