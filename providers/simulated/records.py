"""What the region keeps of each thing, as plain frozen values that can be written to a file and read back.

Times are seconds since the region's start. ARM ids keep the case they were given in; dictionaries of
records are keyed by the lower-case id, because Azure compares ids without regard to case.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from providers.base import GroupRef, Health, LockLevel, Priority, ProvisioningState
from providers.simulated.lifecycle import Phase


@dataclass(frozen=True, slots=True)
class Problem:
    """An error of an operation that was accepted: Azure's code and text, and when it ended."""

    code: str
    message: str
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Fate:
    """How a creation or start will go wrong: ``after`` a phase comes ``to`` instead of what should.

    ``to`` None: that phase never ends. ``seconds`` replaces the phase's own duration.
    """

    after: Phase
    to: Phase | None
    problem: Problem | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Life:
    """The present phase, when it ends by itself (None: it does not), and its place among equals."""

    phase: Phase
    due: float | None = None
    turn: int = 0


@dataclass(frozen=True, slots=True)
class Resource:
    """A NIC or disk of a VM. ``kept`` is True when its delete option leaves it behind."""

    id: str
    kept: bool


@dataclass(frozen=True, slots=True)
class ExtensionRecord:
    """An extension of a VM. ``properties`` are as they were given, secrets left out.

    It is done, or has failed (``problem``), from the time ``due`` on. ``again``: it was there before.
    ``gone`` is when it will have been taken away.
    """

    name: str
    properties: Mapping[str, object]
    due: float
    again: bool = False
    problem: Problem | None = None
    gone: float | None = None
    tags: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class InstanceRecord:
    """One VM. ``document`` is its ARM properties, kept whole as given, secrets left out.

    ``batch`` is the number of the batch delete that is taking it away, ``former`` the life it returns to
    when that batch is preempted. ``health`` is what the application says of itself; it is shown while the
    Application Health extension is there to ask it.
    ``listed_from`` is when the member list begins to show it.
    """

    ref: GroupRef
    name: str
    zone: str | None
    fault_domain: int | None
    size: str
    priority: Priority
    created_at: float
    listed_from: float
    life: Life
    document: Mapping[str, object]
    tags: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[Resource, ...] = ()
    eviction_policy: str | None = None
    identity_ids: tuple[str, ...] = ()
    etag: int = 1
    fate: Fate | None = None
    problem: Problem | None = None
    health: Health = Health.HEALTHY
    extensions: tuple[ExtensionRecord, ...] = ()
    batch: int | None = None
    former: Life | None = None

    @property
    def id(self) -> str:
        """ARM id of the VM."""
        return self.ref.instance_id(self.name)

    @property
    def key(self) -> str:
        """The id as it is compared."""
        return self.id.lower()


@dataclass(frozen=True, slots=True)
class Ghost:
    """A VM that is gone and that the member list shows ``until`` it notices."""

    record: InstanceRecord
    until: float


@dataclass(frozen=True, slots=True)
class Leftover:
    """A NIC, disk or public address whose VM is gone.

    ``reserved_until``: Azure keeps the NIC of a failed creation for that VM for 180 s. ``used_by``: the NIC
    that has it, of a public address.
    """

    id: str
    instance_id: str
    since: float
    reserved_until: float = 0.0
    tags: Mapping[str, str] = field(default_factory=dict)
    used_by: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleSetRecord:
    """One Flexible scale set. ``etag`` counts up with each change, by whomever.

    ``due`` is when the state ends by itself: Creating becomes Succeeded, Deleting becomes nothing.
    """

    ref: GroupRef
    zones: tuple[str, ...]
    fault_domain_count: int
    tags: Mapping[str, str]
    state: ProvisioningState
    etag: int = 1
    due: float | None = None
    turn: int = 0
    created_at: float = 0.0

    @property
    def key(self) -> str:
        """The set's ARM id as it is compared."""
        return self.ref.id.lower()

    @property
    def shown_etag(self) -> str:
        """The etag as Azure writes it: a quoted number."""
        return f'"{self.etag}"'


@dataclass(frozen=True, slots=True)
class LockRecord:
    """A resource lock under its ARM id, which Azure derives from scope and name."""

    name: str
    level: LockLevel
    scope: str
    notes: str = ""
