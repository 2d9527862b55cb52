"""What can be had where: sizes by zone and class, within what is offered, remembered and paid for by quota."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from controller.core import scarcity
from controller.core.steps import Blocked, Prevented
from controller.spec.values import SizeAllocation
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from controller.core.observed import Memory, Scarce
    from controller.spec.values import Pool, SizeChoice
    from providers.base import Catalog, SizeFacts

REGIONAL_QUOTA = "cores"
SPOT_QUOTA = "lowPriorityCores"


@dataclass(slots=True)
class Budget:
    """vCPUs left under each quota while a plan is made. Without a catalog nothing is refused.

    ``tried`` are refusals on probation for which a creation is under way or planned.

    Azure counts Spot instances against the low-priority quota only, Regular ones against their family's
    and the region's.
    """

    catalog: Catalog | None
    taken: Counter[str] = field(default_factory=Counter)
    tried: frozenset[Scarce] = frozenset()

    def lacking(self, facts: SizeFacts | None, priority: Priority) -> str | None:
        """Name of the quota that one more instance would exceed, or None."""
        if self.catalog is None or facts is None:
            return None
        for name in _quotas(facts, priority):
            quota = self.catalog.quotas.get(name)
            if quota and quota.used + self.taken[name] + facts.vcpus > quota.limit:
                return name
        return None

    def scratch(self) -> Budget:
        """A copy to try something out with."""
        return replace(self, taken=Counter(self.taken))

    def take(
        self, facts: SizeFacts | None, priority: Priority, tries: Iterable[Scarce] = ()
    ) -> None:
        """Count one more instance, which ``tries`` these refusals."""
        self.tried |= frozenset(tries)
        if facts is not None:
            for name in _quotas(facts, priority):
                self.taken[name] += facts.vcpus

    def describe(self, name: str) -> str:
        """``standardDSv5Family: 4 of 100 vCPUs left after this plan``."""
        quota = self.catalog.quotas.get(name) if self.catalog else None
        if quota is None:
            return name
        left = max(0, quota.limit - quota.used - self.taken[name])
        return f"{name}: {left} of {quota.limit} vCPUs left after this plan"


@dataclass(frozen=True, slots=True)
class Offers:
    """The sizes of one pool, asked by zone and class. ``zone`` is None in a regional set.

    ``trials`` says in which zone and class a refusal on probation is tried; anywhere else it still stands.
    """

    pool: Pool
    catalog: Catalog | None
    memory: Memory
    trials: Mapping[Scarce, tuple[str | None, Priority]] = field(default_factory=dict)

    @property
    def ranked(self) -> tuple[SizeChoice, ...]:
        """The pool's sizes by rank, those of one rank as the spec lists them."""
        return tuple(sorted(self.pool.sizes, key=lambda choice: choice.rank))

    def open(self, zone: str | None, priority: Priority) -> tuple[SizeChoice, ...]:
        """Sizes worth asking for, by rank; quota is not considered here."""
        return tuple(
            choice for choice in self.ranked if self.refusal(choice, zone, priority) is None
        )

    def refusal(self, choice: SizeChoice, zone: str | None, priority: Priority) -> Blocked | None:
        """Why a size is not worth asking for in a zone, or None if it is."""
        facts = self.facts(choice.name)
        if facts is not None:
            words = _not_offered(facts, zone, priority)
            if words:
                return Blocked(Prevented.NOT_OFFERED, f"{choice.name} {words}")
        scarce = scarcity.obstacle(
            self.memory, self.catalog, zone=zone, size=choice.name, priority=priority
        )
        if scarce is None:
            return self._probation(choice, zone, priority)
        where = f" in zone {zone}" if scarce.zone else ""
        detail = f"no {priority} capacity for {choice.name}{where} ({scarce.code})"
        return Blocked(Prevented.NO_CAPACITY, detail, until=scarce.until)

    def tries(self, choice: SizeChoice, zone: str | None, priority: Priority) -> tuple[Scarce, ...]:
        """The refusals on probation that a creation here would try."""
        return scarcity.on_probation(
            self.memory, self.catalog, zone=zone, size=choice.name, priority=priority
        )

    def is_trial(self, zone: str | None, priority: Priority) -> bool:
        """Whether every size that is open here is so only for one creation that tries it."""
        sizes = self.open(zone, priority)
        return bool(sizes) and all(self.tries(one, zone, priority) for one in sizes)

    def _probation(
        self, choice: SizeChoice, zone: str | None, priority: Priority
    ) -> Blocked | None:
        here = (zone, priority)
        waiting = [
            one for one in self.tries(choice, zone, priority) if self.trials.get(one) != here
        ]
        return probation_block(choice, waiting[0]) if waiting else None

    def first_refusal(self, zone: str | None, priority: Priority) -> Blocked | None:
        """The refusal that ends first among all sizes: when it is worth looking again."""
        found = [self.refusal(choice, zone, priority) for choice in self.pool.sizes]
        known = [one for one in found if one is not None]
        ending = [one for one in known if one.until is not None]
        if ending:
            return min(ending, key=lambda one: (one.until is None, one.until, one.detail))
        return known[0] if known else None

    def choose(
        self, zone: str | None, priority: Priority, budget: Budget, present: Counter[str]
    ) -> SizeChoice | str:
        """The size for one more instance, or the name of the quota that refuses all of them.

        ``present`` counts members by size, in small letters.
        """
        lacking = ""
        choices = self.open(zone, priority)
        if self.pool.size_allocation is SizeAllocation.CAPACITY_SPREAD:
            choices = tuple(sorted(choices, key=lambda one: (_load(one, present), one.rank)))
        for choice in choices:
            if budget.tried & frozenset(self.tries(choice, zone, priority)):
                continue
            refused = budget.lacking(self.facts(choice.name), priority)
            if refused is None:
                return choice
            lacking = lacking or refused
        return lacking

    def facts(self, size: str) -> SizeFacts | None:
        """What the catalog says of a size, or None if it says nothing."""
        return self.catalog.sizes.get(size) if self.catalog else None


def probation_block(choice: SizeChoice, one: Scarce) -> Blocked:
    """The entry for a member that waits until another one has tried what was refused."""
    where = f" in zone {one.zone}" if one.zone else ""
    detail = (
        f"{choice.name}{where} was refused ({one.code}): one creation tries it again, and the others "
        "follow when that one has come up"
    )
    return Blocked(Prevented.PROBING, detail, until=one.until + scarcity.PROBATION)


def _load(choice: SizeChoice, present: Counter[str]) -> Fraction:
    """What a size's share would bear with one more member."""
    return Fraction(present[choice.name.lower()] + 1, choice.weight)


def _quotas(facts: SizeFacts, priority: Priority) -> tuple[str, ...]:
    if priority is Priority.SPOT:
        return (SPOT_QUOTA,)
    return (facts.family, REGIONAL_QUOTA)


def _not_offered(facts: SizeFacts, zone: str | None, priority: Priority) -> str:
    if facts.unavailable:
        return f"is not offered to this subscription ({facts.unavailable})"
    if zone is not None and (zone not in facts.zones or zone in facts.restricted_zones):
        return f"is not offered in zone {zone}"
    if priority is Priority.SPOT and not facts.spot:
        return "cannot be had as Spot"
    return ""
