"""What is to happen in a region: limits, lags, and faults at times counted from the region's start.

These dataclasses are the language of a scenario file (camelCase there, snake_case here) and the settings
of a region at once. Everything has a default: the empty scenario is a friendly region. All times and
durations are seconds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Annotated

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from providers.base import Health, LockLevel, PowerOperation, Priority

_STRICT = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)

Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Since = Annotated[float, Field(ge=0, alias="from")]


class DeleteUnderLock(StrEnum):
    """What a batch delete does about CanNotDelete locks.

    ``ALLOW`` is the dangerous answer, and the likely one: locks are enforced by HTTP verb, and the batch
    delete is a POST (azure-libraries-for-net#523).
    """

    ALLOW = "allow"
    REFUSE = "refuse"


class Call(StrEnum):
    """The calls of the provider contract that can be made to fail, and ARM's poll of an operation."""

    OBSERVE = "observe"
    CATALOG = "catalog"
    PUT_GROUP = "putGroup"
    CREATE = "create"
    DELETE = "delete"
    OPERATE = "operate"
    SWEEP = "sweep"
    DELETE_GROUP = "deleteGroup"
    POLL = "poll"


class CallFailure(StrEnum):
    """How a call fails. Only ``OUTCOME_UNKNOWN`` may leave something done."""

    THROTTLED = "throttled"
    TRANSIENT = "transient"
    SERVER_ERROR = "serverError"
    OUTCOME_UNKNOWN = "outcomeUnknown"
    FORBIDDEN = "forbidden"


class Allocation(StrEnum):
    """Azure's codes for a lack of capacity. ``SKU_NOT_AVAILABLE`` refuses at once, the others later."""

    SKU_NOT_AVAILABLE = "SkuNotAvailable"
    ALLOCATION_FAILED = "AllocationFailed"
    ZONAL = "ZonalAllocationFailed"
    OVERCONSTRAINED = "OverconstrainedAllocationRequest"
    OVERCONSTRAINED_ZONAL = "OverconstrainedZonalAllocationRequest"


class CreationOutcome(StrEnum):
    """How an accepted creation ends when it does not end well."""

    ALLOCATION_FAILED = "AllocationFailed"
    OS_TIMED_OUT = "OSProvisioningTimedOut"
    EXTENSION_FAILED = "VMExtensionProvisioningError"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class CapacityLimit:
    """At most ``instances`` VMs can be had of what is named; what is not named matches everything.

    ``failure`` None: the code follows from zone and priority, as with Azure.
    """

    __pydantic_config__ = _STRICT
    instances: Count
    zone: str | None = None
    size: str | None = None
    priority: Priority | None = None
    since: Since = 0.0
    until: Seconds = inf
    failure: Allocation | None = None


@dataclass(frozen=True, slots=True)
class NotOffered:
    """A size that the subscription does not have, in these zones or (none named) in the whole region."""

    __pydantic_config__ = _STRICT
    size: str
    zones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ZoneOutage:
    """A zone that is down: nothing can be created in it, and what stands there shows no power state."""

    __pydantic_config__ = _STRICT
    zone: str
    since: Since = 0.0
    until: Seconds = inf


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time."""

    __pydantic_config__ = _STRICT
    since: Since = 0.0
    until: Seconds = inf


@dataclass(frozen=True, slots=True)
class Eviction:
    """Spot VMs that lose their capacity at a time: all that match, or ``count`` of them, oldest first."""

    __pydantic_config__ = _STRICT
    at: Seconds
    zone: str | None = None
    size: str | None = None
    instance: str | None = None
    count: Count | None = None


@dataclass(frozen=True, slots=True)
class CallFault:
    """A call that fails ``times`` times after ``skip`` good ones, not before ``at``.

    ``applied`` tells an outcome-unknown call that was carried out from one that was not.
    """

    __pydantic_config__ = _STRICT
    call: Call
    error: CallFailure
    times: Count = 1
    skip: Count = 0
    at: Seconds = 0.0
    instance: str | None = None
    retry_after: Seconds = 30.0
    applied: bool = False


@dataclass(frozen=True, slots=True)
class CreationFault:
    """Creations that are accepted and end badly: ``times`` of those that match, after ``skip``."""

    __pydantic_config__ = _STRICT
    outcome: CreationOutcome
    times: Count = 1
    skip: Count = 0
    at: Seconds = 0.0
    instance: str | None = None
    zone: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class ExtensionFault:
    """Installations of extensions that fail: ``times`` of those that match, after ``skip``. The VM runs on."""

    __pydantic_config__ = _STRICT
    extension: str | None = None
    instance: str | None = None
    times: Count = 1
    skip: Count = 0
    at: Seconds = 0.0


@dataclass(frozen=True, slots=True)
class DeletionFault:
    """Deletions that leave NICs, disks and addresses behind, whatever their delete options say.

    ``times`` of those that match, after ``skip``.
    """

    __pydantic_config__ = _STRICT
    times: Count = 1
    skip: Count = 0
    at: Seconds = 0.0
    instance: str | None = None


@dataclass(frozen=True, slots=True)
class LockFault:
    """A lock that somebody sets at a time, on an ARM id or on the instance of that name.

    Exactly one of ``scope`` and ``instance`` is given.
    """

    __pydantic_config__ = _STRICT
    level: LockLevel
    scope: str | None = None
    instance: str | None = None
    at: Seconds = 0.0
    until: Seconds = inf

    def __post_init__(self) -> None:
        if (self.scope is None) == (self.instance is None):
            raise ValueError("a lock names either a scope or an instance")


@dataclass(frozen=True, slots=True)
class ForeignInstance:
    """A VM that somebody else puts into a scale set (the named one, or every set that exists)."""

    __pydantic_config__ = _STRICT
    at: Seconds
    name: str
    size: str = "Standard_D2s_v5"
    zone: str | None = None
    scale_set: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ForeignEdit:
    """What somebody else does to an instance; it waits until there is one of that name."""

    __pydantic_config__ = _STRICT
    at: Seconds
    instance: str
    tags: Mapping[str, str | None] = field(default_factory=dict)
    operation: PowerOperation | None = None
    health: Health | None = None
    delete: bool = False


@dataclass(frozen=True, slots=True)
class KnownSubnet:
    """A subnet that exists in a strict region, and whether it has a way out to the internet."""

    __pydantic_config__ = _STRICT
    id: str
    nat_gateway: bool = True


@dataclass(frozen=True, slots=True)
class Scenario:
    """The settings of a region.

    ``quotas`` are limits in vCPUs by quota name; a family that is not named has ``default_quota``.
    ``strict``: only the ``resources`` and ``subnets`` listed here exist; otherwise all that a request
    refers to does. ``page_size`` (0: as Azure) and ``empty_pages``, which come before the first row and
    carry a link to the next page all the same, shape the lists of the ARM face.
    """

    __pydantic_config__ = _STRICT
    list_lag: Seconds = 0.0
    page_size: Count = 0
    empty_pages: Count = 0
    delete_under_lock: DeleteUnderLock = DeleteUnderLock.ALLOW
    default_quota: Count = 100_000
    quotas: Mapping[str, Count] = field(default_factory=dict)
    capacity: tuple[CapacityLimit, ...] = ()
    not_offered: tuple[NotOffered, ...] = ()
    zone_outages: tuple[ZoneOutage, ...] = ()
    evictions: tuple[Eviction, ...] = ()
    failures: tuple[CallFault, ...] = ()
    creations: tuple[CreationFault, ...] = ()
    extensions: tuple[ExtensionFault, ...] = ()
    deletions: tuple[DeletionFault, ...] = ()
    locks: tuple[LockFault, ...] = ()
    locks_unreadable: tuple[Window, ...] = ()
    foreign_instances: tuple[ForeignInstance, ...] = ()
    foreign_edits: tuple[ForeignEdit, ...] = ()
    strict: bool = False
    resources: tuple[str, ...] = ()
    subnets: tuple[KnownSubnet, ...] = ()
