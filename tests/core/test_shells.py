"""Shells: failed creations and evicted Spot members go at once, and are replaced in the same plan."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import guard
from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.steps import Prevented, Reason
from controller.spec.values import Hold, Limits, Override, Spot
from providers.base import Failure, Health, PowerState, Priority, ProvisioningState
from tests.builders import NOW, a_fleet, a_lock, a_member, a_pool, members_in, observed

FAILED: dict[str, Any] = {
    "provisioning_state": ProvisioningState.FAILED,
    "power_state": PowerState.UNKNOWN,
}
# So long ago that the zone is tried again.
REFUSED = Failure("ZonalAllocationFailed", "There is no room.", NOW - timedelta(hours=3))
YOUNG = {**FAILED, "created_at": NOW - timedelta(minutes=5), "failure": REFUSED}
SILENT = {**YOUNG, "failure": None}
DARK: dict[str, Any] = {"power_state": PowerState.UNKNOWN}
HUNG: dict[str, Any] = {
    "provisioning_state": ProvisioningState.CREATING,
    "power_state": PowerState.CREATING,
    "created_at": NOW - timedelta(minutes=31),
}
EVICTED: dict[str, Any] = {
    "priority": Priority.SPOT,
    "power_state": PowerState.DEALLOCATED,
}
LATER = NOW + timedelta(hours=1)


def sick(count: int, first: int) -> list[Member]:
    """Members that run and are reported unhealthy."""
    return [a_member(first + n, health=Health.UNHEALTHY) for n in range(count)]


@pytest.mark.parametrize(
    ("state", "reason", "inferred"),
    [
        (YOUNG, Reason.FAILED_CREATE, False),
        ({**SILENT, "power_state": PowerState.STOPPED}, Reason.FAILED_CREATE, False),
        (SILENT, Reason.FAILED_CREATE, True),
        (FAILED, Reason.FAILED_CREATE, True),
        ({**FAILED, "created_at": None}, Reason.FAILED_CREATE, True),
        (EVICTED, Reason.EVICTED, False),
        ({**EVICTED, "power_state": PowerState.DEALLOCATING}, Reason.EVICTED, False),
        (HUNG, Reason.FAILED_CREATE, True),
    ],
)
def test_shell_goes_and_is_replaced(state: dict[str, Any], reason: Reason, inferred: bool) -> None:
    """A shell is deleted, for certain or by inference, and a new member named as standing in for it."""
    members = [*members_in({"2": 1, "3": 1}), a_member(9, "1", **state)]
    made = plan(a_fleet(3), observed(members), Memory(), NOW)
    (step,) = made.deletes
    assert (step.reason, step.inferred, made.victims) == (reason, inferred, ("web-000009",))
    assert [(one.zone, one.reason, one.replaces) for one in made.creates] == [
        ("1", reason, "web-000009")
    ]


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (SILENT, "it never came up"),
        (HUNG, "it has been Creating for more than 30 minutes"),
        (
            YOUNG,
            "it never came up: ZonalAllocationFailed",
        ),
        (EVICTED, "Azure evicted it and it stands deallocated"),
    ],
)
def test_shell_has_a_sentence(state: dict[str, Any], why: str) -> None:
    """The reason names Azure's code where there is one."""
    made = plan(a_fleet(1), observed([a_member(1, **state)]), Memory(), NOW)
    assert [victim.why for victim in made.deletes[0].victims] == [why]


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ({"provisioning_state": ProvisioningState.FAILED}, 1),
        (
            {"provisioning_state": ProvisioningState.FAILED, "power_state": PowerState.STOPPED},
            1,
        ),
        ({"power_state": PowerState.DEALLOCATED}, 1),
        ({"health": Health.UNHEALTHY}, 1),
        ({**YOUNG, "failure": Failure("OSProvisioningTimedOut", "The VM did not answer.")}, 1),
        ({**FAILED, "failure": Failure("VMExtensionProvisioningError", "It failed.")}, 1),
    ],
)
def test_no_shell_stays(state: dict[str, Any], left: int) -> None:
    """What runs or may hold data is reported, counted and left alone."""
    made = plan(a_fleet(left), observed([a_member(1, **state)]), Memory(), NOW)
    assert made.steps == ()
    assert [note for note in made.notes if note.endswith("left alone")] != []


@pytest.mark.parametrize("state", [SILENT, FAILED, {**HUNG, **DARK}])
def test_nobody_goes_in_the_dark(state: dict[str, Any]) -> None:
    """Where a member that is up shows no power state, nobody is taken for off; the same elsewhere is."""
    members = [a_member(1, "1", **DARK), a_member(2, "1", **state), a_member(3, "2")]
    made = plan(a_fleet(3), observed(members), Memory(), NOW)
    assert made.steps == ()
    assert [(one.instance, one.reason) for one in made.blocked] == [
        ("web-000002", Prevented.POWER_UNKNOWN)
    ]
    elsewhere = [a_member(1, "2", **DARK), a_member(2, "1", **state), a_member(3, "2")]
    assert plan(a_fleet(3), observed(elsewhere), Memory(), NOW).victims == ("web-000002",)


def test_refused_creations_go_in_the_dark() -> None:
    """A creation that was refused its place goes whatever is shown: Azure has said that nothing runs."""
    members = [a_member(1, "1", **DARK), a_member(2, "1", **YOUNG)]
    assert plan(a_fleet(2), observed(members), Memory(), NOW).victims == ("web-000002",)


def test_guard_sees_the_dark() -> None:
    """The second opinion refuses a plan that takes members for off where nobody's power is shown."""
    shell = a_member(2, "1", **SILENT)
    lit = observed([a_member(1, "1"), shell])
    made = plan(a_fleet(2), lit, Memory(), NOW)
    dark = observed([a_member(1, "1", **DARK), shell])
    assert guard.check(a_fleet(2), lit, made, NOW) == ()
    assert guard.check(a_fleet(2), dark, made, NOW) == (
        "web-000002 would be deleted as if it did not run, where nobody's power is shown",
    )


def test_shells_beyond_need_are_not_replaced() -> None:
    """When fewer members are wanted, shells go and nobody stands in for them."""
    members = [*members_in({"1": 1, "2": 1}), a_member(8, "3", **YOUNG), a_member(9, "3", **YOUNG)]
    made = plan(a_fleet(2), observed(members), Memory(), NOW)
    assert (made.victims, made.creates) == (("web-000008", "web-000009"), ())


@pytest.mark.parametrize(("regular", "spot"), [(1, 2), (2, 1)])
def test_shell_is_replaced_by_its_class(regular: int, spot: int) -> None:
    """An evicted Spot member and a failed Regular one are each replaced by one of their own class."""
    members = [a_member(regular, "1", **YOUNG), a_member(spot, "2", **EVICTED)]
    made = plan(a_fleet(2, spot=Spot(1)), observed(members), Memory(), NOW)
    assert {one.replaces: one.priority for one in made.creates} == {
        f"web-{regular:06d}": Priority.REGULAR,
        f"web-{spot:06d}": Priority.SPOT,
    }


def test_shell_of_other_class_is_replaced() -> None:
    """An evicted Spot member of a fleet that wants no Spot any more is replaced by a Regular one."""
    made = plan(a_fleet(1), observed([a_member(1, **EVICTED)]), Memory(), NOW)
    (step,) = made.creates
    assert (step.replaces, step.priority) == ("web-000001", Priority.REGULAR)


def test_eviction_of_a_zone() -> None:
    """Acceptance 13: when all Spot members of one zone are evicted, all go and the spread is made good."""
    regular = members_in({"1": 2, "2": 2, "3": 2})
    spot = members_in({"1": 2, "3": 2}, first=7, priority=Priority.SPOT)
    gone = members_in({"2": 2}, first=11, **EVICTED)
    made = plan(a_fleet(12, spot=Spot(6)), observed([*regular, *spot, *gone]), Memory(), NOW)
    assert made.victims == ("web-000011", "web-000012")
    assert Counter((one.zone, one.priority) for one in made.creates) == {("2", Priority.SPOT): 2}
    assert made.spread.after == {"1": 4, "2": 4, "3": 4}


def test_locked_shell_stays() -> None:
    """A shell under a lock is blocked and counted, so that nothing is created in its place."""
    members = [a_member(1, **YOUNG)]
    made = plan(a_fleet(1), observed(members, locks=[a_lock("web-000001")]), Memory(), NOW)
    assert made.steps == ()
    assert [(one.instance, one.reason) for one in made.blocked] == [
        ("web-000001", Prevented.LOCKED)
    ]


def test_held_shell_stays() -> None:
    """A shell under a hold is told with the end of the hold."""
    fleet = a_fleet(1, holds={"web-000001": Hold("ana", "", LATER)})
    (one,) = plan(fleet, observed([a_member(1, **YOUNG)]), Memory(), NOW).blocked
    assert (one.instance, one.reason, one.until) == ("web-000001", Prevented.HELD, LATER)


@pytest.mark.parametrize(
    ("limits", "gone"),
    [
        (Limits(), 1),
        (Limits(max_delete=0), 0),
        (Limits(max_delete=3), 3),
        (Limits(max_delete=99), 5),
        (Limits(max_delete=0, overrides=(Override("maxDelete", "ops", LATER),)), 5),
        (Limits(max_delete=0, overrides=(Override("maxDelete", "ops", NOW),)), 0),
    ],
)
def test_inferred_shells_are_capped(limits: Limits, gone: int) -> None:
    """Old shells go up to the cap in one pass, the others in the next ones, unless it is set aside."""
    members = [a_member(n, **FAILED) for n in range(1, 6)]
    made = plan(a_fleet(5, limits=limits), observed(members), Memory(), NOW)
    assert len(made.victims) == gone
    waiting = [(Prevented.MAX_DELETE, "the next pass goes on")] * (5 - gone)
    assert [(one.reason, one.detail) for one in made.blocked] == waiting
    goes = set(made.victims)
    assert {one.instance for one in made.blocked} == {member.name for member in members} - goes


def test_cap_is_a_tenth() -> None:
    """A tenth of the members may go by inference in one pass, where the spec says nothing."""
    members = [a_member(n, **FAILED) for n in range(1, 21)]
    assert len(plan(a_fleet(20), observed(members), Memory(), NOW).victims) == 2


@pytest.mark.parametrize("state", [YOUNG, EVICTED])
def test_certain_shells_are_not_capped(state: dict[str, Any]) -> None:
    """Certain shells go all at once: there is nothing on them to lose."""
    members = [a_member(n, **state) for n in range(1, 6)]
    made = plan(a_fleet(5, limits=Limits(max_delete=0)), observed(members), Memory(), NOW)
    assert len(made.victims) == 5


def test_steps_are_sorted() -> None:
    """Failed creations come before evictions, and certain ones before inferred ones."""
    members = [a_member(1, **EVICTED), a_member(2, **FAILED), a_member(3, **YOUNG)]
    made = plan(a_fleet(3), observed(members), Memory(), NOW)
    assert [(step.reason, step.inferred) for step in made.deletes] == [
        (Reason.FAILED_CREATE, False),
        (Reason.FAILED_CREATE, True),
        (Reason.EVICTED, False),
    ]


def test_shell_in_a_pool_is_replaced_there() -> None:
    """A shell is replaced in its own pool, and by none of another pool."""
    pools = (a_pool(1, name="linux"), a_pool(2, name="windows"))
    members = [
        replace(a_member(1, "1"), pool="linux"),
        replace(a_member(2, "2", **YOUNG), pool="windows"),
    ]
    made = plan(a_fleet(pools=pools), observed(members), Memory(), NOW)
    assert sorted((one.pool, one.replaces or "") for one in made.creates) == [
        ("windows", ""),
        ("windows", "web-000002"),
    ]
