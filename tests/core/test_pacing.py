"""How much is sent at once, and the last judgement on each victim before a deletion is sent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import tags
from controller.core.observed import Member, Memory
from controller.core.pacing import (
    confirm_victims,
    create_waves,
    creations_with_room,
    delete_batch,
    needs_closer_look,
)
from controller.core.plan import plan
from controller.core.steps import Plan
from providers.base import PowerState, Priority, ProvisioningState
from tests.builders import NOW, a_fleet, a_lock, a_member, a_pool, members_in, observed

EVICTED: dict[str, Any] = {"priority": Priority.SPOT, "power_state": PowerState.DEALLOCATED}


@pytest.mark.parametrize(
    ("count", "waves"),
    [
        (0, ()),
        (1, (1,)),
        (2, (1, 1)),
        (10, (1, 2, 4, 3)),
        (150, (1, 2, 4, 8, 16, 32, 50, 37)),
        (-1, ()),
    ],
)
def test_waves_double(count: int, waves: tuple[int, ...]) -> None:
    """Creations are sent in waves that double up to fifty, so that a bad template fails once."""
    assert create_waves(count) == waves


@pytest.mark.parametrize(("there", "batch"), [(3, 2), (51, 50), (200, 50)])
def test_batch_is_fifty(there: int, batch: int) -> None:
    """At most fifty names go into one request, in the order of the plan."""
    fleet = a_fleet(1, approval="")
    made = plan(fleet, observed(members_in({"1": there})), Memory(), NOW)
    approved = replace(made, approval=None)
    assert delete_batch(fleet, approved) == made.victims[:batch]


def test_one_batch_at_a_time() -> None:
    """While members are leaving no other batch is sent, because it could preempt the first."""
    leaving = a_member(9, provisioning_state=ProvisioningState.DELETING)
    fleet = a_fleet(1)
    made = plan(fleet, observed([*members_in({"1": 3}), leaving]), Memory(), NOW)
    assert (len(made.victims), made.leaving) == (2, ("web-000009",))
    assert delete_batch(fleet, made) == ()


def test_preempted_batch_is_planned_anew() -> None:
    """Acceptance 22: what a preempted batch left behind is what the next plan deletes."""
    fleet, members = a_fleet(1), members_in({"1": 4})
    first = plan(fleet, observed(members), Memory(), NOW)
    gone = first.victims[0]
    rest = [member for member in members if member.name != gone]
    assert plan(fleet, observed(rest), Memory(), NOW).victims == first.victims[1:]


@pytest.mark.parametrize(
    ("change", "stay"),
    [
        ({}, None),
        ({"owned": False}, "it is not ours"),
        (
            {"provisioning_state": ProvisioningState.DELETING},
            "it is being deleted already",
        ),
        ({"protected": True}, "its protection policy forbids scale-in"),
        ({"name": "web-000009"}, "it is gone already"),
    ],
)
def test_fresh_look_decides(change: dict[str, Any], stay: str | None) -> None:
    """A victim stays when a fresh look finds it gone, leaving, protected, or not ours any more."""
    fleet = a_fleet(0)
    made = plan(fleet, observed([a_member(1)]), Memory(), NOW)
    verdict = confirm_victims(fleet, made, observed([a_member(1, **change)]), made.victims, NOW)
    assert verdict.go == (() if stay else ("web-000001",))
    assert verdict.stay == ({"web-000001": stay} if stay else {})


def test_unreadable_locks_keep_all() -> None:
    """A fresh look that could not read the locks keeps every victim."""
    fleet, members = a_fleet(0), members_in({"1": 2})
    made = plan(fleet, observed(members), Memory(), NOW)
    verdict = confirm_victims(fleet, made, observed(members, locks=None), made.victims, NOW)
    assert (verdict.go, set(verdict.stay.values())) == ((), {"the locks could not be read"})


@pytest.mark.parametrize(
    ("after", "stay"),
    [
        (EVICTED, None),
        ({**EVICTED, "power_state": PowerState.RUNNING}, "it serves again (Running)"),
        ({**EVICTED, "power_state": PowerState.STARTING}, "it serves again (Running)"),
        ({**EVICTED, "power_state": PowerState.STOPPED}, None),
    ],
)
def test_shell_that_serves_again(after: dict[str, Any], stay: str | None) -> None:
    """An evicted member that was started again in the meantime stays."""
    fleet = a_fleet(1)
    made = plan(fleet, observed([a_member(1, **EVICTED)]), Memory(), NOW)
    fresh = observed([a_member(1, **after)])
    verdict = confirm_victims(fleet, made, fresh, made.victims, NOW)
    assert verdict.stay == ({"web-000001": stay} if stay else {})


def test_names_ignore_case() -> None:
    """A victim is found under its name in any case, and its lock keeps it."""
    fleet = a_fleet(0)
    made = plan(fleet, observed([a_member(1)]), Memory(), NOW)
    fresh: list[Member] = [a_member(1, name="WEB-000001", tags={tags.SERIAL: "1"})]
    seen = observed(fresh, locks=[a_lock("web-000001")])
    verdict = confirm_victims(fleet, made, seen, made.victims, NOW)
    assert verdict.stay == {"web-000001": "CanNotDelete on the instance"}


def test_closer_look_only_before_scale_in() -> None:
    """Members are asked for by name when some of them are about to go because fewer are wanted."""
    fleet, members = a_fleet(1), members_in({"1": 3})
    assert needs_closer_look(fleet, plan(fleet, observed(members), Memory(), NOW))
    growing = a_fleet(5)
    assert not needs_closer_look(growing, plan(growing, observed(members), Memory(), NOW))


def test_no_closer_look_while_nothing_goes() -> None:
    """While a batch runs or an approval is missing nothing is deleted, and no look is spent on it."""
    leaving = a_member(9, provisioning_state=ProvisioningState.DELETING)
    fleet = a_fleet(1)
    running = plan(fleet, observed([*members_in({"1": 3}), leaving]), Memory(), NOW)
    assert (len(running.victims), needs_closer_look(fleet, running)) == (2, False)
    held = plan(fleet, observed(members_in({"1": 12})), Memory(), NOW)
    assert held.approval is not None
    assert not needs_closer_look(fleet, held)


def two_pools(linux: int, windows: int, *members: Member, **over: Any) -> Plan:
    """The plan for pools of so many members each; ``members`` are there."""
    fleet = a_fleet(pools=(a_pool(linux, name="linux"), a_pool(windows, name="windows")))
    return plan(fleet, observed(members, **over), Memory(), NOW)


def of_pool(pool: str, *serials: int, **over: Any) -> list[Member]:
    return [replace(a_member(serial, "1", **over), pool=pool) for serial in serials]


@pytest.mark.parametrize("accepted", [0, 1, 2])
def test_room_comes_from_another_pool(accepted: int) -> None:
    """Where one pool shrinks and another grows, as many creations go as deletions were accepted."""
    made = two_pools(1, 3, *of_pool("linux", 1, 2, 3), *of_pool("windows", 4))
    assert (len(made.victims), len(made.creates)) == (2, 2)
    room = creations_with_room(made, made.creates, made.victims[:accepted])
    assert (room.go, room.wait) == (made.creates[:accepted], made.creates[accepted:])


def test_excess_that_stays_takes_no_room() -> None:
    """A pool gets its member although another one has too many that a lock keeps."""
    locks = [a_lock(f"web-{serial:06d}") for serial in (1, 2, 3)]
    there = (*of_pool("linux", 1, 2, 3), *of_pool("windows", 4))
    made = two_pools(1, 2, *there, locks=locks)
    assert (made.victims, len(made.creates)) == ((), 1)
    assert creations_with_room(made, made.creates, ()).go == made.creates


def test_put_off_replacement_waits_in_its_pool() -> None:
    """While a shell has not gone, one creation of its pool waits, and none of another pool."""
    made = two_pools(2, 2, *of_pool("linux", 1, **EVICTED))
    assert (made.victims, [one.pool for one in made.creates]) == (
        ("web-000001",),
        ["linux", "linux", "windows", "windows"],
    )
    assert [one.replaces for one in made.creates] == ["web-000001", None, None, None]
    room = creations_with_room(made, made.creates, ())
    assert [one.pool for one in room.go] == ["linux", "windows", "windows"]
    assert room.wait == (made.creates[1],)


@pytest.mark.parametrize(("accepted", "names"), [(0, 0), (1, 1), (2, 2)])
def test_creations_wait_for_deletions(accepted: int, names: int) -> None:
    """As many creations go as deletions were accepted, in the order of the plan; the others wait."""
    fleet = a_fleet(3)
    evicted = [a_member(serial, str(serial), **EVICTED) for serial in (1, 2, 3)]
    made = plan(fleet, observed(evicted), Memory(), NOW)
    room = creations_with_room(made, made.creates, made.victims[:accepted])
    assert (len(made.creates), len(room.go)) == (3, names)
    assert (*room.go, *room.wait) == made.creates
