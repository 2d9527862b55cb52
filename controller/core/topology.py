"""The domains over which a fleet is spread, and in which of them a member stands."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import tags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Member
    from controller.spec.values import Fleet
    from providers.base import Catalog

ZONE, FAULT_DOMAIN, REGION = "zone", "faultDomain", "region"
EVERYWHERE = "region"
"""The only domain of a set with max spreading, where the platform spreads and shows nothing of it."""


@dataclass(frozen=True, slots=True)
class Topology:
    """``kind`` is what a domain is; ``eligible`` are the domains that count, in their own order.

    ``inner`` are fault domains inside each domain, (``""``,) for one level only. ``order`` ranks domains
    for a fleet, so that equal choices of many fleets do not pile up in zone 1.
    """

    kind: str
    eligible: tuple[str, ...]
    inner: tuple[str, ...]
    order: dict[str, int]

    def domain_of(self, member: Member) -> str:
        """The domain of a member; ``?`` when nothing tells it."""
        if self.kind == REGION:
            return EVERYWHERE
        found = member.instance.zone if self.kind == ZONE else _fault_domain(member)
        return "?" if found is None else found

    def inner_of(self, member: Member) -> str:
        """The fault domain of a member inside its domain; empty for one level."""
        if self.inner == ("",):
            return ""
        return _fault_domain(member) or self.inner[0]

    def name(self, domain: str) -> str:
        """``zone 2``, ``fault domain 0``, ``the region``: a domain in words."""
        if self.kind == REGION:
            return "the region"
        return f"{'zone' if self.kind == ZONE else 'fault domain'} {domain}"


def read_topology(fleet: Fleet, catalog: Catalog | None) -> Topology:
    """Derive the domains of a fleet.

    Excluded domains are not eligible, and neither are zones in which none of the fleet's sizes is
    offered. A domain that is merely out of capacity stays eligible.
    """
    placement = fleet.placement
    if placement.zones:
        kind, domains = ZONE, placement.zones
    elif placement.fault_domains > 1:
        kind, domains = FAULT_DOMAIN, tuple(str(n) for n in range(placement.fault_domains))
    else:
        kind, domains = REGION, (EVERYWHERE,)
    eligible = tuple(
        name
        for name in domains
        if name not in placement.excluded and (kind != ZONE or _offered(fleet, name, catalog))
    )
    two_levels = kind == ZONE and placement.fault_domains > 1
    inner = tuple(str(n) for n in range(placement.fault_domains)) if two_levels else ("",)
    return Topology(kind, eligible, inner, _order(fleet.ref.id, domains))


def _offered(fleet: Fleet, zone: str, catalog: Catalog | None) -> bool:
    if catalog is None:
        return True
    for pool in fleet.pools:
        for choice in pool.sizes:
            facts = catalog.sizes.get(choice.name)
            if facts is None or (zone in facts.zones and zone not in facts.restricted_zones):
                return True
    return False


def _fault_domain(member: Member) -> str | None:
    shown = member.instance.fault_domain
    return str(shown) if shown is not None else member.instance.tags.get(tags.PLACE)


def _order(fleet_id: str, domains: Sequence[str]) -> dict[str, int]:
    """Rendezvous hash: each fleet has an order of its own, which a new domain does not upset."""

    def weight(domain: str) -> str:
        return hashlib.sha256(f"{fleet_id.lower()}|{domain}".encode()).hexdigest()

    return {name: rank for rank, name in enumerate(sorted(domains, key=weight))}
