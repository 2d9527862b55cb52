"""Which size a new member gets, and how many the quota has room for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Memory, Scarce
from controller.core.offerings import Budget
from controller.core.plan import plan
from controller.core.steps import Plan, Prevented
from controller.spec.values import Fleet, SizeAllocation, SizeChoice, Spot
from providers.base import Catalog, Priority
from tests.builders import D2AS, D2S, NOW, a_catalog, a_fleet, a_member, a_pool, observed

BOTH = (SizeChoice(D2S, 0), SizeChoice(D2AS, 1))
DS, DAS, CORES, LOW = (
    "standardDSv5Family",
    "standardDASv5Family",
    "cores",
    "lowPriorityCores",
)
HOUR = NOW + timedelta(hours=1)


def two_sizes(replicas: int, **over: Any) -> Fleet:
    return a_fleet(pools=(a_pool(replicas, **{"sizes": BOTH, **over}),))


def planned(fleet: Fleet, catalog: Catalog | None = None, *scarce: Scarce) -> Plan:
    return plan(fleet, observed(catalog=catalog), Memory(scarce), NOW)


def sizes(made: Plan) -> Counter[str]:
    return Counter(step.size for step in made.creates)


@pytest.mark.parametrize(
    ("ranks", "chosen"), [((0, 1), D2S), ((1, 0), D2AS), ((5, 5), D2S), ((7, 2), D2AS)]
)
def test_lowest_rank_wins(ranks: tuple[int, int], chosen: str) -> None:
    """The size of the lowest rank is preferred wherever it stands in the list; equals go by the list."""
    choices = (SizeChoice(D2S, ranks[0]), SizeChoice(D2AS, ranks[1]))
    made = planned(two_sizes(2, sizes=choices))
    assert sizes(made) == {chosen: 2}
    assert "capacity" not in made.creates[0].why


@pytest.mark.parametrize(
    ("weights", "wanted"),
    [((1, 1), {D2S: 3, D2AS: 3}), ((2, 1), {D2S: 4, D2AS: 2}), ((1, 5), {D2S: 1, D2AS: 5})],
)
def test_capacity_spread_shares(weights: tuple[int, int], wanted: dict[str, int]) -> None:
    """Under CapacitySpread the sizes share the members by their weights."""
    choices = tuple(replace(one, weight=weight) for one, weight in zip(BOTH, weights, strict=True))
    fleet = two_sizes(6, sizes=choices, size_allocation=SizeAllocation.CAPACITY_SPREAD)
    assert sizes(planned(fleet)) == wanted


@pytest.mark.parametrize("written", [D2S, D2S.upper()])
def test_capacity_spread_counts_members(written: str) -> None:
    """Members that are there count towards the shares, however Azure writes their size."""
    fleet = two_sizes(4, size_allocation=SizeAllocation.CAPACITY_SPREAD)
    members = [a_member(n, "1", size=written) for n in (1, 2)]
    made = plan(fleet, observed(members), Memory(), NOW)
    assert sizes(made) == {D2AS: 2}


def test_scarce_size_gives_way() -> None:
    """A size that was refused in a zone gives way to the next one there, and the sentence says why."""
    refused = Scarce("1", D2S, Priority.REGULAR, HOUR, "ZoneFull")
    made = planned(two_sizes(3), None, refused)
    assert {step.zone: step.size for step in made.creates} == {"1": D2AS, "2": D2S, "3": D2S}
    (step,) = [step for step in made.creates if step.zone == "1"]
    assert step.why.endswith("; no Regular capacity for Standard_D2s_v5 in zone 1 (ZoneFull)")


def test_catalog_decides_zones() -> None:
    """A size goes only where it is offered; a zone with another size of the fleet still counts."""
    made = planned(two_sizes(3), a_catalog(d2s=frozenset({"2"})))
    assert {step.zone: step.size for step in made.creates} == {"1": D2AS, "2": D2S, "3": D2AS}


def test_zone_without_any_size() -> None:
    """A zone in which no size of the fleet is offered does not count, and gets nobody."""
    catalog = a_catalog(d2s=frozenset({"1", "2"}))
    made = planned(a_fleet(4), catalog)
    assert Counter(step.zone for step in made.creates) == {"1": 2, "2": 2}
    assert list(made.spread.after) == ["1", "2"]


def with_facts(**over: Any) -> Catalog:
    """The builders' catalog with other facts of the first size."""
    catalog = a_catalog()
    facts = {**catalog.sizes, D2S: replace(catalog.sizes[D2S], **over)}
    return replace(catalog, sizes=facts)


@pytest.mark.parametrize(
    ("facts", "spot", "words"),
    [
        (
            {"unavailable": "NotAvailableForSubscription"},
            None,
            f"{D2S} is not offered to this subscription (NotAvailableForSubscription)",
        ),
        ({"spot": False}, Spot(), f"{D2S} cannot be had as Spot"),
    ],
)
def test_refused_size_is_told(facts: dict[str, Any], spot: Spot | None, words: str) -> None:
    """A size that the subscription does not get, or not as Spot, blocks with Azure's reason."""
    made = planned(a_fleet(1, spot=spot), with_facts(**facts))
    assert [(one.reason, one.detail) for one in made.blocked] == [(Prevented.NOT_OFFERED, words)]


def test_restricted_zone_is_closed() -> None:
    """A zone that is restricted for the subscription does not count, as if the size were not there."""
    made = planned(a_fleet(2), with_facts(restricted_zones=frozenset({"3"})))
    assert sorted(step.zone or "" for step in made.creates) == ["1", "2"]


def test_unknown_size_is_tried() -> None:
    """A size that the catalog does not know is asked for: Azure knows better."""
    made = planned(two_sizes(3, sizes=(SizeChoice("Standard_D2s_v9", 0),)), a_catalog())
    assert sizes(made) == {"Standard_D2s_v9": 3}


def test_family_quota_for_three() -> None:
    """Acceptance 10: with quota for 3 of 10, three are created evenly and 7 are told to be waiting."""
    made = planned(a_fleet(10), a_catalog({DS: (10, 4)}))
    assert sorted(step.zone or "" for step in made.creates) == ["1", "2", "3"]
    words = f"Regular: {DS}: 0 of 10 vCPUs left after this plan"
    assert [(one.reason, one.detail) for one in made.blocked] == [(Prevented.QUOTA, words)] * 7


@pytest.mark.parametrize(
    ("quotas", "spot", "wanted"),
    [
        ({DS: (4, 0)}, None, {D2S: 2, D2AS: 4}),
        ({DS: (0, 0)}, None, {D2AS: 6}),
        ({CORES: (4, 0)}, None, {D2S: 2}),
        ({DS: (0, 0), DAS: (2, 0)}, None, {D2AS: 1}),
        ({LOW: (4, 0)}, Spot(), {D2S: 2}),
        ({DS: (0, 0), CORES: (0, 0)}, Spot(), {D2S: 6}),
        ({LOW: (4, 9)}, Spot(), {}),
    ],
)
def test_quota_by_class(
    quotas: dict[str, tuple[int, int]], spot: Spot | None, wanted: dict[str, int]
) -> None:
    """Regular members count against their family and the region, Spot ones against low priority only."""
    made = planned(two_sizes(6, spot=spot), a_catalog(quotas))
    assert sizes(made) == wanted
    assert len(made.blocked) == 6 - sum(wanted.values())


def test_quota_is_shared_by_pools() -> None:
    """What one pool takes of a quota is gone for the next one."""
    pools = (a_pool(3, name="linux"), a_pool(3, name="windows"))
    made = planned(a_fleet(pools=pools), a_catalog({DS: (8, 0)}))
    assert Counter(step.pool for step in made.creates) == {"linux": 3, "windows": 1}
    assert [one.detail for one in made.blocked] == [
        f"Regular: {DS}: 0 of 8 vCPUs left after this plan"
    ] * 2


def test_quota_of_one_class_spares_the_other() -> None:
    """With no Spot quota the Regular members of the mix are created all the same."""
    made = planned(a_fleet(6, spot=Spot(0, 50)), a_catalog({LOW: (0, 0)}))
    assert Counter(step.priority for step in made.creates) == {Priority.REGULAR: 3}
    assert [one.reason for one in made.blocked] == [Prevented.QUOTA] * 3


@pytest.mark.parametrize(
    ("closed", "fallback", "classes"),
    [
        (("1", "2", "3"), True, {Priority.REGULAR: 3}),
        (("1", "2", "3"), False, {}),
        (("1", "2"), True, {Priority.SPOT: 3}),
    ],
)
def test_spot_falls_back(
    closed: tuple[str, ...], fallback: bool, classes: dict[Priority, int]
) -> None:
    """Spot members become Regular where the spec allows it and no zone has Spot capacity left."""
    refused = [Scarce(zone, D2S, Priority.SPOT, HOUR, "ZoneFull") for zone in closed]
    made = planned(a_fleet(3, spot=Spot(fallback_to_regular=fallback)), None, *refused)
    assert Counter(step.priority for step in made.creates) == classes


@pytest.mark.parametrize(
    ("base", "percent", "members", "regular"),
    [
        (10, 50, 41, 25),
        (0, 50, 3, 1),
        (0, 0, 5, 0),
        (0, 100, 5, 5),
        (7, 50, 5, 5),
        (5, 0, 5, 5),
        (2, 50, 6, 4),
        (0, 33, 0, 0),
    ],
)
def test_azure_mix_formula(base: int, percent: int, members: int, regular: int) -> None:
    """Azure's formula: the base is Regular, then the percentage of the rest, rounded down."""
    made = planned(a_fleet(members, spot=Spot(base, percent)))
    found = Counter(step.priority for step in made.creates)
    assert (found[Priority.REGULAR], found[Priority.SPOT]) == (regular, members - regular)


def test_mix_is_made_good() -> None:
    """New members bring the mix back where it was lost, and what is left of the gap is a note."""
    members = [a_member(n, "1", priority=Priority.SPOT) for n in range(1, 6)]
    made = plan(a_fleet(6, spot=Spot(0, 50)), observed(members), Memory(), NOW)
    assert [step.priority for step in made.creates] == [Priority.REGULAR]
    assert "5 of 6 are Spot, the mix wants 3; later changes make it good" in made.notes


@pytest.mark.parametrize(
    ("name", "words"),
    [(DS, f"{DS}: 6 of 10 vCPUs left after this plan"), ("unlimited", "unlimited")],
)
def test_quota_is_worded(name: str, words: str) -> None:
    """A quota is shown with what is left of it; one without a limit by its name alone."""
    assert Budget(a_catalog({DS: (10, 4)})).describe(name) == words
