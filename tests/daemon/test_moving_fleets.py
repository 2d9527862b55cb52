"""Fleets that move between processes: who has come is looked at at once, who stays is left in peace."""

from __future__ import annotations

import asyncio

from controller.engine.tenure import SoleTenure
from tests.daemon.stage import Stage, accepted, fleet_named, play

HERE, THERE = "host-0 1 run", "host-1 1 run"


class Moving(SoleTenure):
    """A right that is taken and given at will."""

    def __init__(self) -> None:
        super().__init__()
        self.elsewhere: set[str] = set()
        self._moved = asyncio.Event()

    def may_begin(self, key: str) -> str | None:
        return f"{THERE} holds it" if key in self.elsewhere else None

    def holder_of(self, key: str) -> str | None:
        return THERE if key in self.elsewhere else HERE

    async def changed(self, since: int) -> int:
        while self.changes == since:
            self._moved.clear()
            await self._moved.wait()
        return self.changes

    def now_elsewhere(self, *names: str) -> None:
        """Have these fleets with another process, and all others here."""
        self.elsewhere = {fleet_named(name).ref.id.lower() for name in names}
        self.changes += 1
        self._moved.set()


def test_who_comes_is_looked_at_at_once() -> None:
    """A fleet whose lease comes is looked at without waiting, and those that were here all along are not."""
    tenure = Moving()
    tenure.now_elsewhere("api")

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), fleet_named("api")))
        await stage.until(lambda: stage.at_rest("web"))
        await stage.clock.sleep(5)
        stage.provider.lists.clear()
        tenure.now_elsewhere()
        await stage.clock.sleep(1)

    stage, _ = play(script, tenure=tenure, resync=600.0)
    assert {name for _, name in stage.provider.lists} == {"api"}
    assert stage.state("api").holder == HERE


def test_who_goes_is_told_at_once() -> None:
    """When a fleet goes to another process the board names that one, and nothing is asked of the cloud."""
    tenure = Moving()

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), fleet_named("api")))
        await stage.until(lambda: stage.at_rest("web", "api"))
        await stage.clock.sleep(5)
        stage.provider.lists.clear()
        tenure.now_elsewhere("api")
        await stage.clock.sleep(1)

    stage, _ = play(script, tenure=tenure, resync=600.0)
    assert stage.provider.lists == []
    assert (stage.state("web").holder, stage.state("api").holder) == (HERE, THERE)
