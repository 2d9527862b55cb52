"""The observation document: what the provider showed, so that a plan can be made again from a file.

``observedAt`` is the time for which such a plan is made. Secrets that a VM was created with are left
out; the platform never shows them either.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import tags
from controller.core.observed import Observed, member_of, parse_serials
from controller.formats.fleet_document import condition_entry
from controller.formats.observation_shape import FleetShape, InstanceShape, ObservationShape
from controller.formats.reading import FORMAT_VERSION, read_shape
from controller.formats.text import time_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from controller.core.observed import Member, Serials
    from controller.core.status import Condition
    from controller.spec.values import Fleet
    from providers.base import (
        Catalog,
        Extension,
        Failure,
        Group,
        GroupRef,
        Json,
        Leftover,
        NetworkFacts,
        SizeFacts,
    )

_SECRET_KEYS = frozenset(
    {"adminPassword", "customData", "userData", "protectedSettings", "secrets"}
)


def observation_document(
    observed_at: datetime,
    fleets: Mapping[str, Observed],
    *,
    specs: Sequence[Fleet] = (),
    conditions: Mapping[str, Sequence[Condition]] | None = None,
) -> dict[str, Json]:
    """Write what was observed, by name of fleet, and ``conditions`` beside it; they are not read back.

    ``specs`` limit each catalogue to the sizes that its fleet asks for or has; without them the whole
    catalogue is written.
    """
    asked = {fleet.name: _sizes_asked(fleet) for fleet in specs}
    return {
        "formatVersion": FORMAT_VERSION,
        "observedAt": time_text(observed_at),
        "fleets": {
            name: _fleet_entry(observed, asked.get(name))
            | _conditions((conditions or {}).get(name))
            for name, observed in fleets.items()
        },
    }


def _conditions(found: Sequence[Condition] | None) -> dict[str, Json]:
    return {} if found is None else {"conditions": [condition_entry(one) for one in found]}


def read_observation(text: str, source_name: str, fleets: Iterable[Fleet]) -> dict[str, Observed]:
    """Read a saved observation for the given fleets; fleets that are not asked for are left out.

    A fleet that the document lacks is absent from the answer, which is not the same as empty: see
    ``what_lacks``. Raises ``DocumentError`` when the text is no such document.
    """
    document = read_shape(text, source_name, ObservationShape, "an observation document")
    return {
        fleet.name: _observed(fleet.ref, document.fleets[fleet.name], document.observed_at)
        for fleet in fleets
        if fleet.name in document.fleets
    }


def what_lacks(name: str, observed: Mapping[str, Observed]) -> str:
    """The sentence for a fleet that an observation lacks."""
    has = ", ".join(observed) or "none of the fleets asked for"
    return (
        f"the observation lacks {name}; it has {has}. "
        "Observe again with this fleet's spec, or plan only the fleets that are in it"
    )


def _observed(ref: GroupRef, shape: FleetShape, observed_at: datetime) -> Observed:
    group = shape.group.value() if shape.group else None
    set_tags = group.tags if group else {}
    serials = shape.serials.value() if shape.serials else None
    members = (_member(ref, found) for found in shape.instances or ())
    return Observed(
        observed_at=observed_at,
        exists=shape.exists,
        members=tuple(sorted(members, key=lambda member: member.name)),
        locks=None if shape.locks is None else tuple(lock.value() for lock in shape.locks),
        serials=serials or parse_serials(set_tags.get(tags.SERIALS)),
        reserved_at=shape.reserved_at or tags.parse_time(set_tags.get(tags.RESERVED_AT)),
        retried_at=tags.parse_time(set_tags.get(tags.RETRIED_AT)),
        group=group,
        catalog=shape.catalog.value() if shape.catalog else None,
        leftovers=None
        if shape.leftovers is None
        else tuple(leftover.value() for leftover in shape.leftovers),
    )


def _member(ref: GroupRef, shape: InstanceShape) -> Member:
    member = member_of(ref, shape.value(), owned=shape.owned)
    fingerprint = shape.fingerprint or member.fingerprint
    return replace(member, fingerprint=fingerprint, listed=shape.listed)


def _fleet_entry(observed: Observed, asked: frozenset[str] | None) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "exists": observed.exists,
        "instances": [_instance_entry(member) for member in observed.members],
        "locks": None
        if observed.locks is None
        else [{"level": str(lock.level), "scope": lock.scope} for lock in observed.locks],
    }
    if observed.serials:
        entry["serials"] = _serials_entry(observed.serials)
    if observed.reserved_at:
        entry["reservedAt"] = time_text(observed.reserved_at)
    if observed.group:
        entry["group"] = _group_entry(observed.group)
    if observed.catalog:
        sizes = None if asked is None else asked | _sizes_had(observed)
        entry["catalog"] = _catalog_entry(observed.catalog, sizes)
    if observed.leftovers is not None:
        entry["leftovers"] = [_leftover_entry(leftover) for leftover in observed.leftovers]
    return entry


def _leftover_entry(leftover: Leftover) -> dict[str, Json]:
    return {
        "id": leftover.id,
        "kind": str(leftover.kind),
        "tags": dict(leftover.tags),
        "confirmed": leftover.confirmed,
        "usedBy": leftover.used_by,
        "ownerExists": leftover.owner_exists,
    }


def _instance_entry(member: Member) -> dict[str, Json]:
    found = member.instance
    entry: dict[str, Json] = {
        "name": found.name,
        "zone": found.zone,
        "faultDomain": found.fault_domain,
        "size": found.size,
        "priority": str(found.priority),
        "provisioningState": str(found.provisioning_state),
        "powerState": str(found.power_state),
        "health": str(found.health),
        "createdAt": time_text(found.created_at) if found.created_at else None,
        "owned": member.owned,
        "tags": dict(found.tags),
        "fingerprint": member.fingerprint,
        "listed": None if member.listed else False,
        "protected": found.protected or None,
        "resources": list(found.resources) or None,
        "failure": _failure_entry(found.failure) if found.failure else None,
        "extensions": None
        if found.extensions is None
        else [_extension_entry(extension) for extension in found.extensions],
        "document": _without_secrets(found.document) if found.document else None,
    }
    always = ("zone", "faultDomain")
    return {key: value for key, value in entry.items() if value is not None or key in always}


def _failure_entry(failure: Failure) -> dict[str, Json]:
    at = {"at": time_text(failure.at)} if failure.at else {}
    return {"code": failure.code, "message": failure.message, **at}


def _extension_entry(extension: Extension) -> dict[str, Json]:
    """``state`` is left out where the platform does not show it."""
    entry: dict[str, Json] = {"name": extension.name}
    if extension.state is not None:
        entry["state"] = str(extension.state)
    if extension.failure is not None:
        entry["failure"] = _failure_entry(extension.failure)
    return entry


def _serials_entry(serials: Serials) -> dict[str, Json]:
    return {"floor": serials.floor, "next": serials.next}


def _group_entry(group: Group) -> dict[str, Json]:
    return {
        "etag": group.etag,
        "provisioningState": str(group.provisioning_state),
        "zones": list(group.zones),
        "faultDomainCount": group.fault_domain_count,
        "tags": dict(group.tags),
        "flexible": group.flexible,
        "singlePlacementGroup": group.single_placement_group,
    }


def _catalog_entry(catalog: Catalog, sizes: Collection[str] | None) -> dict[str, Json]:
    kept = {
        name: facts
        for name, facts in sorted(catalog.sizes.items())
        if sizes is None or name.lower() in sizes
    }
    entry: dict[str, Json] = {
        "location": catalog.location,
        "maxFaultDomains": catalog.max_fault_domains,
        "sizes": {name: _size_entry(facts) for name, facts in kept.items()},
        "quotas": {
            name: {"limit": quota.limit, "used": quota.used}
            for name, quota in sorted(catalog.quotas.items())
        },
    }
    if catalog.network is not None:
        entry["network"] = _network_entry(catalog.network)
    return entry


def _network_entry(network: NetworkFacts) -> dict[str, Json]:
    return {
        "subnets": {
            name: {
                "natGateway": facts.nat_gateway,
                "routeTable": facts.route_table,
                "freeAddresses": facts.free_addresses,
            }
            for name, facts in sorted(network.subnets.items())
        },
        "loadBalancers": {
            name: {
                "standard": facts.standard,
                "outbound": facts.outbound,
                "backendPools": sorted(facts.pools),
            }
            for name, facts in sorted(network.balancers.items())
        },
        "missing": sorted(network.missing),
    }


def _size_entry(facts: SizeFacts) -> dict[str, Json]:
    return {
        "family": facts.family,
        "vcpus": facts.vcpus,
        "memoryGib": facts.memory_gib,
        "zones": sorted(facts.zones),
        "architecture": facts.architecture,
        "spot": facts.spot,
        "premiumStorage": facts.premium_storage,
        "acceleratedNetworking": facts.accelerated_networking,
        "memoryPreserving": facts.memory_preserving,
        "restrictedZones": sorted(facts.restricted_zones),
        "unavailable": facts.unavailable,
    }


def _sizes_asked(fleet: Fleet) -> frozenset[str]:
    return frozenset(size.name.lower() for pool in fleet.pools for size in pool.sizes)


def _sizes_had(observed: Observed) -> frozenset[str]:
    return frozenset(member.instance.size.lower() for member in observed.members)


def _without_secrets(value: Json) -> Json:
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, dict):
        kept = {key: part for key, part in value.items() if key not in _SECRET_KEYS}
        return {key: _without_secrets(part) for key, part in kept.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(part) for part in value]
    return value
