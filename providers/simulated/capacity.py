"""Whether the platform has a host for an offering, by the scenario's limits and outages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.base import Priority
from providers.simulated.lifecycle import WITHOUT_HOST
from providers.simulated.scenario import Allocation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.simulated.records import InstanceRecord
    from providers.simulated.scenario import CapacityLimit, Scenario


def zone_is_down(scenario: Scenario, zone: str | None, at: float) -> bool:
    """Whether a zone is in an outage at a time; no zone never is."""
    return any(
        outage.zone == zone and outage.since <= at < outage.until
        for outage in scenario.zone_outages
    )


def not_offered(scenario: Scenario, size: str, zone: str | None) -> bool:
    """Whether the subscription lacks a size in a zone. A regional VM lacks it only region-wide."""
    return any(
        entry.size.casefold() == size.casefold() and (not entry.zones or zone in entry.zones)
        for entry in scenario.not_offered
    )


def lacking(
    scenario: Scenario, wanted: InstanceRecord, others: Iterable[InstanceRecord], at: float
) -> Allocation | None:
    """Say how a request for a host would fail, or None if there is one."""
    if zone_is_down(scenario, wanted.zone, at):
        return Allocation.ZONAL
    limits = [
        limit
        for limit in scenario.capacity
        if limit.since <= at < limit.until and _matches(limit, wanted)
    ]
    if not limits:
        return None
    holders = [
        other
        for other in others
        if other.life.phase not in WITHOUT_HOST and other.key != wanted.key
    ]
    for limit in limits:
        if sum(_matches(limit, holder) for holder in holders) >= limit.instances:
            return limit.failure or _usual(wanted)
    return None


def _matches(limit: CapacityLimit, record: InstanceRecord) -> bool:
    return (
        limit.zone in {None, record.zone}
        and (limit.size is None or limit.size.casefold() == record.size.casefold())
        and limit.priority in {None, record.priority}
    )


def _usual(wanted: InstanceRecord) -> Allocation:
    if wanted.priority is Priority.SPOT:
        zonal = Allocation.OVERCONSTRAINED_ZONAL
        return zonal if wanted.zone is not None else Allocation.OVERCONSTRAINED
    return Allocation.ZONAL if wanted.zone is not None else Allocation.ALLOCATION_FAILED
