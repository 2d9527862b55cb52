"""What may be acted upon: each story is a few readings, and where they leave the fleets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.acceptance import FreezeReason, key_of
from controller.core.limits import approval_token
from tests.core.readings import Desk, broken, ended, fails, key, named, says

OTHER = "/other"


def told(desk: Desk, scale_set: str) -> str:
    """Why a fleet is not acted upon, as a person reads it."""
    freeze = desk.standing(scale_set).freeze
    assert freeze is not None
    return freeze.detail


def test_first_reading_is_accepted() -> None:
    """What is read first and valid is acted upon, whatever it does not follow upon."""
    desk = Desk()
    desk.take(says(named("a"), named("b"), revision="git:1", descends=False))
    assert desk.acting == ["a", "b"]
    assert {one.renamed_from for one in desk.accepted.standings} == {""}


def test_unreadable_source_freezes_its_own() -> None:
    """A source that cannot be read freezes its fleets on their last good specs, and no others."""
    desk = Desk()
    desk.take(says(named("a")), says(named("b"), root=OTHER))
    desk.take(fails(), says(named("b", 7), root=OTHER))
    assert desk.reason("a") is FreezeReason.SOURCE_UNREADABLE
    assert (desk.replicas("a"), desk.replicas("b"), desk.acting) == (6, 7, ["b"])
    desk.take(says(named("a", 8)), says(named("b", 7), root=OTHER))
    assert (desk.replicas("a"), desk.acting) == (8, ["a", "b"])


def test_writing_freezes_after_a_minute() -> None:
    """While somebody is writing, what was accepted stands on for a minute; then it is frozen."""
    desk = Desk()
    desk.take(says(named("a")))
    desk.take(fails(passing=True), seconds=1)
    assert desk.acting == ["a"]
    desk.take(fails(passing=True), seconds=59)
    assert desk.acting == ["a"]
    desk.take(fails(passing=True), seconds=1)
    assert desk.reason("a") is FreezeReason.SOURCE_UNREADABLE


def test_writing_thaws_nothing() -> None:
    """A source that was unreadable and is now being written stays frozen."""
    desk = Desk()
    desk.take(says(named("a")))
    desk.take(fails())
    desk.take(fails(passing=True), seconds=1)
    assert desk.reason("a") is FreezeReason.SOURCE_UNREADABLE


def test_broken_spec_keeps_last_good() -> None:
    """A broken spec freezes its fleet on the last good one; the other fleets go on."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(says(named("b", 7), broken=(broken("a", key=key("a")),)))
    assert desk.reason("a") is FreezeReason.SPEC_BROKEN
    assert (desk.replicas("a"), desk.acting) == (6, ["b"])
    assert "unknown field `replica`" in str(desk.standing("a").freeze)


def test_broken_from_the_start() -> None:
    """A spec that was never valid gives a frozen fleet without any spec."""
    desk = Desk()
    desk.take(says(named("b"), broken=(broken("a", key=key("a")),)))
    one = desk.standing("a")
    assert (desk.reason("a"), one.fleet, one.revision, one.held) == (
        FreezeReason.SPEC_BROKEN,
        None,
        "",
        False,
    )


def test_broken_from_the_start_is_mended() -> None:
    """A fleet without a valid spec so far is acted upon as soon as it has one."""
    desk = Desk()
    desk.take(says(broken=(broken("a", key=key("a")),)))
    desk.take(says(named("a")))
    assert desk.acting == ["a"]


@pytest.mark.parametrize("others", [("b",), ("0", "b")])
def test_broken_id_is_told_by_name(others: tuple[str, ...]) -> None:
    """A broken spec whose id has changed too is told by the name that was known."""
    desk = Desk()
    desk.take(says(named("a"), *(named(name) for name in others)))
    desk.take(says(*(named(name) for name in others), broken=(broken("a", key=key("typo")),)))
    assert desk.reason("a") is FreezeReason.SPEC_BROKEN
    assert desk.accepted.standing(key("typo")) is None
    assert desk.acting == list(others)


def test_broken_name_is_told_by_id() -> None:
    """A broken spec is its scale set's, though it has the name of another fleet whose spec is gone."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(says(broken=(broken("b", key=key("a")),)))
    assert desk.reason("a") is FreezeReason.SPEC_BROKEN
    assert desk.reason("b") is FreezeReason.SPEC_VANISHED


def test_broken_spec_without_a_name() -> None:
    """A broken spec without a name keeps the name that was known; else its scale set's is told."""
    desk = Desk()
    desk.take(says(named("web", scale_set="a")))
    desk.take(says(broken=(broken(key=key("a")), broken(key=key("new")))))
    assert (desk.standing("a").name, desk.standing("new").name) == ("web", "new")


def test_vanished_spec_is_retained() -> None:
    """A spec that is gone freezes its fleet, says how to let it go, and never deletes."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    for _times in range(3):
        desk.take(says(named("b")))
    assert (desk.reason("a"), desk.replicas("a")) == (FreezeReason.SPEC_VANISHED, 6)
    assert told(desk, "a").startswith(
        "its spec is no longer in /specs; its members are kept as they are"
    )
    way_out = "to let the fleet go, put it back with `state: Absent`, and take it away after that"
    assert told(desk, "a").endswith(f"Put the spec back; {way_out}")
    desk.take(says(named("a", 9), named("b")))
    assert desk.replicas("a") == 9


def test_retained_fleet_may_go() -> None:
    """A tombstone that retains may be taken away: nothing more is known or told of the fleet."""
    desk = Desk()
    desk.take(says(ended("a", deletes=False), named("b")))
    desk.take(says(named("b")))
    assert desk.accepted.standing(key("a")) is None


def test_deleting_tombstone_is_missed() -> None:
    """A tombstone that deletes and is taken away freezes its fleet, and is forgotten after a day."""
    desk = Desk()
    desk.take(says(ended("a"), named("b")))
    desk.take(says(named("b")))
    assert desk.reason("a") is FreezeReason.SPEC_VANISHED
    assert told(desk, "a") == (
        "its tombstone is no longer in /specs: nothing more is deleted. If members are left, put it back "
        "until they are gone; 24 hours after it went it is forgotten"
    )
    desk.take(says(named("b")), seconds=timedelta(hours=23).total_seconds())
    assert desk.reason("a") is FreezeReason.SPEC_VANISHED
    desk.take(says(named("b")), seconds=timedelta(hours=1).total_seconds())
    assert desk.accepted.standing(key("a")) is None


def test_unreadable_file_may_be_anybodys() -> None:
    """While a file cannot be read at all, no absence is concluded, not even that of a tombstone."""
    desk = Desk()
    desk.take(says(named("a"), named("b"), ended("c", deletes=False)))
    desk.take(says(named("b", 7), broken=(broken(),)))
    reasons = (desk.reason("a"), desk.reason("c"))
    assert reasons == (FreezeReason.SOURCE_INCOMPLETE, FreezeReason.SOURCE_INCOMPLETE)
    assert (desk.replicas("b"), desk.acting) == (7, ["b"])


def test_rename_is_recognised() -> None:
    """Another name for the same scale set is a rename: one fleet, acted upon, and told."""
    desk = Desk()
    desk.take(says(named("a")))
    desk.take(says(named("z", scale_set="a")))
    one = desk.standing("a")
    assert (one.name, one.renamed_from, one.freeze) == ("z", "a", None)
    assert len(desk.accepted.standings) == 1


def test_moved_name_waits() -> None:
    """A name that is given to another scale set waits for approval: it would build a second fleet."""
    desk = Desk()
    desk.take(says(named("a")))
    moved = named("a", scale_set="b")
    desk.take(says(moved))
    assert desk.reason("b") is FreezeReason.NAME_MOVED
    assert (desk.standing("b").fleet, desk.reason("a")) == (None, FreezeReason.SPEC_VANISHED)
    assert told(desk, "b") == (
        f"fleet a has been the scale set {key('a')} and now names {key('b')}: that would build a second "
        "fleet and leave the first alone. Put the id back, give the new fleet another name, or approve it "
        f"with `evenkeel/approve: {desk.token('b')}`"
    )
    desk.take(says(replace(moved, approval=desk.token("b"))))
    assert (desk.reason("b"), desk.reason("a")) == (None, FreezeReason.SPEC_VANISHED)
    desk.take(says(moved))
    assert desk.reason("b") is None


def test_moved_name_waits_for_mended_spec() -> None:
    """A name that is given to a scale set of which no valid spec was known waits as it does for a new one."""
    desk = Desk()
    desk.take(says(named("a"), broken=(broken("z", key=key("b")),)))
    desk.take(says(named("a", scale_set="b")))
    assert (desk.reason("b"), desk.standing("b").fleet) == (FreezeReason.NAME_MOVED, None)


def test_known_fleet_may_take_a_vanished_name() -> None:
    """A fleet that was acted upon is renamed to a name whose spec is gone: that builds no second fleet."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(says(named("a", scale_set="b")))
    assert (desk.reason("b"), desk.standing("b").renamed_from) == (None, "b")


def test_swapped_names_are_renames() -> None:
    """Names that change places between scale sets are renames and wait for nothing."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(says(named("b", scale_set="a"), named("a", scale_set="b")))
    assert (desk.standing("a").name, desk.standing("b").name) == ("b", "a")
    assert len(desk.acting) == 2


def test_freed_name_may_be_taken() -> None:
    """A name whose owner is renamed in the same change may be taken by a new fleet."""
    desk = Desk()
    desk.take(says(named("a")))
    desk.take(says(named("z", scale_set="a"), named("a", scale_set="b")))
    assert sorted(desk.acting) == ["a", "z"]


def test_two_sources_claim_one_set() -> None:
    """A scale set that two sources claim is refused to both; it stays on what was accepted before."""
    desk = Desk()
    desk.take(says(named("a")), says(named("b"), root=OTHER))
    desk.take(
        says(named("a", 9), revision="content:2"),
        says(named("b"), named("a", 3), root=OTHER, revision="content:3"),
    )
    assert desk.reason("a") is FreezeReason.CLAIMED_TWICE
    assert (desk.replicas("a"), desk.acting) == (6, ["b"])
    assert (desk.standing("a").root, desk.standing("a").revision) == ("/specs", "content:1")
    assert told(desk, "a") == (
        "/specs and /other claim its scale set: nobody can know which is right. Keep its spec in one of them"
    )


def test_claimed_set_stays_with_its_source() -> None:
    """A scale set that two sources claim stays with the one that had it, whichever is named first."""
    desk = Desk()
    desk.take(says(named("b")), says(named("a"), root=OTHER))
    desk.take(says(named("b"), named("a", 3)), says(named("a"), root=OTHER))
    assert (desk.reason("a"), desk.standing("a").root) == (FreezeReason.CLAIMED_TWICE, OTHER)


def test_new_set_claimed_twice() -> None:
    """A scale set that two sources claim from the start is told for the first of them, without a spec."""
    desk = Desk()
    desk.take(says(named("a")), says(named("a"), root=OTHER))
    one = desk.standing("a")
    assert (desk.reason("a"), one.root, one.fleet) == (FreezeReason.CLAIMED_TWICE, "/specs", None)


def test_unread_source_may_claim() -> None:
    """What another source claims now is refused while the source that had it cannot be read."""
    desk = Desk()
    desk.take(says(named("a")), says(named("b"), root=OTHER))
    desk.take(fails(), says(named("b"), named("a", 3), root=OTHER))
    assert (desk.reason("a"), desk.replicas("a")) == (FreezeReason.CLAIMED_TWICE, 6)


def test_spec_moves_between_sources() -> None:
    """A spec that is in another source now, and no longer in the first, goes on."""
    desk = Desk()
    desk.take(says(named("a"), named("c")), says(named("b"), root=OTHER))
    desk.take(says(named("c")), says(named("b"), named("a"), root=OTHER))
    assert (desk.reason("a"), desk.standing("a").root) == (None, OTHER)


def test_two_sources_give_one_name() -> None:
    """A name that two sources give to different scale sets is refused to both."""
    desk = Desk()
    desk.take(says(named("a")), says(named("a", scale_set="b"), root=OTHER))
    reasons = (desk.reason("a"), desk.reason("b"))
    assert reasons == (FreezeReason.CLAIMED_TWICE, FreezeReason.CLAIMED_TWICE)
    words = "two fleets are called a (/other, /specs): give each a name of its own"
    assert (told(desk, "a"), told(desk, "b")) == (words, words)


def test_name_of_another_source_is_refused() -> None:
    """A fleet that takes the name of another source's stays on what was accepted, as does the other."""
    desk = Desk()
    desk.take(says(named("a")), says(named("b"), root=OTHER))
    desk.take(says(named("a", 7)), says(named("a", 8, scale_set="b"), named("c"), root=OTHER))
    assert (desk.replicas("a"), desk.replicas("b"), desk.acting) == (6, 6, ["c"])


def test_step_back_waits() -> None:
    """A revision that does not follow upon the accepted one freezes everything until it is approved."""
    desk = Desk()
    desk.take(says(named("a"), revision="git:2"))
    back = says(named("a", 3), named("b"), revision="git:1", descends=False)
    desk.take(back)
    assert desk.reason("a") is FreezeReason.REVISION_NOT_DESCENDANT
    assert (desk.replicas("a"), desk.standing("b").fleet) == (6, None)
    new = desk.standing("b")
    assert (desk.reason("b"), new.revision) == (FreezeReason.REVISION_NOT_DESCENDANT, "")
    source = desk.accepted.sources[0]
    assert (source.revision, source.waiting) == ("git:2", "git:1")
    desk.take(back, approvals=[desk.token("a")])
    assert (desk.acting, desk.replicas("a")) == (["a", "b"], 3)
    desk.take(says(named("a", 3), named("b"), revision="git:1", descends=True))
    assert desk.acting == ["a", "b"]


def test_step_back_is_told() -> None:
    """A person reads both commits, short enough to compare, and the command that goes on from the first."""
    older, newer = "git:" + "0123456789abcdef" * 2, "git:" + "fedcba9876543210" * 2
    desk = Desk()
    desk.take(says(named("a"), revision=newer))
    desk.take(says(named("a", 3), revision=older, descends=False))
    head, _, rest = told(desk, "a").partition(", accepted last: ")
    assert head == "/specs is at git:0123456789ab, which does not follow upon git:fedcba987654"
    assert "`git merge -s ours fedcba987654`" in rest
    assert f"`{desk.token('a')}` approves this one step" in rest
    assert len(desk.token("a")) == 12


def test_other_revision_is_told_whole() -> None:
    """A revision that is no commit is told as it is."""
    desk = Desk()
    desk.take(says(named("a"), revision="link:releases/2026-11-21:b"))
    desk.take(says(named("a", 3), revision="link:releases/2026-11-21:a", descends=False))
    words = "/specs is at link:releases/2026-11-21:a, which does not follow"
    assert told(desk, "a").startswith(words)


def test_key_is_lower_case() -> None:
    """A fleet is known by its scale set's id in lower case, however the spec writes it."""
    fleet = named("a", scale_set="Web")
    assert key_of(fleet) == fleet.ref.id.lower() == key_of(named("b", scale_set="WEB"))


def test_step_back_may_be_taken_back() -> None:
    """When the accepted revision is there again, or one that follows upon it, the freeze ends."""
    desk = Desk()
    desk.take(says(named("a"), revision="git:2"))
    desk.take(says(named("a", 3), revision="git:1", descends=False))
    desk.take(says(named("a"), revision="git:2", descends=False))
    assert desk.acting == ["a"]
    desk.take(says(named("a", 3), revision="git:1", descends=False))
    desk.take(says(named("a", 7), revision="git:3", descends=True))
    assert (desk.acting, desk.replicas("a")) == (["a"], 7)


def test_approval_of_a_step_is_used_once() -> None:
    """The token of one step back approves no other step, and not the same revision from elsewhere."""
    desk = Desk()
    desk.take(says(named("a"), revision="git:2"))
    desk.take(says(named("a"), revision="git:1", descends=False))
    token = desk.token("a")
    desk.take(says(named("a"), revision="git:0", descends=False), approvals=[token])
    assert desk.reason("a") is FreezeReason.REVISION_NOT_DESCENDANT
    desk.take(says(named("a"), revision="git:3", descends=True), approvals=[token])
    desk.take(says(named("a"), revision="git:1", descends=False), approvals=[token])
    assert desk.reason("a") is FreezeReason.REVISION_NOT_DESCENDANT


def test_unknown_order_goes_on() -> None:
    """Where there is no order, as with content and short histories, a new revision is accepted."""
    desk = Desk()
    desk.take(says(named("a"), revision="content:2"))
    desk.take(says(named("a", 7), revision="content:1"))
    assert desk.replicas("a") == 7


def test_large_removal_waits_for_each() -> None:
    """A change that removes much holds each fleet that shrinks until its own token; others go on."""
    desk = Desk()
    desk.take(says(named("a", 20), named("b", 20), named("c", 20)))
    shrunk = (named("a", 10), named("b", 5), named("c", 21))
    desk.take(says(*shrunk))
    assert (desk.reason("a"), desk.reason("b")) == (FreezeReason.LARGE_REMOVAL,) * 2
    assert (desk.replicas("a"), desk.replicas("b"), desk.replicas("c")) == (20, 20, 21)
    assert told(desk, "b") == (
        "one change would remove more than 30 % and more than 10 of the members of all fleets, and of this "
        f"one 15 of 20. Approve that with `evenkeel/approve: {desk.token('b')}`, or put the number back"
    )
    approved = replace(shrunk[1], approval=approval_token(shrunk[1]))
    desk.take(says(shrunk[0], approved, shrunk[2]))
    assert (desk.replicas("b"), desk.acting) == (5, ["b", "c"])


def test_rest_of_large_removal_stays_held() -> None:
    """What was held stays held when the approval of others has made the rest small."""
    desk = Desk()
    desk.take(says(named("a", 20), named("b", 80)))
    desk.take(says(named("a", 10), named("b", 10)))
    desk.take(says(named("a", 10), named("b", 10)), approvals=[desk.token("b")])
    assert (desk.replicas("b"), desk.reason("a")) == (10, FreezeReason.LARGE_REMOVAL)
    desk.take(fails())
    desk.take(says(named("b", 10), broken=(broken("a", key=key("a")),)))
    desk.take(says(named("a", 10), named("b", 10)))
    assert desk.reason("a") is FreezeReason.LARGE_REMOVAL
    desk.take(says(named("a", 20), named("b", 10)))
    desk.take(says(named("a", 15), named("b", 10)))
    assert (desk.reason("a"), desk.replicas("a")) == (None, 15)


def test_token_from_outside_reaches_the_plan() -> None:
    """A token from the state directory is put into the accepted spec, where the planner looks for it."""
    desk = Desk()
    desk.take(says(named("a", 50)))
    desk.take(says(named("a", 1)))
    token = desk.token("a")
    desk.take(says(named("a", 1)), approvals=[token])
    fleet = desk.standing("a").fleet
    assert fleet is not None
    assert (fleet.replicas, fleet.approval) == (1, token)


@pytest.mark.parametrize(
    ("before", "after", "held"),
    [
        (36, 26, False),
        (36, 25, True),
        (100, 70, False),
        (100, 69, True),
        (10, 0, False),
        (11, 0, True),
    ],
)
def test_large_is_more_than_both_limits(before: int, after: int, held: bool) -> None:
    """Large is more than 30 % of all members and more than 10 of them."""
    desk = Desk()
    desk.take(says(named("a", before)))
    desk.take(says(named("a", after)))
    assert (desk.reason("a") is FreezeReason.LARGE_REMOVAL) is held


def test_tombstones_count_as_all() -> None:
    """Tombstones that delete count as all members of their fleets; one that retains removes none."""
    desk = Desk()
    desk.take(says(named("a", 12), named("b", 12)))
    desk.take(says(ended("a", 12), ended("b", 12, deletes=False)))
    assert (desk.reason("a"), desk.reason("b")) == (FreezeReason.LARGE_REMOVAL, None)


def test_forgotten_source_takes_its_fleets() -> None:
    """A source that is not named any more is forgotten with its fleets."""
    desk = Desk()
    desk.take(says(named("a")), says(named("b"), root=OTHER))
    desk.take(says(named("b"), root=OTHER))
    assert [one.name for one in desk.accepted.standings] == ["b"]


def test_since_tells_the_beginning() -> None:
    """A standing says since when its spec or the reason of its freeze has been what it is."""
    desk = Desk()
    desk.take(says(named("a"), revision="git:1"))
    first = desk.now
    desk.take(says(named("a"), revision="git:2"))
    assert (desk.standing("a").since, desk.standing("a").revision) == (first, "git:2")
    desk.take(fails())
    frozen = desk.now
    desk.take(fails())
    assert desk.standing("a").since == frozen
    assert desk.accepted.sources[0].since == frozen
    desk.take(says(named("a", 7), revision="git:2"))
    changed = desk.now
    desk.take(says(named("a", 7), revision="git:2"))
    assert desk.standing("a").since == changed
    desk.take(says(named("a", 8), revision="git:3"))
    assert desk.standing("a").since == desk.now


def test_break_is_told_from_its_beginning() -> None:
    """While a fleet stays frozen, the moment from which its spec has not been in force stays what it was."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(fails())
    first = desk.now
    desk.take(fails())
    assert desk.standing("a").in_force_since == first
    desk.take(says(named("b"), broken=(broken("a", key=key("a")),)))
    assert desk.standing("a").in_force_since == first
    desk.take(says(named("a"), named("b")))
    assert desk.standing("a").in_force_since == desk.now


def test_since_follows_the_reason() -> None:
    """When a fleet is frozen for another reason than before, that is a new beginning."""
    desk = Desk()
    desk.take(says(named("a"), named("b")))
    desk.take(fails())
    desk.take(says(named("b"), broken=(broken("a", key=key("a")),)))
    assert desk.standing("a").since == desk.now
