"""How a fleet ends: marked first, held for a while, emptied, then its set; and what stops that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.core import limits, tags
from controller.core.observed import Member, Memory, Observed, Serials
from controller.core.plan import plan
from controller.core.steps import Delete, DeleteSet, MarkSet, Prevented, Reason, Victim
from controller.core.tombstone import LAPSE, SKEW
from controller.spec.values import Fleet, Hold, Process, Suspension
from providers.base import Lock, LockLevel, ProvisioningState
from tests.builders import NOW, REF, a_fleet, a_group, a_lock, a_member, members_in, observed
from tests.core.endings import (
    DUE,
    ENDED,
    HOLD,
    LATER,
    MARK,
    NO_MARKS,
    ON_GROUP,
    THREE,
    a_look,
    planned,
    prevented,
)

ASLEEP = (Suspension(Process.DELETE, "ana", "audit", LATER),)


@pytest.mark.parametrize("seen", NO_MARKS)
def test_first_sight_marks(seen: Observed) -> None:
    """Without a mark of this very spec that is worth anything, the set is marked and nobody goes."""
    made = planned(ENDED, seen)
    assert made.steps == (MARK,)
    assert [(one.reason, one.until) for one in made.blocked] == [
        (Prevented.TOMBSTONE_HOLD, NOW + HOLD)
    ]
    assert (made.desired, made.observed) == (0, 3)


def test_mark_before_a_break_counts_for_nothing() -> None:
    """A tombstone that was gone or broken since its mark did not stand: it is marked anew, and nobody goes."""
    seen = a_look(since=DUE)
    made = planned(replace(ENDED, in_force_since=DUE + timedelta(seconds=1)), seen)
    (step,) = made.steps
    assert isinstance(step, MarkSet)
    assert step.why == (
        "its spec says Absent and Delete again: since the set was marked it has been gone, broken or another, "
        "so it is marked anew, and the hold begins anew"
    )
    assert made.victims == ()
    assert len(planned(replace(ENDED, in_force_since=DUE), seen).victims) == 3


@pytest.mark.parametrize(
    ("since", "goes"), [(NOW + SKEW, False), (DUE, True), (NOW - HOLD - LAPSE, True)]
)
def test_marks_that_count(since: datetime, *, goes: bool) -> None:
    """A mark counts until a day after its hold, and from the future as far as clocks differ."""
    made = planned(ENDED, a_look(since=since))
    assert (MARK in made.steps, len(made.victims)) == (False, 3 if goes else 0)
    assert [one.until for one in made.blocked] == ([] if goes else [since + HOLD])


def test_hold_is_kept() -> None:
    """Until the hold is over nothing is planned, and the plan says until when and how to cancel."""
    since = DUE + timedelta(seconds=1)
    made = planned(ENDED, a_look(since=since))
    (one,) = made.blocked
    assert (made.steps, one.until) == ((), since + HOLD)
    assert one.detail == (
        "3 members and the scale set are to be deleted, and nothing goes before the tombstone has "
        "stood for 10 minutes; state: Present cancels it"
    )
    assert made.look_again_seconds == 15
    assert "its spec says Absent: the tombstone stands since 2026-11-21 11:50:01 UTC" in made.notes


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ((), "the empty scale set is"),
        (THREE[:1], "1 member and the scale set are"),
        (THREE[:2], "2 members and the scale set are"),
    ],
)
def test_hold_tells_what_goes(members: tuple[Member, ...], words: str) -> None:
    """While the hold lasts a person reads how many are to go with the set."""
    (one,) = planned(ENDED, a_look(members, since=NOW)).blocked
    assert one.detail.startswith(f"{words} to be deleted, and nothing goes before")


def test_members_go_when_the_hold_is_over() -> None:
    """After the hold every member goes, as an explicit deletion that says since when the spec said so."""
    made = planned(ENDED, a_look(since=DUE))
    why = "the fleet is to end: its spec says Absent and Delete, unchanged since 2026-11-21 11:50:00 UTC"
    victims = tuple(Victim(one.name, why) for one in THREE)
    assert made.steps == (Delete(Reason.TOMBSTONE, victims, inferred=False),)
    assert (made.blocked, made.unchanged, made.approval) == ((), 0, None)


def test_longer_hold_is_kept() -> None:
    """A spec that asks for a longer hold gets it."""
    longer = replace(ENDED, deletion_hold_minutes=20)
    assert planned(longer, a_look(since=DUE)).steps == ()
    assert len(planned(longer, a_look(since=DUE - HOLD)).victims) == 3


@pytest.mark.parametrize(
    ("look", "fleet", "reason"),
    [
        ({"locks": [a_lock("web-000001")]}, ENDED, "Locked"),
        ({}, replace(ENDED, holds={"web-000001": Hold("ops", "backup", LATER)}), "Held"),
    ],
)
@pytest.mark.parametrize("since", [None, NOW, DUE])
def test_kept_members_are_named_from_the_start(
    look: dict[str, Any], fleet: Fleet, reason: str, since: datetime | None
) -> None:
    """A lock or hold keeps its member, and is told before the hold is over, while there is time to act."""
    made = planned(fleet, a_look(since=since, **look))
    kept = next(one for one in made.blocked if one.instance == "web-000001")
    assert (kept.reason.value, kept.until) == (reason, LATER if reason == "Held" else None)
    assert "web-000001" not in made.victims


def test_large_end_needs_a_yes() -> None:
    """More than ten members need an approval, which is asked for while the hold lasts; the token fits later."""
    dozen = members_in({"1": 4, "2": 4, "3": 4})
    early = planned(ENDED, a_look(dozen, since=NOW))
    assert early.approval is not None
    assert (early.approval.given, early.steps) == (False, ())
    approved = replace(ENDED, approval=early.approval.token)
    late = planned(approved, a_look(dozen, since=DUE))
    assert late.approval is not None
    assert (late.approval.given, len(late.victims)) == (True, 12)


def test_empty_set_goes() -> None:
    """When the last member is gone, the set itself is deleted."""
    made = planned(ENDED, a_look((), since=DUE))
    why = "the fleet is to end, and its last member is gone"
    assert made.steps == (DeleteSet(Reason.TOMBSTONE, why),)


ON_SET = Lock(LockLevel.CAN_NOT_DELETE, REF.id)
INSIDE = Lock(LockLevel.CAN_NOT_DELETE, REF.id + "/extensions/x")
ELSEWHERE = Lock(LockLevel.CAN_NOT_DELETE, REF.id + "-other")


@pytest.mark.parametrize("lock", [ON_SET, INSIDE, ON_GROUP])
def test_locked_set_stays(lock: Lock) -> None:
    """A lock on the set, inside it or above it keeps it, and the plan says which."""
    made = planned(ENDED, a_look((), since=DUE, locks=[lock]))
    assert (made.steps, prevented(made)) == ((), [(None, "Locked")])


def test_lock_elsewhere_keeps_nothing() -> None:
    """A lock on another set whose name begins alike keeps nothing."""
    assert len(planned(ENDED, a_look((), since=DUE, locks=[ELSEWHERE])).steps) == 1


def test_unreadable_locks_keep_the_set() -> None:
    """Unknown is not none: the set stays while the locks cannot be read."""
    made = planned(ENDED, a_look((), since=DUE, locks=None))
    assert (made.steps, prevented(made)) == ((), [(None, "LocksUnreadable")])


def test_stranger_keeps_the_set() -> None:
    """A VM that is not ours stays, the set stays with it, and the plan says so."""
    stranger = a_member(9, owned=False, name="legacy")
    made = planned(ENDED, a_look((stranger,), since=DUE))
    assert (made.steps, prevented(made)) == ((), [("legacy", "NotOurs")])
    words = "it is not ours and stays, and so does the scale set that it is in"
    assert made.blocked[0].detail == words


def test_nobody_is_adopted_at_the_end() -> None:
    """A VM that the spec names for adoption is not taken in only to be deleted."""
    stranger = a_member(9, owned=False, name="legacy")
    made = planned(replace(ENDED, adopt=("legacy",)), a_look((*THREE, stranger), since=DUE))
    assert [type(step) for step in made.steps] == [Delete]
    assert "legacy" not in made.victims


def test_open_numbers_keep_the_set() -> None:
    """While a creation may still arrive the set stays, however empty it looks."""
    seen = replace(
        a_look((), since=DUE, group=a_group(5, 4)), serials=Serials(4, 5), reserved_at=NOW
    )
    made = planned(ENDED, seen)
    assert (made.steps, made.look_again_seconds) == ((), 15)


def test_leaving_set_is_waited_for() -> None:
    """A set that is being deleted is asked for nothing more, and is not over yet."""
    seen = a_look((), since=DUE)
    assert seen.group is not None
    going = replace(seen.group, provisioning_state=ProvisioningState.DELETING)
    made = planned(ENDED, replace(seen, group=going))
    assert (made.steps, made.blocked, made.set_leaving) == ((), (), True)
    assert made.notes == ("its spec says Absent: the scale set is being deleted",)


def test_nothing_left_is_the_end() -> None:
    """Without a set nothing is planned: the end is reached."""
    made = planned(ENDED, observed(exists=False, group=None))
    assert (made.steps, made.blocked, made.desired) == ((), (), 0)
    assert made.notes == ("its spec says Absent: neither members nor a scale set are left",)


def test_suspended_deletions_keep_everything() -> None:
    """While deletions are suspended neither members go nor the set."""
    asleep = replace(ENDED, suspensions=ASLEEP)
    with_members = planned(asleep, a_look(since=DUE))
    assert {reason for _, reason in prevented(with_members)} == {"Suspended"}
    empty = planned(asleep, a_look((), since=DUE))
    assert (with_members.steps, empty.steps) == ((), ())
    assert prevented(empty) == [(None, "Suspended")]


@pytest.mark.parametrize(
    "fleet",
    [
        a_fleet(3),
        a_fleet(3, absent=True),
        a_fleet(3, suspended=True),
        replace(ENDED, suspended=True),
    ],
)
def test_withdrawn_mark_is_taken_away(fleet: Fleet) -> None:
    """Present, Retain and a suspension take the mark away, so that a later tombstone waits its full time."""
    made = planned(fleet, a_look(since=DUE))
    why = "its spec does not ask for its end any more: the tombstone is taken away"
    assert made.steps == (MarkSet(Reason.TOMBSTONE_CANCELLED, why, marked=False),)


def test_hash_has_no_clock() -> None:
    """A plan that marks the set has the same hash a minute later."""
    later = replace(a_look(), observed_at=NOW + timedelta(minutes=1))
    again = plan(ENDED, later, Memory(), later.observed_at)
    assert planned(ENDED, a_look()).hash == again.hash


def test_started_second_counts_whole() -> None:
    """A mark is never older than the moment in which it was written, so the hold is never cut short."""
    words = tags.tombstone_mark(ENDED, NOW + timedelta(microseconds=1))
    mark = tags.parse_tombstone(words)
    assert mark is not None
    assert mark.since == NOW + timedelta(seconds=1)


def test_token_outlives_the_hold() -> None:
    """The approval of an end is bound to the spec and not to the mark."""
    assert limits.approval_token(ENDED) == limits.approval_token(replace(ENDED, approval="x"))
