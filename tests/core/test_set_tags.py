"""The set's own tags: numbers are reserved before they are used, and closed when all is settled."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import tags
from controller.core.observed import Memory, Observed, Scarce, Serials
from controller.core.plan import plan
from controller.core.set_tags import after_pass, after_reservation, first_tags, with_tombstone
from controller.core.steps import MarkSet, Plan, Reason
from controller.spec.values import Fleet
from providers.base import Priority
from tests.builders import D2S, NOW, REF, a_fleet, a_group, a_member, members_in, observed

LONG_AGO, JUST_NOW = NOW - timedelta(minutes=11), NOW - timedelta(minutes=1)
SCARCE = Memory((Scarce("1", D2S, Priority.SPOT, NOW + timedelta(hours=1), "ZoneFull"),))


def a_look(numbers: tuple[int, ...], floor: int, following: int) -> Observed:
    """Members of these numbers under a tag ``floor/following``."""
    found = observed([a_member(n) for n in numbers], group=a_group(following, floor))
    return replace(found, serials=Serials(floor, following), reserved_at=LONG_AGO)


def planned(fleet: Fleet, seen: Observed) -> Plan:
    return plan(fleet, seen, Memory(), NOW)


def settled(
    replicas: int, seen: Observed, burnt: frozenset[str] = frozenset()
) -> dict[str, str] | None:
    fleet = a_fleet(replicas)
    return after_pass(fleet, seen, planned(fleet, seen), Memory(), burnt=burnt, now=NOW)


def test_new_set_is_marked() -> None:
    """A new set says whose it is, and that no number is open."""
    assert first_tags(a_fleet(tags={"team": "pay"})) == {
        "team": "pay",
        tags.OWNER: tags.owner_mark(REF),
        tags.FLEET: "web",
        tags.SERIALS: "1/1",
    }


@pytest.mark.parametrize(
    ("numbers", "floor", "following", "replicas", "serials"),
    [
        ((1, 2), 3, 3, 4, "3/5"),
        ((1, 2), 1, 3, 4, "3/5"),
        ((1, 3), 1, 4, 5, "1/6"),
        ((), 1, 1, 0, "1/1"),
    ],
)
def test_reservation_is_written(
    numbers: tuple[int, ...], floor: int, following: int, replicas: int, serials: str
) -> None:
    """Before creations the tag holds the new numbers; the floor follows when all old ones are seen."""
    fleet, seen = a_fleet(replicas), a_look(numbers, floor, following)
    written = after_reservation(fleet, seen, planned(fleet, seen), Memory(), NOW)
    assert written[tags.SERIALS] == serials
    assert written[tags.RESERVED_AT] == "2026-11-21T12:00:00+00:00"
    assert tags.SCARCITY not in written


@pytest.mark.parametrize(("floor", "name"), [(1, "web"), (3, "shop")])
def test_rename_waits_for_settling(floor: int, name: str) -> None:
    """The set keeps the fleet's former name as long as numbers reserved under it are open."""
    fleet, seen = a_fleet(4, name="shop"), a_look((1,), floor, 3)
    written = after_reservation(fleet, seen, planned(fleet, seen), SCARCE, NOW)
    assert written[tags.FLEET] == name
    assert written[tags.SCARCITY].startswith("1/D2s_v5/S/Z/")


def test_tags_of_others_stay() -> None:
    """Tags that somebody else put on the set are written back as they were."""
    seen = a_look((1,), 2, 2)
    assert seen.group is not None
    group = replace(seen.group, tags={**seen.group.tags, "cost": "7", "team": "old"})
    fleet, seen = a_fleet(2, tags={"team": "new"}), replace(seen, group=group)
    written = after_reservation(fleet, seen, planned(fleet, seen), Memory(), NOW)
    assert (written["cost"], written["team"]) == ("7", "new")


@pytest.mark.parametrize(
    ("numbers", "replicas", "burnt", "serials"),
    [
        ((1, 2, 3), 3, frozenset(), "4/4"),
        ((1, 2), 2, frozenset(), "4/4"),
        ((1, 2), 3, frozenset({"web-000003"}), "4/4"),
        ((1, 2), 3, frozenset(), None),
        ((1,), 3, frozenset({"web-000003"}), None),
    ],
    ids=["all seen", "not wanted and old", "refused", "just sent", "one of two refused"],
)
def test_window_closes(
    numbers: tuple[int, ...], replicas: int, burnt: frozenset[str], serials: str | None
) -> None:
    """The window closes when each open number was seen, refused for certain, or is old and not wanted."""
    written = settled(replicas, a_look(numbers, 1, 4), burnt)
    assert (written[tags.SERIALS] if written else None) == serials


def test_late_request_keeps_window_open() -> None:
    """A number that is not wanted any more stays open while its request may still arrive."""
    seen = replace(a_look((1, 2), 1, 4), reserved_at=JUST_NOW)
    assert settled(2, seen) is None


def test_unlisted_member_keeps_window_open() -> None:
    """A member that the list does not have yet keeps its number open, however old it is."""
    seen = a_look((1, 2, 3), 1, 4)
    late = (*seen.members[:2], replace(seen.members[2], listed=False))
    assert settled(3, replace(seen, members=late)) is None


def test_window_is_read_from_group() -> None:
    """What this pass has written counts, not what it saw before: nothing reserved in it is closed."""
    fleet, seen = a_fleet(4), a_look((1, 2), 3, 3)
    made = planned(fleet, seen)
    written = after_reservation(fleet, seen, made, Memory(), NOW)
    assert seen.group is not None
    later = replace(seen, group=replace(seen.group, tags=written))
    assert after_pass(fleet, later, made, Memory(), burnt=frozenset(), now=NOW) is None


@pytest.mark.parametrize("replicas", [3, 5])
def test_nothing_settled_writes_nothing(replicas: int) -> None:
    """A pass that settled nothing asks for no write, so that two controllers do not fight."""
    assert settled(replicas, a_look((1, 2, 3), 4, 4)) is None


def test_scarcity_is_written_and_erased() -> None:
    """What was learned is kept in the tag, and taken out when it is over."""
    fleet, seen = a_fleet(1), a_look((1,), 2, 2)
    made = planned(fleet, seen)
    written = after_pass(fleet, seen, made, SCARCE, burnt=frozenset(), now=NOW)
    assert written is not None
    assert tags.SCARCITY in written
    assert seen.group is not None
    later = replace(seen, group=replace(seen.group, tags=written))
    erased = after_pass(fleet, later, made, Memory(), burnt=frozenset(), now=NOW)
    assert erased is not None
    assert tags.SCARCITY not in erased


@pytest.mark.parametrize(
    "seen",
    [
        replace(observed(), group=None),
        replace(observed(), exists=False),
        replace(observed(), group=replace(a_group(), tags={})),
        replace(observed(), group=replace(a_group(), tags={tags.SERIALS: "7/3"})),
    ],
    ids=["unseen", "missing", "untagged", "unreadable"],
)
def test_unknown_set_is_not_written(seen: Observed) -> None:
    """A set that was not seen, or whose tag cannot be read, is not written after a pass."""
    assert settled(0, seen) is None


def test_rename_is_written_when_settled() -> None:
    """When the last number of a former name is settled, the set gets the fleet's new name."""
    fleet = a_fleet(2, name="shop")
    seen = a_look((1, 2), 1, 3)
    written = after_pass(fleet, seen, planned(fleet, seen), Memory(), burnt=frozenset(), now=NOW)
    assert written is not None
    assert (written[tags.SERIALS], written[tags.FLEET]) == ("3/3", "shop")


def test_crowd_reserves_once() -> None:
    """A thousand new members need one reservation."""
    fleet, seen = a_fleet(1000), observed(members_in({}))
    written = after_reservation(fleet, seen, planned(fleet, seen), Memory(), NOW)
    assert written[tags.SERIALS] == "1/1001"


@pytest.mark.parametrize("found", [{}, {tags.TOMBSTONE: "earlier"}])
def test_tombstone_is_written_and_taken_away(found: dict[str, str]) -> None:
    """The mark of a fleet's end is set anew or taken away, and no other tag of the set changes."""
    fleet, others = a_fleet(3), {tags.FLEET: "web", "team": "payments"}
    mark = MarkSet(Reason.TOMBSTONE, "", marked=True)
    assert with_tombstone(fleet, {**others, **found}, mark, NOW) == {
        **others,
        tags.TOMBSTONE: tags.tombstone_mark(fleet, NOW),
    }
    away = MarkSet(Reason.TOMBSTONE_CANCELLED, "", marked=False)
    assert with_tombstone(fleet, {**others, **found}, away, NOW) == others
