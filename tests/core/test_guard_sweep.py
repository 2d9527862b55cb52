"""The guard's second opinion on leftovers: each rule, broken by a plan that the planner would not make."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import guard, tags
from controller.core.observed import Observed, Serials
from controller.core.steps import Reason, Sweep
from controller.spec.values import Limits, Process, Suspension
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


def test_unknown_locks_forbid_sweeps() -> None:
    """Without the locks, or for a fleet at rest, nothing is swept."""
    one = left(NIC)
    mark = a_sweep(one, marks=True)
    assert "to be left alone" in broken(a_look(one, locks=None), mark)
    assert "to be left alone" in broken(a_look(one), mark, suspended=True)


def test_cap_counts_leftovers() -> None:
    """Leftovers beyond the cap on inferred deletions are refused; marks do not count."""
    one, other = left(NIC, 600), left("web-000002-nic", 600)
    look = a_look(one, other)
    assert "2 things would be deleted by inference" in broken(look, a_sweep(one), a_sweep(other))
    assert broken(look, a_sweep(one), a_sweep(other), limits=Limits(max_delete=2)) == ""
    assert broken(look, a_sweep(one), a_sweep(other, marks=True)) == ""


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
    assert "is suspended" in broken(a_look(one), a_sweep(one), suspensions=asleep)


def test_twice_is_refused() -> None:
    """One leftover is swept once."""
    one = left(NIC)
    mark = a_sweep(one, marks=True)
    assert "2 times" in broken(a_look(one), mark, mark)
