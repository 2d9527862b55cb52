"""Passes until there is nothing left to do, or until waiting cannot help."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from controller.engine.converge import SETTLED_SECONDS, Convergence, End, converge
from controller.engine.outcome import Verb
from controller.engine.report import Verdict
from controller.spec.values import SizeChoice
from providers.base import GroupRef, LockLevel
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    LockFault,
    Window,
)
from tests.builders import NOW, REF, SUBSCRIPTION
from tests.crash import live_members
from tests.shell.stage import A_WHILE, a_provider, one_pass, run, settled, web

if TYPE_CHECKING:
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.simulated.provider import SimulatedProvider


def brought(
    provider: SimulatedProvider, *fleets: Fleet, timeout_seconds: float = 3600
) -> tuple[Convergence, list[PassReport]]:
    """Where the fleets end, and every pass on the way there."""
    passes: list[PassReport] = []
    done = run(
        converge(
            fleets,
            provider,
            provider.region.clock,
            timeout_seconds=timeout_seconds,
            on_pass=passes.append,
        )
    )
    return done, passes


def test_fleet_converges() -> None:
    """A new fleet converges within minutes, every pass is told, and the last one had nothing to do."""
    done, passes = brought(a_provider(), web(6))
    assert done.end is End.CONVERGED
    assert [report.number for report in passes] == list(range(1, done.rounds + 1))
    assert done.reports == (passes[-1],)
    assert passes[-1].converged
    assert done.seconds < 180


def test_nothing_is_waited_for_after_settling() -> None:
    """When all is there and only the set's tags were brought up to date, the last look comes at once."""
    provider = a_provider()
    one_pass(web(6), provider)
    provider.region.clock.advance(A_WHILE)
    _done, passes = brought(provider, web(6))
    settling, last = passes
    assert [outcome.verb for outcome in settling.outcomes] == [Verb.SETTLE]
    assert last.converged
    assert (last.ended_at - settling.ended_at).total_seconds() == SETTLED_SECONDS


def test_converged_fleet_takes_one_pass() -> None:
    """A fleet that is as its spec says takes one pass and no time."""
    done, passes = brought(settled(web(6)), web(6))
    assert (done.end, done.rounds, done.seconds) == (End.CONVERGED, 1, 0)
    assert passes[0].outcomes == ()


@pytest.mark.parametrize(("before", "after"), [(6, 3), (3, 6), (0, 1), (12, 12)])
def test_nothing_is_left_in_flight(before: int, after: int) -> None:
    """At the end nobody is being created or deleted and no number is open."""
    done, _ = brought(settled(web(before)), web(after))
    plan = done.reports[0].plan
    assert plan is not None
    assert (done.end, plan.observed) == (End.CONVERGED, after)
    assert (plan.creating, plan.leaving, plan.reservation.open) == ((), (), False)


LOCKED = tuple(
    LockFault(LockLevel.CAN_NOT_DELETE, instance=f"web-{serial:06d}") for serial in range(1, 7)
)
FULL = CapacityLimit(instances=0, until=1e9)


@pytest.mark.parametrize(
    ("scenario", "replicas", "end", "verdict"),
    [
        ({"locks": LOCKED}, 3, End.BLOCKED, Verdict.BLOCKED),
        ({"locks_unreadable": (Window(since=200),)}, 3, End.BLOCKED, Verdict.BLOCKED),
        ({"quotas": {"cores": 12}}, 9, End.BLOCKED, Verdict.BLOCKED),
    ],
)
def test_blocked_fleet_ends_early(
    scenario: dict[str, Any], replicas: int, end: End, verdict: Verdict
) -> None:
    """When what is left is prevented and no end of that is known, nobody waits for the timeout."""
    provider = settled(web(6), **scenario)
    provider.region.clock.advance(300)
    done, _ = brought(provider, web(replicas), timeout_seconds=86_400)
    assert (done.end, done.reports[0].verdict) == (end, verdict)
    assert done.seconds <= 600


def test_large_deletion_ends_early() -> None:
    """A deletion that awaits its approval does not wait for the timeout."""
    done, _ = brought(settled(web(40)), web(5), timeout_seconds=86_400)
    assert (done.end, done.rounds) == (End.BLOCKED, 1)
    assert done.reports[0].awaits_approval


def test_known_end_is_waited_for() -> None:
    """Capacity that is known to be tried again before the deadline is waited for."""
    full = CapacityLimit(instances=2, until=1800.0)
    done, _ = brought(a_provider(capacity=(full,)), web(4), timeout_seconds=3 * 3600)
    assert done.end is End.CONVERGED
    assert done.seconds > 1800


def test_end_beyond_deadline_is_not() -> None:
    """Capacity that is tried again only after the deadline is not waited for."""
    provider = a_provider(capacity=(CapacityLimit(instances=0),))
    done, _ = brought(provider, web(2), timeout_seconds=1800)
    assert done.end is End.BLOCKED
    assert done.seconds < 600
    assert live_members(provider.region, REF) == ()


def test_rejected_template_is_given_up() -> None:
    """A template that is rejected again and again is a failure, long before the timeout."""
    fleet = web(2, sizes=(SizeChoice("Standard_D2s_v99", 0),))
    done, passes = brought(a_provider(), fleet, timeout_seconds=86_400)
    assert done.end is End.FAILED
    assert done.reports[0].verdict is Verdict.FAILED
    assert len(passes) < 10


def test_unreachable_provider_is_given_up() -> None:
    """A provider that does not answer for several passes is a failure, long before the timeout."""
    dead = CallFault(Call.OBSERVE, CallFailure.TRANSIENT, times=10_000)
    done, _ = brought(a_provider(dead), web(2), timeout_seconds=86_400)
    assert (done.end, done.reports[0].verdict) == (End.FAILED, Verdict.UNREACHABLE)
    assert done.seconds < 300


def test_short_outage_is_sat_out() -> None:
    """A provider that comes back in time is waited for."""
    weak = CallFault(Call.OBSERVE, CallFailure.TRANSIENT, times=6)
    done, _ = brought(a_provider(weak), web(2))
    assert done.end is End.CONVERGED


def test_throttling_is_sat_out() -> None:
    """No request is sent before the time that the provider named, however long that is."""
    slow = CallFault(Call.CREATE, CallFailure.THROTTLED, retry_after=900.0)
    done, passes = brought(a_provider(slow), web(2))
    assert done.end is End.CONVERGED
    times = [report.ended_at for report in passes]
    assert times[1] - times[0] >= timedelta(seconds=900)


def test_time_runs_out() -> None:
    """A creation that never ends is waited for until the time is up."""
    stuck = CreationFault(CreationOutcome.STUCK)
    done, _ = brought(a_provider(creations=(stuck,)), web(2), timeout_seconds=600)
    assert done.end is End.TIMEOUT
    assert 600 <= done.seconds < 660


def test_timeout_zero_makes_a_pass() -> None:
    """At least one pass is made, however short the time."""
    done, _ = brought(a_provider(), web(2), timeout_seconds=0)
    assert (done.end, done.rounds) == (End.TIMEOUT, 1)
    assert done.reports[0].changed


def test_no_fleets_converge_at_once() -> None:
    """Where there is no fleet there is nothing to do."""
    done, passes = brought(a_provider())
    assert (done.end, done.reports, passes) == (End.CONVERGED, (), [])


def test_all_fleets_share_one_wait() -> None:
    """Several fleets wait at the same time: together they take no longer than the slowest."""
    fleets = [
        web(3, name=name, ref=GroupRef(SUBSCRIPTION, f"{name}-rg", name, "westeurope"))
        for name in ("a", "b", "c", "d")
    ]
    done, passes = brought(a_provider(), *fleets)
    assert done.end is End.CONVERGED
    assert done.seconds < 180
    assert [report.fleet for report in passes[:4]] == ["a", "b", "c", "d"]
    assert [report.fleet for report in done.reports] == ["a", "b", "c", "d"]


def test_stuck_fleet_gets_its_chance() -> None:
    """A fleet without quota goes on when another one, scaled in, gives some back."""
    big, small = (
        web(3, name=name, ref=GroupRef(SUBSCRIPTION, f"{name}-rg", name, "westeurope"))
        for name in ("big", "small")
    )
    provider = a_provider(quotas={"cores": 8})
    brought(provider, big)
    less = web(1, name="big", ref=big.ref)
    done, _ = brought(provider, small, less)
    assert done.end is End.CONVERGED
    assert len(live_members(provider.region, small.ref)) == 3
    assert provider.region.clock.now - NOW < timedelta(hours=1)
