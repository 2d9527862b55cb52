"""A second opinion on a finished plan, from the raw observation and none of the planner's own work.

It refuses, and never edits: one broken sentence and nothing of the plan is carried out. It shares no
code with the planner beyond the reading of locks and tags, so that one mistake cannot fool both.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from controller.core import guard_sweep
from controller.core.phase import Phase, classify
from controller.core.serials import Window, read_window, serial_of
from controller.core.steps import DeleteSet, Reason, Tag
from controller.core.tags import TOMBSTONE, parse_tombstone
from controller.spec.values import DeletionPolicy, Process
from providers.base import PowerState, ProvisioningState
from providers.refusals import Refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.core.observed import Observed
    from controller.core.steps import Plan
    from controller.spec.values import Fleet

_ASKED_FOR = frozenset({Reason.SCALE_IN, Reason.MARKED})
_NEED_A_YES = _ASKED_FOR | {Reason.TOMBSTONE}


def check(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> tuple[str, ...]:
    """Sentences of the safety rules that the plan breaks; none for a plan that may be carried out."""
    window = read_window(fleet, observed)
    return (
        *_victims(fleet, observed, plan, window, now),
        *_deletions(fleet, observed, plan, now),
        *_names(observed, plan, window),
        *_places(fleet, plan),
        *_counts(fleet, observed, plan, now),
        *_endings(fleet, observed, plan, now),
        *_suspensions(fleet, plan, now),
        *_installs(fleet, observed, plan),
        *guard_sweep.check(fleet, observed, plan, now),
    )


def _victims(
    fleet: Fleet, observed: Observed, plan: Plan, window: Window, now: datetime
) -> Iterator[str]:
    """Every victim is ours, seen, unlocked, not held, and has no open number."""
    by_name = {member.name: member for member in observed.members}
    by_spec = {name.lower(): hold for name, hold in fleet.holds.items()}
    for name in plan.victims:
        member = by_name.get(name)
        if member is None:
            yield f"{name} would be deleted and was not seen"
        elif not member.owned:
            yield f"{name} would be deleted and is not ours"
        else:
            for hold in (member.hold, by_spec.get(name.lower())):
                if hold and (hold.until is None or hold.until > now):
                    yield f"{name} would be deleted and is held by {hold.owner}"
            if member.instance.protected:
                yield f"{name} would be deleted and is protected"
            if _locked(fleet, observed, name, member.instance.resources):
                yield f"{name} would be deleted and is locked"
            serial = serial_of(name)
            is_open = serial is not None and window.serials.floor <= serial < window.serials.next
            if is_open and not window.closable:
                yield f"{name} would be deleted and its creation may still be under way"


def _locked(fleet: Fleet, observed: Observed, name: str, resources: tuple[str, ...]) -> bool:
    return _is_under_lock(observed, [fleet.ref.instance_id(name), fleet.ref.id, *resources])


def _is_under_lock(observed: Observed, mine: Sequence[str]) -> bool:
    ids = [one.strip("/").lower() + "/" for one in mine]
    scopes = [lock.scope.strip("/").lower() + "/" for lock in observed.locks or ()]
    return any(one.startswith(scope) or scope.startswith(one) for scope in scopes for one in ids)


def _deletions(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """Nothing is deleted blindly, twice, or beyond the cap on inferred deletions."""
    if plan.victims and observed.locks is None:
        yield "members would be deleted although the locks could not be read"
    for name, times in Counter(plan.victims).items():
        if times > 1:
            yield f"{name} would be deleted {times} times"
    if any(not step.victims for step in plan.deletes):
        yield "a deletion names nobody"
    yield from _unseen(observed, plan)
    inferred = sum(len(step.victims) for step in plan.deletes if step.inferred)
    members = _live(observed, now)
    cap = fleet.limits.max_delete
    cap = max(1, members // 10) if cap is None else cap
    aside = any(one.guard == "maxDelete" and one.until > now for one in fleet.limits.overrides)
    if inferred > cap and not aside:
        yield f"{inferred} members would be deleted by inference, and {cap} are allowed"
    explicit = sum(len(step.victims) for step in plan.deletes if step.reason in _NEED_A_YES)
    if explicit > 10 and explicit * 100 > 30 * members and plan.approval is None:
        yield f"{explicit} of {members} members would be deleted without asking"


def _unseen(observed: Observed, plan: Plan) -> Iterator[str]:
    """Nobody goes by inference for want of a power state where the platform shows none of anybody."""
    guessed = {one.instance for step in plan.deletes if step.inferred for one in step.victims}
    dark = {
        (one.instance.zone, one.instance.fault_domain if one.instance.zone is None else None)
        for one in observed.owned
        if one.instance.provisioning_state is ProvisioningState.SUCCEEDED
        and one.instance.power_state is PowerState.UNKNOWN
    }
    for one in observed.owned:
        found = one.instance
        place = (found.zone, found.fault_domain if found.zone is None else None)
        refused = found.failure is not None and refusal_of(found.failure.code) is not Refusal.OTHER
        unseen = found.power_state is PowerState.UNKNOWN and not refused
        if one.name in guessed and unseen and place in dark:
            yield f"{one.name} would be deleted as if it did not run, where nobody's power is shown"


def _names(observed: Observed, plan: Plan, window: Window) -> Iterator[str]:
    """Every new name is new, and its number is open or reserved by this plan."""
    known = {member.name.lower() for member in observed.members}
    for name, times in Counter(create.instance.lower() for create in plan.creates).items():
        if times > 1:
            yield f"{name} would be created {times} times"
        if name in known:
            yield f"{name} would be created and exists"
    for create in plan.creates:
        serial = serial_of(create.instance)
        if serial is None or not window.serials.floor <= serial < plan.reservation.reserve_to:
            yield f"{create.instance} would be created and its number is not reserved"


def _places(fleet: Fleet, plan: Plan) -> Iterator[str]:
    """Every new member goes where the spec allows it."""
    where = fleet.placement
    for create in plan.creates:
        place = create.zone if where.zones else str(create.fault_domain)
        if where.zones and create.zone not in where.zones:
            yield f"{create.instance} would stand in zone {create.zone}, which the spec does not name"
        if place in where.excluded:
            yield f"{create.instance} would stand in {place}, which is excluded"


def _counts(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """The plan ends at the wanted number at most, within the set's limit, and not below it."""
    adopted = {step.instance for step in plan.steps if isinstance(step, Tag)}
    joining = sum(not one.owned and one.name in adopted for one in observed.members)
    live, victims = _live(observed, now) + joining, len(set(plan.victims))
    limit = 600 if fleet.managed_image else 1000
    if plan.creates and len(observed.members) + len(plan.creates) > limit:
        yield f"{len(observed.members) + len(plan.creates)} VMs would be in the set, which holds {limit}"
    if len(fleet.pools) > 1:
        yield from _pool_counts(fleet, observed, plan, now)
        return
    after = live - victims + len(plan.creates)
    if plan.creates and after > fleet.replicas:
        yield f"{after} members would be there, and {fleet.replicas} are wanted"
    explicit = any(step.reason in _ASKED_FOR and step.victims for step in plan.deletes)
    if explicit and live - victims < fleet.replicas:
        yield f"{live - victims} members would be left, and {fleet.replicas} are wanted"


def _pool_counts(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """No pool grows beyond its own number, whatever stands in the way of another one's shrinking."""
    created = Counter(create.pool for create in plan.creates)
    gone = set(plan.victims)
    for pool in fleet.pools:
        there = sum(
            member.pool == pool.name
            and member.name not in gone
            and classify(member.instance, now) is not Phase.DELETING
            for member in observed.owned
        )
        after = there + created[pool.name]
        if created[pool.name] and after > pool.replicas:
            yield f"pool {pool.name} would have {after} members, and {pool.replicas} are wanted"
    unknown = sorted(set(created) - {pool.name for pool in fleet.pools})
    for name in unknown:
        yield f"members would be created in pool {name}, which the spec does not have"


def _endings(fleet: Fleet, observed: Observed, plan: Plan, now: datetime) -> Iterator[str]:
    """Nobody goes with the fleet, nor the set, unless the spec and a mark on the set say so for long enough."""
    ends_set = any(isinstance(step, DeleteSet) for step in plan.steps)
    buried = any(step.reason is Reason.TOMBSTONE for step in plan.deletes)
    if fleet.absent and plan.creates:
        yield "members would be created, and the spec says that the fleet is Absent"
    if ends_set and observed.members:
        yield f"the scale set would be deleted with {len(observed.members)} VMs in it"
    if ends_set and observed.locks is None:
        yield "the scale set would be deleted although the locks could not be read"
    if ends_set and _is_under_lock(observed, [fleet.ref.id]):
        yield "the scale set would be deleted and is locked"
    if not (ends_set or buried):
        return
    if fleet.suspended or not fleet.absent or fleet.deletion_policy is not DeletionPolicy.DELETE:
        yield "the fleet would be ended, and its spec does not say so"
    value = observed.group.tags.get(TOMBSTONE) if observed.group else None
    mark = parse_tombstone(value)
    if mark is None or mark.digest != fleet.spec_digest[:16]:
        yield "the fleet would be ended, and the scale set is not marked with this spec"
    elif fleet.in_force_since is not None and fleet.in_force_since > mark.since:
        yield "the fleet would be ended, and its spec was not in force all the time since the mark"
    elif (now - mark.since).total_seconds() < 60 * fleet.deletion_hold_minutes:
        yield f"the fleet would be ended, and its tombstone stands only since {mark.since}"


def _suspensions(fleet: Fleet, plan: Plan, now: datetime) -> Iterator[str]:
    """What the spec puts to sleep for a time is not done in that time."""
    asleep = {one.process for one in fleet.suspensions if one.until > now}
    if Process.CREATE in asleep and plan.creates:
        yield "members would be created, and creations are suspended"
    deletes = plan.victims or any(isinstance(step, DeleteSet) for step in plan.steps)
    if Process.DELETE in asleep and deletes:
        yield "something would be deleted, and deletions are suspended"


def _installs(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """An extension is of the spec, and goes onto a member of ours that stays and does not have it."""
    by_name = {member.name: member for member in observed.owned}
    named = _extensions_named(fleet)
    leaving = set(plan.victims)
    for name, times in Counter(step.instance for step in plan.installs).items():
        if times > 1:
            yield f"{name} would get {times} extensions at once"
    for step in plan.installs:
        what = f"{step.instance} would get the extension {step.extension}"
        member = by_name.get(step.instance)
        if step.extension not in named:
            yield f"{what}, which the spec does not have"
        if member is None:
            yield f"{what} and is not ours, or was not seen"
            continue
        if step.instance in leaving:
            yield f"{what} and is about to be deleted"
        if member.instance.provisioning_state is not ProvisioningState.SUCCEEDED:
            yield f"{what} and is {member.instance.provisioning_state}"
        shown = member.instance.extensions
        if shown is None:
            yield f"{what}, and what it has is not known"
        elif any(one.name.lower() == step.extension.lower() for one in shown):
            yield f"{what} and has it already"


def _extensions_named(fleet: Fleet) -> set[str]:
    rows = [
        row
        for pool in fleet.pools
        if isinstance(listed := pool.template.document.get("extensions"), list | tuple)
        for row in listed
    ]
    return {str(row.get("name")) for row in rows if isinstance(row, dict)}


def _live(observed: Observed, now: datetime) -> int:
    return sum(classify(member.instance, now) is not Phase.DELETING for member in observed.owned)
