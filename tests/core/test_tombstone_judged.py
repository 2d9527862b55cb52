"""The end of a fleet, judged again: by the guard, and by the last look before anybody goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import guard, pacing
from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.core.steps import Plan
from controller.core.tombstone import LAPSE
from controller.spec.values import DeletionPolicy, Fleet
from tests.builders import NOW, a_fleet, members_in, observed
from tests.core.endings import (
    DUE,
    ENDED,
    HOLD,
    NO_MARKS,
    ON_GROUP,
    THREE,
    a_look,
    planned,
)


def broken(fleet: Fleet, seen: Observed, made: Plan) -> tuple[str, ...]:
    return guard.check(fleet, seen, made, NOW)


@pytest.mark.parametrize(
    ("fleet", "seen", "ends"),
    [
        (ENDED, a_look(since=DUE), True),
        (ENDED, a_look(since=NOW - HOLD - LAPSE), True),
        (ENDED, a_look(since=DUE + timedelta(seconds=1)), False),
        (ENDED, a_look(), False),
        (replace(ENDED, suspended=True), a_look(since=DUE), False),
        (replace(ENDED, deletion_hold_minutes=11), a_look(since=DUE), False),
        (a_fleet(3), a_look(since=DUE), False),
    ],
)
def test_end_is_judged_once_more(fleet: Fleet, seen: Observed, *, ends: bool) -> None:
    """Just before members go with their fleet, the mark has to be there, and old enough, and asked for."""
    words = "" if ends else "the tombstone on the scale set is not there any more"
    assert pacing.cancelled_words(fleet, seen, NOW) == words
    made = planned(ENDED, a_look(since=DUE))
    verdict = pacing.confirm_victims(fleet, made, seen, made.victims, NOW)
    assert verdict.go == (made.victims if ends else ())
    assert verdict.stay == ({} if ends else dict.fromkeys(made.victims, words))


def test_guard_knows_of_the_break() -> None:
    """A plan that ends a fleet whose spec was not in force all the time since the mark is refused."""
    seen = a_look(since=DUE)
    made = planned(ENDED, seen)
    later = replace(ENDED, in_force_since=DUE + timedelta(seconds=1))
    assert guard.check(later, seen, made, NOW) == (
        "the fleet would be ended, and its spec was not in force all the time since the mark",
    )


def test_guard_wants_the_word() -> None:
    """The second opinion refuses to end a fleet whose spec, mark or hold time does not say so."""
    seen = a_look(since=DUE)
    made = planned(ENDED, seen)
    not_said = ("the fleet would be ended, and its spec does not say so",)
    assert broken(replace(ENDED, absent=False), seen, made) == not_said
    assert broken(replace(ENDED, deletion_policy=DeletionPolicy.RETAIN), seen, made) == not_said
    unmarked = ("the fleet would be ended, and the scale set is not marked with this spec",)
    assert [broken(ENDED, other, made) for other in NO_MARKS[:4]] == [unmarked] * 4
    young = a_look(since=DUE + timedelta(seconds=1))
    assert broken(ENDED, young, made) == (
        "the fleet would be ended, and its tombstone stands only since 2026-11-21 11:50:01+00:00",
    )


def test_guard_keeps_a_set_in_use() -> None:
    """The second opinion refuses to delete a set with anybody in it, under a lock, or blindly."""
    made = planned(ENDED, a_look((), since=DUE))
    assert broken(ENDED, a_look(THREE[:1], since=DUE), made) == (
        "the scale set would be deleted with 1 VMs in it",
    )
    assert broken(ENDED, a_look((), since=DUE, locks=[ON_GROUP]), made) == (
        "the scale set would be deleted and is locked",
    )
    assert broken(ENDED, a_look((), since=DUE, locks=None), made) == (
        "the scale set would be deleted although the locks could not be read",
    )


def test_guard_wants_the_yes() -> None:
    """The second opinion refuses a large end that nobody is asked about, and creations in a fleet that ends."""
    dozen = a_look(members_in({"1": 4, "2": 4, "3": 4}), since=DUE)
    made = planned(ENDED, dozen)
    assert broken(ENDED, dozen, replace(made, approval=None)) == (
        "12 of 12 members would be deleted without asking",
    )
    growing = plan(a_fleet(4), observed(THREE), Memory(), NOW)
    assert broken(replace(a_fleet(4), absent=True), observed(THREE), growing) == (
        "members would be created, and the spec says that the fleet is Absent",
    )
