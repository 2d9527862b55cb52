"""Complete, valid values for tests, overridden by keyword. Time is ``NOW`` unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from controller.core import tags
from controller.core.observed import Member, Observed, Serials, member_of
from controller.core.serials import next_serial
from controller.spec.values import Fleet, Placement, Pool, SizeChoice, Spot, Template
from providers.base import (
    Catalog,
    Group,
    GroupRef,
    Health,
    Instance,
    Json,
    Lock,
    LockLevel,
    PowerState,
    Priority,
    ProvisioningState,
    Quota,
    SizeFacts,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
D2S = "Standard_D2s_v5"
D2AS = "Standard_D2as_v5"
REF = GroupRef(SUBSCRIPTION, "web-rg", "web", "westeurope")
TEMPLATE = Template(
    document={
        "storageProfile": {
            "osDisk": {"createOption": "FromImage", "deleteOption": "Delete", "diskSizeGB": 64}
        },
        "osProfile": {"computerName": "{computerName}", "adminUsername": "azureuser"},
    },
    fingerprint="v1:aaaaaaaaaaaaaaaa",
)


def with_extensions(template: Template, *names: str) -> Template:
    """The template with extensions of these names; one called ``probe`` asks the application for its health."""
    entries: list[Json] = [
        {
            "name": name,
            "properties": {
                "publisher": "Example.Agents",
                "type": "ApplicationHealthLinux" if name == "probe" else "AgentLinux",
                "typeHandlerVersion": "1.0",
                "settings": {"level": "info"},
            },
        }
        for name in names
    ]
    return replace(template, document={**template.document, "extensions": entries})


def a_pool(replicas: int = 6, **over: Any) -> Pool:
    """A pool of one size, all Regular."""
    pool = Pool(name="", replicas=replicas, sizes=(SizeChoice(D2S, 0),), template=TEMPLATE)
    return replace(pool, **over)


def a_fleet(replicas: int = 6, *, spot: Spot | None = None, **over: Any) -> Fleet:
    """The fleet ``web`` over zones 1 to 3, with one pool."""
    fleet = Fleet(
        name="web",
        ref=REF,
        placement=Placement(zones=("1", "2", "3")),
        pools=(a_pool(replicas, spot=spot),),
        spec_digest="0" * 64,
    )
    return replace(fleet, **over)


def an_instance(serial: int = 1, zone: str | None = "1", **over: Any) -> Instance:
    """A running Regular VM of a day's age."""
    instance = Instance(
        name=f"web-{serial:06d}",
        zone=zone,
        fault_domain=None,
        size=D2S,
        priority=Priority.REGULAR,
        provisioning_state=ProvisioningState.SUCCEEDED,
        power_state=PowerState.RUNNING,
        health=Health.UNKNOWN,
        created_at=NOW - timedelta(days=1),
    )
    return replace(instance, **over)


def a_member(serial: int = 1, zone: str | None = "1", *, owned: bool = True, **over: Any) -> Member:
    """A member of the fleet ``web`` made from the builders' template."""
    instance = an_instance(serial, zone, **over)
    return replace(member_of(REF, instance, owned=owned), fingerprint=TEMPLATE.fingerprint)


def members_in(zones: Mapping[str, int], *, first: int = 1, **over: Any) -> tuple[Member, ...]:
    """So many members in each zone, numbered from ``first`` in the order of the zones."""
    places = [zone for zone, count in zones.items() for _ in range(count)]
    return tuple(a_member(first + index, zone, **over) for index, zone in enumerate(places))


def a_mixed_member(serial: int, zone: str, klass: str) -> Member:
    """A running member of a class."""
    return a_member(serial, zone, priority=Priority(klass))


def observed(
    members: Sequence[Member] = (), *, locks: Sequence[Lock] | None = (), **over: Any
) -> Observed:
    """A complete look at an existing set whose serial numbers are all settled."""
    following = next_serial(member.name for member in members)
    found = Observed(
        observed_at=NOW,
        exists=True,
        members=tuple(sorted(members, key=lambda member: member.name)),
        locks=None if locks is None else tuple(locks),
        serials=Serials(following, following),
        group=a_group(following),
    )
    return replace(found, **over)


def a_group(following: int = 1, floor: int | None = None) -> Group:
    """The set ``web`` with its serial tag."""
    return Group(
        etag='"1"',
        provisioning_state=ProvisioningState.SUCCEEDED,
        zones=("1", "2", "3"),
        fault_domain_count=1,
        tags={
            tags.SERIALS: f"{following if floor is None else floor}/{following}",
            tags.OWNER: tags.owner_mark(REF),
            tags.FLEET: "web",
        },
    )


def a_lock(name: str, level: LockLevel = LockLevel.CAN_NOT_DELETE) -> Lock:
    """A lock on one member."""
    return Lock(level, REF.instance_id(name))


def a_catalog(
    quotas: Mapping[str, tuple[int, int]] | None = None, **zones: frozenset[str]
) -> Catalog:
    """Two sizes in three zones; ``quotas`` maps a name to (limit, used)."""
    everywhere = frozenset({"1", "2", "3"})
    facts = {
        D2S: SizeFacts(D2S, "standardDSv5Family", 2, 8.0, zones.get("d2s", everywhere)),
        D2AS: SizeFacts(D2AS, "standardDASv5Family", 2, 8.0, zones.get("d2as", everywhere)),
    }
    return Catalog(
        location="westeurope",
        max_fault_domains=3,
        sizes=facts,
        quotas={name: Quota(name, *pair) for name, pair in (quotas or {}).items()},
    )
