"""When the platform says when to come back, that kind of request is not sent before, whatever happens."""

from __future__ import annotations

from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.daemon.stage import Stage, accepted, fleet_named, play, stands
from tests.shell.stage import a_provider

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
