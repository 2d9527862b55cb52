"""An intake that is listened to: what it told, and waiting for what a story expects."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from controller.core.acceptance import Accepted
from controller.engine.clock import WallClock
from controller.engine.intake import Intake
from controller.sources.snapshot import SpecSource

PATIENCE_SECONDS = 30.0


class Heard:
    """Keeps what an intake told, and lets a story wait for what it expects."""

    def __init__(self) -> None:
        self.accepted: list[Accepted] = []
        self._turned = asyncio.Event()

    def __call__(self, accepted: Accepted) -> None:
        self.accepted.append(accepted)
        self._turned.set()
        self._turned = asyncio.Event()

    async def turned(self) -> None:
        """Wait until something is told."""
        turned = self._turned
        await turned.wait()

    async def until(self, holds: Callable[[Accepted], bool]) -> Accepted:
        """The last that was told, as soon as it is so."""

        async def wait() -> Accepted:
            while not self.accepted or not holds(self.accepted[-1]):
                await self.turned()
            return self.accepted[-1]

        return await asyncio.wait_for(wait(), PATIENCE_SECONDS)


def acting(accepted: Accepted) -> dict[str, int]:
    """Replicas of the fleets that may be acted upon."""
    return {
        one.name: one.fleet.replicas
        for one in accepted.standings
        if one.freeze is None and one.fleet is not None
    }


def frozen(accepted: Accepted) -> dict[str, str]:
    """Why each frozen fleet is."""
    return {one.name: str(one.freeze.reason) for one in accepted.standings if one.freeze}


@contextlib.asynccontextmanager
async def listening(
    sources: Sequence[SpecSource], **over: Any
) -> AsyncIterator[tuple[Intake, Heard]]:
    """An intake that runs as long as the story does, and ends by being told to stop."""
    heard, stop = Heard(), asyncio.Event()
    intake = Intake(sources, heard, WallClock(), WallClock(), **over)
    running = asyncio.ensure_future(intake.run(stop))
    try:
        yield intake, heard
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE_SECONDS)
