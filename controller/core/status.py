"""The state of a fleet in Kubernetes' words: conditions, each with a reason, and the SLA of its placement.

Computed once, at the end of a pass, from the same values as the plan. What was not seen is Unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.phase import Phase, classify
from controller.core.steps import Prevented
from controller.core.topology import FAULT_DOMAIN, ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.core.observed import Observed
    from controller.core.steps import Blocked, Plan
    from controller.spec.values import Fleet

_CAPACITY = frozenset(
    {Prevented.NO_CAPACITY, Prevented.NOT_OFFERED, Prevented.SPREAD, Prevented.PROBING}
)
_LOCKS = frozenset(
    {Prevented.LOCKED, Prevented.LOCKS_UNREADABLE, Prevented.HELD, Prevented.PROTECTED}
)
_FREEZES = frozenset(
    {
        Prevented.OVERSHOOT,
        Prevented.MELTDOWN,
        Prevented.QUORUM,
        Prevented.UNIFORM_SET,
        Prevented.SUSPENDED,
        Prevented.TOMBSTONE_HOLD,
    }
)


class Truth(StrEnum):
    """The three values of a condition."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One statement about a fleet. ``reason`` is one CamelCase word, ``message`` a sentence.

    ``since`` is when the status last changed, ``generation`` the spec that the statement is about, counted
    as ``conditions`` counts; both are None as long as nobody who keeps watching has filled them in.
    """

    type: str
    status: Truth
    reason: str
    message: str
    since: datetime | None = None
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Sla:
    """What Azure promises for the present placement, and what the loss of one domain would cost.

    ``percent`` is 99.99 over two or more zones, 99.95 over two or more fault domains, None otherwise.
    ``worst_loss`` is the most members in one domain.
    """

    percent: float | None
    words: str
    worst_loss: int


@dataclass(frozen=True, slots=True)
class Status:
    """What is known of a fleet after a pass.

    ``ready`` are running members. ``prevented`` counts what was wanted and could not be planned.
    """

    fleet: str
    desired: int
    observed: int
    ready: int
    conditions: tuple[Condition, ...]
    sla: Sla
    prevented: int = 0

    @property
    def summary(self) -> str:
        """One word: Ready, Stalled, Reconciling, Blocked, or NotReady when nothing is left to do."""
        known = {one.type: one for one in self.conditions}
        if known["Ready"].status is Truth.TRUE:
            return "Ready"
        if known["Stalled"].status is Truth.TRUE:
            return "Stalled"
        if known["Reconciling"].status is Truth.TRUE:
            return "Reconciling"
        return "Blocked" if self.prevented else "NotReady"


def compute_status(fleet: Fleet, observed: Observed, plan: Plan) -> Status:
    """Derive the conditions of a fleet from the plan of this pass."""
    now = observed.observed_at
    phases = [classify(member.instance, now) for member in observed.owned]
    ready = phases.count(Phase.RUNNING)
    return Status(
        fleet=fleet.name,
        desired=plan.desired,
        observed=plan.observed,
        ready=ready,
        conditions=(
            _ready(plan, ready),
            _reconciling(plan),
            _stalled(plan),
            _spread(plan),
            _blocked_by("QuotaBlocked", plan.blocked, {Prevented.QUOTA}, "enough quota"),
            _blocked_by("CapacityBlocked", plan.blocked, _CAPACITY, "capacity where it is wanted"),
            _blocked_by("Locked", plan.blocked, _LOCKS, "no lock or hold in the way"),
            _frozen(fleet, plan),
        ),
        sla=compute_sla(fleet, plan),
        prevented=len(plan.blocked),
    )


def compute_sla(fleet: Fleet, plan: Plan) -> Sla:
    """Azure: 99.99 % for members in two or more zones, 99.95 % over two or more fault domains."""
    filled = {name: count for name, count in plan.spread.before.items() if count}
    worst = max(filled.values(), default=0)
    total = sum(filled.values())
    if len(filled) < 2 or plan.spread.domain not in {ZONE, FAULT_DOMAIN}:
        words = "no SLA for a placement in one domain"
        if fleet.placement.fault_domains == 1 and not fleet.placement.zones:
            words = "max spreading: the placement cannot be seen, so no SLA is claimed"
        return Sla(None, words, worst)
    name = "zone" if plan.spread.domain == ZONE else "fault domain"
    percent = 99.99 if plan.spread.domain == ZONE else 99.95
    return Sla(percent, f"{percent} %; losing one {name} takes at most {worst} of {total}", worst)


def _ready(plan: Plan, ready: int) -> Condition:
    words = f"{_counted(ready, 'member')} running, {plan.desired} wanted"
    still = not plan.steps and not plan.installing
    if ready >= plan.desired and plan.observed == plan.desired and still:
        return Condition("Ready", Truth.TRUE, "AsDesired", words)
    return Condition("Ready", Truth.FALSE, "NotAsDesired", words)


def _reconciling(plan: Plan) -> Condition:
    moving = len({*plan.creating, *plan.leaving, *plan.installing})
    if plan.set_leaving:
        words = "the scale set is being deleted"
        return Condition("Reconciling", Truth.TRUE, "UnderWay", words)
    if plan.steps:
        return Condition(
            "Reconciling",
            Truth.TRUE,
            "StepsPlanned",
            f"{_counted(len(plan.steps), 'step')} planned",
        )
    if moving:
        return Condition(
            "Reconciling", Truth.TRUE, "UnderWay", f"{_counted(moving, 'member')} under way"
        )
    return Condition("Reconciling", Truth.FALSE, "NothingToDo", "nothing is planned or under way")


def _stalled(plan: Plan) -> Condition:
    if plan.approval is not None and not plan.approval.given:
        return Condition("Stalled", Truth.TRUE, "ApprovalNeeded", plan.approval.why)
    lasting = [one for one in plan.blocked if one.until is None]
    if lasting and not plan.steps:
        return Condition("Stalled", Truth.TRUE, lasting[0].reason.value, lasting[0].detail)
    return Condition("Stalled", Truth.FALSE, "Moving", "nothing waits for a person")


def _spread(plan: Plan) -> Condition:
    spread = plan.spread
    if spread.domain not in {ZONE, FAULT_DOMAIN}:
        return Condition(
            "SpreadSatisfied", Truth.UNKNOWN, "MaxSpreading", "the platform shows nothing of it"
        )
    words = f"skew {spread.skew_before}, at most {spread.wanted_skew} wanted"
    if spread.skew_before <= spread.wanted_skew:
        return Condition("SpreadSatisfied", Truth.TRUE, "WithinSkew", words)
    return Condition("SpreadSatisfied", Truth.FALSE, "SkewExceeded", words)


def _frozen(fleet: Fleet, plan: Plan) -> Condition:
    if fleet.suspended:
        words = "its spec suspends the fleet: looked at, not changed"
        return Condition("Frozen", Truth.TRUE, Prevented.SUSPENDED.value, words)
    return _blocked_by("Frozen", plan.blocked, _FREEZES, "no guard stops anything")


def _blocked_by(
    name: str, blocked: Sequence[Blocked], reasons: set[Prevented] | frozenset[Prevented], no: str
) -> Condition:
    found = [one for one in blocked if one.reason in reasons]
    if not found:
        return Condition(name, Truth.FALSE, "Clear", no)
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return Condition(name, Truth.TRUE, found[0].reason.value, found[0].detail + more)


def _counted(number: int, word: str) -> str:
    """``1 step``, ``2 steps``."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
