"""Sentences about plans, for the diary: what a plan may not be, from the observation that it was made from.

They are written in the plainest way and share no code with the planner beyond the reading of phases and
numbers. ``tests/invariants.py`` holds more; those cost too much to ask of every pass of every world.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from controller.core.phase import NOT_SERVING, Phase, classify
from controller.core.serials import serial_of
from controller.core.steps import DeleteSet, Reason
from controller.core.victim_words import ASKED_BEFORE
from providers.base import LockLevel

if TYPE_CHECKING:
    from controller.core.observed import Member, Observed
    from controller.core.steps import Plan
    from controller.engine.report import PassReport

Sentence = Callable[["Observed", "Plan"], Iterator[str]]

_CAP_PERCENT = 10


def breaches(report: PassReport, scale_set: str) -> list[tuple[str, str]]:
    """The invariants that a report's plan breaks, with words. ``scale_set`` is the set's ARM id."""
    plan, observed = report.plan, report.observed
    if plan is None or observed is None or not plan.steps:
        return []
    found = [
        (invariant, f"{plan.fleet}: {words}")
        for invariant, sentence in SENTENCES
        for words in sentence(observed, plan)
    ]
    found += [("I14", words) for words in under_read_only(observed, plan, scale_set)]
    if report.memory.asked:
        # Whose deletion may still arrive goes before anybody else, ill or well, wherever it stands.
        return found
    found += [("I10", f"{plan.fleet}: {words}") for words in ill_go_first(observed, plan)]
    if not report.memory.scarcity and not report.memory.probing:
        found += [("spread", f"{plan.fleet}: {words}") for words in even(observed, plan)]
    return found


def under_read_only(observed: Observed, plan: Plan, scale_set: str) -> Iterator[str]:
    """I14: no member is to be created while a ReadOnly lock over the set is in view."""
    whole = _parts(scale_set)
    scopes = [_parts(one.scope) for one in observed.locks or () if one.level is LockLevel.READ_ONLY]
    if plan.creates and any(whole[: len(scope)] == scope for scope in scopes):
        yield f"{len(plan.creates)} are created under a ReadOnly lock"


def held_stay(observed: Observed, plan: Plan) -> Iterator[str]:
    """I4: nobody goes while a hold on it lasts."""
    for member in _victims(observed, plan):
        hold = member.hold
        if hold and (hold.until is None or hold.until > observed.observed_at):
            yield f"{member.name} goes and is held by {hold.owner}"


def serving_wait_for_those_who_come(observed: Observed, plan: Plan) -> Iterator[str]:
    """I10: while members with open numbers are coming up, scale-in leaves as many serving as are wanted."""
    serials = observed.serials
    if serials is None or not _scaled_in(plan):
        return
    listed = {serial_of(one.name) for one in observed.members if one.listed}
    if all(number in listed for number in range(serials.floor, serials.next)):
        return
    running = {one.name for one in observed.owned if _phase(observed, one) is Phase.RUNNING}
    coming = [
        one.name
        for one in observed.owned
        if _phase(observed, one) is Phase.CREATING
        and serials.floor <= (serial_of(one.name) or 0) < serials.next
    ]
    lost = running & _scaled_in(plan)
    left = len(running - set(plan.victims))
    if coming and lost and left < plan.desired:
        yield f"{sorted(lost)} go while {coming[0]} comes up: {left} serve, {plan.desired} are wanted"


def ill_go_first(observed: Observed, plan: Plan) -> Iterator[str]:
    """I10: nobody who serves is scaled in while somebody who does not, and may go, stays."""
    gone, scaled = set(plan.victims), _scaled_in(plan)
    serving = [
        one.name
        for one in observed.owned
        if one.name in scaled and _phase(observed, one) is Phase.RUNNING
    ]
    kept = {one.instance for one in plan.blocked}
    idle = [
        one.name
        for one in observed.owned
        if one.name not in gone | kept
        and _phase(observed, one) in NOT_SERVING
        and _is_free(observed, one)
    ]
    if serving and idle:
        yield f"{serving[0]} goes and serves; {idle[0]} stays and does not"


def inferred_are_few(observed: Observed, plan: Plan) -> Iterator[str]:
    """I9: by inference one in ten goes at most, and at least one may."""
    unasked = {
        one.instance
        for step in plan.deletes
        if step.reason is Reason.FAILED_CREATE
        for one in step.victims
    }
    inferred = [
        one.name
        for one in _victims(observed, plan)
        if one.name in unasked and _phase(observed, one) is Phase.HUNG
    ]
    living = [one for one in observed.owned if _phase(observed, one) is not Phase.DELETING]
    if len(inferred) > max(1, len(living) * _CAP_PERCENT // 100):
        yield f"{inferred} of {len(living)} go by inference"


def sets_go_empty(observed: Observed, plan: Plan) -> Iterator[str]:
    """I4: a scale set is not to be deleted with members in view."""
    if observed.members and any(isinstance(step, DeleteSet) for step in plan.steps):
        yield f"its set goes with {len(observed.members)} VMs in it"


def even(observed: Observed, plan: Plan) -> Iterator[str]:
    """New members stand where the fewest are, and those who go by their number stood where the most were.

    Asked only where nothing but the spread decides: all members run, of one class, none is kept, nothing
    was prevented.
    """
    owned = [one for one in observed.owned if _phase(observed, one) is not Phase.DELETING]
    plain = all(_phase(observed, one) in {Phase.RUNNING, Phase.CREATING} for one in owned)
    classes = {one.instance.priority for one in owned} | {one.priority for one in plan.creates}
    if not plain or plan.blocked or len(classes) > 1 or not all(one.zone for one in plan.creates):
        return
    # Who may not go stays, by a hold, a lock or an open number; the plan names it only if its turn had come.
    if not all(_is_free(observed, one) for one in owned):
        return
    # A number can also be open that no member has: its creation may still arrive.
    if observed.serials is not None and observed.serials.floor < observed.serials.next:
        return
    # Whoever may go anyway, because a deletion got no answer, goes before the spread is asked.
    if any(one.why == ASKED_BEFORE for step in plan.deletes for one in step.victims):
        return
    zones = list(plan.spread.before)
    counts = Counter(dict.fromkeys(zones, 0))
    counts.update(str(one.instance.zone) for one in owned if one.instance.zone in zones)
    best, gone = dict(counts), set(plan.victims)
    for _ in range(sum(one.name in gone for one in owned)):
        best[max(best, key=lambda zone: best[zone])] -= 1
    for _ in plan.creates:
        best[min(best, key=lambda zone: best[zone])] += 1
    found = Counter(counts)
    found.subtract(str(one.instance.zone) for one in owned if one.name in gone)
    found.update(str(one.zone) for one in plan.creates)
    skew = max(found.values()) - min(found.values())
    if skew > max(best.values()) - min(best.values()):
        yield f"{dict(found)} after the plan, and {best} could be had"


SENTENCES: tuple[tuple[str, Sentence], ...] = (
    ("I4", held_stay),
    ("I10", serving_wait_for_those_who_come),
    ("I9", inferred_are_few),
    ("I4", sets_go_empty),
)


def _parts(scope: str) -> list[str]:
    return scope.strip("/").lower().split("/")


def _phase(observed: Observed, member: Member) -> Phase:
    return classify(member.instance, observed.observed_at)


def _victims(observed: Observed, plan: Plan) -> list[Member]:
    names = set(plan.victims)
    return [one for one in observed.members if one.name in names]


def _scaled_in(plan: Plan) -> set[str]:
    return {
        one.instance
        for step in plan.deletes
        if step.reason is Reason.SCALE_IN
        for one in step.victims
    }


def _is_free(observed: Observed, member: Member) -> bool:
    """Whether nothing at all could stand in the way: no lock anywhere, no hold, no open number."""
    serials = observed.serials
    settled = serials is None or (serial_of(member.name) or 0) < serials.floor
    return observed.locks == () and member.hold is None and settled
