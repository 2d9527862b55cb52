"""Leftovers over ARM: what is asked, in which order, and what is never sent."""

from __future__ import annotations

from dataclasses import replace

from controller.core import tags
from controller.core.steps import Plan
from controller.engine.converge import End, converge
from controller.engine.reconcile import run_pass
from controller.spec.values import Fleet
from providers.arm.envelope import IMPLIED as SAID
from providers.azure.preflight import IMPLIED as HEARD
from providers.base import Document
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import DeletionFault, Scenario
from tests.builders import NOW, REF, TEMPLATE, a_fleet, a_pool
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.azure.fake_arm import Reply, Sent, an_error
from tests.providers.worlds import ADDRESSED, run

HALF_AN_HOUR = 1800.0
TIDY: Document = {
    **ADDRESSED,
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {
                "name": "{name}-nic",
                "properties": {
                    "deleteOption": "Delete",
                    "ipConfigurations": [
                        {
                            "name": "ipv4",
                            "properties": {
                                "publicIPAddressConfiguration": {
                                    "name": "ip",
                                    "properties": {"deleteOption": "Delete"},
                                }
                            },
                        }
                    ],
                },
            }
        ]
    },
}


def tidy(replicas: int) -> Fleet:
    """A fleet whose members have an interface, a public address and a disk."""
    return a_fleet(pools=(a_pool(replicas, template=replace(TEMPLATE, document=TIDY)),))


def a_loss() -> EmulatedCloud:
    """A cloud whose fleet of two has lost one member, and whose requests are counted from there."""
    scenario = Scenario(deletions=(DeletionFault(),))
    cloud = EmulatedCloud(SimulatedRegion.fresh(NOW, seed=1, scenario=scenario))
    done = run(
        converge(
            [tidy(2)],
            cloud.provider,
            cloud.region.clock,
            timeout_seconds=3600,
            on_pass=lambda _: None,
        )
    )
    assert done.end is End.CONVERGED
    a_pass(cloud, 1)
    cloud.advance(90)
    cloud.transport.sent.clear()
    return cloud


def a_pass(cloud: EmulatedCloud, replicas: int = 1) -> Plan:
    """One pass of a process that knows nothing."""
    report = run(run_pass(tidy(replicas), cloud.provider, cloud.region.clock))
    assert report.plan is not None, report.trouble
    assert not report.trouble
    return report.plan


def changes(cloud: EmulatedCloud) -> list[str]:
    """What was sent that is no GET, by method and kind of resource."""
    sent = [one for one in cloud.transport.sent if one.method != "GET"]
    return [f"{one.method} {one.path.split('/')[-2]}" for one in sent]


def test_leftovers_go_over_arm() -> None:
    """One listing finds NIC, address and disk; those that are free are marked, and go half an hour later."""
    cloud = a_loss()
    made = a_pass(cloud)
    assert len(made.sweeps) == 2
    assert changes(cloud) == ["PATCH tags", "PATCH tags"]
    assert sum(one.path.endswith("/resources") for one in cloud.transport.sent) == 1
    marked = [tags.LEFT_OVER in one.tags for one in cloud.region.leftovers(REF)]
    assert sorted(marked) == [False, True, True]
    for _ in range(6):
        cloud.advance(HALF_AN_HOUR)
        a_pass(cloud)
    assert cloud.region.leftovers(REF) == ()
    cloud.transport.sent.clear()
    assert not a_pass(cloud).sweeps
    assert changes(cloud) == []


def test_each_deletion_follows_a_look() -> None:
    """Right before each DELETE come reads of the same resource, of its VM and of the locks, and nothing else."""
    cloud = a_loss()
    a_pass(cloud)
    cloud.advance(HALF_AN_HOUR)
    cloud.transport.sent.clear()
    a_pass(cloud)
    (at,) = [number for number, one in enumerate(cloud.transport.sent) if one.method == "DELETE"]
    gone = cloud.transport.sent[at].path
    before = cloud.transport.sent[at - 4 : at]
    assert {one.method for one in before} == {"GET"}
    paths = {one.path for one in before}
    assert gone in paths
    assert any("/virtualMachines/web-00000" in path for path in paths)
    assert any(path.endswith("/locks") for path in paths)


def test_unlisted_leftovers_stay() -> None:
    """Without the permission to list resources the pass goes on, and nothing is swept."""
    cloud = a_loss()
    answer = cloud.transport.answer

    def refusing(sent: Sent) -> Reply | Exception:
        if sent.path.endswith("/resources"):
            return an_error(403, "AuthorizationFailed")
        return answer(sent)

    cloud.transport.answer = refusing
    assert not a_pass(cloud).sweeps
    assert changes(cloud) == []


def test_whole_fleet_asks_for_no_list() -> None:
    """A fleet that has lost nobody sends not one request about leftovers."""
    cloud = EmulatedCloud(SimulatedRegion.fresh(NOW, seed=1))
    for _ in range(3):
        a_pass(cloud, 2)
        cloud.advance(90)
    assert not any(one.path.endswith("/resources") for one in cloud.transport.sent)


def test_both_sides_say_the_same_header() -> None:
    """The emulator's word for what a reference brings about is the one that the adapter listens for."""
    assert SAID == HEARD
