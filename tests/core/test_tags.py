"""The tags of members: what is written on a new one, and how values that people wrote are read."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from controller.core import tags
from controller.core.observed import Memory, member_of
from controller.core.plan import plan
from controller.core.tags import member_tags, parse_cost, parse_time
from controller.spec.values import Placement
from providers.base import GroupRef
from tests.builders import (
    NOW,
    REF,
    TEMPLATE,
    a_fleet,
    a_member,
    a_pool,
    an_instance,
    observed,
)


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        (" -5 ", -5),
        ("--5", 0),
        ("-", 0),
        ("5-", 0),
        ("1e3", 0),
        ("²", 0),
        ("9" * 200, 2**31 - 1),
        ("-" + "9" * 200, 1 - 2**31),
    ],
)
def test_cost_reads(text: str | None, cost: int) -> None:
    """A deletion cost that is no whole number counts as none, and a huge one is cut off."""
    assert parse_cost(text) == cost
    marks = {} if text is None else {tags.DELETION_COST: text}
    assert member_of(REF, an_instance(tags=marks)).deletion_cost == cost


def test_cost_never_beats_spread() -> None:
    """Even the highest cost keeps nobody in the fullest zone, and the lowest takes nobody elsewhere."""
    rows = [("1", "9" * 99), ("1", "9" * 99), ("2", "-" + "9" * 99)]
    members = [
        member_of(REF, an_instance(n, zone, tags={tags.DELETION_COST: cost}), owned=True)
        for n, (zone, cost) in enumerate(rows, start=1)
    ]
    fleet = a_fleet(2, placement=Placement(zones=("1", "2")))
    assert plan(fleet, observed(members), Memory(), NOW).victims == ("web-000001",)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (None, None),
        ("", None),
        ("tomorrow", None),
        ("2026-11-21", None),
        ("2026-11-21T12:00:00", None),
        ("2026-11-21T12:00:00Z", datetime(2026, 11, 21, 12, tzinfo=UTC)),
        ("2026-11-21T13:00:00+01:00", datetime(2026, 11, 21, 12, tzinfo=UTC)),
    ],
)
def test_times_need_a_zone(text: str | None, moment: datetime | None) -> None:
    """A time without a zone could mean any hour of a day, so it counts as unreadable."""
    assert parse_time(text) == moment


@pytest.mark.parametrize(
    ("placement", "pool", "place", "pool_tag"),
    [
        (Placement(zones=("2",)), "", "2", None),
        (Placement(zones=("2",)), "linux", "2", "linux"),
        (Placement(fault_domains=2, excluded=frozenset({"0"})), "", "1", None),
        (Placement(fault_domains=1), "", None, None),
    ],
)
def test_new_member_is_marked(
    placement: Placement, pool: str, place: str | None, pool_tag: str | None
) -> None:
    """A new member carries its owner, number, template and place, and the spec's own tags below them."""
    pools = (a_pool(1, name=pool),)
    fleet = a_fleet(pools=pools, placement=placement, tags={"team": "pay", tags.OWNER: "x"})
    (step,) = plan(fleet, observed(), Memory(), NOW).creates
    wanted = {
        "team": "pay",
        tags.OWNER: tags.owner_mark(REF),
        tags.FLEET: "web",
        tags.SERIAL: "1",
        tags.TEMPLATE: TEMPLATE.fingerprint,
        tags.PLACE: place,
        tags.POOL: pool_tag,
    }
    found = member_tags(fleet, fleet.pools[0], step)
    assert found == {name: value for name, value in wanted.items() if value is not None}


def test_revision_is_marked() -> None:
    """The revision of the spec is written on the member where there is one."""
    fleet = a_fleet(1, revision="3f2a")
    (step,) = plan(fleet, observed(), Memory(), NOW).creates
    assert member_tags(fleet, fleet.pools[0], step)[tags.REVISION] == "3f2a"


def test_tags_come_back() -> None:
    """What a new member is marked with is what is read from it later."""
    fleet = a_fleet(pools=(a_pool(1, name="linux"),))
    (step,) = plan(fleet, observed(), Memory(), NOW).creates
    marks = member_tags(fleet, fleet.pools[0], step)
    found = member_of(REF, an_instance(tags=marks))
    assert (found.owned, found.pool, found.fingerprint) == (True, "linux", TEMPLATE.fingerprint)


@pytest.mark.parametrize(
    ("pool", "fingerprint", "size", "mine"),
    [
        ("windows", None, "Standard_D2s_v5", "windows"),
        (None, "v1:windows", "Standard_D2s_v5", "windows"),
        ("gone", "v1:windows", "Standard_D2s_v5", "windows"),
        (None, None, "STANDARD_E2S_V5", "windows"),
        (None, None, "Standard_F2s_v2", "linux"),
        ("gone", None, "Standard_F2s_v2", "linux"),
    ],
)
def test_member_finds_its_pool(
    pool: str | None, fingerprint: str | None, size: str, mine: str
) -> None:
    """A member belongs to the pool of its tag, then of its template, then of its size, then the first."""
    windows = a_pool(
        0,
        name="windows",
        template=replace(TEMPLATE, fingerprint="v1:windows"),
        sizes=(replace(a_pool().sizes[0], name="Standard_E2s_v5"),),
    )
    fleet = a_fleet(pools=(a_pool(0, name="linux"), windows))
    one = replace(a_member(size=size), pool=pool, fingerprint=fingerprint)
    kept = replace(
        fleet, pools=tuple(replace(p, replicas=int(p.name == mine)) for p in fleet.pools)
    )
    assert plan(kept, observed([one]), Memory(), NOW).steps == ()


@pytest.mark.parametrize("ref", [REF, replace(REF, resource_group="WEB-RG", name="Web")])
def test_owner_mark_outlives_versions(ref: GroupRef) -> None:
    """The mark on a VM is the same in every version and however its names are written: a fleet stays ours."""
    assert tags.owner_mark(ref) == "ek-7b97d6eeac96cc62"
