"""The guard's second opinion on leftovers: each rule, broken by a plan that the planner would not make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import guard, tags
from controller.core.observed import Observed, Serials
from controller.core.steps import Delete, Reason, Sweep, Victim
from controller.spec.values import Limits, Override, Process, Suspension
from providers.base import Health, Leftover, Lock, LockLevel
from tests.builders import NOW, REF, members_in
from tests.core.leftover_worlds import a_disk, a_look, left, planned, tidy

NIC = "web-000001-nic"


def a_sweep(one: Leftover, *, marks: bool = False) -> Sweep:
    """A step that does away with a leftover."""
    return Sweep(one.id, one.name[:10], marks, Reason.LEFT_OVER, "")


def broken(look: Observed, *steps: Sweep, **over: Any) -> str:
    """What the guard says to a plan with these sweeps."""
    fleet = tidy(**over)
    made = replace(planned(look, fleet), steps=steps)
    return "; ".join(guard.check(fleet, look, made, NOW))


def test_good_sweeps_pass() -> None:
    """Marks, and a deletion of what was marked half an hour ago, break no rule."""
    one, other = left(NIC, 30), a_disk(minutes=None)
    assert broken(a_look(one, other), a_sweep(one), a_sweep(other, marks=True)) == ""


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (left(NIC, 600, confirmed=False), "was not confirmed"),
        (left(NIC, 600, used_by="/vm"), "is in use"),
        (left(NIC, 600, owner_exists=True), "is in use"),
        (left("web-000005-nic", 600), "no settled member"),
        (left("web-000011-nic", 600), "no settled member"),
        (left("web-000000-nic", 600), "no settled member"),
        (left("db-0000001-nic", 600), "no settled member"),
        (a_disk(more_tags={tags.OWNER: "ek-somebody"}), "is not ours"),
        (left(NIC, 600, more_tags={tags.OWNER: "ek-somebody"}), "is not ours"),
        (left(NIC, 29), "not been known for half an hour"),
        (left(NIC), "not been known for half an hour"),
        (left(NIC, 600, more_tags={tags.HOLD: "owner=ana"}), "is held by ana"),
    ],
)
def test_wrong_leftovers_are_refused(one: Leftover, words: str) -> None:
    """What is unsure, used, of another fleet or member, fresh or held, may not be deleted."""
    assert words in broken(a_look(one), a_sweep(one))


def test_fleet_with_hyphens_is_swept() -> None:
    """The number of a member is what stands behind the last hyphen of its name."""
    one = left("web-eu-000001-nic", 600)
    sweep = replace(a_sweep(one), instance="web-eu-000001")
    assert broken(a_look(one), sweep, name="web-eu") == ""


@pytest.mark.parametrize(("seconds", "words"), [(1, "is held by ana"), (0, "")])
def test_hold_ends(seconds: int, words: str) -> None:
    """A hold keeps a leftover until its end, and not at its end any more."""
    until = (NOW + timedelta(seconds=seconds)).isoformat()
    one = left(NIC, 600, more_tags={tags.HOLD: f"owner=ana;until={until}"})
    said = broken(a_look(one), a_sweep(one))
    assert said == (words and f"{NIC} would be deleted and {words}")


def test_untagged_disk_is_refused() -> None:
    """A disk without an owner tag may not even be marked."""
    disk = replace(a_disk(), tags={})
    assert "is not ours" in broken(a_look(disk), a_sweep(disk, marks=True))


def test_unseen_leftover_is_refused() -> None:
    """What no look has shown may not be swept."""
    assert "was not confirmed" in broken(a_look(), a_sweep(left(NIC, 600)))


def test_open_number_is_refused() -> None:
    """What belongs to an open number may not be swept."""
    one = left("web-000003-nic", 600)
    assert "no settled member" in broken(a_look(one, serials=Serials(3, 11)), a_sweep(one))


def test_lock_is_seen_again() -> None:
    """A lock over the leftover forbids its deletion."""
    one = left(NIC, 600)
    look = a_look(one, locks=(Lock(LockLevel.CAN_NOT_DELETE, REF.group_scope),))
    assert "is locked" in broken(look, a_sweep(one))


@pytest.mark.parametrize("write", [str.upper, str.lower])
@pytest.mark.parametrize("name", [NIC, "web-000001-NIC-X"])
def test_own_lock_is_seen(name: str, write: Callable[[str], str]) -> None:
    """A lock on the leftover itself forbids its deletion, in any case of letters; one on a namesake does not."""
    one = left(name, 600)
    mine, namesake = one.id, one.id[:-1]
    look = a_look(one, locks=(Lock(LockLevel.CAN_NOT_DELETE, write(mine)),))
    assert broken(look, a_sweep(one)) == f"{name} would be deleted and is locked"
    look = a_look(one, locks=(Lock(LockLevel.CAN_NOT_DELETE, write(namesake)),))
    assert broken(look, a_sweep(one)) == ""


def test_unknown_locks_forbid_sweeps() -> None:
    """Without the locks, or for a fleet at rest, nothing is swept."""
    one = left(NIC)
    mark = a_sweep(one, marks=True)
    words = "leftovers would be touched although the fleet is to be left alone, or its locks are unknown"
    assert broken(a_look(one, locks=None), mark) == words
    assert broken(a_look(one), mark, suspended=True) == words
    assert words in broken(a_look(one), mark, absent=True)


def test_cap_counts_leftovers() -> None:
    """Leftovers beyond the cap on inferred deletions are refused; marks do not count."""
    one, other = left(NIC, 600), left("web-000002-nic", 600)
    look = a_look(one, other)
    assert "2 things would be deleted by inference" in broken(look, a_sweep(one), a_sweep(other))
    assert broken(look, a_sweep(one), a_sweep(other), limits=Limits(max_delete=2)) == ""
    assert broken(look, a_sweep(one), a_sweep(other, marks=True)) == ""


def test_cap_counts_shells_too() -> None:
    """Leftovers and members that go by inference count together."""
    one = left(NIC, 600)
    look = a_look(one)
    shell = Delete(Reason.FAILED_CREATE, (Victim("web-000005", ""),), inferred=True)
    steps = (shell, a_sweep(one))
    made = replace(planned(look), steps=steps)
    words = "2 things would be deleted by inference, leftovers included, and 1 are allowed"
    assert guard.check(tidy(), look, made, NOW) == (words,)


def test_cap_is_a_tenth() -> None:
    """A tenth of the members may go by inference in one pass, leftovers included."""
    crowd = members_in({"1": 7, "2": 7, "3": 6}, first=5)
    one, other = left(NIC, 600), left("web-000002-nic", 600)
    look = a_look(one, other, members=crowd, serials=Serials(25, 25))
    assert broken(look, a_sweep(one), a_sweep(other)) == ""


@pytest.mark.parametrize(
    ("guard_name", "hours", "refused"),
    [("maxDelete", 1, False), ("maxDelete", 0, True), ("meltdown", 1, True)],
)
def test_cap_can_be_set_aside(guard_name: str, hours: int, refused: bool) -> None:
    """The cap is set aside by an override of its own name, until that ends."""
    one, other = left(NIC, 600), left("web-000002-nic", 600)
    aside = Limits(overrides=(Override(guard_name, "ops", NOW + timedelta(hours=hours)),))
    said = broken(a_look(one, other), a_sweep(one), a_sweep(other), limits=aside)
    assert ("2 things would be deleted by inference" in said) == refused


@pytest.mark.parametrize(
    ("sick", "well", "percent", "refused"),
    [
        (2, 8, 20, False),
        (3, 7, 20, True),
        (1, 0, 1, False),
        (3, 0, 67, False),
        (3, 0, 66, True),
    ],
)
def test_sick_share_decides(sick: int, well: int, percent: int, refused: bool) -> None:
    """Leftovers stay while more members are sick than the tolerated share, rounded up."""
    one = left(NIC, 600)
    crowd = members_in({"1": sick}, first=5, health=Health.UNHEALTHY)
    crowd += members_in({"1": well}, first=5 + sick)
    look = a_look(one, members=crowd, serials=Serials(50, 50))
    said = broken(look, a_sweep(one), limits=Limits(unhealthy_percent=percent))
    assert ("are unhealthy" in said) == refused


@pytest.mark.parametrize(
    ("guard_name", "hours", "refused"),
    [("meltdown", 1, False), ("meltdown", 0, True), ("maxDelete", 1, True)],
)
def test_sickness_can_be_set_aside(guard_name: str, hours: int, refused: bool) -> None:
    """The guard over a sick fleet is set aside by an override of its own name, until that ends."""
    one = left(NIC, 600)
    sick = members_in({"1": 2, "2": 2, "3": 2}, first=5, health=Health.UNHEALTHY)
    aside = Limits(overrides=(Override(guard_name, "ops", NOW + timedelta(hours=hours)),))
    said = broken(a_look(one, members=sick), a_sweep(one), limits=aside)
    assert ("are unhealthy" in said) == refused


def test_sick_fleet_keeps_leftovers() -> None:
    """While much of the fleet is sick no leftover may go."""
    one = left(NIC, 600)
    sick = members_in({"1": 2, "2": 2, "3": 2}, first=5, health=Health.UNHEALTHY)
    assert "6 of 6 members are unhealthy" in broken(a_look(one, members=sick), a_sweep(one))


@pytest.mark.parametrize("process", [Process.SWEEP, Process.DELETE])
def test_suspension_is_seen_again(process: Process) -> None:
    """Nothing that is suspended is swept."""
    one = left(NIC, 600)
    asleep = (Suspension(process, "ana", "audit", NOW + timedelta(hours=1)),)
    words = "leftovers would be touched although that is suspended"
    assert broken(a_look(one), a_sweep(one), suspensions=asleep) == words


@pytest.mark.parametrize("process", [Process.SWEEP, Process.DELETE])
def test_suspension_ends(process: Process) -> None:
    """What was suspended until now is swept now."""
    one = left(NIC, 600)
    over = (Suspension(process, "ana", "audit", NOW),)
    assert broken(a_look(one), a_sweep(one), suspensions=over) == ""


def test_twice_is_refused() -> None:
    """One leftover is swept once."""
    one = left(NIC)
    mark = a_sweep(one, marks=True)
    assert "2 times" in broken(a_look(one), mark, mark)
