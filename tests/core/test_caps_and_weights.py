"""Caps on a domain, weights of domains, fault domains and sets in which nothing can be chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import tags
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import Blocked, EnsureSet, Plan, Prevented, Reason
from controller.spec.values import Fleet, Placement
from tests.builders import (
    NOW,
    REF,
    a_fleet,
    a_lock,
    a_member,
    a_pool,
    members_in,
    observed,
)

ZONES = ("1", "2", "3")


def placed(replicas: int, there: dict[str, int], **rules: Any) -> Plan:
    fleet = a_fleet(replicas, placement=Placement(**{"zones": ZONES, **rules}))
    return plan(fleet, observed(members_in(there)), Memory(), NOW)


def after(made: Plan) -> tuple[int, ...]:
    return tuple(made.spread.after.values())


@pytest.mark.parametrize(
    ("replicas", "there", "rules", "wanted"),
    [
        (9, {}, {"max_per_domain": 2}, (2, 2, 2)),
        (9, {}, {"max_per_domain": 0}, (0, 0, 0)),
        (9, {"1": 5}, {"max_per_domain": 2}, (5, 2, 2)),
        (9, {}, {"max_percent_per_domain": 34}, (3, 3, 3)),
        (9, {}, {"max_percent_per_domain": 20}, (2, 2, 2)),
        (10, {}, {"max_percent_per_domain": 21}, (3, 3, 3)),
        (9, {}, {"max_per_domain": 3, "max_percent_per_domain": 10}, (1, 1, 1)),
        (9, {}, {"max_percent_per_domain": 100}, (3, 3, 3)),
    ],
)
def test_caps_are_kept(
    replicas: int, there: dict[str, int], rules: dict[str, Any], wanted: tuple[int, ...]
) -> None:
    """No zone gains members beyond its cap, in members or in percent of the desired, rounded up."""
    assert after(placed(replicas, there, **rules)) == wanted


def test_cap_is_told() -> None:
    """Members that no zone may take are blocked with the zones whose caps are reached."""
    made = placed(3, {}, max_per_domain=0)
    words = "the cap on members is reached in zone 1, zone 2, zone 3"
    assert made.blocked == (Blocked(Prevented.DOMAIN_CAP, words),) * 3


def test_capped_zone_is_worded() -> None:
    """A zone that is emptier and capped is named as such in the reason for another one."""
    pools = (a_pool(2, name="linux"), a_pool(2, name="windows"))
    placement = Placement(zones=("1", "2"), max_per_domain=2)
    there = [replace(a_member(n, "1"), pool="linux") for n in (1, 2)]
    made = plan(a_fleet(pools=pools, placement=placement), observed(there), Memory(), NOW)
    assert [step.why for step in made.creates] == [
        "zone 2 holds the fewest members of pool windows (0, against 0)",
        (
            "zone 2 holds the fewest members of those that can take one (1); "
            "zone 1 (0): its cap is reached"
        ),
    ]


def test_caps_count_all_pools() -> None:
    """A cap holds for the members of all pools together."""
    pools = (a_pool(3, name="linux"), a_pool(3, name="windows"))
    fleet = a_fleet(pools=pools, placement=Placement(zones=ZONES, max_per_domain=1))
    made = plan(fleet, observed(), Memory(), NOW)
    assert (after(made), len(made.blocked)) == ((1, 1, 1), 3)


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [
        ({}, (4, 4, 4)),
        ({"1": 2}, (6, 3, 3)),
        ({"1": 2, "2": 1, "3": 3}, (4, 2, 6)),
        ({"1": 10}, (10, 1, 1)),
        ({"1": 2, "2": 2, "3": 2}, (4, 4, 4)),
    ],
)
def test_weights_share(weights: dict[str, int], wanted: tuple[int, ...]) -> None:
    """Zones get members by their weights, on the way up and on the way down, with no skew left."""
    made = placed(12, {}, weights=weights)
    assert (after(made), made.spread.skew_after) == (wanted, 0)
    down = placed(12, dict.fromkeys(ZONES, 10), weights=weights)
    assert after(down) == wanted


def test_weights_are_worded() -> None:
    """With different weights the reason says that the weight was considered."""
    made = placed(4, {"1": 1, "2": 1, "3": 1}, weights={"1": 2})
    assert made.creates[0].why == (
        "zone 1 holds the fewest members for its weight (1, against 1 and 1)"
    )


@pytest.mark.parametrize(
    ("there", "skew"),
    [({"1": 4, "2": 2, "3": 2}, 0), ({"1": 5, "2": 2, "3": 2}, 1), ({"1": 2, "2": 2, "3": 2}, 1)],
)
def test_weighted_skew(there: dict[str, int], skew: int) -> None:
    """The skew is measured in members of weight 1, rounded up."""
    assert placed(sum(there.values()), there, weights={"1": 2}).spread.skew_before == skew


def a_regional_fleet(replicas: int, domains: int, **rules: Any) -> Fleet:
    return a_fleet(replicas, placement=Placement(fault_domains=domains, **rules))


@pytest.mark.parametrize(("domains", "wanted"), [(2, (3, 3)), (3, (2, 2, 2))])
def test_fault_domains_are_spread(domains: int, wanted: tuple[int, ...]) -> None:
    """A regional set is spread over its fault domains, each creation naming its own."""
    made = plan(a_regional_fleet(6, domains), observed(), Memory(), NOW)
    assert after(made) == wanted
    assert made.spread.domain == "faultDomain"
    assert {step.zone for step in made.creates} == {None}
    assert {step.fault_domain for step in made.creates} == set(range(domains))
    assert made.creates[0].why.startswith("fault domain ")


@pytest.mark.parametrize(
    ("shown", "tag", "outside"),
    [(1, "", {}), (None, "1", {}), (1, "2", {}), (None, "", {"?": 1}), (None, "x", {"x": 1})],
)
def test_unknown_fault_domain(shown: int | None, tag: str, outside: dict[str, int]) -> None:
    """The fault domain that Azure shows counts, then the one in our tag; without both it is unknown."""
    marks = {tags.PLACE: tag} if tag else {}
    one = a_member(1, None, fault_domain=shown, tags=marks)
    made = plan(a_regional_fleet(1, 3), observed([one]), Memory(), NOW)
    assert made.spread.outside == outside
    assert sum(made.spread.before.values()) == 1 - len(outside)


def test_two_levels() -> None:
    """Should a set ever have fault domains inside its zones, both levels are even, the zones first."""
    fleet = a_fleet(6, placement=Placement(zones=("1", "2"), fault_domains=2))
    there = [a_member(1, "1", fault_domain=0), a_member(2, "2", fault_domain=1)]
    made = plan(fleet, observed(there), Memory(), NOW)
    cells = [(step.zone, step.fault_domain) for step in made.creates]
    cells += [(one.instance.zone, one.instance.fault_domain) for one in there]
    assert after(made) == (3, 3)
    assert all(1 <= cells.count((zone, inner)) <= 2 for zone in ("1", "2") for inner in (0, 1))


def test_max_spreading_chooses_nothing() -> None:
    """With one fault domain the platform spreads: no place is named and nothing is claimed."""
    made = plan(a_regional_fleet(2, 1), observed(), Memory(), NOW)
    assert {(step.zone, step.fault_domain, step.runner_up) for step in made.creates} == {
        (None, None, "")
    }
    words = "the platform spreads the members of this set; nothing of it can be chosen"
    assert {step.why for step in made.creates} == {words}
    assert made.spread.domain == "region"
    assert "max spreading: the platform spreads the members and shows nothing of it" in made.notes


def test_max_spreading_victims() -> None:
    """Without domains the order among members alone decides who goes."""
    made = plan(a_regional_fleet(1, 1), observed(members_in({"": 2})), Memory(), NOW)
    assert made.deletes[0].victims[0].why == "the first there by name"


def test_single_zone() -> None:
    """With one zone there is no choice, no runner-up and no skew."""
    made = placed(2, {}, zones=("2",))
    assert {step.why for step in made.creates} == {"zone 2 is the only one that counts"}
    assert (made.spread.skew_after, made.creates[0].runner_up) == (0, "")


@pytest.mark.parametrize(
    ("where", "zones", "count"),
    [
        (Placement(zones=("1", "3")), ("1", "3"), 1),
        (Placement(fault_domains=3), (), 3),
        (Placement(fault_domains=1), (), 1),
    ],
)
def test_missing_set_comes_first(where: Placement, zones: tuple[str, ...], count: int) -> None:
    """A set that does not exist is created before its members, zonal with one fault domain as Azure wants."""
    missing = observed(exists=False, group=None)
    made = plan(a_fleet(1, placement=where), missing, Memory(), NOW)
    wanted = EnsureSet(Reason.SET_MISSING, "web does not exist in web-rg", zones, count)
    assert (made.steps[0], len(made.creates)) == (wanted, 1)


@pytest.mark.parametrize("locked", [False, True])
def test_set_limit(locked: bool) -> None:
    """A set with 999 VMs of others takes one member more, and the rest is told to find no room."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(999)]
    locks = [a_lock("other-1")] if locked else []
    made = plan(a_fleet(3), observed(foreign, locks=locks), Memory(), NOW)
    words = "the set holds at most 1000 VMs, unmanaged ones included"
    assert len(made.creates) == 1
    assert made.blocked == (Blocked(Prevented.SET_LIMIT, words),) * 2


def test_full_set_takes_nobody() -> None:
    """A set that is full takes no member at all."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(1000)]
    made = plan(a_fleet(1), observed(foreign), Memory(), NOW)
    assert (made.creates, [one.reason for one in made.blocked]) == ((), [Prevented.SET_LIMIT])


def test_pools_share_the_last_places() -> None:
    """What one pool takes of the set's last places is not there for the next pool."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(997)]
    fleet = a_fleet(pools=(a_pool(2, name="linux"), a_pool(2, name="windows")))
    made = plan(fleet, observed(foreign), Memory(), NOW)
    assert [one.pool for one in made.creates] == ["linux", "linux", "windows"]
    assert [one.reason for one in made.blocked] == [Prevented.SET_LIMIT]


def test_pools_are_reported_together() -> None:
    """The spread that a plan leaves, and the best there could be, count what goes from every pool."""
    pools = (a_pool(1, name="linux"), a_pool(1, name="windows"))
    there = [replace(a_member(n, str(n % 2 + 1)), pool="linux") for n in (1, 2)]
    there += [replace(a_member(n, str(n % 2 + 1)), pool="windows") for n in (3, 4)]
    fleet = a_fleet(pools=pools, placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(there), Memory(), NOW)
    assert len(made.victims) == 2
    assert made.spread is not None
    assert made.spread.after == {"1": 1, "2": 1}
    assert made.spread.reachable_skew == 0


def test_share_of_a_domain_is_rounded_up() -> None:
    """A cap of 67 % lets all three members stand in one zone, and one of 66 % lets two."""
    for percent, allowed in ((67, 3), (66, 2)):
        where = Placement(zones=("1",), max_percent_per_domain=percent)
        made = plan(a_fleet(3, placement=where), observed(), Memory(), NOW)
        assert len(made.creates) == allowed


def test_managed_image_limit() -> None:
    """Made from a managed image, the set holds 600."""
    made = plan(a_fleet(601, managed_image=True), observed(), Memory(), NOW)
    assert (len(made.creates), len(made.blocked)) == (600, 1)


def test_uniform_set_is_left_alone() -> None:
    """A Uniform scale set cannot become Flexible: nothing is planned but the reason, under a hash."""
    seen = observed(members_in({"1": 2}))
    assert seen.group is not None
    uniform = replace(seen, group=replace(seen.group, flexible=False))
    made = plan(a_fleet(6), uniform, Memory(), NOW)
    words = (
        "web is a Uniform scale set and its mode cannot be changed; give the fleet another scaleSet"
    )
    assert (made.steps, made.blocked) == ((), (Blocked(Prevented.UNIFORM_SET, words),))
    assert made.hash.startswith("sha256:")


def test_empty_fleet_is_quiet() -> None:
    """A fleet of no members plans nothing and is not behind."""
    made = plan(a_fleet(0), observed(), Memory(), NOW)
    assert (made.steps, made.blocked, made.look_again_seconds) == ((), (), 300)


def test_fleets_start_differently() -> None:
    """Fleets of one member do not all take zone 1: each has its own order of equal zones."""
    zones = {
        plan(a_fleet(1, ref=replace(REF, name=f"set{n}")), observed(), Memory(), NOW)
        .creates[0]
        .zone
        for n in range(12)
    }
    assert zones == {"1", "2", "3"}
