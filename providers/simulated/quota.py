"""Quota in vCPUs, by family and for the region, per subscription and location.

Azure: "Quota is calculated based on the total number of cores in use both allocated and deallocated"
(learn.microsoft.com, virtual-machines/quotas). So every VM that exists counts, whatever its state. Spot
VMs count towards ``lowPriorityCores`` alone; Regular ones towards their family and ``cores``.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from providers.base import Priority, Quota
from providers.sizes import bundled_sizes, size_facts

if TYPE_CHECKING:
    from providers.base import GroupRef, SizeFacts
    from providers.simulated.records import InstanceRecord
    from providers.simulated.scenario import Scenario

REGIONAL = "cores"
SPOT = "lowPriorityCores"


@dataclass(frozen=True, slots=True)
class Shortage:
    """A quota that a request would exceed, in vCPUs."""

    name: str
    limit: int
    used: int
    required: int


class Usage:
    """vCPUs in use, kept up to date by the roster of VMs."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str, str]] = Counter()

    def add(self, record: InstanceRecord, times: int) -> None:
        """Count a VM in (``times`` 1) or out (-1)."""
        facts = size_facts(record.size)
        if facts is not None:
            for name in _names(facts, record.priority):
                self._used[_key(record.ref, name)] += times * facts.vcpus

    def of(self, ref: GroupRef, name: str) -> int:
        """Used vCPUs under a quota in the subscription and location of ``ref``."""
        return self._used[_key(ref, name)]

    def check(
        self, ref: GroupRef, facts: SizeFacts, priority: Priority, scenario: Scenario
    ) -> Shortage | None:
        """Find the first quota that one more VM would exceed: family, then region."""
        for name in _names(facts, priority):
            used, limit = self.of(ref, name), limit_of(scenario, name)
            if used + facts.vcpus > limit:
                return Shortage(name, limit, used, facts.vcpus)
        return None

    def report(self, ref: GroupRef, scenario: Scenario) -> dict[str, Quota]:
        """The usage report of the subscription and location of ``ref``, by quota name."""
        limits, (subscription, location, _) = _limits(scenario), _key(ref, "")
        return {
            name: Quota(
                name,
                limits.get(name.casefold(), scenario.default_quota),
                self._used[subscription, location, name],
            )
            for name in (REGIONAL, SPOT, *_families())
        }


def limit_of(scenario: Scenario, name: str) -> int:
    """The approved vCPUs of a quota. Names compare without regard to case."""
    return _limits(scenario).get(name.casefold(), scenario.default_quota)


def _limits(scenario: Scenario) -> dict[str, int]:
    return {key.casefold(): limit for key, limit in scenario.quotas.items()}


@cache
def _families() -> tuple[str, ...]:
    return tuple(sorted({facts.family for facts in bundled_sizes().values()}))


def _names(facts: SizeFacts, priority: Priority) -> tuple[str, ...]:
    return (SPOT,) if priority is Priority.SPOT else (facts.family, REGIONAL)


def _key(ref: GroupRef, name: str) -> tuple[str, str, str]:
    return ref.subscription.casefold(), "".join(ref.location.split()).casefold(), name
