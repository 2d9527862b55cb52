"""What a subscription can have in a location: the Resource SKUs data and the usage report.

Sizes change seldom and their list is long, so a list is kept for half an hour; usage is read each time.
The list is known to come back in part with status 200, so one that has shrunk to less than half is refused.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from providers.azure.reading import COMPUTE_API, PAGES_MAX
from providers.azure.views import decoded
from providers.base import Catalog, Quota, SizeFacts
from providers.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from providers.azure.pipeline import Connection

SKUS_API = "2021-07-01"
SIZES_KEPT = timedelta(minutes=30)

_FEWEST_FAULT_DOMAINS = 1


class _Capability(msgspec.Struct, frozen=True):
    name: str
    value: str | None = None


class _LocationInfo(msgspec.Struct, frozen=True):
    zones: list[str] | None = None


class _RestrictionInfo(msgspec.Struct, frozen=True):
    zones: list[str] | None = None


class _Restriction(msgspec.Struct, frozen=True, rename="camel"):
    type: str = ""
    reason_code: str | None = None
    restriction_info: _RestrictionInfo | None = None


class _Sku(msgspec.Struct, frozen=True, rename="camel"):
    resource_type: str = ""
    name: str = ""
    family: str = ""
    location_info: list[_LocationInfo] | None = None
    capabilities: list[_Capability] | None = None
    restrictions: list[_Restriction] | None = None

    @property
    def facts(self) -> Mapping[str, str]:
        """Capabilities by name; all values are texts, booleans too."""
        return {each.name: each.value or "" for each in self.capabilities or ()}


class _SkuPage(msgspec.Struct, frozen=True, rename="camel"):
    value: list[_Sku]
    next_link: str | None = None


class _UsageName(msgspec.Struct, frozen=True):
    value: str = ""


class _Usage(msgspec.Struct, frozen=True, rename="camel"):
    name: _UsageName
    limit: int = 0
    current_value: int = 0


class _UsagePage(msgspec.Struct, frozen=True, rename="camel"):
    value: list[_Usage]
    next_link: str | None = None


class Shelf:
    """Catalogues of one process: sizes as last read, by subscription and location."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], tuple[datetime, Catalog]] = {}

    async def catalog(self, connection: Connection, subscription: str, location: str) -> Catalog:
        """What can be had, with the usage of this moment. Raises ``ProviderError``."""
        key = (subscription.lower(), location)
        now = connection.clock.now
        read_at, known = self._kept.get(key, (None, None))
        if known is None or read_at is None or now - read_at > SIZES_KEPT:
            fresh = catalog_of(location, await _skus(connection, subscription, location))
            _refuse_shrunk(fresh, known)
            known = fresh
            self._kept[key] = (now, fresh)
        return with_usage(known, await _usage(connection, subscription, location))


def catalog_of(location: str, skus: Iterable[_Sku]) -> Catalog:
    """Sizes and the fault domain limit out of the rows of the Resource SKUs list."""
    sizes: dict[str, SizeFacts] = {}
    fault_domains = _FEWEST_FAULT_DOMAINS
    for sku in skus:
        if sku.resource_type == "virtualMachines":
            sizes[sku.name] = _size(sku)
        elif sku.resource_type == "availabilitySets" and sku.name == "Aligned":
            fault_domains = int(_number(sku.facts.get("MaximumPlatformFaultDomainCount", "1")))
    return Catalog(location, fault_domains, sizes, {})


def with_usage(catalog: Catalog, usage: Iterable[_Usage]) -> Catalog:
    """The catalogue with quotas; a size's family takes the spelling of the usage report."""
    quotas = {
        line.name.value: Quota(line.name.value, line.limit, line.current_value) for line in usage
    }
    spelling = {name.lower(): name for name in quotas}
    sizes = {
        name: replace(facts, family=spelling.get(facts.family.lower(), facts.family))
        for name, facts in catalog.sizes.items()
    }
    return replace(catalog, sizes=sizes, quotas=quotas)


async def _skus(connection: Connection, subscription: str, location: str) -> list[_Sku]:
    # Azure: only a filter on the location is supported.
    path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/skus"
    query = {"api-version": SKUS_API, "$filter": f"location eq '{location}'"}
    answer = await connection.get(path, query, region=location)
    rows: list[_Sku] = []
    for _ in range(PAGES_MAX):
        page = decoded(answer.body, _SkuPage)
        rows += page.value
        if not page.next_link:
            return rows
        answer = await connection.get(page.next_link, region=location)
    raise Transient("TornList", f"the list of sizes did not end after {PAGES_MAX} pages")


async def _usage(connection: Connection, subscription: str, location: str) -> list[_Usage]:
    path = f"/subscriptions/{subscription}/providers/Microsoft.Compute/locations/{location}/usages"
    answer = await connection.get(path, {"api-version": COMPUTE_API}, region=location)
    rows: list[_Usage] = []
    for _ in range(PAGES_MAX):
        page = decoded(answer.body, _UsagePage)
        rows += page.value
        if not page.next_link:
            return rows
        answer = await connection.get(page.next_link, region=location)
    raise Transient("TornList", f"the usage report did not end after {PAGES_MAX} pages")


def _refuse_shrunk(fresh: Catalog, known: Catalog | None) -> None:
    before = len(known.sizes) if known else 0
    if not fresh.sizes or 2 * len(fresh.sizes) < before:
        raise Transient(
            "TornList",
            f"the list of sizes shows {len(fresh.sizes)}, and {before} were there before",
        )


def _size(sku: _Sku) -> SizeFacts:
    facts = sku.facts
    zones = {zone for place in sku.location_info or () for zone in place.zones or ()}
    barred = [each for each in sku.restrictions or () if each.type.lower() == "location"]
    restricted = {
        zone
        for each in sku.restrictions or ()
        if each.type.lower() == "zone" and each.restriction_info
        for zone in each.restriction_info.zones or ()
    }
    return SizeFacts(
        name=sku.name,
        family=sku.family,
        vcpus=int(_number(facts.get("vCPUs", "0"))),
        memory_gib=_number(facts.get("MemoryGB", "0")),
        zones=frozenset(zones),
        architecture=facts.get("CpuArchitectureType", "x64"),
        spot=_yes(facts, "LowPriorityCapable"),
        premium_storage=_yes(facts, "PremiumIO"),
        accelerated_networking=_yes(facts, "AcceleratedNetworkingEnabled"),
        memory_preserving=_yes(facts, "MemoryPreservingMaintenanceSupported"),
        restricted_zones=frozenset(restricted),
        unavailable=(barred[0].reason_code or "restricted") if barred else None,
    )


def _yes(facts: Mapping[str, str], name: str) -> bool:
    return facts.get(name, "").lower() == "true"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
