"""What a look shows: whose members are, what names found by themselves add, and what a lagging list hides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import tags
from controller.core.observed import Serials, interpret, parse_serials, refresh, settle
from controller.spec.values import Hold
from providers.base import GroupSnapshot, Instance, Lock, LockLevel
from tests.builders import NOW, REF, a_catalog, a_group, an_instance

OURS = {tags.OWNER: tags.owner_mark(REF), tags.TEMPLATE: "v1:x", tags.POOL: "linux"}
LOCK = Lock(LockLevel.READ_ONLY, REF.id)


def ours(serial: int) -> Instance:
    return an_instance(serial, tags=OURS)


def a_snapshot(*instances: Instance, complete: bool = True) -> GroupSnapshot:
    return GroupSnapshot(NOW, a_group(9, 7), instances, (LOCK,), complete)


def test_look_is_read() -> None:
    """A snapshot becomes members by name, ours and others, with the numbers of the set's tag."""
    found = interpret(REF, a_snapshot(ours(2), an_instance(1)), a_catalog())
    assert [(one.name, one.owned, one.pool, one.fingerprint) for one in found.members] == [
        ("web-000001", False, None, None),
        ("web-000002", True, "linux", "v1:x"),
    ]
    assert (found.exists, found.serials, found.locks) == (True, Serials(7, 9), (LOCK,))
    assert [one.name for one in found.owned] == ["web-000002"]


def test_missing_set_is_read() -> None:
    """Without a set there is no number and no member, and locks stay known."""
    found = interpret(REF, replace(a_snapshot(), group=None))
    assert (found.exists, found.serials, found.members, found.locks) == (False, None, (), (LOCK,))


def test_unknown_locks_stay_unknown() -> None:
    """Locks that could not be read are not taken for none, by either look."""
    unknown = replace(a_snapshot(ours(1)), locks=None)
    assert interpret(REF, unknown).locks is None
    assert settle(REF, interpret(REF, a_snapshot(ours(1))), unknown).locks is None


def test_names_add_late_members() -> None:
    """A member found by name is added as unlisted; one that the list has is not there a second time."""
    listed = interpret(REF, a_snapshot(ours(1)))
    again = replace(ours(1), name="WEB-000001")
    found = settle(REF, listed, a_snapshot(ours(2), again, complete=False))
    assert {one.name.lower(): one.listed for one in found.members} == {
        "web-000001": True,
        "web-000002": False,
    }
    assert len(found.members) == 2


def test_names_replace_the_list() -> None:
    """After asking for every member, who was not found is gone, and others stay as they were listed."""
    listed = interpret(REF, a_snapshot(ours(1), ours(2), an_instance(5)))
    late = settle(REF, listed, a_snapshot(ours(3), complete=False))
    fresh = refresh(REF, late, replace(a_snapshot(ours(2), ours(3), complete=False), locks=()))
    assert [(one.name, one.owned, one.listed) for one in fresh.members] == [
        ("web-000002", True, True),
        ("web-000003", True, False),
        ("web-000005", False, True),
    ]
    assert fresh.locks == ()


def test_tags_are_read_where_they_stand() -> None:
    """A hold comes from its member's tags, times of reservations from the set's, and the set and catalog stay."""
    minute = timedelta(minutes=1)
    group = a_group(9, 7)
    times = {tags.RESERVED_AT: NOW.isoformat(), tags.RETRIED_AT: (NOW + minute).isoformat()}
    marked = replace(group, tags={**group.tags, **times})
    held = an_instance(1, tags={**OURS, tags.HOLD: "owner=ana;reason=a dump is written"})
    catalog = a_catalog()
    found = interpret(REF, replace(a_snapshot(held, ours(2)), group=marked), catalog)
    assert [one.hold for one in found.members] == [
        Hold("ana", "a dump is written", None),
        None,
    ]
    assert (found.reserved_at, found.retried_at) == (NOW, NOW + minute)
    assert (found.group, found.catalog) == (marked, catalog)


def test_later_look_tells_the_locks() -> None:
    """Locks that a look by name found are in the place of those that the list came with."""
    listed = interpret(REF, replace(a_snapshot(ours(1)), locks=()))
    assert settle(REF, listed, a_snapshot(ours(1), complete=False)).locks == (LOCK,)


@pytest.mark.parametrize("text", [None, "", "7", "7/", "/9", "7/9/9", "9/7", "a/9", "7/b"])
def test_unreadable_numbers_are_none(text: str | None) -> None:
    """A tag that does not hold two numbers in order counts as missing."""
    assert parse_serials(text) is None
