"""The daemon at work: it reacts, rests, keeps fleets apart, survives trouble, and ends in order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from controller.core.standings import Freeze, FreezeReason
from controller.core.tags import FLEET, OWNER, owner_mark
from controller.spec.values import DeletionPolicy
from providers.errors import Throttled
from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.daemon.stage import Counting, Stage, accepted, fleet_named, play, stands
from tests.shell.stage import a_provider, settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.spec.values import Fleet
    from providers.base import GroupRef, GroupSnapshot, InstanceRequest, LeftoverSearch
    from providers.simulated.provider import SimulatedProvider


def test_fleets_come_to_rest() -> None:
    """Fleets that a source names are created, come to rest, and are then only looked at."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), fleet_named("api", 5)))
        await stage.until(lambda: stage.at_rest("web", "api"))
        stage.provider.writes.clear()
        stage.provider.lists.clear()
        await stage.clock.sleep(600)

    stage, _ = play(script)
    assert stage.provider.writes == []
    looks = Counter(name for _, name in stage.provider.lists)
    assert looks.keys() == {"web", "api"}
    # Every 60 to 72 seconds.
    assert all(8 <= count <= 10 for count in looks.values())
    assert stage.whole is True
    assert stage.diary.broken == []


def test_an_edit_is_acted_upon_at_once() -> None:
    """The first action after an edited spec was accepted comes within a tenth of a second."""

    async def script(stage: Stage) -> float:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.at_rest("web"))
        await stage.clock.sleep(30)
        stage.provider.writes.clear()
        began = stage.clock.elapsed
        stage.daemon.accept(accepted(fleet_named("web", 6)))
        await stage.until(lambda: bool(stage.provider.writes))
        await stage.until(lambda: stage.at_rest("web"))
        return stage.provider.writes[0][0] - began

    stage, reaction = play(script)
    assert reaction < 0.1
    assert stage.state("web").standing.fleet is not None
    assert [verb for _, _, verb in stage.provider.writes].count("create") == 3


def test_the_same_spec_again_changes_nothing() -> None:
    """A revision that changed other files brings no look of its own."""

    async def script(stage: Stage) -> int:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.at_rest("web"))
        before = len(stage.provider.lists)
        stage.daemon.accept(accepted(stands(fleet_named("web"), revision="content:2")))
        await stage.clock.sleep(10)
        return len(stage.provider.lists) - before

    stage, looks = play(script)
    assert looks == 0
    assert stage.state("web").standing.revision == "content:2"


def test_a_frozen_fleet_is_only_looked_at() -> None:
    """A fleet that its source holds back is observed and planned, and nothing of it is changed."""
    freeze = Freeze(FreezeReason.SPEC_BROKEN, "web.yaml:3: not a number")

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(stands(fleet_named("web"), freeze), fleet_named("api")))
        await stage.until(lambda: stage.at_rest("api"))
        stage.provider.writes = [one for one in stage.provider.writes if one[1] == "web"]

    stage, _ = play(script)
    assert stage.provider.writes == []
    report = stage.state("web").report
    assert report is not None
    assert report.plan is not None
    assert len(report.plan.creates) == 3


def test_nobody_s_fleet_is_left_alone() -> None:
    """A scale set that no spec names any more is neither deleted nor looked at."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), fleet_named("api")))
        await stage.until(lambda: stage.at_rest("web", "api"))
        stage.daemon.accept(accepted(fleet_named("api")))
        await stage.clock.sleep(1)
        stage.provider.lists.clear()
        stage.provider.writes.clear()
        await stage.clock.sleep(600)

    stage, _ = play(script)
    assert {name for _, name in stage.provider.lists} == {"api"}
    assert stage.provider.writes == []
    assert len(list(stage.region.world.roster)) == 6


def test_failures_back_off() -> None:
    """In a world that never answers a fleet is tried less and less often, at last once in five minutes."""
    fault = CallFault(Call.OBSERVE, CallFailure.TRANSIENT, times=10_000)

    async def script(stage: Stage) -> list[float]:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.clock.sleep(4 * 3600)
        return [at for at, _ in stage.provider.lists if at > 3600]

    stage, late = play(script, a_provider(fault))
    assert stage.state("web").failures > 10
    assert stage.state("web").why_next.startswith("the last ")
    passes = len(late) / 4  # a pass tries its list four times
    assert passes <= 3 * 3600 / 300


def test_trouble_stops_changes_and_ends() -> None:
    """While the daemon cannot trust its disk or clock it only looks, says why, and afterwards catches up."""

    async def script(stage: Stage) -> tuple[int, tuple[str, ...]]:
        stage.trouble = "the disk is full"
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.clock.sleep(120)
        during, told = len(stage.provider.writes), stage.board.view().trouble
        stage.trouble = None
        took = await stage.until(lambda: bool(stage.provider.writes))
        assert took < 5
        await stage.until(lambda: stage.at_rest("web"))
        return during, told

    stage, found = play(script)
    assert found == (0, ("the disk is full",))
    assert stage.board.view().trouble == ()


def test_a_dry_daemon_changes_nothing() -> None:
    """With ``--dry-run`` the daemon observes and plans for ever, and sends no change."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.clock.sleep(900)

    stage, _ = play(script, dry_run=True)
    assert stage.provider.writes == []
    assert len(stage.provider.lists) > 10


class Throttling(Counting):
    """Asks for half a minute of patience whenever a fleet whose name begins with ``sick`` is looked at."""

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        if ref.name.startswith("sick"):
            until = self.clock.now + timedelta(seconds=30)
            raise Throttled("TooManyRequests", "too many requests", until=until)
        return await super().observe(ref, names, leftovers)


@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 3))]
)
def test_sick_fleets_delay_no_other(seed: int) -> None:
    """Twenty fleets that are throttled all the time never keep a healthy one from a look that is due."""
    print(f"seed {seed}")
    sick = [fleet_named(f"sick-{number}") for number in range(20)]

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), *sick))
        await stage.until(lambda: stage.at_rest("web"))
        stage.provider.lists.clear()
        await stage.clock.sleep(1800)

    stage, _ = play(script, seed=seed, around=Throttling)
    looks = [at for at, name in stage.provider.lists if name == "web"]
    # A resync comes 60 to 72 seconds after the look before it; nothing is added by the others.
    assert max(later - earlier for earlier, later in pairwise(looks)) < 73
    assert max(one.passes for one in stage.board.view().fleets if one.name != "web") < 30


def test_a_stop_lets_passes_end() -> None:
    """A daemon that is told to stop in the middle of mass creations ends whole, in time, and half way."""

    async def script(stage: Stage) -> None:
        fleets = [fleet_named(f"web-{number}", 20) for number in range(10)]
        stage.daemon.accept(accepted(*fleets))
        await stage.until(lambda: len(stage.provider.writes) > 30)
        stage.stop.set()

    began = a_provider()
    stage, _ = play(script, began, around=Slow)
    assert stage.whole is True
    assert stage.board.view().stopping
    created = [name for _, name, verb in stage.provider.writes if verb == "create"]
    assert 20 < len(created) < 200
    assert stage.ended_at - stage.stopped_at < 20


class Slow(Counting):
    """A platform that takes a second to answer each change."""

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        await self.clock.sleep(1.0)
        await super().create(ref, request)


def test_a_hanging_pass_is_given_up() -> None:
    """A pass that does not end within the drain is given up, and the daemon says so by its answer."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.state("web").working)
        await stage.clock.sleep(1)
        stage.stop.set()

    stage, _ = play(script, around=Hanging)
    assert stage.whole is False
    assert stage.ended_at - stage.stopped_at < 20


class Hanging(Counting):
    """A platform that never answers."""

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        await self.clock.sleep(1e6)
        return await super().observe(ref, names, leftovers)


def test_a_hang_is_found_and_told() -> None:
    """A pass that hangs for a quarter of an hour is ended, told as an incident, and tried again later."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.state("web").failures > 0)

    stage, _ = play(script, around=Hanging)
    report = stage.state("web").report
    assert report is not None
    assert report.incident is not None
    assert "TimeoutError" in report.incident.sentence


@pytest.mark.slow
def test_many_fleets_stretch_the_resync() -> None:
    """With 2,000 fleets at rest the reads stay under a fifth of Azure's bucket, and the board says why.

    Each look costs one list request, and nothing is ever written.
    """
    fleets = [fleet_named(f"web-{number}", 0) for number in range(2000)]

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(*fleets))
        await stage.clock.sleep(3600)

    stage, _ = play(script, with_empty_sets(fleets))
    assert stage.board.view().synced
    assert stage.provider.writes == []
    moments = [at for at, _ in stage.provider.lists]
    assert len(moments) == sum(one.passes for one in stage.board.view().fleets)
    # A fifth of what Azure's bucket holds (900), and of what it gains (300 a minute).
    for length in (10, 60, 600, 3600):
        busiest = max(_within(moments, start, length) for start in range(0, 3600, 5))
        assert busiest <= 180 + length
    assert "resync every 2500 s instead of 60 s" in stage.state("web-7").why_next


def with_empty_sets(fleets: Sequence[Fleet]) -> SimulatedProvider:
    """A region with a scale set for each of these fleets, and no member in any."""
    provider = settled(fleets[0])
    sets = provider.region.world.sets
    one = sets.pop(fleets[0].ref.id.lower())
    for fleet in fleets:
        tags = {**one.tags, OWNER: owner_mark(fleet.ref), FLEET: fleet.name}
        sets[fleet.ref.id.lower()] = replace(one, ref=fleet.ref, tags=tags)
    return provider


def _within(moments: Sequence[float], start: float, seconds: float) -> int:
    return bisect_left(moments, start + seconds) - bisect_left(moments, start)


def test_hold_of_a_tombstone_begins_anew() -> None:
    """A tombstone that was not in force for a while holds its members for another full hold time."""

    async def script(stage: Stage) -> float:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.at_rest("web"))
        ended = fleet_named("web", absent=True, deletion_policy=DeletionPolicy.DELETE)
        stage.daemon.accept(accepted(ended))
        await stage.clock.sleep(540)
        stage.daemon.accept(accepted(stands(ended, Freeze(FreezeReason.SPEC_BROKEN, "torn"))))
        await stage.clock.sleep(30)
        mended = replace(stands(ended), in_force_since=stage.clock.now)
        began = stage.clock.elapsed
        stage.provider.writes.clear()
        stage.daemon.accept(accepted(mended))
        await stage.until(lambda: any(verb == "delete" for _, _, verb in stage.provider.writes))
        return stage.provider.writes[-1][0] - began

    _, held = play(script)
    assert 600 <= held < 700
