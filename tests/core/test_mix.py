"""Regular and Spot: how many of each a pool should have, and which class new members are of."""

from __future__ import annotations

import pytest

from controller.core.mix import classes_to_add, targets
from controller.spec.values import Spot
from tests.builders import a_pool

REGULAR, SPOT = "Regular", "Spot"


@pytest.mark.parametrize(
    ("members", "base", "percent", "regular"),
    [
        (41, 10, 50, 25),
        (3, 5, 100, 3),
        (5, 5, 100, 5),
        (6, 5, 100, 6),
        (6, 5, 0, 5),
        (7, 5, 50, 6),
        (0, 5, 50, 0),
    ],
)
def test_formula_of_the_mix(members: int, base: int, percent: int, regular: int) -> None:
    """The base is Regular, and the share of what is above it, rounded down."""
    spot = Spot(base_regular=base, regular_percentage_above_base=percent)
    assert targets(spot, members) == {REGULAR: regular, SPOT: members - regular}


def test_without_spot_all_are_regular() -> None:
    """A pool that asks for no Spot has none."""
    assert targets(None, 4) == {REGULAR: 4, SPOT: 0}


@pytest.mark.parametrize(
    ("regular", "spot", "units", "added"),
    [
        (0, 0, 4, {REGULAR: 3, SPOT: 1}),
        (2, 0, 2, {REGULAR: 1, SPOT: 1}),
        (4, 0, 1, {REGULAR: 0, SPOT: 1}),
        (0, 4, 2, {REGULAR: 2, SPOT: 0}),
        (9, 0, 1, {REGULAR: 0, SPOT: 1}),
    ],
)
def test_new_members_mend_the_mix(
    regular: int, spot: int, units: int, added: dict[str, int]
) -> None:
    """New members are of the class that lacks some, and never more of it than are wanted in all."""
    pool = a_pool(9, spot=Spot(base_regular=2, regular_percentage_above_base=50))
    assert classes_to_add(pool, {REGULAR: regular, SPOT: spot}, units) == added
    there = {klass: number for klass, number in ((REGULAR, regular), (SPOT, spot)) if number}
    assert classes_to_add(pool, there, units) == added
