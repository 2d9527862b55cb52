"""What a valid spec means, as plain values: the only form of a spec that the rest of the controller sees.

Everything here is checked and complete: defaults are filled in, counts are numbers, times are aware
datetimes, a fleet without ``pools`` has exactly one pool with the empty name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from providers.base import Document, GroupRef


class WhenUnsatisfiable(StrEnum):
    """What to do when the spread cannot be kept within ``max_skew``."""

    RELAX = "Relax"
    BLOCK = "Block"


class EvictionPolicy(StrEnum):
    """What Azure does with an evicted Spot instance."""

    DELETE = "Delete"
    DEALLOCATE = "Deallocate"


class SizeAllocation(StrEnum):
    """How a size is chosen among those that can be had."""

    RANKED = "Ranked"
    CAPACITY_SPREAD = "CapacitySpread"


class VictimOrder(StrEnum):
    """Whether members that do not serve go first on scale-in."""

    HEALTH_FIRST = "HealthFirst"
    SPREAD_FIRST = "SpreadFirst"


class VictimAge(StrEnum):
    """Which of two otherwise equal members goes first on scale-in."""

    OLDEST = "Oldest"
    NEWEST = "Newest"


class DeletionMode(StrEnum):
    """``BATCH``: one POST with names. ``SINGLE``: one DELETE each, which ARM itself refuses under a lock."""

    BATCH = "Batch"
    SINGLE = "Single"


class DeletionPolicy(StrEnum):
    """What the end of a fleet means for its members."""

    RETAIN = "Retain"
    DELETE = "Delete"


class Process(StrEnum):
    """What a spec can put to sleep by itself. Drift, repair and rebalance change nothing yet."""

    CREATE = "create"
    DELETE = "delete"
    DRIFT = "drift"
    REPAIR = "repair"
    REBALANCE = "rebalance"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where members may stand.

    Exactly one of these holds: ``zones`` is not empty (spread over zones); ``fault_domains`` is 2 or 3
    (spread over fault domains of a regional set); ``fault_domains`` is 1 (max spreading: the platform
    spreads, nothing of it can be seen).

    ``excluded`` domains take no new member and their members go first. ``weights`` are relative shares,
    1 where absent. ``max_per_domain`` caps the members of one domain; ``max_percent_per_domain`` caps
    them as a percentage of the desired members, rounded up.
    """

    zones: tuple[str, ...] = ()
    fault_domains: int = 1
    max_skew: int = 1
    when_unsatisfiable: WhenUnsatisfiable = WhenUnsatisfiable.RELAX
    excluded: frozenset[str] = frozenset()
    weights: Mapping[str, int] = field(default_factory=dict)
    max_per_domain: int | None = None
    max_percent_per_domain: int | None = None
    min_domains: int = 1


@dataclass(frozen=True, slots=True)
class SizeChoice:
    """One VM size of a pool. Lower ``rank`` is preferred; ``weight`` is its share under CapacitySpread."""

    name: str
    rank: int
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Spot:
    """Spot Priority Mix by Azure's formula: ``base + floor((n - base) * percentage / 100)`` are Regular."""

    base_regular: int = 0
    regular_percentage_above_base: int = 0
    eviction_policy: EvictionPolicy = EvictionPolicy.DEALLOCATE
    max_price: float | None = None
    fallback_to_regular: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """What every member of a pool is made from.

    ``document`` is the VM's ARM ``properties`` without size, priority and place. Per-instance texts hold
    ``{name}`` and ``{computerName}`` where the member's own are put at creation. ``fingerprint`` is
    ``v1:`` and a digest of the document. Two keys of the document are not properties: ``extensions`` (child
    resources in the order of installation) and ``plan`` (which stands beside ``properties`` in a VM's PUT).
    """

    document: Document
    fingerprint: str
    os: str = "Linux"
    identity_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pool:
    """Members that share one template. ``name`` is empty when the fleet has no ``pools``."""

    name: str
    replicas: int
    sizes: tuple[SizeChoice, ...]
    template: Template
    spot: Spot | None = None
    size_allocation: SizeAllocation = SizeAllocation.RANKED


@dataclass(frozen=True, slots=True)
class Hold:
    """Somebody's word that an instance must stay. ``until`` None: until the hold is taken away."""

    owner: str
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScaleIn:
    """How members are chosen to go. ``remove`` names members that must go before any other."""

    order: VictimOrder = VictimOrder.HEALTH_FIRST
    age: VictimAge = VictimAge.OLDEST
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Override:
    """A guard set aside on purpose, by somebody, for a time."""

    guard: str
    owner: str
    until: datetime
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Suspension:
    """One process of a fleet asleep until a time, and who answers for it."""

    process: Process
    owner: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Limits:
    """Guards of a fleet.

    ``max_delete`` caps inferred deletes in one pass (None: 10 % of the members, at least 1).
    ``overshoot`` is how many members above desired stop all creations; they go on when the excess is
    below it by ``overshoot_thaw``. ``unhealthy_percent`` is the share of unhealthy members, rounded up,
    above which nothing is deleted by inference.
    """

    max_delete: int | None = None
    overshoot: int = 2
    overshoot_thaw: int = 1
    unhealthy_percent: int = 20
    overrides: tuple[Override, ...] = ()


@dataclass(frozen=True, slots=True)
class Quorum:
    """The fleet is a voting group: at least a majority must stay."""

    voters: int | None = None
    zone_loss_safe: str = "Warn"


@dataclass(frozen=True, slots=True)
class Fleet:
    """One fleet as its spec wants it.

    ``spec_digest`` covers the whole spec without the approval annotation. ``approval`` is the token that
    somebody put into the spec or onto the command line, or None. ``source`` is ``file:line`` for people.
    ``suspended``: look and report, change nothing; ``suspensions`` are of single processes. ``absent``: the
    fleet is to end as ``deletion_policy`` says, after ``deletion_hold_minutes`` in which that stood.
    ``manage_locks``: somebody wants an Azure lock on each held member. Two things are no part of the spec:
    ``revision``, which it was read from, and ``in_force_since``, before which it was not in force all the
    time (None: nothing is known of such a moment).
    """

    name: str
    ref: GroupRef
    placement: Placement
    pools: tuple[Pool, ...]
    spec_digest: str
    labels: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    scale_in: ScaleIn = field(default_factory=ScaleIn)
    holds: Mapping[str, Hold] = field(default_factory=dict)
    adopt: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)
    quorum: Quorum | None = None
    deletion: DeletionMode = DeletionMode.BATCH
    deletion_policy: DeletionPolicy = DeletionPolicy.RETAIN
    deletion_hold_minutes: int = 10
    managed_image: bool = False
    approval: str | None = None
    revision: str = ""
    in_force_since: datetime | None = None
    source: str = ""
    suspended: bool = False
    suspensions: tuple[Suspension, ...] = ()
    absent: bool = False
    manage_locks: bool = False

    @property
    def replicas(self) -> int:
        """Desired members over all pools."""
        return sum(pool.replicas for pool in self.pools)
