"""The sizes that a location offers under a scenario, as the Resource SKUs API would list them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.sizes import bundled_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.base import SizeFacts
    from providers.regions import Region
    from providers.simulated.scenario import Scenario


def sizes_in(region: Region, scenario: Scenario) -> Mapping[str, SizeFacts]:
    """All bundled sizes with the zones of the region and the restrictions of the scenario."""
    listed = dict(bundled_sizes())
    if not region.zones:
        listed = {name: replace(facts, zones=frozenset()) for name, facts in listed.items()}
    by_lower_name = {name.casefold(): name for name in listed}
    for entry in scenario.not_offered:
        name = by_lower_name.get(entry.size.casefold())
        if name is None:
            continue
        facts = listed[name]
        listed[name] = (
            replace(facts, restricted_zones=facts.restricted_zones | frozenset(entry.zones))
            if entry.zones
            else replace(facts, unavailable="NotAvailableForSubscription")
        )
    return listed
