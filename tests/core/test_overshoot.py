"""Overshoot: too many members stop every creation, and never a deletion, until the excess is gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import limits
from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.steps import Blocked, Plan, Prevented
from controller.spec.values import Fleet, Limits, Override
from tests.builders import NOW, a_fleet, a_lock, a_member, a_pool, observed

WORDS = "{} members are there for {} wanted; creations wait until the excess is gone"


def beside(excess: int, **over: Any) -> tuple[Fleet, list[Member]]:
    """A pool with so many members too many, all locked, beside a pool that lacks one."""
    pools = (a_pool(1, name="full"), a_pool(2, name="short"))
    there = ["full"] * (2 + excess) + ["short"]
    members = [replace(a_member(n), pool=pool) for n, pool in enumerate(there, start=1)]
    return a_fleet(pools=pools, **over), members


def planned(excess: int, *, frozen: bool = False, **over: Any) -> Plan:
    """The plan for ``beside``."""
    fleet, members = beside(excess, **over)
    locks = [a_lock(member.name) for member in members]
    return plan(fleet, observed(members, locks=locks), Memory((), frozen), NOW)


@pytest.mark.parametrize(
    ("excess", "frozen", "stops"),
    [
        (0, False, False),
        (2, False, False),
        (3, False, True),
        (4, False, True),
        (0, True, False),
        (1, True, False),
        (2, True, True),
        (3, True, True),
    ],
)
def test_freeze_and_thaw(excess: int, frozen: bool, stops: bool) -> None:
    """Acceptance 19: an overshoot by 3 freezes creations, which thaw when the excess is down to 1."""
    made = planned(excess, frozen=frozen)
    assert (len(made.creates), made.overshoot_frozen) == (0 if stops else 1, stops)


def test_freeze_is_told() -> None:
    """The lacking member is blocked with the numbers, and a note says so, too."""
    made = planned(3)
    assert Blocked(Prevented.OVERSHOOT, WORDS.format(6, 3)) in made.blocked
    assert made.notes[0] == "6 members for 3 wanted: no creation until the excess is gone"


def test_freeze_lets_scale_in_go() -> None:
    """The excess itself is deleted while creations are frozen."""
    fleet, members = beside(3)
    made = plan(fleet, observed(members), Memory(), NOW)
    assert (len(made.victims), made.creates) == (4, ())


@pytest.mark.parametrize(
    ("guard", "hours", "creates"),
    [("overshoot", 1, 1), ("overshoot", 0, 0), ("meltdown", 1, 0)],
)
def test_freeze_can_be_set_aside(guard: str, hours: int, creates: int) -> None:
    """An override with an end lets creations go on, and the note does not claim otherwise."""
    override = Override(guard, "ops", NOW + timedelta(hours=hours))
    made = planned(3, limits=Limits(overrides=(override,)))
    assert len(made.creates) == creates
    set_aside = "6 members for 3 wanted: the overshoot guard is set aside for now"
    assert (set_aside in made.notes) == bool(creates)


@pytest.mark.parametrize(
    ("bound", "thaw", "frozen", "live", "overshot"),
    [
        (2, 1, False, 8, False),
        (2, 1, False, 9, True),
        (1, 1, True, 6, False),
        (1, 1, True, 7, True),
    ],
)
def test_bound_is_the_specs(bound: int, thaw: int, frozen: bool, live: int, overshot: bool) -> None:
    """The bound counts members above the desired six, less the thaw once creations are frozen."""
    fleet = a_fleet(6, limits=Limits(overshoot=bound, overshoot_thaw=thaw))
    assert limits.is_overshot(fleet, Memory((), frozen), live) == overshot
