"""When the platform says when to come back, that kind of request is not sent before, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from providers import relay
from providers.errors import Forbidden, Throttled, Transient
from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.daemon.stage import Counting, Stage, accepted, fleet_named, play, stands
from tests.shell.stage import a_provider

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from providers.relay import Change

T = TypeVar("T")

QUARTER = 900.0


def throttled(call: Call, *, skip: int = 0) -> CallFault:
    """One call that is told to come back in a quarter of an hour."""
    return CallFault(call, CallFailure.THROTTLED, skip=skip, retry_after=QUARTER)


def test_edits_do_not_hasten_a_look() -> None:
    """A fleet whose list was throttled is not listed before the time named, though its spec is edited meanwhile."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.clock.sleep(10)
        for replicas in (4, 5, 6):
            stage.daemon.accept(accepted(fleet_named("web", replicas)))
            await stage.clock.sleep(60)
        await stage.until(lambda: stage.at_rest("web"))

    stage, _ = play(script, a_provider(throttled(Call.OBSERVE)))
    first, second, *_ = (at for at, _ in stage.provider.lists)
    assert second - first >= QUARTER - 1
    assert len(list(stage.region.world.roster)) == 6


def test_throttled_creations_hold_back_no_deletion() -> None:
    """Creations wait for their time; the members that an edit takes away go at once."""

    async def script(stage: Stage) -> float:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.at_rest("web"))
        stage.daemon.accept(accepted(fleet_named("web", 5)))
        await stage.clock.sleep(120)
        stage.provider.writes.clear()
        began = stage.clock.elapsed
        stage.daemon.accept(accepted(fleet_named("web", 1)))
        await stage.until(lambda: any(verb == "delete" for _, _, verb in stage.provider.writes))
        return stage.clock.elapsed - began

    stage, took = play(script, a_provider(throttled(Call.CREATE, skip=3)))
    assert took < 60
    assert "create" not in {verb for _, _, verb in stage.provider.writes}


@dataclass(eq=False)
class Crowded(Counting):
    """Takes a second for each creation. Those of ``sick`` but the first are told to come back later, others fail.

    So the ramp lets through one at a time, and the members of a wave wait behind each other.
    """

    told: list[float] = field(default_factory=list)

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        self.writes.append((self.clock.elapsed, change.ref.name, change.call))
        if change.call is relay.Call.CREATE:
            await self.clock.sleep(1)
            if change.ref.name != "sick":
                raise Transient("InternalServerError", "not now")
            if change.names[0] > "sick-000001":
                self.told.append(self.clock.elapsed)
                until = self.clock.now + timedelta(seconds=QUARTER)
                raise Throttled("TooManyRequests", "wait", until=until)
        return await go_on()


@pytest.mark.parametrize("seed", range(4))
def test_creations_on_the_ramp_hear_of_it(seed: int) -> None:
    """A creation that waits for its turn is not sent any more when its neighbour is told to come back later."""
    print(f"seed {seed}")
    fleets = [fleet_named(f"web-{number}", 20) for number in range(20)]

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("sick", 20), *fleets))
        await stage.clock.sleep(300)

    stage, _ = play(script, seed=seed, around=Crowded)
    assert isinstance(stage.provider, Crowded)
    sent = [at for at, name, verb in stage.provider.writes if (name, verb) == ("sick", "create")]
    assert len(sent) > 1
    assert max(sent) < min(stage.provider.told)


def test_who_fails_has_its_own_time() -> None:
    """When all fleets are to be looked at again, one that fails is not looked at before its pause is over."""
    fault = CallFault(Call.OBSERVE, CallFailure.TRANSIENT, times=10_000)

    async def script(stage: Stage) -> tuple[int, int]:
        stage.daemon.accept(accepted(stands(fleet_named("web"))))
        await stage.clock.sleep(3600)
        before = stage.state("web").passes
        for _ in range(20):
            stage.daemon.look_at_all()
            await stage.clock.sleep(1)
        return before, stage.state("web").passes

    _, (before, after) = play(script, a_provider(fault))
    assert after - before <= 1


class Late(Counting):
    """Answers after a second, and then only that it cannot."""

    async def reading(self, call: relay.Call, go_on: Callable[[], Awaitable[T]]) -> T:
        del call, go_on
        await self.clock.sleep(1)
        raise Forbidden("AuthorizationFailed", "the identity may not read this scale set")


def test_a_wish_from_before_a_failure_waits() -> None:
    """When all fleets are to be looked at again during a pass, and that fails, its pause is kept all the same."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web")))
        await stage.until(lambda: stage.state("web").working)
        stage.daemon.look_at_all()
        await stage.clock.sleep(1800)

    stage, _ = play(script, around=Late)
    first, second = (at for at, _ in stage.provider.lists[:2])
    # A second for the answer, and the pause after a first failure.
    assert second - first >= 1 + 2
