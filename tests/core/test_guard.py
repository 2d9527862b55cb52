"""The second opinion: each sentence is broken once, by a plan that was tampered with, and nothing else is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import guard
from controller.core.observed import Memory, Observed, Serials
from controller.core.plan import plan
from controller.core.steps import Create, Delete, Plan, Reason, Reservation, Victim
from controller.spec.values import Fleet, Hold, Limits, Override, Placement
from providers.base import Lock, LockLevel, Priority
from tests.builders import (
    D2S,
    NOW,
    REF,
    a_fleet,
    a_group,
    a_lock,
    a_member,
    a_pool,
    members_in,
    observed,
)

SIX = members_in({"1": 3, "2": 2, "3": 1})


def shrinking(replicas: int = 5) -> tuple[Fleet, Observed, Plan]:
    """Six members, of which the plan deletes the first."""
    fleet, seen = a_fleet(replicas), observed(SIX)
    return fleet, seen, plan(fleet, seen, Memory(), NOW)


def growing(creates: int = 1) -> tuple[Fleet, Observed, Plan]:
    """Six members and a plan that adds some."""
    fleet, seen = a_fleet(6 + creates), observed(SIX)
    return fleet, seen, plan(fleet, seen, Memory(), NOW)


def a_delete(*names: str, reason: Reason = Reason.SCALE_IN, inferred: bool = False) -> Delete:
    return Delete(reason, tuple(Victim(name, "because") for name in names), inferred)


def a_create(name: str = "web-000007", zone: str | None = "1", **over: Any) -> Create:
    step = Create(name, "", zone, None, D2S, Priority.REGULAR, Reason.SCALE_OUT, "because")
    return replace(step, **over)


def broken(fleet: Fleet, seen: Observed, made: Plan) -> tuple[str, ...]:
    return guard.check(fleet, seen, made, NOW)


@pytest.mark.parametrize("made", [shrinking(), growing(), shrinking(6), growing(20)])
def test_good_plan_passes(made: tuple[Fleet, Observed, Plan]) -> None:
    """A plan of the planner breaks no sentence."""
    assert broken(*made) == ()


def test_unseen_victim() -> None:
    """A victim that the look did not show is refused."""
    fleet, seen, made = shrinking()
    tampered = replace(made, steps=(a_delete("web-000099"),))
    assert broken(fleet, seen, tampered) == ("web-000099 would be deleted and was not seen",)


def test_foreign_victim() -> None:
    """A victim without our tag is refused."""
    fleet, _, made = shrinking()
    seen = observed([*SIX[1:], replace(SIX[0], owned=False), a_member(7)])
    assert broken(fleet, seen, made) == ("web-000001 would be deleted and is not ours",)


@pytest.mark.parametrize("by_tag", [True, False])
def test_held_victim(by_tag: bool) -> None:
    """A victim under a hold is refused, wherever the hold is written."""
    fleet, seen, made = shrinking()
    hold = Hold("ops", "", NOW + timedelta(seconds=1))
    if by_tag:
        seen = replace(seen, members=(replace(SIX[0], hold=hold), *SIX[1:]))
    else:
        fleet = replace(fleet, holds={"WEB-000001": hold})
    assert broken(fleet, seen, made) == ("web-000001 would be deleted and is held by ops",)


@pytest.mark.parametrize("by_tag", [True, False])
def test_hold_that_ends_now(by_tag: bool) -> None:
    """A hold keeps nobody at the moment at which it ends."""
    fleet, seen, made = shrinking()
    hold = Hold("ops", "", NOW)
    if by_tag:
        seen = replace(seen, members=(replace(SIX[0], hold=hold), *SIX[1:]))
    else:
        fleet = replace(fleet, holds={"web-000001": hold})
    assert broken(fleet, seen, made) == ()


def test_protected_victim() -> None:
    """A victim under Azure's own protection policy is refused."""
    fleet, seen, made = shrinking()
    first = replace(SIX[0], instance=replace(SIX[0].instance, protected=True))
    seen = replace(seen, members=(first, *SIX[1:]))
    assert broken(fleet, seen, made) == ("web-000001 would be deleted and is protected",)


@pytest.mark.parametrize(
    "scope",
    [
        REF.instance_id("web-000001"),
        REF.instance_id("WEB-000001").upper(),
        f"{REF.instance_id('web-000001')}/extensions/health",
        f"{REF.id}/",
        REF.group_scope,
        f"/subscriptions/{REF.subscription}",
        f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/nic-x",
        f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/NIC-X",
    ],
)
def test_locked_victim(scope: str) -> None:
    """A victim under a lock at any level, or whose NIC is locked, is refused."""
    fleet, seen, made = shrinking()
    nic = f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/NIC-X"
    first = replace(SIX[0], instance=replace(SIX[0].instance, resources=(nic,)))
    lock = Lock(LockLevel.CAN_NOT_DELETE, scope)
    seen = replace(seen, members=(first, *SIX[1:]), locks=(lock,))
    assert broken(fleet, seen, made) == ("web-000001 would be deleted and is locked",)


def test_open_victim() -> None:
    """A victim with an open number is refused while another open number is missing."""
    fleet, seen, made = shrinking()
    seen = replace(seen, serials=Serials(1, 9), group=a_group(9, 1))
    words = ("web-000001 would be deleted and its creation may still be under way",)
    assert broken(fleet, seen, made) == words


@pytest.mark.parametrize("number", [1, 9])
def test_victim_beside_open_numbers(number: int) -> None:
    """A victim whose number is below the open ones, or above them, goes while those are missing."""
    crowd = (*SIX, a_member(9))
    fleet, seen = a_fleet(6), observed(crowd, serials=Serials(7, 9), group=a_group(9, 7))
    made = plan(fleet, seen, Memory(), NOW)
    tampered = replace(made, steps=(a_delete(f"web-{number:06d}"),))
    assert broken(fleet, seen, tampered) == ()


def test_unknown_locks() -> None:
    """A deletion while the locks are unknown is refused, once for the whole plan."""
    fleet, seen, made = shrinking()
    words = ("members would be deleted although the locks could not be read",)
    assert broken(fleet, replace(seen, locks=None), made) == words


def test_victim_twice() -> None:
    """A victim that stands in two deletions is refused."""
    fleet, seen, made = shrinking()
    tampered = replace(made, steps=(*made.steps, a_delete("web-000001")))
    assert broken(fleet, seen, tampered) == ("web-000001 would be deleted 2 times",)


def test_empty_deletion() -> None:
    """Acceptance 4: a deletion that names nobody is refused, because Azure could take it for everybody."""
    fleet, seen, made = shrinking()
    tampered = replace(made, steps=(*made.steps, a_delete()))
    assert broken(fleet, seen, tampered) == ("a deletion names nobody",)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(), ("2 members would be deleted by inference, and 1 are allowed",)),
        (Limits(max_delete=0), ("2 members would be deleted by inference, and 0 are allowed",)),
        (Limits(max_delete=2), ()),
        (Limits(overrides=(Override("maxDelete", "ops", NOW + timedelta(hours=1)),)), ()),
        (
            Limits(overrides=(Override("maxDelete", "ops", NOW),)),
            ("2 members would be deleted by inference, and 1 are allowed",),
        ),
        (
            Limits(overrides=(Override("meltdown", "ops", NOW + timedelta(hours=1)),)),
            ("2 members would be deleted by inference, and 1 are allowed",),
        ),
    ],
)
def test_inferred_cap(limits: Limits, words: tuple[str, ...]) -> None:
    """Inferred deletions beyond the cap are refused, unless somebody has set the cap aside for now."""
    fleet, seen, made = shrinking()
    step = a_delete("web-000001", "web-000002", reason=Reason.FAILED_CREATE, inferred=True)
    assert broken(replace(fleet, limits=limits), seen, replace(made, steps=(step,))) == words


def test_inferred_cap_is_a_tenth() -> None:
    """A tenth of the members may go by inference in one pass."""
    seen = observed(members_in({"1": 7, "2": 7, "3": 6}))
    made = plan(a_fleet(20), seen, Memory(), NOW)
    step = a_delete("web-000001", "web-000002", reason=Reason.FAILED_CREATE, inferred=True)
    assert broken(a_fleet(20), seen, replace(made, steps=(step,))) == ()


@pytest.mark.parametrize(
    ("there", "gone", "asked"),
    [
        (30, 10, False),
        (30, 11, True),
        (40, 12, False),
        (40, 13, True),
        (100, 30, False),
        (100, 31, True),
    ],
)
def test_large_deletion_asks(there: int, gone: int, asked: bool) -> None:
    """An explicit deletion of more than 30 % and more than 10 must ask for an approval."""
    fleet = a_fleet(there - gone)
    seen = observed(members_in({"1": there}))
    made = plan(fleet, seen, Memory(), NOW)
    assert (made.approval is not None) == asked
    words = (f"{gone} of {there} members would be deleted without asking",) if asked else ()
    assert broken(fleet, seen, replace(made, approval=None)) == words


@pytest.mark.parametrize("name", ["web-000001", "WEB-000001"])
def test_name_that_exists(name: str) -> None:
    """A creation under a name that a VM of the set has is refused, in any case of letters."""
    fleet, seen, made = growing()
    reservation = Reservation(7, 7, 7, 8)
    seen = replace(seen, serials=Serials(1, 1), group=None)
    tampered = replace(made, steps=(a_create(name),), reservation=reservation)
    found = broken(fleet, seen, tampered)
    assert "web-000001 would be created and exists" in found


def test_name_twice() -> None:
    """Two creations under one name are refused."""
    fleet, seen, made = growing(2)
    twice = (a_create("web-000007"), a_create("WEB-000007"))
    tampered = replace(made, steps=twice)
    assert broken(fleet, seen, tampered) == ("web-000007 would be created 2 times",)


@pytest.mark.parametrize("name", ["web-000006", "web-000008", "web-7", "legacy"])
def test_number_not_reserved(name: str) -> None:
    """A creation whose number is settled, beyond the reservation or missing is refused."""
    fleet, seen, made = growing()
    seen = observed([*SIX[:5], a_member(6, name="web-x")], serials=Serials(7, 7))
    tampered = replace(made, steps=(a_create(name),))
    words = (f"{name} would be created and its number is not reserved",)
    assert broken(fleet, seen, tampered) == words


def test_zone_not_in_spec() -> None:
    """A creation in a zone that the spec does not name is refused."""
    fleet, seen, made = growing()
    tampered = replace(made, steps=(a_create(zone="4"),))
    words = ("web-000007 would stand in zone 4, which the spec does not name",)
    assert broken(fleet, seen, tampered) == words


@pytest.mark.parametrize(
    ("placement", "step"),
    [
        (Placement(zones=("1", "2", "3"), excluded=frozenset({"1"})), a_create(zone="1")),
        (
            Placement(fault_domains=3, excluded=frozenset({"1"})),
            a_create(zone=None, fault_domain=1),
        ),
    ],
)
def test_excluded_place(placement: Placement, step: Create) -> None:
    """A creation in an excluded zone or fault domain is refused."""
    fleet, seen, made = growing()
    tampered = replace(made, steps=(step,))
    words = ("web-000007 would stand in 1, which is excluded",)
    assert broken(replace(fleet, placement=placement), seen, tampered) == words


def test_too_many_members() -> None:
    """Creations beyond the wanted number are refused."""
    fleet, seen, made = growing()
    words = ("7 members would be there, and 6 are wanted",)
    assert broken(replace(fleet, pools=(a_pool(6),)), seen, made) == words


@pytest.mark.parametrize(("managed_image", "limit"), [(False, 1000), (True, 600)])
def test_set_over_its_limit(managed_image: bool, limit: int) -> None:
    """Creations beyond what the set can hold are refused, VMs of others included."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(limit)]
    fleet = a_fleet(1, managed_image=managed_image)
    made = plan(a_fleet(1), observed(), Memory(), NOW)
    words = (f"{limit + 1} VMs would be in the set, which holds {limit}",)
    assert broken(fleet, observed(foreign, serials=Serials(1, 1)), made) == words


@pytest.mark.parametrize(("managed_image", "limit"), [(False, 1000), (True, 600)])
def test_set_up_to_its_limit(managed_image: bool, limit: int) -> None:
    """A creation that makes the set full is no creation too many."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(limit - 1)]
    fleet = a_fleet(1, managed_image=managed_image)
    made = plan(a_fleet(1), observed(), Memory(), NOW)
    assert broken(fleet, observed(foreign, serials=Serials(1, 1)), made) == ()


def test_successor_of_victim() -> None:
    """A victim makes room for a creation of the same plan."""
    fleet, seen, made = growing()
    shell = a_delete("web-000001", reason=Reason.FAILED_CREATE, inferred=True)
    both = replace(made, steps=(shell, *made.steps))
    assert broken(replace(fleet, pools=(a_pool(6),)), seen, both) == ()


def test_too_few_left() -> None:
    """A scale-in below the wanted number is refused."""
    fleet, seen, made = shrinking()
    words = ("5 members would be left, and 6 are wanted",)
    assert broken(replace(fleet, pools=(a_pool(6),)), seen, made) == words


def two_pools(linux: int, windows: int) -> tuple[Fleet, Observed]:
    """Pools that want one and three members, with so many there."""
    pools = (a_pool(1, name="linux"), a_pool(3, name="windows"))
    there = ["linux"] * linux + ["windows"] * windows
    members = [replace(a_member(n, "1"), pool=pool) for n, pool in enumerate(there, start=1)]
    locks = [a_lock(member.name) for member in members]
    return a_fleet(pools=pools), observed(members, locks=locks)


def test_pool_grows_beside_locked_one() -> None:
    """A pool gets its members though another pool has too many that are locked."""
    fleet, seen = two_pools(linux=3, windows=2)
    made = plan(fleet, seen, Memory(), NOW)
    assert [step.pool for step in made.creates] == ["windows"]
    assert broken(fleet, seen, made) == ()


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        ("linux", "pool linux would have 2 members, and 1 are wanted"),
        ("mac", "members would be created in pool mac, which the spec does not have"),
    ],
)
def test_wrong_pool_grows(pool: str, words: str) -> None:
    """A creation in a pool that is full, or that the spec does not have, is refused."""
    fleet, seen = two_pools(linux=1, windows=2)
    made = plan(fleet, seen, Memory(), NOW)
    step = replace(made.creates[0], pool=pool)
    assert broken(fleet, seen, replace(made, steps=(step,))) == (words,)
