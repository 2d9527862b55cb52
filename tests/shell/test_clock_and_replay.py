"""The clocks of the shell, and dry runs over saved observations."""

from __future__ import annotations

from datetime import timedelta

from controller.engine.clock import Clock, WallClock
from controller.engine.replay import replay
from controller.engine.report import Verdict
from controller.formats.observation import observation_document, read_observation
from controller.formats.text import json_text
from providers.simulated.clock import VirtualClock
from tests.builders import NOW, a_lock, members_in, observed
from tests.shell.stage import one_pass, run, settled, web


def test_wall_clock_is_aware() -> None:
    """The time of day is in UTC and does not stand still or run back."""
    clock = WallClock()
    first, second = clock.now, clock.now
    assert first.utcoffset() == timedelta(0)
    assert first <= second


def test_no_wait_is_no_wait() -> None:
    """Waiting for nothing, or for less than nothing, returns."""
    for seconds in (0.0, -5.0):
        run(WallClock().sleep(seconds))


def test_virtual_clock_fits() -> None:
    """The region's clock can stand where the wall clock does, and waiting on it costs nothing."""
    clock: Clock = VirtualClock(NOW)
    run(clock.sleep(3600))
    assert clock.now - NOW == timedelta(hours=1)


def test_replay_is_a_dry_run() -> None:
    """A saved look gives the plan, the status and the verdict that a dry run gave then."""
    provider = settled(web(6))
    seen = one_pass(web(3), provider, dry_run=True)
    assert seen.observed is not None
    text = json_text(observation_document(seen.observed.observed_at, {"web": seen.observed}))
    again = read_observation(text, "seen.json", [web(3)])
    (report,) = replay([web(3)], again)
    assert (report.plan, report.status) == (seen.plan, seen.status)
    assert (report.verdict, report.dry_run) == (Verdict.CHANGES, True)


def test_replay_happens_then() -> None:
    """A replay is made for the time of its observation, in the order of the fleets."""
    look = observed(members_in({"1": 2}), locks=(a_lock("web-000001"),))
    fleets = [web(1, name="b"), web(1, name="a")]
    reports = replay(fleets, {"a": look, "b": look})
    assert [report.fleet for report in reports] == ["b", "a"]
    assert {report.ended_at for report in reports} == {NOW}
