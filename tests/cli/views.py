"""Plans and what they were made from, complete and small, for the tests of how things are shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from controller.core.observed import Member, Observed, Serials
from controller.core.steps import (
    Blocked,
    Create,
    Delete,
    Plan,
    Prevented,
    Reason,
    Reservation,
    SpreadReport,
    Step,
    Victim,
)
from controller.formats.rows import PlanView
from controller.formats.sighting import Sighting
from controller.spec.values import Fleet, Placement, Pool, SizeChoice, Template
from providers.base import (
    GroupRef,
    Health,
    Instance,
    Lock,
    LockLevel,
    PowerState,
    Priority,
    ProvisioningState,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.spec.values import Hold

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REF = GroupRef("00000000-0000-0000-0000-000000000000", "web-rg", "web", "westeurope")


def fleet(replicas: int = 6, *, holds: Mapping[str, Hold] | None = None) -> Fleet:
    """A fleet of one pool over three zones."""
    template = Template(document={}, fingerprint="v1:0")
    pool = Pool("", replicas, (SizeChoice("Standard_D2s_v5", 0),), template)
    return Fleet(
        name="web",
        ref=REF,
        placement=Placement(zones=("1", "2", "3")),
        pools=(pool,),
        spec_digest="sha256:0",
        holds=holds or {},
        source="web.yaml:1",
    )


def member(
    serial: int,
    zone: str | None = "1",
    *,
    spot: bool = False,
    health: Health = Health.HEALTHY,
    state: ProvisioningState = ProvisioningState.SUCCEEDED,
) -> Member:
    """A member under management, two days old, running."""
    instance = Instance(
        name=f"web-{serial:06d}",
        zone=zone,
        fault_domain=None,
        size="Standard_D2s_v5",
        priority=Priority.SPOT if spot else Priority.REGULAR,
        provisioning_state=state,
        power_state=PowerState.RUNNING,
        health=health,
        created_at=NOON - timedelta(days=2),
    )
    return Member(instance=instance, owned=True)


def observed(*members: Member, locked: tuple[str, ...] = ()) -> Observed:
    """A look at noon; ``locked`` are names of instances under a CanNotDelete lock."""
    following = 1 + len(members)
    locks = tuple(Lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(name)) for name in locked)
    return Observed(
        NOON, exists=True, members=members, locks=locks, serials=Serials(following, following)
    )


def plan(
    *steps: Step,
    before: dict[str, int],
    after: dict[str, int],
    blocked: tuple[Blocked, ...] = (),
    notes: tuple[str, ...] = (),
    desired: int = 6,
) -> Plan:
    """A plan over zones whose figures follow from what is given."""
    spread = SpreadReport(
        domain="zone",
        before=before,
        after=after,
        skew_before=max(before.values()) - min(before.values()),
        skew_after=max(after.values()) - min(after.values()),
        reachable_skew=0,
        wanted_skew=1,
    )
    return Plan(
        fleet="web",
        desired=desired,
        observed=sum(before.values()),
        steps=steps,
        blocked=blocked,
        approval=None,
        spread=spread,
        notes=notes,
        drift=(),
        reservation=Reservation(7, 7, 7, 7),
        unchanged=sum(before.values()),
        look_again_seconds=30,
    )


def create(
    serial: int, zone: str, *, why: str = "", spot: bool = False, replaces: str | None = None
) -> Create:
    """The creation of one member."""
    return Create(
        instance=f"web-{serial:06d}",
        pool="",
        zone=zone,
        fault_domain=None,
        size="Standard_D2s_v5",
        priority=Priority.SPOT if spot else Priority.REGULAR,
        reason=Reason.FAILED_CREATE if replaces else Reason.SCALE_OUT,
        why=why or f"zone {zone} holds the fewest members",
        replaces=replaces,
    )


def scale_in(**why: str) -> Delete:
    """The deletion of members by name, with underscores for hyphens, and the sentence for each."""
    victims = tuple(Victim(name.replace("_", "-"), text) for name, text in why.items())
    return Delete(reason=Reason.SCALE_IN, victims=victims, inferred=False)


def scale_out_view() -> PlanView:
    """Four of six members stand, one of them locked and one Spot; two are to be created."""
    members = (member(1, "1"), member(2, "1", spot=True), member(3, "2"), member(4, "3"))
    look = observed(*members, locked=("web-000001",))
    made = plan(
        create(7, "2", why="zone 2 holds the fewest members (1, against 2 and 1)"),
        create(8, "3", why="zone 3 holds the fewest members (1, against 2 and 2)", spot=True),
        before={"1": 2, "2": 1, "3": 1},
        after={"1": 2, "2": 2, "3": 2},
        notes=("web-000001 is locked (CanNotDelete): not needed for this plan",),
    )
    return PlanView(made, Sighting(fleet(), look))


def scale_in_view() -> PlanView:
    """Four members stand, two are wanted; one goes, the lock on another is in the way."""
    members = (
        member(1, "1"),
        member(2, "1"),
        member(3, "2"),
        member(4, "3", health=Health.UNHEALTHY),
    )
    look = observed(*members, locked=("web-000001",))
    made = plan(
        scale_in(web_000004="it does not serve (Unhealthy), so it goes before any that does"),
        before={"1": 2, "2": 1, "3": 1},
        after={"1": 2, "2": 1, "3": 0},
        blocked=(Blocked(Prevented.LOCKED, "CanNotDelete on the instance", "web-000001"),),
        desired=2,
    )
    return PlanView(made, Sighting(fleet(2), look))
