"""Rules about zones, fault domains and the caps on them."""

from __future__ import annotations

import math
from difflib import get_close_matches
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.model.placement import MAX_SPREADING
from controller.spec.rules.view import PLACEMENT, Finding, pools_of, repeated
from providers.regions import known_locations, region

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.placement import Placement
    from controller.spec.nodes import Path

_EXCLUSIVE = (
    "Azure says: Specifying Availability Zones is not allowed when Virtual Machine Scale Set "
    "has platformFaultDomainCount higher than 1 with OrchestrationMode: 'Flexible'."
)
_LOCATION: Path = ("spec", "azure", "location")
_ZONES: Path = (*PLACEMENT, "zones")
_FAULT_DOMAINS: Path = (*PLACEMENT, "faultDomains")


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the placement."""
    placement = document.spec.placement
    if placement.zones and placement.fault_domains is not None:
        yield _both()
        return
    yield from _region(placement, document.spec.azure.location)
    for index, zone in repeated(placement.zones or ()):
        yield Finding(
            Code.DUPLICATE_ENTRY,
            (*_ZONES, index),
            f"zone `{zone}` stands twice",
            "name each zone once",
        )
    yield from _domains(placement)
    yield from _caps(placement, sum(pool.replicas for pool in pools_of(document)))


def _both() -> Finding:
    return Finding(
        Code.ZONES_WITH_FAULT_DOMAINS,
        _FAULT_DOMAINS,
        "`zones` and `faultDomains` exclude each other",
        "keep `zones` (99.99 % SLA over zones) or `faultDomains` (one location without zones)",
        (
            _EXCLUSIVE,
            "A zonal set has the fault domain count 1, and inside a zone the platform spreads.",
        ),
        also=(_ZONES,),
        at_key=True,
    )


def _region(placement: Placement, location: str) -> Iterator[Finding]:
    known = region(location)
    if known is None:
        near = get_close_matches(location, known_locations(), n=1)
        yield Finding(
            Code.LOCATION_UNKNOWN,
            _LOCATION,
            f"the bundled catalogue does not know the location `{location}`",
            f"did you mean `{near[0]}`?" if near else "the provider will be asked about it",
            severity=Severity.WARNING,
        )
        return
    for index, zone in enumerate(placement.zones or ()):
        if zone not in known.zones:
            has = f"zones {', '.join(known.zones)}" if known.zones else "no availability zones"
            yield Finding(
                Code.ZONE_NOT_IN_REGION,
                (*_ZONES, index),
                f"{location} has {has}",
                "use `faultDomains` here, or another location" if not known.zones else "",
                also=(_LOCATION,),
            )
            return
    count = placement.fault_domains
    if isinstance(count, int) and count > known.max_fault_domains:
        yield Finding(
            Code.FAULT_DOMAIN_COUNT,
            _FAULT_DOMAINS,
            f"{location} has at most {known.max_fault_domains} fault domains",
            f"write {known.max_fault_domains}, or `max` to let the platform spread",
            (fault_domain_range(count, known.max_fault_domains),),
            also=(_LOCATION,),
        )


def fault_domain_range(count: int, most: int) -> str:
    """Quote the platform on a fault domain count that the region does not have."""
    return (
        f"Azure says: InvalidParameter. The specified fault domain count {count} must fall in the "
        f"range 1 to {most}."
    )


def domains(placement: Placement) -> tuple[str, ...]:
    """Name the domains that can be told apart: zones, fault domains from 0, or none (max spreading)."""
    if placement.zones:
        return tuple(dict.fromkeys(placement.zones))
    count = placement.fault_domains
    return tuple(str(index) for index in range(count)) if isinstance(count, int) else ()


def _domains(placement: Placement) -> Iterator[Finding]:
    known = domains(placement)
    named: list[tuple[Path, str]] = [
        ((*PLACEMENT, "exclude", index), name) for index, name in enumerate(placement.exclude)
    ]
    named += [((*PLACEMENT, "weights", name), name) for name in placement.weights]
    for path, name in named:
        if name not in known:
            shown = ", ".join(known) or f"none that can be named (`faultDomains: {MAX_SPREADING}`)"
            yield Finding(
                Code.UNKNOWN_DOMAIN,
                path,
                f"`{name}` is not a domain of this placement",
                f"its domains are {shown}",
                also=(_ZONES, _FAULT_DOMAINS),
                at_key=path[-2] == "weights",
            )
    left = [name for name in known if name not in placement.exclude]
    if known and not left:
        yield Finding(
            Code.NO_DOMAIN_LEFT,
            (*PLACEMENT, "exclude"),
            "`exclude` leaves no domain for any member",
            "keep at least one",
            also=(_ZONES, _FAULT_DOMAINS),
        )
    elif placement.min_domains > max(len(left), 1):
        yield Finding(
            Code.MIN_DOMAINS,
            (*PLACEMENT, "minDomains"),
            f"`minDomains` is {placement.min_domains}, and {len(left) or 1} domains are left",
            f"write {len(left) or 1} or less",
            also=(_ZONES, _FAULT_DOMAINS, (*PLACEMENT, "exclude")),
        )


def _caps(placement: Placement, replicas: int) -> Iterator[Finding]:
    caps = {
        "maxPerZone": placement.max_per_zone,
        "maxPercentPerZone": placement.max_percent_per_zone,
    }
    left = [zone for zone in domains(placement) if zone not in placement.exclude]
    for name, cap in caps.items():
        path = (*PLACEMENT, name)
        if cap is None:
            continue
        if not placement.zones:
            yield Finding(
                Code.ZONE_FIELD_WITHOUT_ZONES,
                path,
                f"`{name}` needs `zones`",
                "name the zones, or remove the field",
                at_key=True,
                also=(_ZONES,),
            )
            continue
        each = cap if name == "maxPerZone" else math.ceil(replicas * cap / 100)
        room = each * len(left)
        if left and room < replicas:
            yield Finding(
                Code.CAPS_TOO_LOW,
                path,
                f"{each} in each of {len(left)} zones leaves room for {room} of {replicas} replicas",
                f"allow at least {math.ceil(replicas / len(left))} members in a zone",
                also=(_ZONES, (*PLACEMENT, "exclude"), ("spec", "replicas"), ("spec", "pools")),
            )
