"""Conditions of a fleet, the one word for it, and what Azure promises for its placement."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Member, Memory, Scarce
from controller.core.plan import plan
from controller.core.status import Condition, Sla, Status, Truth, compute_status
from controller.spec.values import Fleet, Placement, Quorum
from providers.base import Health, Lock, LockLevel, PowerState, ProvisioningState
from tests.builders import (
    D2S,
    NOW,
    REF,
    a_catalog,
    a_fleet,
    a_lock,
    a_member,
    members_in,
    observed,
)

LATER = NOW + timedelta(hours=1)
EVEN = {"1": 2, "2": 2, "3": 2}


def status_of(
    fleet: Fleet,
    members: tuple[Member, ...] | list[Member],
    memory: Memory | None = None,
    **look: Any,
) -> Status:
    seen = observed(members, **look)
    return compute_status(fleet, seen, plan(fleet, seen, memory or Memory(), NOW))


def condition(status: Status, name: str) -> Condition:
    return next(one for one in status.conditions if one.type == name)


def test_all_is_well() -> None:
    """A fleet as it should be is Ready, and every other condition is clear."""
    status = status_of(a_fleet(6), members_in(EVEN))
    assert status.summary == "Ready"
    assert [(one.type, one.status, one.reason, one.message) for one in status.conditions] == [
        ("Ready", Truth.TRUE, "AsDesired", "6 members running, 6 wanted"),
        ("Reconciling", Truth.FALSE, "NothingToDo", "nothing is planned or under way"),
        ("Stalled", Truth.FALSE, "Moving", "nothing waits for a person"),
        ("SpreadSatisfied", Truth.TRUE, "WithinSkew", "skew 0, at most 1 wanted"),
        ("QuotaBlocked", Truth.FALSE, "Clear", "enough quota"),
        ("CapacityBlocked", Truth.FALSE, "Clear", "capacity where it is wanted"),
        ("Locked", Truth.FALSE, "Clear", "no lock or hold in the way"),
        ("Frozen", Truth.FALSE, "Clear", "no guard stops anything"),
    ]


@pytest.mark.parametrize(
    ("replicas", "change", "summary", "message"),
    [
        (2, {}, "Reconciling", "1 step planned"),
        (3, {}, "Reconciling", "2 steps planned"),
        (
            1,
            {"provisioning_state": ProvisioningState.CREATING},
            "Reconciling",
            "1 member under way",
        ),
        (1, {"power_state": PowerState.STOPPED}, "NotReady", "nothing is planned or under way"),
        (1, {"health": Health.UNHEALTHY}, "NotReady", "nothing is planned or under way"),
        (1, {}, "Ready", "nothing is planned or under way"),
    ],
)
def test_one_word(replicas: int, change: dict[str, Any], summary: str, message: str) -> None:
    """The word for a fleet follows from what is planned, under way, or simply not as it should be."""
    status = status_of(a_fleet(replicas), [a_member(1, **change)])
    assert (status.summary, condition(status, "Reconciling").message) == (summary, message)


@pytest.mark.parametrize(
    ("over", "ready", "reconciling", "message"),
    [
        ({}, "AsDesired", "NothingToDo", "nothing is planned or under way"),
        ({"installing": ("web-000001",)}, "NotAsDesired", "UnderWay", "1 member under way"),
        ({"creating": ("web-000001",)}, "AsDesired", "UnderWay", "1 member under way"),
        (
            {"leaving": ("web-000002",), "installing": ("web-000001",)},
            "NotAsDesired",
            "UnderWay",
            "2 members under way",
        ),
        ({"set_leaving": True}, "AsDesired", "UnderWay", "the scale set is being deleted"),
        ({"desired": 2}, "NotAsDesired", "NothingToDo", "nothing is planned or under way"),
        ({"observed": 2}, "NotAsDesired", "NothingToDo", "nothing is planned or under way"),
    ],
    ids=["at rest", "extensions", "creation", "deletion", "set", "too few", "too many"],
)
def test_reasons_name_what_goes_on(
    over: dict[str, Any], ready: str, reconciling: str, message: str
) -> None:
    """A fleet is Ready only with all members it wants and no extension on its way, and says what goes on."""
    fleet, seen = a_fleet(1), observed([a_member(1)])
    status = compute_status(fleet, seen, replace(plan(fleet, seen, Memory(), NOW), **over))
    found = condition(status, "Reconciling")
    assert condition(status, "Ready").reason == ready
    assert (found.reason, found.message) == (reconciling, message)


def test_steps_are_told_before_members() -> None:
    """What is planned now is said before what is under way since earlier."""
    status = status_of(
        a_fleet(3), [a_member(1), a_member(2, provisioning_state=ProvisioningState.CREATING)]
    )
    found = condition(status, "Reconciling")
    assert (found.reason, found.status) == ("StepsPlanned", Truth.TRUE)
    assert condition(status, "Ready").reason == "NotAsDesired"


def test_leaving_is_under_way() -> None:
    """Members that are being deleted are under way, and not counted any more."""
    leaving = a_member(2, provisioning_state=ProvisioningState.DELETING)
    status = status_of(a_fleet(1), [a_member(1), leaving])
    assert condition(status, "Reconciling").message == "1 member under way"
    assert status.observed == 1


def test_waiting_for_capacity_is_blocked() -> None:
    """What ends by itself is Blocked; nobody needs to do anything."""
    memory = Memory((Scarce(None, D2S, None, LATER, "RegionFull"),))
    status = status_of(a_fleet(3), members_in({"1": 1}), memory)
    found = condition(status, "CapacityBlocked")
    assert (status.summary, found.status, found.reason) == ("Blocked", Truth.TRUE, "NoCapacity")
    words = "no Regular capacity for Standard_D2s_v5 (RegionFull) (and 1 more)"
    assert found.message == words


@pytest.mark.parametrize(
    ("fleet", "there", "look", "name", "reason"),
    [
        (a_fleet(0), 1, {"locks": [a_lock("web-000001")]}, "Locked", "Locked"),
        (a_fleet(0), 1, {"locks": None}, "Locked", "LocksUnreadable"),
        (a_fleet(1), 0, {"locks": [Lock(LockLevel.READ_ONLY, REF.id)]}, "Locked", "Locked"),
        (
            a_fleet(1),
            0,
            {"catalog": a_catalog({"standardDSv5Family": (0, 0)})},
            "QuotaBlocked",
            "Quota",
        ),
    ],
)
def test_lasting_trouble_stalls(
    fleet: Fleet, there: int, look: dict[str, Any], name: str, reason: str
) -> None:
    """What only a person can change is Stalled, with the same words in the condition it belongs to."""
    status = status_of(fleet, members_in({"1": there}), **look)
    stalled, found = condition(status, "Stalled"), condition(status, name)
    assert status.summary == "Stalled"
    assert (stalled.reason, stalled.message) == (reason, found.message)
    assert found.status is Truth.TRUE


def test_waiting_for_approval_stalls() -> None:
    """A deletion that waits for a yes is Stalled although steps are planned."""
    status = status_of(a_fleet(1), members_in({"1": 20}))
    assert (status.summary, condition(status, "Stalled").reason) == ("Stalled", "ApprovalNeeded")


def test_quorum_freezes() -> None:
    """A deletion that the quorum keeps back shows in the condition for guards."""
    members = [a_member(1, health=Health.UNHEALTHY), a_member(2)]
    fleet = a_fleet(1, quorum=Quorum(), holds={})
    found = condition(status_of(fleet, [*members, a_member(3, health=Health.UNHEALTHY)]), "Frozen")
    assert (found.status, found.reason) == (Truth.TRUE, "Quorum")


@pytest.mark.parametrize(
    ("there", "placement", "truth", "reason"),
    [
        ({"1": 2, "2": 1}, Placement(zones=("1", "2")), Truth.TRUE, "WithinSkew"),
        ({"1": 3, "2": 1}, Placement(zones=("1", "2")), Truth.FALSE, "SkewExceeded"),
        ({"1": 3, "2": 1}, Placement(zones=("1", "2"), max_skew=2), Truth.TRUE, "WithinSkew"),
        ({"1": 2}, Placement(zones=("1",)), Truth.TRUE, "WithinSkew"),
        ({"": 2}, Placement(fault_domains=1), Truth.UNKNOWN, "MaxSpreading"),
    ],
)
def test_spread_is_judged(
    there: dict[str, int], placement: Placement, truth: Truth, reason: str
) -> None:
    """The spread as it is now is held against the wanted skew; what cannot be seen is Unknown."""
    fleet = a_fleet(sum(there.values()), placement=placement)
    found = condition(status_of(fleet, members_in(there)), "SpreadSatisfied")
    assert (found.status, found.reason) == (truth, reason)


@pytest.mark.parametrize(
    ("there", "placement", "sla"),
    [
        (
            EVEN,
            Placement(zones=("1", "2", "3")),
            Sla(99.99, "99.99 %; losing one zone takes at most 2 of 6", 2),
        ),
        (
            {"1": 3},
            Placement(zones=("1", "2")),
            Sla(None, "no SLA for a placement in one domain", 3),
        ),
        ({}, Placement(zones=("1", "2")), Sla(None, "no SLA for a placement in one domain", 0)),
        (
            {"": 2},
            Placement(fault_domains=1),
            Sla(None, "max spreading: the placement cannot be seen, so no SLA is claimed", 2),
        ),
    ],
)
def test_sla_of_placement(there: dict[str, int], placement: Placement, sla: Sla) -> None:
    """Azure promises by the zones that members stand in, and nothing for what cannot be seen."""
    fleet = a_fleet(sum(there.values()), placement=placement)
    assert status_of(fleet, members_in(there)).sla == sla


def test_sla_of_fault_domains() -> None:
    """Over fault domains the promise is 99.95 %."""
    members = [a_member(n, None, fault_domain=n % 2) for n in range(1, 5)]
    fleet = a_fleet(4, placement=Placement(fault_domains=2))
    wanted = Sla(99.95, "99.95 %; losing one fault domain takes at most 2 of 4", 2)
    assert status_of(fleet, members).sla == wanted


def test_unmanaged_are_not_ready() -> None:
    """VMs that are not ours count neither as ready nor as observed."""
    foreign = replace(a_member(9), owned=False)
    status = status_of(a_fleet(1), [a_member(1), foreign])
    assert (status.ready, status.observed, status.summary) == (1, 1, "Ready")


def test_what_cannot_be_seen_is_said() -> None:
    """Under max spreading the platform shows no domain, and the condition says that."""
    fleet = a_fleet(2, placement=Placement(fault_domains=1))
    found = condition(status_of(fleet, members_in({"": 2})), "SpreadSatisfied")
    assert found.message == "the platform shows nothing of it"


def test_suspended_fleet_is_frozen() -> None:
    """A fleet that its spec suspends is Frozen, and whoever asks is told that it is only looked at."""
    found = condition(status_of(a_fleet(1, suspended=True), [a_member(1)]), "Frozen")
    words = "its spec suspends the fleet: looked at, not changed"
    assert (found.status, found.reason, found.message) == (Truth.TRUE, "Suspended", words)
