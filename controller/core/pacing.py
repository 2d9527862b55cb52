"""How much of a plan is sent at once, and the last judgement before a deletion is sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import deletability, serials, tombstone
from controller.core.observed import Serials
from controller.core.phase import NOT_SERVING, Phase, classify
from controller.core.steps import Reason

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from controller.core.observed import Member, Observed
    from controller.core.steps import Create, Plan
    from controller.spec.values import Fleet

BATCH = 50
"""Names in one batch deletion. Azure documents no limit; fifty keep one failure small."""
WIDEST_WAVE = 50
_NEED_A_YES = frozenset({Reason.SCALE_IN, Reason.TOMBSTONE})

NO_ROOM = "it waits until the members in whose place it comes are being deleted"
"""Why a creation is put off together with a deletion."""


@dataclass(frozen=True, slots=True)
class Confirmation:
    """Victims that a fresh look still allows, and why the others stay."""

    go: tuple[str, ...]
    stay: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Room:
    """Creations that go now, and those that wait for deletions; both in the order of the plan."""

    go: tuple[Create, ...]
    wait: tuple[Create, ...]


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
        if not (held and step.reason in _NEED_A_YES)
        for victim in step.victims
    ]
    return tuple(names[: 1 if fleet.quorum else BATCH])


def needs_closer_look(fleet: Fleet, plan: Plan) -> bool:
    """Whether every member is to be asked for by name before this plan is carried out.

    A list may still show members that are gone, and a scale-in that counts them takes living ones. A plan
    of which nothing is deleted now (a batch still runs, an approval is missing) can do no such harm.
    """
    explicit = any(step.reason is Reason.SCALE_IN for step in plan.deletes)
    return explicit and bool(delete_batch(fleet, plan))


def confirm_victims(
    fleet: Fleet, plan: Plan, fresh: Observed, names: Sequence[str], now: datetime
) -> Confirmation:
    """Judge each victim once more by a look taken immediately before the request is sent.

    A victim stays if it is gone or leaving already, is not ours, has a lock or hold by now, was to go for
    not serving and serves again, or was to go with its fleet and the tombstone is not there any more.
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
        if not words and reasons.get(name) is Reason.TOMBSTONE:
            words = cancelled_words(fleet, fresh, now)
        if words:
            stay[name] = words
    return Confirmation(tuple(name for name in names if name not in stay), stay)


def creations_with_room(plan: Plan, steps: Sequence[Create], gone: Collection[str]) -> Room:
    """Which of ``steps`` leave no member too many if ``gone`` are all that are deleted for now.

    A plan counts on its deletions. When some of them had to be put off, so must as many creations of the
    same pool: the last ones, because the first have numbers that are open already and may yet come to life.
    What another pool has too many of does not count: the plan has judged that.
    """
    put_off = set(plan.victims) - set(gone)
    ends = max(plan.desired, plan.observed - len(plan.victims) + len(plan.creates))
    room = ends - (plan.observed - len(gone))
    rooms = Counter(step.pool for step in plan.creates if step.replaces not in put_off)
    go: list[Create] = []
    wait: list[Create] = []
    for step in steps:
        has_room = len(go) < room and rooms[step.pool] > 0
        rooms[step.pool] -= has_room
        (go if has_room else wait).append(step)
    return Room(tuple(go), tuple(wait))


def create_waves(count: int) -> tuple[int, ...]:
    """Sizes of the waves in which creations are sent: 1, 2, 4 … so that a bad template fails once."""
    waves: list[int] = []
    size = 1
    while count > 0:
        waves.append(min(size, count, WIDEST_WAVE))
        count -= waves[-1]
        size *= 2
    return tuple(waves)


def cancelled_words(fleet: Fleet, fresh: Observed, now: datetime) -> str:
    """Why a fleet does not end after all, by a look taken just now; empty if it does."""
    if tombstone.is_due(fleet, fresh, now):
        return ""
    return "the tombstone on the scale set is not there any more"


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
