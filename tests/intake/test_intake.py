"""The intake: several sources joined, read in threads, and told whenever something stands anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.core.acceptance import Accepted
from controller.engine.clock import WallClock
from controller.engine.intake import Intake
from controller.sources.plain import PlainSource
from tests.specs.spec_texts import WEB


class Heard:
    """Keeps what an intake told, and lets a test wait for what it expects."""

    def __init__(self) -> None:
        self.accepted: list[Accepted] = []
        self._turned = asyncio.Event()

    def __call__(self, accepted: Accepted) -> None:
        self.accepted.append(accepted)
        self._turned.set()

    async def until(self, count: int) -> Accepted:
        while len(self.accepted) < count:
            self._turned.clear()
            await self._turned.wait()
        return self.accepted[count - 1]


class NoPause:
    """Nothing is edited between two readings, so that none has to be waited for."""

    elapsed = 0.0

    def wait(self, seconds: float) -> None:
        """Not at all."""


def test_intake_tells_first_and_edited(tmp_path: Path) -> None:
    """The first reading is told, and after an edit and a rescan the edited one."""
    spec = tmp_path / "web.yaml"
    spec.write_text(WEB)

    async def story() -> list[int]:
        heard, stop = Heard(), asyncio.Event()
        intake = Intake([PlainSource(str(tmp_path), NoPause())], heard, WallClock())
        running = asyncio.ensure_future(intake.run(stop))
        first = await heard.until(1)
        spec.write_text(WEB.replace("replicas: 6", "replicas: 7"))
        intake.rescan()
        second = await heard.until(2)
        stop.set()
        await running
        return [
            one.fleet.replicas for each in (first, second) for one in each.standings if one.fleet
        ]

    assert asyncio.run(asyncio.wait_for(story(), 20)) == [6, 7]
