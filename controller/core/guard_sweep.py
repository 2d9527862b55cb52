"""The second opinion on leftovers: from the raw look, and with none of the planner's own reading of names."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from controller.core import tags
from controller.core.phase import SICK, Phase, classify
from controller.spec.values import Process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from controller.core.observed import Observed
    from controller.core.steps import Plan, Sweep
    from controller.spec.values import Fleet
    from providers.base import Leftover

_HALF_AN_HOUR = 30 * 60


def check(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """Sentences of the rules about leftovers that a plan breaks."""
    if not plan.sweeps:
        return
    if observed.locks is None or fleet.suspended or fleet.absent:
        yield "leftovers would be touched although the fleet is to be left alone, or its locks are unknown"
    asleep = {one.process for one in fleet.suspensions if one.until > now}
    deletes = any(not step.marks for step in plan.sweeps)
    if Process.SWEEP in asleep or (deletes and Process.DELETE in asleep):
        yield "leftovers would be touched although that is suspended"
    for step, times in Counter(plan.sweeps).items():
        if times > 1:
            yield f"{step.name} would be swept {times} times"
        yield from _one(fleet, observed, step, now)
    yield from _number(fleet, observed, plan, now)


def _one(fleet: Fleet, observed: Observed, step: Sweep, now: datetime) -> Iterator[str]:
    """A leftover was confirmed, is free, and its member is of this fleet, settled and gone."""
    seen = next((one for one in observed.leftovers or () if one.id == step.leftover), None)
    if seen is None or not seen.confirmed:
        yield f"{step.name} would be swept and was not confirmed"
        return
    if seen.used_by is not None or seen.owner_exists:
        yield f"{step.name} would be swept and is in use"
    if not _is_of(fleet, observed, seen, step.instance):
        yield f"{step.name} would be swept and no settled member of this fleet has left it"
    owner, ours = seen.tags.get(tags.OWNER), tags.owner_mark(fleet.ref)
    if owner not in ({ours} if "/disks/" in seen.id.lower() else {ours, None}):
        yield f"{step.name} would be swept and is not ours"
    if not step.marks:
        yield from _deletion(observed, step, seen, now)


def _is_of(fleet: Fleet, observed: Observed, seen: Leftover, member: str) -> bool:
    prefix, _, digits = member.lower().rpartition("-")
    if prefix != fleet.name.lower() or not digits.isdecimal() or observed.serials is None:
        return False
    named = seen.name.lower()
    begins = named.startswith((f"{member.lower()}-", f"{member.lower()}_"))
    there = member.lower() in {one.name.lower() for one in observed.members}
    return begins and not there and 0 < int(digits) < observed.serials.floor


def _deletion(observed: Observed, step: Sweep, seen: Leftover, now: datetime) -> Iterator[str]:
    """What goes has been marked for half an hour, and no lock and no hold keeps it."""
    since = tags.parse_time(seen.tags.get(tags.LEFT_OVER))
    if since is None or (now - since).total_seconds() < _HALF_AN_HOUR:
        yield f"{step.name} would be deleted and has not been known for half an hour"
    hold = tags.parse_hold(seen.tags.get(tags.HOLD))
    if hold is not None and (hold.until is None or hold.until > now):
        yield f"{step.name} would be deleted and is held by {hold.owner}"
    scope = seen.id.strip("/").lower() + "/"
    if any(scope.startswith(lock.scope.strip("/").lower() + "/") for lock in observed.locks or ()):
        yield f"{step.name} would be deleted and is locked"


def _number(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """Leftovers count as inferred deletions do, and stay while much of the fleet is sick."""
    going = sum(not step.marks for step in plan.sweeps)
    if not going:
        return
    aside = {one.guard for one in fleet.limits.overrides if one.until > now}
    phases = [classify(member.instance, now) for member in observed.owned]
    live = sum(phase is not Phase.DELETING for phase in phases)
    inferred = going + sum(len(step.victims) for step in plan.deletes if step.inferred)
    cap = fleet.limits.max_delete
    cap = max(1, live // 10) if cap is None else cap
    if inferred > cap and "maxDelete" not in aside:
        yield f"{inferred} things would be deleted by inference, leftovers included, and {cap} are allowed"
    sick = sum(phase in SICK for phase in phases)
    if sick * 100 > fleet.limits.unhealthy_percent * live + 99 and "meltdown" not in aside:
        yield f"leftovers would be deleted while {sick} of {live} members are unhealthy"
