"""The safety sentences, each a function over (fleet, observed, plan) that lists what breaks it.

They are written from the raw observation in the plainest way, so that they are easy to believe: no code
of the planner or of its guard is used, apart from the reading of tags. The time is that of the look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import product

from controller.core import tags
from controller.core.observed import Member, Observed
from controller.core.steps import DeleteSet, Plan, Tag
from controller.spec.values import Fleet
from providers.base import ProvisioningState

Sentence = Callable[[Fleet, Observed, Plan], Iterator[str]]

_WAYS_AT_MOST = 20_000
"""More ways of deleting than this are not counted through; the brute force is for small fleets."""


def violations(fleet: Fleet, observed: Observed, plan: Plan) -> list[str]:
    """Everything in which a plan breaks a safety sentence; empty for a safe plan."""
    return [
        f"{sentence.__name__}: {words}"
        for sentence in SENTENCES
        for words in sentence(fleet, observed, plan)
    ]


def never_too_many(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Creations never lead to more members than desired, counted in each pool, nor to a set over its limit."""
    if not plan.creates:
        return
    after = len(_present(fleet, observed)) - len(set(plan.victims)) + len(plan.creates)
    if len(fleet.pools) == 1 and after > fleet.replicas:
        yield f"{after} members for {fleet.replicas} desired"
    created = Counter(create.pool for create in plan.creates)
    for pool in fleet.pools:
        if created[pool.name] > pool.replicas:
            yield f"{created[pool.name]} creations in a pool of {pool.replicas}"
    limit = 600 if fleet.managed_image else 1000
    if len(observed.members) + len(plan.creates) > limit:
        yield f"{len(observed.members) + len(plan.creates)} VMs in a set that holds {limit}"


def never_too_few(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Scale-in never leaves fewer members than desired."""
    asked = [
        victim.instance
        for step in plan.deletes
        if step.reason.value in {"ScaleIn", "Marked"}
        for victim in step.victims
    ]
    left = len(_present(fleet, observed)) - len(set(plan.victims))
    if asked and len(fleet.pools) == 1 and left < fleet.replicas:
        yield f"{left} members left of {fleet.replicas} desired"


def only_ours_deleted(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Nothing is deleted that was not seen with our owner tag."""
    ours = {member.name for member in observed.members if member.owned}
    for name in plan.victims:
        if name not in ours:
            yield f"{name} of {fleet.name}"


def unmanaged_untouched(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No step names a VM that is not ours, except a tag step for one that the spec adopts."""
    adopted = {name.lower() for name in fleet.adopt}
    for member in observed.members:
        touched = {*plan.victims, *(create.replaces for create in plan.creates)}
        if not member.owned and member.name in touched:
            yield f"{member.name} is touched"
    owned = {member.name.lower() for member in observed.members if member.owned}
    for step in plan.steps:
        if isinstance(step, Tag) and step.instance.lower() not in adopted | owned:
            yield f"{step.instance} is tagged"


def locked_stay(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No member is deleted that a lock covers: its own, its NIC's or disk's, or one further up."""
    locks = [_parts(lock.scope) for lock in observed.locks or ()]
    for member in _victims(observed, plan):
        mine = [fleet.ref.instance_id(member.name), fleet.ref.id, *member.instance.resources]
        for scope in locks:
            if any(_parts(one)[: len(scope)] == scope for one in mine):
                yield f"{member.name} under {'/'.join(scope)}"


def unknown_locks_delete_nothing(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """While the locks could not be read nothing is deleted."""
    if observed.locks is None and plan.victims:
        yield f"{len(plan.victims)} of {fleet.name}"


def held_stay(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No member is deleted while a hold lasts, by its tag or by the spec, however its name is written."""
    by_spec = {name.lower(): hold for name, hold in fleet.holds.items()}
    for member in _victims(observed, plan):
        for hold in (member.hold, by_spec.get(member.name.lower())):
            if hold and (hold.until is None or hold.until > observed.observed_at):
                yield f"{member.name} held by {hold.owner}"


def protected_stay(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No member is deleted that Azure's own policy protects."""
    for member in _victims(observed, plan):
        if member.instance.protected:
            yield f"{member.name} of {fleet.name}"


def open_numbers_stay(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """While a number is open and unseen, no member with an open number is deleted."""
    serials = observed.serials
    if serials is None or serials.floor == serials.next:
        return
    prefix = observed.group.tags.get(tags.FLEET, fleet.name) if observed.group else fleet.name
    listed = {member.name.lower() for member in observed.members if member.listed}
    names = [f"{prefix}-{serial:06d}" for serial in range(serials.floor, serials.next)]
    if all(name.lower() in listed for name in names):
        return
    for name in plan.victims:
        if name.lower() in {one.lower() for one in names}:
            yield f"{name} is open"


def names_are_new(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No creation takes a name twice, the name of a VM that was seen, or a number that was settled."""
    seen = {member.name.lower() for member in observed.members}
    for name, times in Counter(create.instance.lower() for create in plan.creates).items():
        if times > 1:
            yield f"{name} {times} times in {fleet.name}"
        if name in seen:
            yield f"{name} exists"
        if observed.serials and int(name[-6:]) < observed.serials.floor:
            yield f"{name} was settled"


def victims_once(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """No member is deleted twice, and none that is leaving already."""
    for name, times in Counter(plan.victims).items():
        if times > 1:
            yield f"{name} {times} times in {fleet.name}"
    for member in _victims(observed, plan):
        if member.instance.provisioning_state is ProvisioningState.DELETING:
            yield f"{member.name} is leaving"


def places_allowed(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Every new member stands in a domain that the spec names and does not exclude."""
    where = fleet.placement
    known = where.zones or tuple(str(n) for n in range(where.fault_domains))
    for create in plan.creates:
        place = create.zone if where.zones else str(create.fault_domain)
        if where.fault_domains == 1 and not where.zones:
            allowed = create.zone is None and create.fault_domain is None
        else:
            allowed = place in known and place not in where.excluded
        if not allowed:
            yield f"{create.instance} in {place}, with {len(observed.members)} seen"


def skew_is_reachable(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """After the plan the skew is no higher than the best that a plan of the same size could reach.

    Checked by counting every way through, for single pools without weights, capacity limits or members
    that go for another reason than the spread.
    """
    names = list(plan.spread.after)
    if not _is_plain(fleet, observed, plan) or not names:
        return
    room = Counter(
        _domain(fleet, member) for member in observed.members if _might_go(fleet, observed, member)
    )
    gone = len(plan.victims)
    limits = [range(min(room[name], gone) + 1) for name in names]
    best = None
    for way in product(*limits):
        if sum(way) == gone:
            left = [plan.spread.before[n] - lost for n, lost in zip(names, way, strict=True)]
            reached = _fill(left, len(plan.creates))
            best = reached if best is None else min(best, reached)
    if best is not None and plan.spread.skew_after > best:
        yield f"skew {plan.spread.skew_after}, and {best} can be reached"


def ends_only_under_a_tombstone(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Members and set go with their fleet only when the set's mark says that this spec stood for the hold time."""
    ends = [step for step in plan.steps if isinstance(step, DeleteSet)]
    buried = [step for step in plan.deletes if step.reason.value == "Tombstone"]
    if not ends and not buried:
        return
    words = observed.group.tags.get("evenkeel-tombstone", "") if observed.group else ""
    moment, _, digest = words.partition(";")
    wanted = fleet.absent and fleet.deletion_policy.value == "Delete" and not fleet.suspended
    if not wanted or digest != fleet.spec_digest[:16]:
        yield f"{fleet.name} does not end"
        return
    stood = (observed.observed_at - datetime.fromisoformat(moment)).total_seconds() / 60
    if not fleet.deletion_hold_minutes <= stood:
        yield f"{fleet.name} ends after {stood:.1f} minutes"
    if ends and observed.members:
        yield f"the set of {fleet.name} goes with {len(observed.members)} VMs in it"


def suspended_processes_sleep(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """Nothing is created or deleted while the spec suspends that, nor at all in a fleet that it puts to rest."""
    asleep = {one.process.value for one in fleet.suspensions if one.until > observed.observed_at}
    rest = fleet.suspended or (fleet.absent and fleet.deletion_policy.value == "Retain")
    if plan.creates and (rest or fleet.absent or "create" in asleep):
        yield f"{len(plan.creates)} creations"
    ends = any(isinstance(step, DeleteSet) for step in plan.steps)
    if (plan.victims or ends) and (rest or "delete" in asleep):
        yield f"{len(plan.victims)} deletions"


def extensions_are_due(fleet: Fleet, observed: Observed, plan: Plan) -> Iterator[str]:
    """An extension goes only onto a member of ours that is up, stays and is shown not to have it; one at a time."""
    by_name = {member.name: member for member in observed.members}
    for name, times in Counter(step.instance for step in plan.installs).items():
        if times > 1:
            yield f"{name} gets {times} at once in {fleet.name}"
    for step in plan.installs:
        member = by_name.get(step.instance)
        if member is None or not member.owned or step.instance in plan.victims:
            yield f"{step.instance} is not ours, or goes"
            continue
        found = member.instance
        if (found.provisioning_state.value, found.power_state.value) != ("Succeeded", "running"):
            yield f"{step.instance} is not up"
        if found.extensions is None:
            yield f"nobody knows what {step.instance} has"
        elif step.extension.lower() in {one.name.lower() for one in found.extensions}:
            yield f"{step.instance} has {step.extension} already"


SENTENCES: Sequence[Sentence] = (
    never_too_many,
    never_too_few,
    only_ours_deleted,
    unmanaged_untouched,
    locked_stay,
    unknown_locks_delete_nothing,
    held_stay,
    protected_stay,
    open_numbers_stay,
    names_are_new,
    victims_once,
    places_allowed,
    skew_is_reachable,
    ends_only_under_a_tombstone,
    suspended_processes_sleep,
    extensions_are_due,
)


def _present(fleet: Fleet, observed: Observed) -> list[Member]:
    """Members under management that are not leaving, those that become ours in this pass among them."""
    adopted = {name.lower() for name in fleet.adopt}
    return [
        member
        for member in observed.members
        if (member.owned or member.name.lower() in adopted)
        and member.instance.provisioning_state is not ProvisioningState.DELETING
    ]


def _victims(observed: Observed, plan: Plan) -> list[Member]:
    names = set(plan.victims)
    return [member for member in observed.members if member.name in names]


def _parts(scope: str) -> list[str]:
    return [part for part in scope.lower().split("/") if part]


def _domain(fleet: Fleet, member: Member) -> str:
    found = member.instance.zone if fleet.placement.zones else member.instance.fault_domain
    return str(found)


def _might_go(fleet: Fleet, observed: Observed, member: Member) -> bool:
    """Whether a member could be deleted, judged on the safe side: any lock or hold at all forbids it."""
    name = member.name.lower()
    locked = any(name in _parts(lock.scope) for lock in observed.locks or ())
    return not (locked or member.hold or name in {held.lower() for held in fleet.holds})


def _is_plain(fleet: Fleet, observed: Observed, plan: Plan) -> bool:
    where = fleet.placement
    if len(fleet.pools) > 1 or where.weights or where.min_domains > 1 or fleet.quorum:
        return False
    if where.max_per_domain is not None or where.max_percent_per_domain is not None:
        return False
    states = {
        (one.instance.provisioning_state.value, one.instance.power_state.value, one.owned)
        for one in observed.members
    }
    ways = (len(plan.victims) + 1) ** len(plan.spread.after)
    return (
        states <= {("Succeeded", "running", True)}
        and not (plan.blocked and plan.creates)
        and not any(_domain(fleet, one) not in plan.spread.after for one in observed.members)
        and not fleet.scale_in.remove
        and all(member.instance.health.value != "Unhealthy" for member in observed.members)
        and ways <= _WAYS_AT_MOST
        and observed.catalog is None
    )


def _fill(counts: Sequence[int], units: int) -> int:
    """Skew after so many members were put one by one where the fewest are."""
    filled = list(counts)
    for _ in range(units):
        filled[filled.index(min(filled))] += 1
    return max(filled) - min(filled)
