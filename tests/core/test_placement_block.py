"""Where new members go when a domain is full or out of capacity: Relax goes elsewhere, Block waits."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Memory, Scarce
from controller.core.plan import plan
from controller.core.steps import Blocked, Plan, Prevented
from controller.spec.values import Placement, Spot, WhenUnsatisfiable
from providers.base import Priority
from tests.builders import D2S, NOW, a_fleet, members_in, observed

ZONES = ("1", "2", "3")
SOON, LATE = NOW + timedelta(minutes=10), NOW + timedelta(hours=1)
BLOCK, RELAX = WhenUnsatisfiable.BLOCK, WhenUnsatisfiable.RELAX


def full(*zones: str | None, until: Any = LATE) -> Memory:
    """A memory of zones that have no capacity."""
    return Memory(tuple(Scarce(zone, D2S, None, until, "ZoneFull") for zone in zones))


def placed(
    replicas: int, there: dict[str, int], memory: Memory, *, spot: Spot | None = None, **rules: Any
) -> Plan:
    placement = Placement(**{"zones": ZONES, **rules})
    fleet = a_fleet(replicas, spot=spot, placement=placement)
    return plan(fleet, observed(members_in(there)), memory, NOW)


def after(made: Plan) -> tuple[int, ...]:
    return tuple(made.spread.after.values())


@pytest.mark.parametrize(
    ("rule", "wanted", "blocked"),
    [(RELAX, (3, 0, 3), 0), (BLOCK, (1, 0, 1), 4)],
)
def test_zone_out_of_capacity(
    rule: WhenUnsatisfiable, wanted: tuple[int, ...], blocked: int
) -> None:
    """Acceptance 9: without capacity in zone 2 of 3, Relax fills the others and Block stops at maxSkew."""
    made = placed(6, {}, full("2"), when_unsatisfiable=rule)
    assert (after(made), len(made.blocked)) == (wanted, blocked)


def test_block_says_why_and_when() -> None:
    """A member that Block keeps waiting is told with the zone in the way and when to try again."""
    made = placed(3, {}, full("2", until=SOON), when_unsatisfiable=BLOCK)
    words = (
        "one more anywhere would make the skew exceed 1; "
        "no Regular capacity for Standard_D2s_v5 in zone 2 (ZoneFull)"
    )
    assert made.blocked == (Blocked(Prevented.SPREAD, words, until=SOON),)


@pytest.mark.parametrize(
    ("there", "max_skew", "wanted"),
    [
        ({}, 1, (1, 0, 1)),
        ({}, 2, (2, 0, 2)),
        ({"1": 3, "2": 1, "3": 1}, 1, (3, 1, 2)),
        ({"1": 2, "2": 2, "3": 2}, 1, (3, 2, 3)),
        ({"2": 5}, 1, (4, 5, 4)),
    ],
)
def test_block_stops_at_skew(there: dict[str, int], max_skew: int, wanted: tuple[int, ...]) -> None:
    """Under Block as many are added as keep each gaining zone within maxSkew of the emptiest."""
    made = placed(13, there, full("2"), when_unsatisfiable=BLOCK, max_skew=max_skew)
    assert after(made) == wanted


def test_block_without_obstacle() -> None:
    """With capacity everywhere Block and Relax make the same plan."""
    relaxed = placed(7, {"1": 1}, Memory())
    assert placed(7, {"1": 1}, Memory(), when_unsatisfiable=BLOCK).steps == relaxed.steps


def test_block_with_few_domains() -> None:
    """With fewer zones than minDomains the emptiest counts as none, so that Block stops at maxSkew."""
    made = placed(6, {}, Memory(), zones=("1", "2"), min_domains=3, when_unsatisfiable=BLOCK)
    assert after(made) == (1, 1)
    assert [(one.reason, one.detail) for one in made.blocked] == [
        (Prevented.SPREAD, "one more anywhere would make the skew exceed 1")
    ] * 4


def test_no_capacity_anywhere() -> None:
    """With no capacity in any zone the earliest end is the time to look again."""
    memory = Memory((*full("1", "3").scarcity, *full("2", until=SOON).scarcity))
    made = placed(2, {}, memory)
    words = "no Regular capacity for Standard_D2s_v5 in zone 2 (ZoneFull)"
    assert made.blocked == (Blocked(Prevented.NO_CAPACITY, words, until=SOON),) * 2
    assert (made.creates, made.look_again_seconds) == ((), 300)


def test_next_look_is_at_the_end() -> None:
    """The next look comes when the refusal ends, if that is sooner than the usual one."""
    made = placed(1, {}, full(None, until=NOW + timedelta(seconds=100)))
    assert made.look_again_seconds == 100
    assert made.blocked[0].detail == "no Regular capacity for Standard_D2s_v5 (ZoneFull)"


@pytest.mark.parametrize("rule", WhenUnsatisfiable)
def test_all_zones_excluded(rule: WhenUnsatisfiable) -> None:
    """With all zones excluded nobody is created, and the plan says so for each."""
    made = placed(2, {}, Memory(), excluded=frozenset(ZONES), when_unsatisfiable=rule)
    words = "no zone is left: all are excluded or offer no size"
    assert made.blocked == (Blocked(Prevented.NOT_OFFERED, words),) * 2
    assert (made.spread.after, made.spread.skew_after) == ({}, 0)


def test_full_zone_is_worded() -> None:
    """The reason for a zone that is not the emptiest names the emptier one and what is wrong there."""
    made = placed(4, {"1": 1, "3": 2}, full("2"))
    assert made.creates[0].why == (
        "zone 1 holds the fewest members of those that can take one (1); "
        "zone 2 (0): no Regular capacity for Standard_D2s_v5 in zone 2 (ZoneFull)"
    )


def test_one_class_out_of_capacity() -> None:
    """Where a zone has no Spot capacity, Regular members go there and Spot ones to the others."""
    memory = Memory((Scarce("1", D2S, Priority.SPOT, LATE, "ZoneFull"),))
    made = placed(6, {}, memory, spot=Spot(0, 50))
    spot = Counter(step.zone for step in made.creates if step.priority is Priority.SPOT)
    assert (after(made), spot["1"]) == ((2, 2, 2), 0)


def test_alternate_classes_mix() -> None:
    """Acceptance 12: half Spot on two zones is five and five in both, also when built one by one."""
    found = members_in({})
    for wanted in range(1, 21):
        placement = Placement(zones=("1", "2"))
        made = plan(
            a_fleet(wanted, spot=Spot(0, 50), placement=placement), observed(found), Memory(), NOW
        )
        (step,) = made.creates
        found = (*found, *members_in({step.zone or "": 1}, first=wanted, priority=step.priority))
    counts = Counter((one.instance.zone, one.instance.priority) for one in found)
    assert set(counts.values()) == {5}
