"""Whole fleets over ARM: what goes wrong in the region, and what becomes of it, is the same on both ways."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from controller.engine.converge import Convergence, End, converge
from controller.spec.values import Fleet, Placement
from providers.base import Provider
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Call, CallFailure, CallFault, Scenario
from providers.simulated.scenario_file import read_scenario
from tests.builders import a_fleet, a_pool
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.worlds import REF, START, run

pytestmark = pytest.mark.slow

SCENARIOS = Path(__file__).parents[3] / "specs" / "scenarios"
TIMEOUT_SECONDS = 1800
NO_ANSWER = CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, applied=True, times=3)


def a_region(scenario: Scenario) -> SimulatedRegion:
    """A fresh region under a scenario; always the same dice."""
    return SimulatedRegion.fresh(START, seed=7, scenario=scenario)


def brought_up(fleet: Fleet, provider: Provider, region: SimulatedRegion) -> Convergence:
    """Passes until there is nothing left to do, in the region's time."""
    return run(
        converge(
            [fleet],
            provider,
            region.clock,
            timeout_seconds=TIMEOUT_SECONDS,
            on_pass=lambda _report: None,
        )
    )


def zones_of(region: SimulatedRegion) -> dict[str, int]:
    """Members in each zone, by the region itself."""
    return Counter(each.zone or "" for each in region.observe(REF).instances)


@pytest.mark.parametrize("name", sorted(path.stem for path in SCENARIOS.glob("*.yaml")))
def test_scenarios_end_alike(name: str) -> None:
    """Each example scenario ends the same way over ARM as in process, with as many members in each zone."""
    scenario = read_scenario(SCENARIOS / f"{name}.yaml")
    near, far = a_region(scenario), EmulatedCloud(a_region(scenario))
    fleet = a_fleet(9)
    expected = brought_up(fleet, SimulatedProvider(near), near)
    ended = brought_up(fleet, far.provider, far.region)
    assert ended.end is expected.end
    assert zones_of(far.region) == zones_of(near)


@pytest.mark.parametrize(
    "scenario",
    [
        pytest.param(Scenario(failures=(NO_ANSWER,)), id="answers get lost"),
        pytest.param(
            Scenario(failures=(replace(NO_ANSWER, applied=False),)), id="requests get lost"
        ),
        pytest.param(Scenario(list_lag=90), id="lists lag"),
        pytest.param(
            Scenario(failures=(CallFault(Call.CREATE, CallFailure.THROTTLED, times=2),)),
            id="throttled",
        ),
    ],
)
def test_faults_make_no_twins(scenario: Scenario) -> None:
    """Whatever becomes of answers, a fleet of nine ends with nine, and there was never one too many."""
    cloud = EmulatedCloud(a_region(scenario))
    ended = brought_up(a_fleet(9), cloud.provider, cloud.region)
    assert ended.end is End.CONVERGED
    assert zones_of(cloud.region) == {"1": 3, "2": 3, "3": 3}
    assert not any(sent.method in {"DELETE", "POST"} for sent in cloud.transport.sent)


def test_fault_domains_are_kept() -> None:
    """A regional set over three fault domains is spread by number, over ARM too."""
    fleet = a_fleet(6, placement=Placement(zones=(), fault_domains=3))
    cloud = EmulatedCloud(a_region(Scenario()))
    ended = brought_up(fleet, cloud.provider, cloud.region)
    shown = run(cloud.provider.observe(REF)).instances
    assert ended.end is End.CONVERGED
    assert Counter(each.fault_domain for each in shown) == {0: 2, 1: 2, 2: 2}


def test_hundreds_of_members() -> None:
    """Two hundred members come up in front of Azure's rate limits, each by exactly one PUT."""
    fleet = a_fleet(pools=(a_pool(200),))
    cloud = EmulatedCloud(a_region(Scenario(quotas={"cores": 1000, "standardDSv5Family": 1000})))
    ended = brought_up(fleet, cloud.provider, cloud.region)
    assert ended.end is End.CONVERGED
    assert sum(zones_of(cloud.region).values()) == 200
    puts = [
        sent.path for sent in cloud.transport.sent if sent.verb.startswith("PUT virtualMachines/")
    ]
    assert len(puts) == len(set(puts)) == 200
