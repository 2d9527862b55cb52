"""Well-known Azure regions: their zones and how many fault domains a regional scale set may have.

Zones: the public list of locations with ``availabilityZoneMappings`` (2025). Fault domains: Microsoft's
table "number of fault domains per region" for managed disks, last published in 2019. Regions that are
younger than the table count as 2, the number that every region accepts; the Resource SKUs entry
``availabilitySets/Aligned`` of a subscription is the authority and overrides it.
"""

from __future__ import annotations

from dataclasses import dataclass


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_THREE_FAULT_DOMAINS = _names(
    """
    centralus eastasia eastus eastus2 northcentralus northeurope southcentralus westeurope westus
    """
)

_ZONED = _names(
    """
    australiaeast austriaeast belgiumcentral brazilsouth canadacentral centralindia centralus
    chilecentral denmarkeast eastasia eastus eastus2 francecentral germanywestcentral
    indonesiacentral israelcentral italynorth japaneast japanwest koreacentral malaysiawest
    mexicocentral newzealandnorth northeurope norwayeast polandcentral qatarcentral
    southafricanorth southcentralus southeastasia spaincentral swedencentral switzerlandnorth
    uaenorth uksouth westeurope westus2 westus3
    """
)

_REGIONAL = _names(
    """
    australiacentral australiacentral2 australiasoutheast brazilsoutheast canadaeast francesouth
    germanynorth jioindiacentral jioindiawest koreasouth northcentralus norwaywest
    southafricawest southindia swedensouth switzerlandwest uaecentral ukwest westcentralus
    westindia westus
    """
)


@dataclass(frozen=True, slots=True)
class Region:
    """One Azure location. ``zones`` is empty where there are none.

    ``max_fault_domains`` bounds ``platformFaultDomainCount`` of a set without zones.
    """

    location: str
    zones: tuple[str, ...]
    max_fault_domains: int


def region(location: str) -> Region | None:
    """Look a location up by name (``westeurope``) or display name (``West Europe``); None if unknown."""
    name = "".join(location.split()).casefold()
    if name not in _ZONED | _REGIONAL:
        return None
    zones = ("1", "2", "3") if name in _ZONED else ()
    return Region(name, zones, 3 if name in _THREE_FAULT_DOMAINS else 2)


def known_locations() -> tuple[str, ...]:
    """All locations in this table, sorted: what an error about an unknown one may suggest."""
    return tuple(sorted(_ZONED | _REGIONAL))
