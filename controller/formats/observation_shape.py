"""The types of an observation document, and how each becomes one of our values.

Optional: what the platform may not show. Required: what a plan cannot do without, so that a
misspelt key is named instead of being taken for absent.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue, model_validator

from controller.core.observed import Serials
from controller.formats.reading import Shape
from providers.base import (
    BalancerFacts,
    Catalog,
    Extension,
    Failure,
    Group,
    Health,
    Instance,
    Leftover,
    LeftoverKind,
    Lock,
    LockLevel,
    NetworkFacts,
    PowerState,
    Priority,
    ProvisioningState,
    Quota,
    SizeFacts,
    SubnetFacts,
)

_FIRST_YEAR, _LAST_YEAR = 1970, 2199


_MOST_OPEN = 10_000
"""Ten times what a set can hold: each open number is looked for, so a slip must not take forever."""


def _plausible(moment: datetime) -> datetime:
    """In UTC. Years far away are slips, and adding a duration to them could overflow."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"expected a time between {_FIRST_YEAR} and {_LAST_YEAR}, found {moment}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_plausible)]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=0)]


class LockShape(Shape):
    """A lock: its level, and the ARM id of what it is on."""

    level: LockLevel
    scope: Text

    def value(self) -> Lock:
        """The lock as the controller knows it."""
        return Lock(self.level, self.scope)


class FailureShape(Shape):
    """Why the platform says that the last operation failed."""

    code: str
    message: str
    at: Moment | None = None

    def value(self) -> Failure:
        """The failure as the controller knows it."""
        return Failure(self.code, self.message, self.at)


class ExtensionShape(Shape):
    """An extension. ``state`` absent: it is there, and how it fares was not shown."""

    name: Text
    state: ProvisioningState | None = None
    failure: FailureShape | None = None

    def value(self) -> Extension:
        """The extension as the controller knows it."""
        return Extension(self.name, self.state, self.failure.value() if self.failure else None)


class InstanceShape(Shape):
    """One member. ``owned`` false: unmanaged. ``fingerprint`` absent: the tag, or else up to date.

    ``extensions`` absent: unknown, so none is installed.
    """

    name: Text
    zone: Text | None = None
    fault_domain: Count | None = None
    size: Text
    priority: Priority
    provisioning_state: ProvisioningState
    power_state: PowerState
    health: Health | None = None
    created_at: Moment | None = None
    owned: bool = True
    tags: dict[str, str] = Field(default_factory=dict)
    fingerprint: str | None = None
    listed: bool = True
    protected: bool = False
    resources: tuple[str, ...] = ()
    failure: FailureShape | None = None
    extensions: tuple[ExtensionShape, ...] | None = None
    document: dict[str, JsonValue] | None = None

    def value(self) -> Instance:
        """The instance as a provider would show it."""
        return Instance(
            name=self.name,
            zone=self.zone,
            fault_domain=self.fault_domain,
            size=self.size,
            priority=self.priority,
            provisioning_state=self.provisioning_state,
            power_state=self.power_state,
            health=self.health or Health.UNKNOWN,
            created_at=self.created_at,
            tags=self.tags,
            resources=self.resources,
            failure=self.failure.value() if self.failure else None,
            protected=self.protected,
            document=self.document,
            extensions=None
            if self.extensions is None
            else tuple(extension.value() for extension in self.extensions),
        )


class SerialsShape(Shape):
    """Serial numbers: those from ``floor`` up to, not including, ``next`` are open."""

    floor: Annotated[int, Field(ge=1)]
    next: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.next < self.floor:
            raise ValueError(f"next ({self.next}) lies below floor ({self.floor})")
        if self.next - self.floor > _MOST_OPEN:
            raise ValueError(f"more than {_MOST_OPEN} numbers are open between floor and next")
        return self

    def value(self) -> Serials:
        """The window as the controller knows it."""
        return Serials(self.floor, self.next)


class GroupShape(Shape):
    """The scale set's own properties, as far as a plan needs them."""

    etag: str = ""
    provisioning_state: ProvisioningState = ProvisioningState.SUCCEEDED
    zones: tuple[Text, ...] = ()
    fault_domain_count: Annotated[int, Field(ge=1)] = 1
    tags: dict[str, str] = Field(default_factory=dict)
    flexible: bool = True
    single_placement_group: bool = False

    def value(self) -> Group:
        """The set as a provider would show it."""
        return Group(
            etag=self.etag,
            provisioning_state=self.provisioning_state,
            zones=self.zones,
            fault_domain_count=self.fault_domain_count,
            tags=self.tags,
            flexible=self.flexible,
            single_placement_group=self.single_placement_group,
        )


class SizeShape(Shape):
    """What the subscription can have of one VM size."""

    family: str
    vcpus: Count
    memory_gib: float
    zones: frozenset[Text] = frozenset()
    architecture: str = "x64"
    spot: bool = True
    premium_storage: bool = True
    accelerated_networking: bool = True
    memory_preserving: bool = True
    restricted_zones: frozenset[Text] = frozenset()
    unavailable: str | None = None

    def value(self, name: str) -> SizeFacts:
        """The facts of the size ``name``."""
        return SizeFacts(name=name, **dict(self))


class QuotaShape(Shape):
    """One line of the usage report, in vCPUs."""

    limit: Count
    used: Count


class SubnetShape(Shape):
    """A subnet's ways out; ``freeAddresses`` null: unknown."""

    nat_gateway: bool
    route_table: bool = False
    free_addresses: Count | None = None


class BalancerShape(Shape):
    """A load balancer, with the ids of its backend pools."""

    standard: bool
    outbound: bool
    backend_pools: frozenset[Text] = frozenset()


class NetworkShape(Shape):
    """What was found of the network, by ARM id."""

    subnets: dict[str, SubnetShape] = Field(default_factory=dict)
    load_balancers: dict[str, BalancerShape] = Field(default_factory=dict)
    missing: frozenset[Text] = frozenset()

    def value(self) -> NetworkFacts:
        """The network as a provider would show it."""
        return NetworkFacts(
            subnets={
                name.lower(): SubnetFacts(**dict(facts)) for name, facts in self.subnets.items()
            },
            balancers={
                name.lower(): BalancerFacts(
                    facts.standard,
                    facts.outbound,
                    frozenset(pool.lower() for pool in facts.backend_pools),
                )
                for name, facts in self.load_balancers.items()
            },
            missing=frozenset(one.lower() for one in self.missing),
        )


class CatalogShape(Shape):
    """Sizes and quota of one location; sizes that nobody asked for are left out."""

    location: Text
    max_fault_domains: Annotated[int, Field(ge=1)]
    sizes: dict[str, SizeShape] = Field(default_factory=dict)
    quotas: dict[str, QuotaShape] = Field(default_factory=dict)
    network: NetworkShape | None = None

    def value(self) -> Catalog:
        """The catalogue as a provider would show it."""
        return Catalog(
            location=self.location,
            max_fault_domains=self.max_fault_domains,
            sizes={name: facts.value(name) for name, facts in self.sizes.items()},
            quotas={
                name: Quota(name, quota.limit, quota.used) for name, quota in self.quotas.items()
            },
            network=self.network.value() if self.network else None,
        )


class LeftoverShape(Shape):
    """A NIC, disk or public address left behind. Only what is ``confirmed`` is ever swept."""

    id: Text
    kind: LeftoverKind
    tags: dict[str, str] = Field(default_factory=dict)
    confirmed: bool = False
    used_by: str | None = None
    owner_exists: bool = True

    def value(self) -> Leftover:
        """The leftover as a provider would show it."""
        return Leftover(**dict(self))


class FleetShape(Shape):
    """One fleet. ``locks`` absent: there are none. ``locks`` null: they could not be read.

    ``leftovers`` absent: nobody looked, and so nothing is swept.
    """

    exists: bool
    instances: tuple[InstanceShape, ...] | None = None
    locks: tuple[LockShape, ...] | None = ()
    serials: SerialsShape | None = None
    reserved_at: Moment | None = None
    group: GroupShape | None = None
    catalog: CatalogShape | None = None
    leftovers: tuple[LeftoverShape, ...] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.exists and (self.instances or self.group):
            raise ValueError("exists is false, yet there are instances or a group")
        # Unknown is not empty: a set that exists shows its members, even when there are none.
        if self.exists and self.instances is None:
            raise ValueError("instances is missing; write [] for a set without members")
        names = Counter(instance.name.lower() for instance in self.instances or ())
        for name, count in names.items():
            if count > 1:
                raise ValueError(f"the instance {name} is listed {count} times")
        return self


class ObservationShape(Shape):
    """The whole document."""

    format_version: str
    observed_at: Moment
    fleets: dict[str, FleetShape]
