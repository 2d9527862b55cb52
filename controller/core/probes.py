"""Half-open offerings: what was refused is tried by one creation first, in one place.

A refusal that is over says nothing about the next attempt. If a dozen members wait for it, one of them tries;
the others follow when that one has come up, or look elsewhere when it was refused again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from controller.core import mix
from controller.core.offerings import probation_block
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.core.observed import Scarce
    from controller.core.offerings import Budget
    from controller.core.placement import Site
    from controller.core.spread import Cell
    from controller.core.steps import Blocked

_Place: TypeAlias = "tuple[str | None, Priority]"
"""A zone, None in a regional set, and a class."""


def choose_trials(site: Site, wanted: Mapping[str, int], budget: Budget) -> Site:
    """The site with a place for each refusal on probation that nobody tries yet: where the fewest members are.

    A refusal of which no creation of this pool would come in the way keeps standing.
    """
    if not site.offers.memory.probing:
        return site
    trials: dict[Scarce, _Place] = {}
    for one in site.offers.memory.probing:
        for place in _places(site, wanted):
            tried = _tried_at(site, place, one)
            if tried and not any(other in budget.tried or other in trials for other in tried):
                trials |= dict.fromkeys(tried, place)
                break
    return replace(site, offers=replace(site.offers, trials=trials))


def limit(site: Site, cell: Cell, wanted: int) -> int:
    """How many members a cell may take: one, in one domain, if every size there is on trial."""
    zone = site.zone_of(cell.domain)
    if not site.offers.is_trial(zone, Priority(cell.klass)):
        return wanted
    alike = [name for name in _by_members(site) if site.zone_of(name) == zone]
    is_first = cell.domain == alike[0] and cell.fault_domain == site.topology.inner[0]
    return min(wanted, 1) if is_first else 0


def waiting(site: Site, domain: str, priority: Priority) -> Blocked:
    """The entry for a member that waits for the one that tries."""
    zone = site.zone_of(domain)
    size = site.offers.open(zone, priority)[0]
    return probation_block(size, site.offers.tries(size, zone, priority)[0])


def _places(site: Site, wanted: Mapping[str, int]) -> tuple[_Place, ...]:
    """Zones and classes in which members are wanted, the best for the spread first."""
    return tuple(
        dict.fromkeys(
            (site.zone_of(name), Priority(klass))
            for name in _by_members(site)
            for klass in mix.CLASSES
            if wanted[klass]
        )
    )


def _by_members(site: Site) -> list[str]:
    there = site.layout.by_domain()
    ranks = {name: number for number, name in enumerate(site.topology.eligible)}
    return sorted(ranks, key=lambda name: (there[name], ranks[name]))


def _tried_at(site: Site, place: _Place, one: Scarce) -> tuple[Scarce, ...]:
    """All refusals that a creation would try together with ``one``, with the first size that tries it."""
    zone, priority = place
    alone = replace(site.offers, memory=replace(site.offers.memory, probing=()))
    for size in alone.open(zone, priority):
        tried = site.offers.tries(size, zone, priority)
        if one in tried:
            return tried
    return ()
