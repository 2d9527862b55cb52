"""The sizes that a location offers under a scenario, as the Resource SKUs API would list them."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from providers.sizes import bundled_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.base import SizeFacts
    from providers.regions import Region
    from providers.simulated.scenario import NotOffered, Scenario


def sizes_in(region: Region, scenario: Scenario) -> Mapping[str, SizeFacts]:
    """All bundled sizes with the zones of the region and the restrictions of the scenario."""
    return _listed(tuple(scenario.not_offered), has_zones=bool(region.zones))


@lru_cache(maxsize=16)
def _listed(not_offered: tuple[NotOffered, ...], *, has_zones: bool) -> Mapping[str, SizeFacts]:
    listed = dict(bundled_sizes())
    if not has_zones:
        listed = {name: replace(facts, zones=frozenset()) for name, facts in listed.items()}
    by_lower_name = {name.casefold(): name for name in listed}
    for entry in not_offered:
        name = by_lower_name.get(entry.size.casefold())
        if name is None:
            continue
        facts = listed[name]
        listed[name] = (
            replace(facts, restricted_zones=facts.restricted_zones | frozenset(entry.zones))
            if entry.zones
            else replace(facts, unavailable="NotAvailableForSubscription")
        )
    # One for all who ask, so nobody may change it.
    return MappingProxyType(listed)
