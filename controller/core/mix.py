"""How many members of each class a pool should have: Azure's Spot Priority Mix formula."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.spec.values import Pool, Spot

CLASSES = (Priority.REGULAR.value, Priority.SPOT.value)


def targets(spot: Spot | None, members: int) -> dict[str, int]:
    """Regular and Spot members of ``members``: ``base + floor((n - base) * percentage / 100)`` Regular.

    The odd one above the base is Spot (41 with base 10 and 50 % are 10 + 15 Regular and 16 Spot).
    """
    if spot is None:
        regular = members
    else:
        above = max(0, members - spot.base_regular)
        share = above * spot.regular_percentage_above_base // 100
        regular = min(members, spot.base_regular) + share
    return {Priority.REGULAR.value: regular, Priority.SPOT.value: members - regular}


def classes_to_add(pool: Pool, present: Mapping[str, int], units: int) -> dict[str, int]:
    """Which classes ``units`` new members should be of, so that the mix comes closest to its target."""
    wanted = targets(pool.spot, sum(present.values()) + units)
    # Where both classes lack members they lack ``units`` together; where one does, the other has too many.
    return {klass: min(units, max(0, wanted[klass] - present.get(klass, 0))) for klass in CLASSES}
