"""The contract between the controller and a cloud, in value types of our own.

Physics that every caller has to live with, and every provider has to keep:

1. *Eventually consistent.* A list may lag behind what was accepted: a fresh instance may be missing
   from it, a deleted one may still be in it. ``observe`` with names asks for each one and does not lag.
2. *Asynchronous.* A mutation returns when the platform has accepted it. Progress, and failure, are seen
   by looking later. An accepted creation that fails leaves an instance in state ``Failed`` behind.
3. *Idempotent by name.* ``create`` never changes an instance that exists: it raises ``Conflict``.
   ``delete`` of an instance that is gone is accepted and does nothing.
4. *The outcome may be unknown.* ``OutcomeUnknown`` means: it may have happened. Only looking tells.
5. *Bounded.* Every call ends within the provider's timeout. No call waits for completion.
6. *No policy.* A provider never chooses a victim, a zone or a name, and never repeats a mutation.

Names compare without regard to case, as Azure's do. Times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    from datetime import datetime

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
Document: TypeAlias = Mapping[str, Json]


class Priority(StrEnum):
    """How firmly Azure lets an instance have its capacity."""

    REGULAR = "Regular"
    SPOT = "Spot"


class ProvisioningState(StrEnum):
    """Azure's provisioning states of a VM or scale set."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    DELETING = "Deleting"
    MIGRATING = "Migrating"
    CANCELED = "Canceled"


class PowerState(StrEnum):
    """Azure's power states of a VM. ``UNKNOWN``: the platform shows none."""

    UNKNOWN = "unknown"
    CREATING = "creating"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DEALLOCATING = "deallocating"
    DEALLOCATED = "deallocated"


class Health(StrEnum):
    """What the Application Health extension reports."""

    UNKNOWN = "Unknown"
    INITIALIZING = "Initializing"
    HEALTHY = "Healthy"
    UNHEALTHY = "Unhealthy"


class LockLevel(StrEnum):
    """Levels of an Azure resource lock."""

    CAN_NOT_DELETE = "CanNotDelete"
    READ_ONLY = "ReadOnly"


class PowerOperation(StrEnum):
    """What can be done to one instance that stays."""

    START = "start"
    POWER_OFF = "powerOff"
    DEALLOCATE = "deallocate"
    RESTART = "restart"
    REDEPLOY = "redeploy"
    REIMAGE = "reimage"
    PERFORM_MAINTENANCE = "performMaintenance"


@dataclass(frozen=True, slots=True)
class GroupRef:
    """Which scale set. Its ARM id is the identity of a fleet."""

    subscription: str
    resource_group: str
    name: str
    location: str

    @property
    def group_scope(self) -> str:
        """ARM id of the resource group."""
        return f"/subscriptions/{self.subscription}/resourceGroups/{self.resource_group}"

    @property
    def id(self) -> str:
        """ARM id of the scale set, as written; compare without regard to case."""
        return f"{self.group_scope}/providers/Microsoft.Compute/virtualMachineScaleSets/{self.name}"

    def instance_id(self, instance: str) -> str:
        """ARM id of a member: an ordinary VM in the set's resource group."""
        return f"{self.group_scope}/providers/Microsoft.Compute/virtualMachines/{instance}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the platform says an instance's last operation failed, in its own words."""

    code: str
    message: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension of a VM as the platform shows it. ``state`` None: it is there, and nobody says how it fares."""

    name: str
    state: ProvisioningState | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Instance:
    """One VM of a scale set as the platform shows it.

    ``zone`` is None in a regional set; ``fault_domain`` is None where the platform does not show one.
    ``resources`` are the ARM ids of its NICs and disks, as far as known. ``document`` is the VM's ARM
    ``properties`` (shape of the Compute REST API) as far as read, or None. ``extensions`` None: they are
    not shown, which is not the same as having none.
    """

    name: str
    zone: str | None
    fault_domain: int | None
    size: str
    priority: Priority
    provisioning_state: ProvisioningState
    power_state: PowerState
    health: Health = Health.UNKNOWN
    created_at: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    failure: Failure | None = None
    protected: bool = False
    document: Document | None = None
    extensions: tuple[Extension, ...] | None = None


@dataclass(frozen=True, slots=True)
class Lock:
    """An Azure resource lock. ``scope`` is the ARM id of what is locked; children inherit it."""

    level: LockLevel
    scope: str


@dataclass(frozen=True, slots=True)
class Group:
    """A scale set as the platform shows it. ``etag`` guards the next write of its tags."""

    etag: str
    provisioning_state: ProvisioningState
    zones: tuple[str, ...]
    fault_domain_count: int
    tags: Mapping[str, str]
    flexible: bool = True
    single_placement_group: bool = False


class LeftoverKind(StrEnum):
    """What a VM can leave behind, by Azure's word for it."""

    INTERFACE = "networkInterface"
    DISK = "disk"
    ADDRESS = "publicIPAddress"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A NIC, disk or public address that a VM may have left behind. ``id`` is its ARM id.

    ``confirmed``: it was asked for by its id, so that the rest is true of this moment. ``used_by`` is what
    has it, or keeps it from being free (None: nothing); ``owner_exists`` whether there is a VM of the name
    that was asked about, in this set or not. Of one that is not confirmed neither is known.
    """

    id: str
    kind: LeftoverKind
    tags: Mapping[str, str] = field(default_factory=dict)
    confirmed: bool = False
    used_by: str | None = None
    owner_exists: bool = True

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.id.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class LeftoverSearch:
    """Which leftovers to look for, in one of two ways.

    ``prefix``: list every NIC, disk and public address of the set's resource group whose name begins so,
    in use or not; the list may lag. ``named``: ask for each of these ARM ids, and for the VM whose name
    stands beside it; neither lags, and those that do not exist are absent from the answer.
    """

    prefix: str = ""
    named: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GroupSnapshot:
    """What one look shows. ``group`` None: there is no such set. ``locks`` None: they could not be read.

    ``locks`` are all locks at, above or below the resource group, whatever they lock.
    ``complete`` is True when ``instances`` is the whole list, False when only named ones were asked for.
    ``leftovers`` None: nobody asked, or the identity may not list them.
    """

    observed_at: datetime
    group: Group | None
    instances: tuple[Instance, ...]
    locks: tuple[Lock, ...] | None
    complete: bool = True
    leftovers: tuple[Leftover, ...] | None = None


@dataclass(frozen=True, slots=True)
class SizeFacts:
    """What the Resource SKUs data says of a VM size in one location."""

    name: str
    family: str
    vcpus: int
    memory_gib: float
    zones: frozenset[str]
    architecture: str = "x64"
    spot: bool = True
    premium_storage: bool = True
    accelerated_networking: bool = True
    memory_preserving: bool = True
    restricted_zones: frozenset[str] = frozenset()
    unavailable: str | None = None


@dataclass(frozen=True, slots=True)
class Quota:
    """One line of the usage report, in vCPUs. ``cores`` is the regional total, ``lowPriorityCores`` Spot's."""

    name: str
    limit: int
    used: int


@dataclass(frozen=True, slots=True)
class NetworkQuestion:
    """Which parts of the network to look at: ARM ids of subnets and of load balancers' backend pools."""

    subnets: tuple[str, ...]
    pools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubnetFacts:
    """A subnet: its ways out to the internet, and how many addresses it has left (None: unknown)."""

    nat_gateway: bool
    route_table: bool = False
    free_addresses: int | None = None


@dataclass(frozen=True, slots=True)
class BalancerFacts:
    """A load balancer. ``outbound``: it gives its pools a way out. ``pools`` are ids in lower case."""

    standard: bool
    outbound: bool
    pools: frozenset[str]


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """What a look at the network found, by ARM id in lower case.

    ``missing`` surely do not exist. What was asked about and is in none of the three could not be read.
    """

    subnets: Mapping[str, SubnetFacts] = field(default_factory=dict)
    balancers: Mapping[str, BalancerFacts] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a subscription can have in one location. ``network`` None: nobody asked about it."""

    location: str
    max_fault_domains: int
    sizes: Mapping[str, SizeFacts]
    quotas: Mapping[str, Quota]
    network: NetworkFacts | None = None


@dataclass(frozen=True, slots=True)
class GroupRequest:
    """A scale set as it should be: Flexible, without a profile, ``singlePlacementGroup`` false."""

    zones: tuple[str, ...]
    fault_domain_count: int
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class InstanceRequest:
    """One VM to create.

    ``document`` is the VM's ARM ``properties`` without size, priority and place: storageProfile, osProfile,
    networkProfile and so on. Its ``extensions`` are left out: each is installed later, by an operation of
    its own. ``identity_ids`` are user-assigned identities.
    """

    name: str
    zone: str | None
    fault_domain: int | None
    size: str
    priority: Priority
    tags: Mapping[str, str]
    document: Document
    eviction_policy: str | None = None
    max_price: float | None = None
    identity_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TagChange:
    """Tags to set on one instance; those not named stay. A value of None removes the tag."""

    tags: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class SingleDelete:
    """Delete one instance, or one leftover, by a DELETE of its own.

    ARM refuses it under a lock (``Locked``), as it may not refuse the batch; another write of the set does
    not cut it short. An instance that is gone, or going, is accepted.
    """


@dataclass(frozen=True, slots=True)
class InstallExtension:
    """Install an extension on one instance that runs, or install it again.

    ``document`` is the extension's ARM ``properties``. It may hold secrets, so no text of this value shows
    it. Accepted first and done later; an extension that fails leaves the instance running.
    """

    name: str
    document: Document = field(repr=False)


Operation: TypeAlias = PowerOperation | TagChange | SingleDelete | InstallExtension
SweepOperation: TypeAlias = TagChange | SingleDelete


_POOL = "/backendaddresspools/"


def balancer_of(pool: str) -> str:
    """The ARM id of the load balancer that a backend pool belongs to."""
    at = pool.lower().rfind(_POOL)
    return pool if at < 0 else pool[:at]


class Provider(Protocol):
    """A cloud. Every method may raise any error of ``providers.errors`` and nothing else."""

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show the scale set, its members and the locks over them, and leftovers if asked for.

        Without ``names``: the whole member list, which may lag. With ``names``: each is asked for by
        itself, without lag; those that do not exist are absent from the answer. A list that could not
        be read whole raises; locks that could not be read are None.
        """
        ...

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show sizes, zones, fault domain limits and quota; with ``network`` also that part of the network.

        A part of the network that cannot be read is left out of the answer and raises nothing.
        """
        ...

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create the set (``etag`` None: create only) or change it if its etag still is ``etag``.

        Raises ``Conflict`` when the precondition fails, ``Rejected`` when Azure would refuse the request.
        """
        ...

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of one member. ``Conflict`` if the name exists; it is then left as it is."""
        ...

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start the batch deletion of the named members. An empty list is an error of the caller."""
        ...

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start a power operation or an installation on one member, delete it alone, or change its tags."""
        ...

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Change tags of one leftover, given by its ARM id, or start its deletion.

        One that is gone is accepted when it is to be deleted, and is ``NotFound`` when it is to be tagged.
        ``Conflict`` while anything uses it or it is reserved for its VM.
        """
        ...

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set. Refused (``Rejected``) while it has members."""
        ...
