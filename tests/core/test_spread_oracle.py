"""The planner against brute force on random small fleets: never worse, in any aim."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import product

import pytest

from controller.core import guard, mix
from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.spread import Cell, Layout, Preference, Room, grow, shrink
from controller.core.steps import Plan
from controller.spec.values import Fleet, Limits, Placement, Spot
from providers.base import Priority
from tests.builders import NOW, REF, a_fleet, a_lock, a_member, a_mixed_member, a_pool, observed
from tests.core import oracle
from tests.core.oracle import Place

CASES = 250
SEEDS = [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 6))]
CLASSES = ("Regular", "Spot")


def some_zones(dice: random.Random) -> tuple[str, ...]:
    return tuple(str(n) for n in range(1, dice.randint(2, 4) + 1))


def some_members(
    dice: random.Random, zones: tuple[str, ...], classes: tuple[str, ...]
) -> list[Member]:
    places = [
        (klass, zone) for klass in classes for zone in zones for _ in range(dice.randint(0, 3))
    ]
    dice.shuffle(places)
    return [
        a_mixed_member(serial, zone, klass) for serial, (klass, zone) in enumerate(places, start=1)
    ]


def some_fleet(
    dice: random.Random, zones: tuple[str, ...], members: int, spot: Spot | None
) -> Fleet:
    desired = max(0, members + dice.randint(-5, 5))
    excluded = frozenset({zones[-1]}) if len(zones) > 2 and dice.random() < 0.3 else frozenset()
    placement = Placement(zones=zones, excluded=excluded)
    return a_fleet(desired, spot=spot, placement=placement, ref=replace(REF, name=f"s{members}"))


def place_counts(members: list[Member], zones: tuple[str, ...]) -> dict[Place, int]:
    found = Counter((m.instance.priority.value, m.instance.zone or "") for m in members)
    return {(klass, zone): found[klass, zone] for klass in CLASSES for zone in zones}


def after_plan(made: Plan, members: list[Member], counts: dict[Place, int]) -> dict[Place, int]:
    by_name = {member.name: member for member in members}
    after = dict(counts)
    for name in made.victims:
        gone = by_name[name].instance
        after[gone.priority.value, gone.zone or ""] -= 1
    for create in made.creates:
        after[create.priority.value, create.zone or ""] += 1
    return after


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("mixed", [False, True], ids=["regular", "mixed"])
def test_plan_equals_optimum(seed: int, *, mixed: bool) -> None:
    """No random fleet with locks, excluded zones and a Spot mix is planned worse than the best there is."""
    dice = random.Random(f"plan {seed} {mixed}")
    for case in range(CASES):
        zones = some_zones(dice)
        spot = Spot(dice.randint(0, 3), dice.choice([0, 25, 50, 100])) if mixed else None
        members = some_members(dice, zones, CLASSES if mixed else CLASSES[:1])
        fleet = some_fleet(dice, zones, len(members), spot)
        locked = {member.name for member in members if dice.random() < 0.3}
        seen = observed(members, locks=[a_lock(name) for name in locked])
        made = plan(fleet, seen, Memory(), NOW)
        where = f"seed {seed} case {case}"
        assert guard.check(fleet, seen, made, NOW) == (), where
        check_against_oracle(fleet, made, members, locked, where)


def check_against_oracle(
    fleet: Fleet, made: Plan, members: list[Member], locked: set[str], where: str
) -> None:
    zones = fleet.placement.zones
    eligible = [zone for zone in zones if zone not in fleet.placement.excluded]
    counts = place_counts(members, zones)
    after = after_plan(made, members, counts)
    change = fleet.replicas - len(members)
    if change > 0:
        present = Counter(member.instance.priority.value for member in members)
        wanted = mix.classes_to_add(fleet.pools[0], present, change)
        room = {place: change if place[1] in eligible else 0 for place in counts}
        assert sum(after.values()) == fleet.replicas, where
        assert oracle.score(after, eligible) == oracle.best_growth(
            counts, room, wanted, eligible
        ), where
    elif change < 0:
        free = place_counts([member for member in members if member.name not in locked], zones)
        units = min(-change, sum(free.values()))
        target = mix.targets(fleet.pools[0].spot, fleet.replicas)
        best = oracle.best_loss(counts, free, units, eligible, target)
        assert oracle.loss_score(after, eligible, target) == best, where
        assert len(made.blocked) == -change - units, where
        assert made.spread.skew_after == oracle.skew(after, eligible), where


@pytest.mark.parametrize("seed", SEEDS)
def test_ceilings_equal_optimum(seed: int) -> None:
    """With random room in each cell, as many members are added as fit, and as evenly as any way allows."""
    dice = random.Random(f"ceilings {seed}")
    for case in range(CASES):
        zones = some_zones(dice)
        counts: dict[Place, int] = {
            (klass, zone): dice.randint(0, 3) for klass in CLASSES for zone in zones
        }
        room = {place: dice.randint(0, 3) for place in counts}
        by_class = {
            klass: min(dice.randint(0, 4), sum(n for p, n in room.items() if p[0] == klass))
            for klass in CLASSES
        }
        layout = Layout({Cell(*place): number for place, number in counts.items()}, zones)
        cells = {Cell(*place): number for place, number in room.items()}
        chosen = grow(layout, Room(cells, by_class), sum(by_class.values()))
        gained: Counter[Place] = Counter((cell.klass, cell.domain) for cell in chosen)
        after = {place: number + gained[place] for place, number in counts.items()}
        best = oracle.best_growth(counts, room, by_class, zones)
        assert oracle.score(after, zones) == best, f"seed {seed} case {case}"


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("direction", ["grow", "shrink"])
def test_two_levels_equal_optimum(seed: int, direction: str) -> None:
    """Over zones and the fault domains inside them, zones come first and fault domains are then best."""
    dice = random.Random(f"levels {seed} {direction}")
    for case in range(CASES):
        zones = some_zones(dice)[:3]
        counts: dict[Place, int] = {
            ("Regular", zone, inner): dice.randint(0, 3) for zone in zones for inner in ("0", "1")
        }
        free = {place: dice.randint(0, number) for place, number in counts.items()}
        layout = Layout({Cell(*place): number for place, number in counts.items()}, zones)
        where = f"seed {seed} case {case}"
        if direction == "grow":
            units = dice.randint(0, 5)
            room = {Cell(*place): units for place in counts}
            chosen = Counter(grow(layout, Room(room, {"Regular": units}), units))
            after = {place: n + chosen[Cell(*place)] for place, n in counts.items()}
            room_by_place = dict.fromkeys(counts, units)
            best = oracle.best_growth(counts, room_by_place, {"Regular": units}, zones)
            assert oracle.score(after, zones) == best, where
        else:
            units = dice.randint(0, sum(free.values()))
            rows = {Cell(*place): [Preference(3)] * number for place, number in free.items()}
            lost = Counter(shrink(layout, rows, {}, units))
            after = {place: n - lost[Cell(*place)] for place, n in counts.items()}
            assert oracle.loss_score(after, zones, {}) == oracle.best_loss(
                counts, free, units, zones, {}
            ), where


@pytest.mark.parametrize("seed", SEEDS)
def test_every_beginning_is_even(seed: int) -> None:
    """A plan that is cut off after any of its creations leaves the zones as even as can be."""
    dice = random.Random(f"beginnings {seed}")
    for case in range(40):
        zones = some_zones(dice)
        members = some_members(dice, zones, CLASSES[:1])
        fleet = a_fleet(len(members) + 6, placement=Placement(zones=zones))
        made = plan(fleet, observed(members), Memory(), NOW)
        counts = place_counts(members, zones)
        for cut in range(1, 7):
            begun = after_plan(replace(made, steps=made.creates[:cut]), members, counts)
            room = dict.fromkeys(counts, cut)
            best = oracle.best_growth(counts, room, {"Regular": cut}, zones)
            assert oracle.score(begun, zones) == best, f"seed {seed} case {case} cut {cut}"


@pytest.mark.parametrize("seed", SEEDS)
def test_pools_spread_on_their_own(seed: int) -> None:
    """Two pools of one set are each spread as evenly as possible, whatever the other does."""
    dice = random.Random(f"pools {seed}")
    for case in range(40):
        zones = ("1", "2", "3")
        pools = tuple(a_pool(dice.randint(0, 7), name=name) for name in ("linux", "windows"))
        fleet = a_fleet(pools=pools, limits=Limits(overshoot=100))
        members = [
            replace(a_member(serial, dice.choice(zones)), pool=dice.choice(["linux", "windows"]))
            for serial in range(1, dice.randint(1, 9))
        ]
        made = plan(fleet, observed(members), Memory(), NOW)
        for pool in pools:
            after = Counter(c.zone or "" for c in made.creates if c.pool == pool.name)
            after.update(
                m.instance.zone or ""
                for m in members
                if m.pool == pool.name and m.name not in made.victims
            )
            before = Counter(m.instance.zone for m in members if m.pool == pool.name)
            counts: dict[Place, int] = {("Regular", zone): before[zone] for zone in zones}
            change = pool.replicas - sum(counts.values())
            left: dict[Place, int] = {("Regular", zone): after[zone] for zone in zones}
            if change >= 0:
                best = oracle.best_growth(
                    counts, dict.fromkeys(counts, change), {"Regular": change}, zones
                )
                assert oracle.score(left, zones) == best, f"seed {seed} case {case}"
            else:
                best = oracle.best_loss(counts, counts, -change, zones, {})
                assert oracle.loss_score(left, zones, {}) == best, f"seed {seed} case {case}"


@pytest.mark.parametrize("seed", SEEDS)
def test_pools_leave_set_even(seed: int) -> None:
    """Of all ways that spread each pool best, the one taken spreads the whole set best."""
    dice = random.Random(f"sets {seed}")
    zones = ("1", "2", "3")
    for case in range(50):
        names = ["a", "b", "c"][: dice.randint(2, 3)]
        pools = tuple(a_pool(dice.randint(0, 5), name=name) for name in names)
        members = [
            replace(a_member(serial, dice.choice(zones)), pool=dice.choice(names))
            for serial in range(1, dice.randint(1, 10))
        ]
        fleet = a_fleet(pools=pools, limits=Limits(overshoot=100))
        made = plan(fleet, observed(members), Memory(), NOW)
        after = Counter(m.instance.zone for m in members if m.name not in made.victims)
        after.update(create.zone for create in made.creates)
        choices = [best_of_pool(pool.replicas, pool.name, members, zones) for pool in pools]
        best = min(
            sum(sum(column) ** 2 for column in zip(*combination, strict=True))
            for combination in product(*choices)
        )
        assert sum(after[zone] ** 2 for zone in zones) == best, f"seed {seed} case {case}"


def best_of_pool(
    replicas: int, name: str, members: list[Member], zones: tuple[str, ...]
) -> list[tuple[int, ...]]:
    """Every most even way in which a pool can stand after its change."""
    before = Counter(member.instance.zone for member in members if member.pool == name)
    change = replicas - before.total()
    places: list[Place] = [("Regular", zone) for zone in zones]
    room = {place: change if change > 0 else before[place[1]] for place in places}
    sign = 1 if change > 0 else -1
    found = [
        tuple(before[place[1]] + sign * way[place] for place in places)
        for way in oracle.ways(places, room, abs(change))
    ]
    least = min(sum(number**2 for number in way) for way in found)
    return [way for way in found if sum(number**2 for number in way) == least]


def test_alternate_placing_mixes_zones() -> None:
    """On two zones with half Spot, both zones get half of each class, not one zone all of Spot."""
    fleet = a_fleet(20, spot=Spot(0, 50), placement=Placement(zones=("1", "2")))
    made = plan(fleet, observed(), Memory(), NOW)
    found = Counter((create.priority, create.zone) for create in made.creates)
    assert found == {(klass, zone): 5 for klass in Priority for zone in ("1", "2")}
