"""A rehearsal: passes when they are due, until the time is up."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from controller.engine.outcome import Verb
from controller.engine.rehearsal import Course, rehearse
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import ForeignEdit, Scenario
from tests.builders import NOW, a_fleet

if TYPE_CHECKING:
    from controller.spec.values import Fleet

HOUR = 3600.0


def lived(
    *fleets: Fleet, seconds: float = HOUR, scenario: Scenario | None = None
) -> tuple[Course, ...]:
    """The courses of fleets in a region that begins empty."""
    region = SimulatedRegion.fresh(NOW, seed=1, scenario=scenario)
    provider, clock = SimulatedProvider(region), region.clock
    work = rehearse(fleets, provider, clock, random.Random(1), seconds=seconds, resync_seconds=60.0)
    courses = asyncio.run(work)
    assert clock.elapsed >= seconds
    return courses


def test_rest_is_looked_at_regularly() -> None:
    """Once a fleet is as its spec says it is looked at every minute or a little later, and nothing is changed."""
    (course,) = lived(a_fleet())
    (longer,) = lived(a_fleet(), seconds=2 * HOUR)
    assert course.since == course.reached_at is not None
    assert longer.changes == course.changes
    assert HOUR / 72 - 2 <= longer.passes - course.passes <= HOUR / 60


def test_what_is_lost_comes_back() -> None:
    """A member that somebody deletes is replaced, and the fleet counts as whole from then on only."""
    scenario = Scenario(foreign_edits=(ForeignEdit(1800.0, "web-000001", delete=True),))
    (course,) = lived(a_fleet(), scenario=scenario)
    assert course.reached_at is not None
    assert course.since is not None
    assert course.since > course.reached_at
    assert course.changes[Verb.CREATE] == a_fleet().replicas + 1


def test_no_fleets_take_no_time() -> None:
    """Without fleets there is nothing to tell."""
    assert lived() == ()
