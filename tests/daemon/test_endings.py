"""A fleet that ends under the daemon: it waits by its own clock, acts when the hold is over, and comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.spec.values import DeletionPolicy
from tests.daemon.stage import Stage, accepted, fleet_named, play

if TYPE_CHECKING:
    from controller.spec.values import Fleet


def ended() -> Fleet:
    """The fleet ``web`` whose spec ends it."""
    over = {"absent": True, "deletion_policy": DeletionPolicy.DELETE}
    return replace(fleet_named("web", 3, **over), spec_digest="e" * 64)


def verbs(stage: Stage) -> list[str]:
    return [verb for _, _, verb in stage.provider.writes]


def test_fleet_ends_after_its_hold() -> None:
    """The mark is written at once, nobody goes for ten minutes, then the members go, and then the set."""

    async def script(stage: Stage) -> float:
        stage.daemon.accept(accepted(fleet_named("web", 3)))
        await stage.until(lambda: stage.at_rest("web"))
        stage.provider.writes.clear()
        began = stage.clock.elapsed
        stage.daemon.accept(accepted(ended()))
        await stage.until(lambda: "deleteGroup" in verbs(stage))
        return began

    stage, began = play(script)
    assert verbs(stage) == ["putGroup", "delete", "deleteGroup"]
    waited = [at - began for at, _, _ in stage.provider.writes]
    assert waited[0] < 1
    assert 600 <= waited[1] < 620


def test_cancelled_end_changes_nobody() -> None:
    """A spec that is Present again within the hold takes the mark away, and everybody stays."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web", 3)))
        await stage.until(lambda: stage.at_rest("web"))
        stage.provider.writes.clear()
        stage.daemon.accept(accepted(ended()))
        await stage.clock.sleep(300)
        stage.daemon.accept(accepted(replace(fleet_named("web", 3), spec_digest="f" * 64)))
        await stage.clock.sleep(1200)

    stage, _ = play(script)
    assert verbs(stage) == ["putGroup", "putGroup"]
