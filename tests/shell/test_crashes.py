"""The process dies at every mutation and is started again from nothing: never one member too many."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from controller.engine.converge import End
from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from controller.spec.values import DeletionMode
from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import CreationFault, CreationOutcome
from tests.builders import REF
from tests.crash import Crash, MortalProvider, Watch, When, live_members
from tests.shell.altered import TurnTakingProvider
from tests.shell.stage import (
    A_WHILE,
    a_provider,
    all_passes,
    half_spot,
    names,
    one_pass,
    run,
    settled,
    web,
)

if TYPE_CHECKING:
    from controller.spec.values import Fleet

LAG = 40.0
"""Longer than a pass and its restart, so that every second look is behind."""
LAGS = [pytest.param(0.0, marks=pytest.mark.slow), LAG]
"""A list that lags is the harder case; the other one is part of the long run."""


def live_and_die(fleet: Fleet, provider: SimulatedProvider, at: int, when: When) -> bool:
    """Make passes until the ``at``-th mutation kills the process; False if it was never reached."""
    mortal = MortalProvider(provider, at, when)

    async def story() -> None:
        for _ in range(30):
            await run_pass(fleet, mortal, provider.region.clock)
            await provider.region.clock.sleep(15)

    with contextlib.suppress(Crash):
        run(story())
    return mortal.dead


def watched(provider: SimulatedProvider) -> tuple[SimulatedProvider, Watch]:
    """A provider over the same region whose every change is watched."""
    watch = Watch(REF)
    watch(provider.region)
    return SimulatedProvider(provider.region, on_change=watch), watch


def check_aftermath(fleet: Fleet, provider: SimulatedProvider) -> None:
    """A new process brings the fleet to its number and then has nothing left to do."""
    done = run(all_passes(fleet, provider, timeout_seconds=4 * 3600))
    assert done.end is End.CONVERGED
    assert len(live_members(provider.region, REF)) == fleet.replicas
    provider.region.clock.advance(A_WHILE)
    last = one_pass(fleet, provider).outcomes
    assert names(last, Verb.CREATE) + names(last, Verb.DELETE) == []


SIZES = [(0, 5), (3, 6), (6, 3), (5, 0)]
WHENS = list(When)


@pytest.mark.parametrize(("before", "after"), SIZES)
@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("lag", LAGS)
def test_every_single_crash(before: int, after: int, when: When, lag: float) -> None:
    """After a crash at any mutation the number never leaves the way from the old one to the new."""
    at = 0
    died = True
    while died:
        at += 1
        start = settled(web(before), list_lag=lag) if before else a_provider(list_lag=lag)
        provider, watch = watched(start)
        died = live_and_die(web(after), provider, at, when)
        check_aftermath(web(after), provider)
        assert (watch.lowest, watch.highest, watch.reused) == (
            min(before, after),
            max(before, after),
            set(),
        ), at
    assert at >= 2


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("lag", LAGS)
def test_crash_between_single_deletions(when: When, lag: float) -> None:
    """Under ``deletion: Single`` a crash between two deletions costs nobody else."""
    fleet = web(2, deletion=DeletionMode.SINGLE)
    for at in range(1, 5):
        provider, watch = watched(settled(web(6), list_lag=lag))
        live_and_die(fleet, provider, at, when)
        check_aftermath(fleet, provider)
        assert (watch.lowest, watch.highest, watch.reused) == (2, 6, set()), at


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("lag", LAGS)
def test_crash_while_replacing_shells(when: When, lag: float) -> None:
    """Creations that fail later are made good after a crash at any step, without one too many."""
    fault = CreationFault(CreationOutcome.ALLOCATION_FAILED, times=4, skip=1)
    at = 0
    died = True
    while died:
        at += 1
        provider, watch = watched(a_provider(list_lag=lag, creations=(fault,)))
        died = live_and_die(web(4), provider, at, when)
        check_aftermath(web(4), provider)
        assert (watch.highest <= 4, watch.reused) == (True, set()), at
    assert at > 5


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize("lag", LAGS)
def test_crash_between_installations(when: When, lag: float) -> None:
    """A crash before or after any installation costs time: in the end all are there, each asked for once."""
    fleet = web(3, extensions=("agent", "probe"))
    at = 0
    died = True
    while died:
        at += 1
        provider, watch = watched(a_provider(list_lag=lag))
        died = live_and_die(fleet, provider, at, when)
        check_aftermath(fleet, provider)
        assert (watch.highest, watch.reused) == (3, set()), at
        for record in provider.region.world.roster.members(REF):
            names_in_order = [one.name for one in record.extensions]
            assert names_in_order == ["agent", "probe"], at
            assert not any(one.again for one in record.extensions), at
    assert at > 6


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(0, 4), (5, 2)])
@pytest.mark.parametrize(("first", "second"), list(product(WHENS, WHENS)))
@pytest.mark.parametrize("lag", LAGS)
def test_every_two_crashes(before: int, after: int, first: When, second: When, lag: float) -> None:
    """Two crashes in a row, at any two mutations, do no more harm than one."""
    for one, two in product(range(1, 7), range(1, 7)):
        start = settled(web(before), list_lag=lag) if before else a_provider(list_lag=lag)
        provider, watch = watched(start)
        live_and_die(web(after), provider, one, first)
        live_and_die(web(after), provider, two, second)
        check_aftermath(web(after), provider)
        assert (watch.lowest, watch.highest, watch.reused) == (
            min(before, after),
            max(before, after),
            set(),
        ), (one, two)


@pytest.mark.parametrize("when", WHENS)
def test_spec_changes_while_dead(when: When) -> None:
    """A spec edited while the process was dead is reached without a detour beyond both numbers."""
    for at in range(1, 9):
        provider, watch = watched(settled(half_spot(4), list_lag=LAG))
        live_and_die(half_spot(8), provider, at, when)
        check_aftermath(half_spot(2), provider)
        assert watch.highest <= 8
        assert watch.lowest == 2


@pytest.mark.parametrize(("before", "after"), SIZES)
@pytest.mark.parametrize("lag", LAGS)
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8))]
)
def test_two_controllers_at_once(before: int, after: int, lag: float, seed: int) -> None:
    """Two processes whose calls fall between each other's in any order do no harm."""
    start = settled(web(before), list_lag=lag) if before else a_provider(list_lag=lag)
    provider, watch = watched(start)
    turns = Random(seed)

    async def controller() -> None:
        mine = TurnTakingProvider(provider, turns=turns)
        for _ in range(12):
            await run_pass(web(after), mine, provider.region.clock)
            await provider.region.clock.sleep(turns.choice([0, 5, 20]))

    async def story() -> None:
        await asyncio.gather(controller(), controller())

    run(story())
    check_aftermath(web(after), provider)
    assert (watch.lowest, watch.highest, watch.reused) == (
        min(before, after),
        max(before, after),
        set(),
    )


def test_harness_dies_where_told() -> None:
    """The harness itself: before the second mutation one was made, after it two, and dead stays dead."""
    made = {}
    for when in WHENS:
        provider = SimulatedProvider(a_provider().region)
        assert live_and_die(web(3), provider, 2, when)
        made[when] = len(live_members(provider.region, REF))
    assert made == {When.BEFORE: 0, When.AFTER: 1}
