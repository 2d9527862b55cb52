"""How a fleet is changed: scale-in, protection, guards, quorum."""

from typing import Annotated, Literal

from pydantic import Discriminator, Tag

from controller.spec.model.base import Many, NonEmpty, Part
from controller.spec.model.names import Count, InstanceName, Percent, Positive, Time


class ScaleIn(Part):
    """How members are chosen to go."""

    order: Literal["HealthFirst", "SpreadFirst"] = "HealthFirst"
    """`HealthFirst`: members that do not serve go first. `SpreadFirst`: only the spread decides."""
    age: Literal["Oldest", "Newest"] = "Oldest"
    """Which of two otherwise equal members goes first."""
    remove: Many[InstanceName] = ()
    """Members that go before any other when the fleet shrinks."""


class ProtectedInstance(Part):
    """Somebody's word that one instance must stay."""

    name: InstanceName
    """Name of the instance."""
    owner: NonEmpty
    """Who asks for it."""
    until: Time | None = None
    """When the protection ends; absent: when the entry is removed."""
    reason: NonEmpty
    """Why, for whoever finds it."""


class Protection(Part):
    """Instances that must stay."""

    instances: Many[ProtectedInstance] = ()
    """Instances that are not deleted."""
    manage_locks: bool = False
    """Keep an Azure lock `CanNotDelete` on each of them. Understood, without effect yet."""


class Override(Part):
    """A guard set aside on purpose, by somebody, for a time."""

    guard: Literal["maxDelete", "meltdown", "overshoot"]
    """Which guard."""
    owner: NonEmpty
    """Who answers for it."""
    until: Time
    """When it ends."""
    reason: NonEmpty
    """Why."""


class Suspension(Part):
    """One process put to sleep on purpose, by somebody, for a time."""

    process: Literal["create", "delete", "drift", "repair", "rebalance", "sweep"]
    """Which process. `drift`, `repair` and `rebalance` change nothing in this version anyway."""
    owner: NonEmpty
    """Who answers for it."""
    reason: NonEmpty
    """Why, for whoever wonders what the fleet waits for."""
    until: Time
    """When it ends by itself."""


def _form(value: object) -> str:
    return "[list]" if isinstance(value, list | tuple) else "[flag]"


Suspend = Annotated[
    Annotated[bool, Tag("[flag]")] | Annotated[Many[Suspension], Tag("[list]")],
    Discriminator(_form),
]
"""All processes or none, or a list of some. The form is chosen first, so that one mistake is one error."""


class Limits(Part):
    """Guards against doing too much."""

    max_delete: Count | None = None
    """Most members deleted in one pass that nobody asked for. Absent: 10 %, at least 1."""
    overshoot: Positive = 2
    """Members above the replicas that stop every creation."""
    unhealthy_percent: Percent = 20
    """Share of unhealthy members above which nothing is deleted that nobody asked for."""
    overrides: Many[Override] = ()
    """Guards set aside."""


class Quorum(Part):
    """The fleet is a voting group: a majority must stay."""

    voters: Positive | None = None
    """Size of the voting group; absent: the replicas."""
    zone_loss_safe: Literal["Require", "Warn"] = "Warn"
    """What to do when the loss of one zone could take the majority."""
