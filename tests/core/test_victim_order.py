"""Which members go on scale-in, in which order, and the sentence that each of them gets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.steps import Plan
from controller.spec.values import Placement, ScaleIn, SizeChoice, Spot, VictimAge, VictimOrder
from providers.base import Health, PowerState, Priority, ProvisioningState
from tests.builders import (
    D2AS,
    D2S,
    NOW,
    a_fleet,
    a_lock,
    a_member,
    a_mixed_member,
    a_pool,
    members_in,
    observed,
)

ONE_ZONE = Placement(zones=("1",))
DAY = timedelta(days=1)


def shrunk(members: list[Member], replicas: int, locked: str = "", **over: Any) -> Plan:
    """A plan for these members; ``over`` are fields of the fleet."""
    locks = [a_lock(locked)] if locked else []
    fleet = a_fleet(**{"replicas": replicas, "placement": ONE_ZONE, **over})
    return plan(fleet, observed(members, locks=locks), Memory(), NOW)


def whys(made: Plan) -> dict[str, str]:
    """The sentence of each victim."""
    return {victim.instance: victim.why for step in made.deletes for victim in step.victims}


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ({"fingerprint": "v1:old"}, {}, "made from an earlier template"),
        ({"deletion_cost": -1}, {}, "the lowest deletion cost there (-1)"),
        ({}, {"deletion_cost": 1}, "the lowest deletion cost there (0)"),
        ({}, {}, "the first there by name"),
    ],
)
def test_words_name_what_decided(first: dict[str, Any], second: dict[str, Any], why: str) -> None:
    """The reason is the first criterion in which a victim differs from the one that comes second."""
    pair = [replace(a_member(1), **first), replace(a_member(2), **second)]
    assert whys(shrunk(pair, 1)) == {"web-000001": why}


@pytest.mark.parametrize(
    ("age", "victim", "why"),
    [
        (VictimAge.OLDEST, "web-000002", "the oldest there"),
        (VictimAge.NEWEST, "web-000003", "the newest there"),
    ],
)
def test_age_decides(age: VictimAge, victim: str, why: str) -> None:
    """Oldest or newest goes as the spec says; a member of unknown age comes after both."""
    row = [
        a_member(1, created_at=None),
        a_member(2, created_at=NOW - 2 * DAY),
        a_member(3, created_at=NOW - DAY),
    ]
    assert whys(shrunk(row, 2, scale_in=ScaleIn(age=age))) == {victim: why}


@pytest.mark.parametrize("size", [D2AS, D2AS.upper(), "Standard_F2s_v2"])
def test_worse_size_goes(size: str) -> None:
    """A size that is wanted less, or not at all, goes before the preferred one, in any case of letters."""
    pool = a_pool(1, sizes=(SizeChoice(D2S, 0), SizeChoice(D2AS, 1)))
    pair = [a_member(1, size=D2S.lower()), a_member(2, size=size)]
    made = shrunk(pair, 1, pools=(pool,))
    assert whys(made) == {"web-000002": f"{size} is the least wanted size there"}


def test_young_goes_unborn_first() -> None:
    """Of two members in one place the one that is still being created goes."""
    pair = [a_member(1), a_member(2, provisioning_state=ProvisioningState.CREATING)]
    assert whys(shrunk(pair, 1)) == {"web-000002": "still being created"}


@pytest.mark.parametrize("written", ["web-000003", "WEB-000003"])
def test_marked_goes_first(written: str) -> None:
    """A member named in scaleIn.remove goes first, however its name is written, against the spread."""
    members = list(members_in({"1": 3, "2": 1, "3": 1}))
    scale_in = ScaleIn(remove=(written.replace("3", "5"),))
    made = shrunk(members, 4, scale_in=scale_in, placement=Placement(zones=("1", "2", "3")))
    assert whys(made) == {"web-000005": "named in scaleIn.remove"}


def test_marked_and_locked_is_told() -> None:
    """A marked member with a lock is named as blocked, and another one goes in its place."""
    made = shrunk(
        [a_member(1), a_member(2)], 1, "web-000002", scale_in=ScaleIn(remove=("WEB-000002",))
    )
    assert made.victims == ("web-000001",)
    assert [one.instance for one in made.blocked] == ["web-000002"]


def test_asked_and_kept_takes_the_place() -> None:
    """A member that was asked to go and may not be asked again takes the place of another victim."""
    members, locks = members_in({"1": 1, "2": 1, "3": 1}), [a_lock("web-000003")]
    seen = observed(members, locks=locks)
    made = plan(a_fleet(2), seen, Memory(), NOW)
    assert (len(made.victims), made.blocked) == (1, ())
    asked = Memory(asked=(("web-000003", None),))
    assert plan(a_fleet(2), seen, asked, NOW).victims == ()
    assert len(plan(a_fleet(1), seen, asked, NOW).victims) == 1


def test_marked_stays_without_scale_in() -> None:
    """A mark alone deletes nobody: it only says who goes when somebody has to."""
    made = shrunk([a_member(1)], 1, "web-000001", scale_in=ScaleIn(remove=("web-000001",)))
    assert (made.steps, made.blocked) == ((), ())


@pytest.mark.parametrize(
    ("trouble", "phase"),
    [
        ({"health": Health.UNHEALTHY}, "Unhealthy"),
        ({"power_state": PowerState.STOPPED}, "Stopped"),
        (
            {"provisioning_state": ProvisioningState.FAILED, "power_state": PowerState.STOPPED},
            "Failed",
        ),
    ],
)
def test_idle_goes_first(trouble: dict[str, Any], phase: str) -> None:
    """Under HealthFirst a member that does not serve goes, though its zone is not the fullest."""
    members = [*members_in({"1": 3, "2": 2}), a_member(9, "3", **trouble)]
    made = shrunk(members, 5, placement=Placement(zones=("1", "2", "3")))
    assert whys(made) == {"web-000009": f"does not serve ({phase})"}


def test_spread_first_keeps_idle() -> None:
    """Under SpreadFirst the fullest zone gives a member, whoever does not serve elsewhere."""
    members = [*members_in({"1": 3, "2": 2}), a_member(9, "3", health=Health.UNHEALTHY)]
    scale_in = ScaleIn(VictimOrder.SPREAD_FIRST)
    made = shrunk(members, 5, scale_in=scale_in, placement=Placement(zones=("1", "2", "3")))
    assert made.victims == ("web-000001",)


def test_outside_goes_before_spread() -> None:
    """A member in an excluded zone goes before any in the zones that count."""
    placement = Placement(zones=("1", "2", "3"), excluded=frozenset({"3"}))
    made = shrunk(list(members_in({"1": 3, "2": 3, "3": 1})), 6, placement=placement)
    assert whys(made) == {"web-000007": "zone 3 is not among the domains that count"}


@pytest.mark.parametrize(
    ("fingerprint", "victim", "why"),
    [
        ("v1:windows", "web-000001", "its pool windows is not in the spec"),
        (None, "web-000001", "its pool windows is not in the spec"),
    ],
)
def test_removed_pool_goes_first(fingerprint: str | None, victim: str, why: str) -> None:
    """Members of a pool that was taken out of the spec go, not those of the pool that stays."""
    pool = a_pool(4, name="linux")
    strays = [replace(a_member(1, "1"), pool="windows", fingerprint=fingerprint)]
    mine = [replace(member, pool="linux") for member in members_in({"2": 2, "3": 2}, first=2)]
    placement = Placement(zones=("1", "2", "3"))
    assert whys(shrunk([*strays, *mine], 0, pools=(pool,), placement=placement)) == {victim: why}


def test_renamed_pool_is_no_stray() -> None:
    """Members made from the pool's present template belong to it under any former name of the pool."""
    row = [replace(member, pool="old") for member in members_in({"1": 3, "2": 1})]
    made = shrunk(row, 3, placement=Placement(zones=("1", "2")))
    assert whys(made) == {
        "web-000001": "zone 1 holds the most members (3, against 1); the first there by name"
    }


@pytest.mark.parametrize(
    ("zones", "locked", "weights", "why"),
    [
        (
            {"1": 3, "2": 2, "3": 2},
            "",
            {},
            "zone 1 holds the most members (3, against 2 and 2); the first there by name",
        ),
        (
            {"1": 3, "2": 2},
            "web-000001",
            {"1": 4},
            "zone 2 holds the most members for its weight (2, against 3); the first there by name",
        ),
    ],
)
def test_zone_words_compare(
    zones: dict[str, int], locked: str, weights: dict[str, int], why: str
) -> None:
    """The zone that gives is compared with all others, by its weight where weights differ."""
    placement = Placement(zones=tuple(zones), weights=weights)
    made = shrunk(list(members_in(zones)), sum(zones.values()) - 1, locked, placement=placement)
    assert list(whys(made).values()) == [why]


def test_locked_zone_is_told() -> None:
    """Where the fullest zone may give nobody, the sentence says so, and that nobody else could go."""
    members = list(members_in({"1": 3, "2": 1}))
    locks = [a_lock(f"web-00000{n}") for n in (1, 2, 3)]
    fleet = a_fleet(3, placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(members, locks=locks), Memory(), NOW)
    assert whys(made) == {
        "web-000004": "zone 2 holds the most that may go (1; the fullest holds 3); no other there may go"
    }


def test_surplus_class_goes() -> None:
    """In the chosen zone the class goes of which there are more than the mix wants."""
    row = [a_mixed_member(n, "1", klass) for n, klass in enumerate(["Regular", "Spot", "Spot"])]
    made = shrunk(row, 2, spot=Spot(0, 50))
    assert whys(made) == {"web-000001": "Spot is in surplus"}


def test_surplus_ends() -> None:
    """A victim that takes its class below the mix is not called surplus."""
    row = [a_mixed_member(n, "1", "Spot") for n in range(1, 5)]
    row += [a_mixed_member(n, "1", "Regular") for n in range(5, 9)]
    locks = [a_lock(f"web-00000{n}") for n in range(5, 9)]
    fleet = a_fleet(6, spot=Spot(0, 50), placement=ONE_ZONE)
    made = plan(fleet, observed(row, locks=locks), Memory(), NOW)
    assert list(whys(made).values()) == ["the first there by name"] * 2


def test_single_of_class_is_no_only_one() -> None:
    """A lone Spot member beside Regular ones goes for the surplus, not because nobody else might."""
    row = [a_mixed_member(1, "1", "Regular"), a_mixed_member(2, "1", "Spot")]
    assert whys(shrunk(row, 1, spot=Spot(5))) == {"web-000002": "Spot is in surplus"}


def test_spot_goes_without_mix() -> None:
    """In a fleet that wants no Spot any more, Spot members go first and are called surplus."""
    row = [a_member(1), a_member(2, priority=Priority.SPOT)]
    assert whys(shrunk(row, 1)) == {"web-000002": "Spot is in surplus"}


def test_both_classes_have_to_go() -> None:
    """Where both classes must go because nobody else may, no surplus is claimed."""
    classes = ["Regular", "Regular", "Regular", "Regular", "Spot"]
    row = [a_mixed_member(n, "1", klass) for n, klass in enumerate(classes, start=1)]
    locks = [a_lock(f"web-00000{n}") for n in range(1, 4)]
    fleet = a_fleet(3, spot=Spot(0, 50), placement=ONE_ZONE)
    made = plan(fleet, observed(row, locks=locks), Memory(), NOW)
    assert whys(made) == {
        "web-000004": "Regular is in surplus",
        "web-000005": "no other there may go",
    }


def test_pool_is_named() -> None:
    """In a fleet of several pools the zones are compared by the members of the one pool, and it says so."""
    pools = (a_pool(1, name="linux"), a_pool(3, name="windows"))
    names = ["linux", "linux", "windows", "windows", "windows"]
    row = [
        replace(a_member(n, zone), pool=pool)
        for n, (zone, pool) in enumerate(zip("12222", names, strict=True), start=1)
    ]
    made = shrunk(row, 0, "web-000002", pools=pools, placement=Placement(zones=("1", "2")))
    assert whys(made) == {
        "web-000001": "zone 1 holds the most members of pool linux (1, against 1); no other there may go"
    }


def test_runner_up_is_named() -> None:
    """The victim's entry names the member of its place that would be next, if there is one."""
    made = shrunk(list(members_in({"1": 3})), 2)
    (step,) = made.deletes
    assert [victim.runner_up for victim in step.victims] == ["web-000002 would be next there"]
    last = shrunk([a_member(1)], 0).deletes[0].victims[0]
    assert (last.why, last.runner_up) == ("no other there may go", "")


def test_locked_in_fullest_zone() -> None:
    """Acceptance 1: with the fullest zone's members locked, others go and the reachable skew is told."""
    members = list(members_in({"1": 4, "2": 2, "3": 2}))
    locks = [a_lock(f"web-00000{n}") for n in range(1, 5)]
    made = plan(a_fleet(5), observed(members, locks=locks), Memory(), NOW)
    assert not {"web-000001", "web-000002", "web-000003", "web-000004"} & set(made.victims)
    assert sorted(made.spread.after.values()) == [0, 1, 4]
    assert (made.spread.skew_after, made.spread.reachable_skew) == (4, 4)
