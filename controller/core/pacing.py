"""How much of a plan is sent at once, and the last judgement before a deletion is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import deletability, serials
from controller.core.observed import Serials
from controller.core.phase import NOT_SERVING, Phase, classify
from controller.core.steps import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from controller.core.observed import Member, Observed
    from controller.core.steps import Plan
    from controller.spec.values import Fleet

BATCH = 50
"""Names in one batch deletion. Azure documents no limit; fifty keep one failure small."""
WIDEST_WAVE = 50


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Victims that a fresh look still allows, and why the others stay."""

    go: tuple[str, ...]
    stay: Mapping[str, str]


def delete_batch(fleet: Fleet, plan: Plan) -> tuple[str, ...]:
    """The victims to send in this pass.

    One batch at a time, because a second one on the same set can preempt the first; one voter at a time
    in a quorum fleet; no explicit deletion that still lacks its approval.
    """
    if plan.leaving:
        return ()
    held = plan.approval is not None and not plan.approval.given
    names = [
        victim.instance
        for step in plan.deletes
        if not (held and step.reason is Reason.SCALE_IN)
        for victim in step.victims
    ]
    return tuple(names[: 1 if fleet.quorum else BATCH])


def confirm_victims(
    fleet: Fleet, plan: Plan, fresh: Observed, names: Sequence[str], now: datetime
) -> Confirmation:
    """Judge each victim once more by a look taken immediately before the request is sent.

    A victim stays if it is gone or leaving already, is not ours, has a lock or hold by now, or was to go
    for not serving and serves again.
    """
    window = serials.Window("", Serials(1, 1), (), ())
    ledger = deletability.read_ledger(fleet, fresh, window, now)
    by_name = {member.name.lower(): member for member in fresh.members}
    reasons = {one.instance: step.reason for step in plan.deletes for one in step.victims}
    stay: dict[str, str] = {}
    for name in names:
        member = by_name.get(name.lower())
        obstacle = ledger.obstacles.get(member.name) if member else None
        words = obstacle.detail if obstacle else _changed(member, reasons.get(name), now)
        if words:
            stay[name] = words
    return Confirmation(tuple(name for name in names if name not in stay), stay)


def create_waves(count: int) -> tuple[int, ...]:
    """Sizes of the waves in which creations are sent: 1, 2, 4 … so that a bad template fails once."""
    waves: list[int] = []
    size = 1
    while count > 0:
        waves.append(min(size, count, WIDEST_WAVE))
        count -= waves[-1]
        size *= 2
    return tuple(waves)


def _changed(member: Member | None, reason: Reason | None, now: datetime) -> str:
    if member is None:
        return "it is gone already"
    if not member.owned:
        return "it is not ours"
    phase = classify(member.instance, now)
    if phase is Phase.DELETING:
        return "it is being deleted already"
    if reason in {Reason.FAILED_CREATE, Reason.EVICTED} and phase not in NOT_SERVING:
        return f"it serves again ({phase.value})"
    return ""
