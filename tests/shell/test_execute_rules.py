"""Tags of members, the guard's veto, and the dry run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import Create, Reason
from controller.engine.converge import End
from controller.engine.execute import execute
from controller.engine.look import look
from controller.engine.outcome import Work
from controller.engine.report import Verdict
from controller.engine.requests import instance_request
from providers.base import Priority
from tests.builders import D2S, REF
from tests.crash import live_members
from tests.shell.stage import (
    A_WHILE,
    a_provider,
    all_passes,
    one_pass,
    run,
    settled,
    told,
    web,
)

if TYPE_CHECKING:
    from controller.engine.execute import Execution
    from providers.base import InstanceRequest


def test_adoption_tags_are_written() -> None:
    """A member named in ``adopt`` gets our tags, and counts from the next look on."""
    provider = settled(web(2))
    provider.region.create(REF, _foreign("found-vm"))
    provider.region.clock.advance(A_WHILE)
    report = one_pass(web(3, adopt=("found-vm",)), provider)
    assert told(report.outcomes)[0] == "tag found-vm +"
    again = one_pass(web(3, adopt=("found-vm",)), provider)
    assert again.plan is not None
    assert again.plan.observed >= 3


def _foreign(name: str) -> InstanceRequest:
    step = Create(f"{name}-000001", "", "1", None, D2S, Priority.REGULAR, Reason.SCALE_OUT, "")
    return replace(instance_request(web(1), step), name=name, tags={})


def test_broken_rule_refuses_the_plan() -> None:
    """A plan that breaks one safety rule is refused whole: nothing of it is sent."""
    provider = settled(web(3))

    async def story() -> Execution:
        clock = provider.region.clock
        seen = await look(web(4), provider, clock)
        made = plan(web(4), seen.observed, seen.memory, seen.observed.observed_at)
        twice = replace(made, steps=made.steps * 2)
        return await execute(Work(web(4), seen.observed, twice, provider, clock), Memory())

    done = run(story())
    assert done.outcomes == ()
    assert "web-000004 would be created 2 times" in done.violations
    assert len(live_members(provider.region, REF)) == 3


def test_dry_run_sends_nothing() -> None:
    """A dry run plans and changes nothing at all."""
    provider = settled(web(3))
    before = provider.region.world.changes
    report = one_pass(web(9), provider, dry_run=True)
    assert report.plan is not None
    assert len(report.plan.creates) == 6
    assert (report.outcomes, report.verdict) == ((), Verdict.CHANGES)
    assert provider.region.world.changes == before


@pytest.mark.parametrize("word", ["suspended", "absent"])
@pytest.mark.parametrize("replicas", [0, 3, 6])
def test_fleet_left_alone_is_not_touched(word: str, replicas: int) -> None:
    """A fleet that its spec suspends or ends is looked at, and nothing at all is written."""
    provider = a_provider()
    one_pass(web(3), provider)
    provider.region.clock.advance(A_WHILE)
    before = dict(provider.region.world.sets)
    done = run(all_passes(web(replicas, **{word: True}), provider))
    assert (done.end, done.rounds, done.reports[0].outcomes) == (End.CONVERGED, 1, ())
    assert provider.region.world.sets == before
    assert len(live_members(provider.region, REF)) == 3
