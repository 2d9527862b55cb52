"""How a fleet ends: marked first, held for a while, emptied, then its set; and what stops that."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.core import guard, limits, tags
from controller.core.observed import Member, Memory, Observed, Serials
from controller.core.plan import plan
from controller.core.steps import Delete, DeleteSet, MarkSet, Plan, Prevented, Reason, Victim
from controller.core.tombstone import LAPSE
from controller.spec.values import DeletionPolicy, Fleet, Hold, Process, Suspension
from providers.base import Lock, LockLevel, ProvisioningState
from tests.builders import NOW, REF, a_fleet, a_group, a_lock, a_member, members_in, observed

ENDED = a_fleet(3, absent=True, deletion_policy=DeletionPolicy.DELETE)
THREE = members_in({"1": 1, "2": 1, "3": 1})
HOLD = timedelta(minutes=10)
ASLEEP = (Suspension(Process.DELETE, "ana", "audit", NOW + timedelta(hours=1)),)
MARK = MarkSet(
    Reason.TOMBSTONE,
    "its spec says Absent and Delete: the set is marked, and the hold begins",
    marked=True,
)


def a_look(
    members: tuple[Member, ...] = THREE,
    *,
    since: datetime | None = None,
    mark: str = "",
    **over: Any,
) -> Observed:
    """A look at a set whose mark was written at ``since``, or reads ``mark``."""
    words = tags.tombstone_mark(ENDED, since) if since else mark
    seen = observed(members, **over)
    assert seen.group is not None
    return replace(seen, group=replace(seen.group, tags={**seen.group.tags, tags.TOMBSTONE: words}))


def planned(fleet: Fleet, seen: Observed) -> Plan:
    """The plan, which the guard must not be against."""
    made = plan(fleet, seen, Memory(), NOW)
    assert guard.check(fleet, seen, made, NOW) == ()
    return made


def prevented(made: Plan) -> list[tuple[str | None, str]]:
    return [(one.instance, one.reason.value) for one in made.blocked]


DUE = NOW - HOLD
NO_MARKS = [
    a_look(),
    a_look(mark="yesterday;0000000000000000"),
    a_look(mark=f"{DUE.isoformat()};1111111111111111"),
    a_look(mark=f"{DUE.isoformat()}"),
    a_look(since=NOW - HOLD - LAPSE - timedelta(seconds=1)),
    a_look(since=NOW + timedelta(hours=1)),
    replace(a_look(), group=None),
]


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
    assert "the hold begins anew" in step.why
    assert made.victims == ()
    assert len(planned(replace(ENDED, in_force_since=DUE), seen).victims) == 3


def test_guard_knows_of_the_break() -> None:
    """A plan that ends a fleet whose spec was not in force all the time since the mark is refused."""
    seen = a_look(since=DUE)
    made = planned(ENDED, seen)
    later = replace(ENDED, in_force_since=DUE + timedelta(seconds=1))
    assert guard.check(later, seen, made, NOW) == (
        "the fleet would be ended, and its spec was not in force all the time since the mark",
    )


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
        ({}, replace(ENDED, holds={"web-000001": Hold("ops", "backup")}), "Held"),
    ],
)
@pytest.mark.parametrize("since", [None, NOW, DUE])
def test_kept_members_are_named_from_the_start(
    look: dict[str, Any], fleet: Fleet, reason: str, since: datetime | None
) -> None:
    """A lock or hold keeps its member, and is told before the hold is over, while there is time to act."""
    made = planned(fleet, a_look(since=since, **look))
    assert ("web-000001", reason) in prevented(made)
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
ON_GROUP = Lock(LockLevel.READ_ONLY, REF.group_scope)
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


def broken(fleet: Fleet, seen: Observed, made: Plan) -> tuple[str, ...]:
    return guard.check(fleet, seen, made, NOW)


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


def test_token_outlives_the_hold() -> None:
    """The approval of an end is bound to the spec and not to the mark."""
    assert limits.approval_token(ENDED) == limits.approval_token(replace(ENDED, approval="x"))
