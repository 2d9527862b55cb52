"""Notes: sentences about a fleet that are no steps, and the example of the public contract, word for word."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core.observed import Memory, Scarce, Serials
from controller.core.plan import plan
from controller.core.steps import Plan, Reason, Reservation, SpreadReport
from controller.spec.values import Hold, Placement, ScaleIn, SizeChoice, Spot
from providers.base import Health, PowerState, Priority, ProvisioningState
from tests.builders import (
    D2AS,
    D2S,
    NOW,
    a_fleet,
    a_lock,
    a_member,
    a_mixed_member,
    a_pool,
    members_in,
    observed,
)

FAILED = {"provisioning_state": ProvisioningState.FAILED}


def planned(replicas: int, *members: Any, **look: Any) -> Plan:
    return plan(a_fleet(replicas), observed(members, **look), Memory(), NOW)


def test_contract_example() -> None:
    """The example plan of the public contract comes out word for word."""
    pool = a_pool(6, sizes=(SizeChoice(D2S, 0), SizeChoice(D2AS, 1)))
    members = [a_member(1, "1"), a_member(2, "1"), a_member(3, "2"), a_member(4, "3")]
    seen = observed(members, locks=[a_lock("web-000001")])
    seen = replace(seen, serials=None, group=None)
    seen = replace(seen, members=(*seen.members[:3], a_member(6, "3")))
    made = plan(a_fleet(pools=(pool,)), seen, Memory(), NOW)
    assert [(create.zone, create.why) for create in made.creates] == [
        ("2", "zone 2 holds the fewest members (1, against 2 and 1)"),
        ("3", "zone 3 holds the fewest members (1, against 2 and 2)"),
    ]
    assert [(one.instance, one.size, one.priority, one.reason) for one in made.creates] == [
        ("web-000007", D2S, Priority.REGULAR, Reason.SCALE_OUT),
        ("web-000008", D2S, Priority.REGULAR, Reason.SCALE_OUT),
    ]
    assert (made.desired, made.observed, made.unchanged, made.blocked) == (6, 4, 4, ())
    assert made.spread == SpreadReport(
        domain="zone",
        before={"1": 2, "2": 1, "3": 1},
        after={"1": 2, "2": 2, "3": 2},
        skew_before=1,
        skew_after=0,
        reachable_skew=0,
        wanted_skew=1,
    )
    assert made.notes == ("web-000001 is locked (CanNotDelete): not needed for this plan",)
    assert (made.approval, made.look_again_seconds) == (None, 30)
    assert made.reservation == Reservation(floor=7, next=7, floor_to=7, reserve_to=9)


def test_slow_creation_is_told() -> None:
    """A creation that lasts beyond reason and runs is named: it may serve, so nobody replaces it."""
    made = planned(1, a_member(1, provisioning_state=ProvisioningState.CREATING))
    words = "web-000001: Creating for more than 30 minutes, and running: counted, left alone"
    assert made.notes == ("1 being created", words)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"health": Health.UNHEALTHY}, "web-000001 reported unhealthy: counted, left alone"),
        (
            {"power_state": PowerState.STOPPED},
            "web-000001 stopped or deallocated by somebody: counted, left alone",
        ),
        (
            {"power_state": PowerState.DEALLOCATED},
            "web-000001 stopped or deallocated by somebody: counted, left alone",
        ),
        (FAILED, "web-000001 running, though the last operation failed: counted, left alone"),
        (
            {**FAILED, "power_state": PowerState.STOPPED},
            "web-000001 failed after having run, and may hold data: left alone",
        ),
        (
            {"provisioning_state": ProvisioningState.CREATING, "created_at": NOW},
            "1 being created",
        ),
        ({"owned": False}, "web-000001 is not ours: shown, never touched"),
        (
            {"protected": True},
            "web-000001 is protected by Azure's own policy: not needed for this plan",
        ),
    ],
)
def test_odd_member_is_told(change: dict[str, Any], note: str) -> None:
    """A member that is not simply running has a note that says what is done about it."""
    owned = change.get("owned", True)
    made = planned(1 if owned else 0, a_member(1, **change))
    assert made.notes == (note,)


def test_leaving_member_is_told() -> None:
    """Members that are being deleted are counted in a note."""
    made = planned(0, a_member(1, provisioning_state=ProvisioningState.DELETING))
    assert made.notes == ("1 being deleted",)


def test_held_member_is_told() -> None:
    """A hold that is in nobody's way is a note with its owner and reason."""
    made = planned(1, replace(a_member(1), hold=Hold("ops", "a backup runs")))
    assert made.notes == ("web-000001 is held by ops: a backup runs: not needed for this plan",)


def test_open_member_is_told() -> None:
    """A member whose number is open is called not settled yet."""
    late = observed([replace(a_member(1), listed=False)], serials=Serials(1, 2))
    made = plan(a_fleet(1), late, Memory(), NOW)
    assert made.notes == ("web-000001 is not settled yet: not needed for this plan",)


def test_many_names_are_cut() -> None:
    """Of many names three are shown, and how many more there are."""
    made = planned(0, *(a_member(n, owned=False) for n in range(1, 6)))
    assert made.notes == (
        "web-000001, web-000002, web-000003 and 2 more are not ours: shown, never touched",
    )


def test_unknown_locks_are_one_note() -> None:
    """Unknown locks are told once, and not again for each member."""
    made = planned(2, *members_in({"1": 1, "2": 1}), locks=None)
    assert made.notes == ("the locks could not be read: nothing may be deleted",)


@pytest.mark.parametrize(
    ("locked", "words"),
    [
        (False, "the skew stays 3 (wanted 1)"),
        (True, "the skew stays 3 (wanted 1); members that may not be deleted stand in the way"),
    ],
)
def test_skew_is_explained(locked: bool, words: str) -> None:
    """A skew that stays above the wanted one is told, with what stands in the way of a better one."""
    members = members_in({"1": 3})
    locks = [a_lock(member.name) for member in members] if locked else []
    fleet = a_fleet(3, placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(members, locks=locks), Memory(), NOW)
    assert words in made.notes


def test_skew_without_capacity() -> None:
    """With a zone out of capacity the note says so."""
    memory = Memory((Scarce(None, D2S, None, NOW.replace(hour=13), "RegionFull"),))
    made = plan(a_fleet(4), observed(members_in({"1": 3})), memory, NOW)
    assert "the skew stays 3 (wanted 1); a domain is out of capacity" in made.notes


def test_better_skew_is_told() -> None:
    """A scale-in that takes idle members first says what spread it could have reached."""
    members = [*members_in({"1": 4, "2": 1}), a_member(9, "2", health=Health.UNHEALTHY)]
    fleet = a_fleet(5, placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(members), Memory(), NOW)
    assert made.victims == ("web-000009",)
    assert "the skew stays 3 (wanted 1, 1 could be reached)" in made.notes
    assert (made.spread.skew_after, made.spread.reachable_skew) == (3, 1)


@pytest.mark.parametrize(
    ("pool", "note"),
    [
        ("", "2 of 2 are Spot, the mix wants 1; later changes make it good"),
        ("linux", "pool linux: 2 of 2 are Spot, the mix wants 1; later changes make it good"),
    ],
)
def test_mix_gap_is_told(pool: str, note: str) -> None:
    """A mix that is not as wanted is told and left to later changes."""
    members = [a_mixed_member(n, str(n), "Spot") for n in (1, 2)]
    fleet = a_fleet(pools=(a_pool(2, name=pool, spot=Spot(0, 50)),))
    made = plan(fleet, observed(members), Memory(), NOW)
    assert (made.steps, made.notes) == ((), (note,))


def test_one_drifted_member_is_told() -> None:
    """A single member that differs is told in the singular."""
    made = planned(1, replace(a_member(1), fingerprint="v1:old"))
    assert made.notes == (
        "web-000001 differs from the template; replacing is not part of this plan",
    )


@pytest.mark.parametrize(
    ("there", "runner_up"),
    [
        ({"1": 1, "2": 2}, "zone 2 holds 2"),
        ({"1": 2, "2": 1}, "zone 1 holds 2"),
        ({"1": 1, "2": 1}, "zone 1 holds as many; zone 2 comes first for this fleet"),
    ],
)
def test_runner_up_of_place(there: dict[str, int], runner_up: str) -> None:
    """A creation names the place that came second, and why it did."""
    fleet = a_fleet(1 + sum(there.values()), placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(members_in(there)), Memory(), NOW)
    assert [step.runner_up for step in made.creates] == [runner_up]


def test_runner_up_by_class() -> None:
    """Where two zones hold as many, the one with fewer of the class comes first, and it says so."""
    members = [a_mixed_member(1, "1", "Spot"), a_mixed_member(2, "2", "Regular")]
    fleet = a_fleet(3, spot=Spot(0, 50), placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(members), Memory(), NOW)
    assert [(one.zone, one.priority, one.runner_up) for one in made.creates] == [
        ("2", Priority.SPOT, "zone 1 holds as many, but 1 Spot against 0")
    ]


def test_removed_names_are_quiet() -> None:
    """Names in scaleIn.remove that are gone already need no note."""
    fleet = a_fleet(1, scale_in=ScaleIn(remove=("web-000077",)))
    made = plan(fleet, observed([a_member(1)]), Memory(), NOW)
    assert (made.steps, made.blocked, made.notes) == ((), (), ())
