"""A region that runs a thousand times as fast: whoever watches over the process counts the machine's seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.engine.daemon import HEARTBEAT_SECONDS
from controller.engine.visit import PASS_SECONDS
from controller.web.health import live_checks
from tests.daemon.lifelike import Life, live
from tests.daemon.process import write_spec
from tests.daemon.stage import Counting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from providers.base import GroupRef, GroupSnapshot, LeftoverSearch

SPEED = 1000.0


class Slow(Counting):
    """A platform that takes ten of the machine's seconds for a list: three hours of the region."""

    seconds = 10.0

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        await self.clock.sleep(self.seconds)
        return await super().observe(ref, names, leftovers)


class Hanging(Slow):
    """One that answers after an hour of the machine."""

    seconds = 3600.0


def test_a_slow_pass_is_alive(tmp_path: Path) -> None:
    """At ``--speed 1000`` a pass of ten seconds, three hours of the region, is neither dead nor hung."""
    write_spec(tmp_path / "specs", "web", 1)

    async def script(life: Life) -> list[str]:
        found: list[str] = []
        for _ in range(60):
            await life.machine.sleep(1.0)
            found += (one.wrong for one in live_checks(life.service.pulse) if one.wrong)
        return found

    life, troubles = live(tmp_path, script, SPEED, around=Slow)
    assert troubles == []
    assert life.lines.of("stuck") == []
    assert life.state("web").passes >= 2


def test_a_hang_is_told_in_time(tmp_path: Path) -> None:
    """A pass that hangs is ended after its quarter of an hour of the machine, as at any speed."""
    write_spec(tmp_path / "specs", "web", 1)

    async def script(life: Life) -> float:
        return await life.until(lambda: life.failures("web") > 0)

    life, took = live(tmp_path, script, SPEED, around=Hanging)
    assert abs(took - PASS_SECONDS) < 1
    assert life.lines.of("stuck") == []


def test_the_heart_beats_at_its_own_pace(tmp_path: Path) -> None:
    """The heart beats, and the disk is tried, no more often in a fast region than in any other."""
    write_spec(tmp_path / "specs", "web", 1)

    async def script(life: Life) -> tuple[int, int]:
        await life.until(lambda: life.converged("web"))
        before = (life.signs.beats, life.machine.probes)
        await life.machine.sleep(20)
        return life.signs.beats - before[0], life.machine.probes - before[1]

    _, (beats, probes) = live(tmp_path, script, SPEED)
    assert abs(beats - 20 / HEARTBEAT_SECONDS) <= 1
    assert abs(probes - 2) <= 1
