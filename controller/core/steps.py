"""What a plan consists of: steps with reasons, what was prevented, and the spread before and after.

These are the words that plan, event, condition, log line and page share.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from providers.base import Priority


class Reason(StrEnum):
    """Why a step is in the plan."""

    SET_MISSING = "SetMissing"
    SCALE_OUT = "ScaleOut"
    SCALE_IN = "ScaleIn"
    MARKED = "Marked"
    FAILED_CREATE = "FailedCreate"
    EVICTED = "Evicted"
    ADOPT = "Adopt"
    TOMBSTONE = "Tombstone"
    TOMBSTONE_CANCELLED = "TombstoneCancelled"
    EXTENSION_MISSING = "ExtensionMissing"
    LEFT_OVER = "LeftOver"


class Prevented(StrEnum):
    """Why something that was wanted is not in the plan."""

    LOCKED = "Locked"
    LOCKS_UNREADABLE = "LocksUnreadable"
    HELD = "Held"
    PROTECTED = "Protected"
    QUORUM = "Quorum"
    OPEN_SERIAL = "OpenSerial"
    NO_CAPACITY = "NoCapacity"
    NOT_OFFERED = "NotOffered"
    QUOTA = "Quota"
    SPREAD = "Spread"
    DOMAIN_CAP = "DomainCap"
    SET_LIMIT = "SetLimit"
    OVERSHOOT = "Overshoot"
    MELTDOWN = "Meltdown"
    MAX_DELETE = "MaxDelete"
    APPROVAL = "Approval"
    NOT_OURS = "NotOurs"
    UNKNOWN_MEMBER = "UnknownMember"
    UNIFORM_SET = "UniformSet"
    NO_OUTBOUND = "NoOutbound"
    NETWORK_MISSING = "NetworkMissing"
    BASIC_LOAD_BALANCER = "BasicLoadBalancer"
    SUBNET_FULL = "SubnetFull"
    SUSPENDED = "Suspended"
    TOMBSTONE_HOLD = "TombstoneHold"
    STUCK = "Stuck"
    PROBING = "Probing"
    POWER_UNKNOWN = "PowerUnknown"


@dataclass(frozen=True, slots=True)
class EnsureSet:
    """Create the scale set, which does not exist yet, and wait for it."""

    reason: Reason
    why: str
    zones: tuple[str, ...]
    fault_domain_count: int


@dataclass(frozen=True, slots=True)
class Create:
    """Create one member under a name that nobody ever had.

    ``runner_up`` is the sentence about what was nearly chosen instead, empty if there was no choice.
    ``retry`` is True when the name was reserved in an earlier pass and has not appeared.
    """

    instance: str
    pool: str
    zone: str | None
    fault_domain: int | None
    size: str
    priority: Priority
    reason: Reason
    why: str
    runner_up: str = ""
    replaces: str | None = None
    retry: bool = False


@dataclass(frozen=True, slots=True)
class Victim:
    """One member that is to go, and why it and no other."""

    instance: str
    why: str
    runner_up: str = ""


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete members in one batch. ``inferred``: nobody asked for it by name or by count."""

    reason: Reason
    victims: tuple[Victim, ...]
    inferred: bool


@dataclass(frozen=True, slots=True)
class Tag:
    """Change tags of one member; a value of None takes the tag away."""

    instance: str
    tags: Mapping[str, str | None]
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class MarkSet:
    """Put the mark of a tombstone on the scale set, or take it away. Its time is that of the write."""

    reason: Reason
    why: str
    marked: bool


@dataclass(frozen=True, slots=True)
class DeleteSet:
    """Delete the scale set, which has no members any more."""

    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Install:
    """Install one extension of the template on a member that is up. Its settings are in the spec alone."""

    instance: str
    extension: str
    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Sweep:
    """Delete one thing that a member left behind. ``marks``: seen for the first time, it is only tagged.

    ``leftover`` is its ARM id, ``instance`` the member that is gone.
    """

    leftover: str
    instance: str
    marks: bool
    reason: Reason
    why: str

    @property
    def name(self) -> str:
        """The resource's own name."""
        return self.leftover.rpartition("/")[2]


Step: TypeAlias = EnsureSet | Create | Delete | Tag | MarkSet | DeleteSet | Install | Sweep


@dataclass(frozen=True, slots=True)
class Blocked:
    """Something wanted and prevented. ``until`` is when it may be tried again, if that is known."""

    reason: Prevented
    detail: str
    instance: str | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class SpreadReport:
    """Members in each eligible domain, in the domain's order, before and after the plan.

    ``reachable_skew`` is the least skew that any plan creating and deleting as many could have. Members
    outside the eligible domains are in ``outside``. ``domain`` is ``zone``, ``faultDomain`` or ``region``.
    """

    domain: str
    before: Mapping[str, int]
    after: Mapping[str, int]
    skew_before: int
    skew_after: int
    reachable_skew: int
    wanted_skew: int
    outside: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """What somebody has to say yes to before the plan is carried out."""

    token: str
    why: str
    given: bool


@dataclass(frozen=True, slots=True)
class FieldDrift:
    """One field in which a member differs from its template. ``path`` is Azure's, dotted."""

    path: str
    wanted: str
    found: str


@dataclass(frozen=True, slots=True)
class MemberDrift:
    """A member whose template is not the one it should have."""

    instance: str
    fingerprint: str
    fields: tuple[FieldDrift, ...]


@dataclass(frozen=True, slots=True)
class Reservation:
    """Serial numbers as the set's tag has them and as it must have them before anything is created.

    ``floor_to`` is what the floor may become: all numbers below it are settled. ``retried``: an open number is
    tried again while an earlier request may be on its way. ``late``: only such requests keep numbers open.
    """

    floor: int
    next: int
    floor_to: int
    reserve_to: int
    retried: bool = False
    late: bool = False

    @property
    def needed(self) -> bool:
        """Whether the set's tags have to be written before the creations."""
        return self.reserve_to > self.next or self.retried

    @property
    def open(self) -> bool:
        """Whether the tag still has open numbers after everything seen in this pass."""
        return self.floor < self.next


@dataclass(frozen=True, slots=True)
class Plan:
    """What one pass intends to do with one fleet, and why.

    ``desired`` and ``observed`` are members under management; ``unchanged`` those that no step touches.
    ``creating`` and ``leaving`` are members under way since an earlier pass, ``installing`` members whose
    extensions are. ``look_again_seconds`` is when to look next if nothing happens before. ``set_leaving``:
    the set of a fleet that ends is going. ``stuck`` are members whose deletion does not get on: nothing
    waits for them.
    """

    fleet: str
    desired: int
    observed: int
    steps: tuple[Step, ...]
    blocked: tuple[Blocked, ...]
    approval: Approval | None
    spread: SpreadReport
    notes: tuple[str, ...]
    drift: tuple[MemberDrift, ...]
    reservation: Reservation
    unchanged: int
    look_again_seconds: int
    creating: tuple[str, ...] = ()
    leaving: tuple[str, ...] = ()
    installing: tuple[str, ...] = ()
    overshoot_frozen: bool = False
    set_leaving: bool = False
    stuck: tuple[str, ...] = ()
    hash: str = ""

    @property
    def creates(self) -> tuple[Create, ...]:
        """The creations, in the order in which they are to be started."""
        return tuple(step for step in self.steps if isinstance(step, Create))

    @property
    def deletes(self) -> tuple[Delete, ...]:
        """The deletions, in the order in which they are to be started."""
        return tuple(step for step in self.steps if isinstance(step, Delete))

    @property
    def installs(self) -> tuple[Install, ...]:
        """The installations of extensions, by name of member."""
        return tuple(step for step in self.steps if isinstance(step, Install))

    @property
    def sweeps(self) -> tuple[Sweep, ...]:
        """What is done about leftovers, in order."""
        return tuple(step for step in self.steps if isinstance(step, Sweep))

    @property
    def unsettled(self) -> bool:
        """Whether open numbers wait for more than time, or something that is wanted waits for them."""
        waited_for = any(one.reason is Prevented.OPEN_SERIAL for one in self.blocked)
        return self.reservation.open and (waited_for or not self.reservation.late)

    @property
    def victims(self) -> tuple[str, ...]:
        """Names of all members that are to go."""
        return tuple(victim.instance for step in self.deletes for victim in step.victims)
