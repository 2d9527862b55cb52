"""Sentences about a fleet that are no steps: what was left alone, what is odd, what stands in the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core import extensions, leftovers, limits, mix, preflight, suspension, tombstone
from controller.core.phase import HANGS_AFTER, Phase, classify
from controller.core.steps import Prevented

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.core.decisions import Decisions
    from controller.core.observed import Member
    from controller.core.scene import Scene
    from controller.core.steps import SpreadReport

_SHOWN = 3
_SAID_OF_ALL = frozenset({Prevented.LOCKS_UNREADABLE, Prevented.NOT_OURS, Prevented.SUSPENDED})
"""Obstacles that concern every member, or that another note tells."""


def compute_notes(scene: Scene, decisions: Decisions, spread: SpreadReport) -> tuple[str, ...]:
    """All notes of a plan, the most important first."""
    return (
        *_guards(scene, decisions),
        *_undeletable(scene, decisions),
        *_spread(scene, decisions, spread),
        *preflight.notes(scene),
        *_under_way(scene, decisions),
        *_members(scene),
        *_extensions(scene),
        *_mix(scene, decisions),
        *_drift(decisions),
        *leftovers.notes(scene),
    )


def _guards(scene: Scene, decisions: Decisions) -> Iterator[str]:
    live, desired = len(scene.buckets.live), scene.fleet.replicas
    if scene.fleet.suspended:
        yield "suspended by its spec: looked at, not changed"
    yield from tombstone.notes(scene)
    yield from suspension.notes(scene.fleet, scene.now)
    guards, now = scene.fleet.limits, scene.now
    if any(one.reason is Prevented.OVERSHOOT for one in decisions.blocked):
        yield f"{live} members for {desired} wanted: no creation until the excess is gone"
    elif limits.is_overshot(scene.fleet, scene.memory, live) and limits.overridden(
        guards, "overshoot", now
    ):
        yield f"{live} members for {desired} wanted: the overshoot guard is set aside for now"
    if limits.is_melting(scene.fleet, scene.buckets):
        yield (
            f"{limits.unhealthy_words(scene)}: the meltdown guard is set aside for now"
            if limits.overridden(guards, "meltdown", now)
            else limits.meltdown_note(scene)
        )
    if scene.observed.locks is None:
        yield "the locks could not be read: nothing may be deleted"


def _undeletable(scene: Scene, decisions: Decisions) -> Iterator[str]:
    """Members that may not be deleted and did not have to be, by what keeps them."""
    wanted = {one.instance for one in decisions.blocked}
    kept: dict[str, list[str]] = {}
    for name in sorted(scene.ledger.obstacles):
        obstacle = scene.ledger.obstacles[name]
        if name in wanted or obstacle.reason in _SAID_OF_ALL:
            continue
        kept.setdefault(_kept_words(obstacle.reason, obstacle.detail), []).append(name)
    for words, names in kept.items():
        verb = "is" if len(names) == 1 else "are"
        yield f"{_some(names)} {verb} {words}: not needed for this plan"


def _kept_words(reason: Prevented, detail: str) -> str:
    if reason is Prevented.LOCKED:
        level, _, where = detail.partition(" ")
        return f"locked ({level})" if where == "on the instance" else f"locked ({detail})"
    if reason is Prevented.OPEN_SERIAL:
        return "not settled yet"
    if reason is Prevented.PROTECTED:
        return "protected by Azure's own policy"
    return detail


def _spread(scene: Scene, decisions: Decisions, spread: SpreadReport) -> Iterator[str]:
    if spread.domain == "region":
        yield "max spreading: the platform spreads the members and shows nothing of it"
        return
    if spread.skew_after <= spread.wanted_skew or not spread.after:
        return
    cause = ""
    if any(one.reason in {Prevented.NO_CAPACITY, Prevented.SPREAD} for one in decisions.blocked):
        cause = "; a domain is out of capacity"
    elif scene.ledger.obstacles:
        cause = "; members that may not be deleted stand in the way"
    better = f", {spread.reachable_skew} could be reached" if _gap(spread) else ""
    yield f"the skew stays {spread.skew_after} (wanted {spread.wanted_skew}{better}){cause}"


def _gap(spread: SpreadReport) -> bool:
    return spread.reachable_skew < spread.skew_after


def _under_way(scene: Scene, decisions: Decisions) -> Iterator[str]:
    if scene.buckets.creating:
        yield f"{len(scene.buckets.creating)} being created"
    slow = [member.name for member in scene.buckets.creating if _is_slow(member, scene.now)]
    if slow:
        yield f"{_some(slow)}: Creating for more than {_LONG} minutes, and running: counted, left alone"
    if scene.buckets.leaving:
        yield f"{len(scene.buckets.leaving)} being deleted"
    if decisions.installing:
        yield f"{len(decisions.installing)} getting their extensions"


def _members(scene: Scene) -> Iterator[str]:
    unmanaged = [member.name for member in scene.buckets.unmanaged]
    if unmanaged:
        verb = "is" if len(unmanaged) == 1 else "are"
        yield f"{_some(unmanaged)} {verb} not ours: shown, never touched"
    for phase, words in _ODD.items():
        found = _in_phase(scene, phase)
        if found:
            yield f"{_some([member.name for member in found])} {words}"


def _is_slow(member: Member, now: datetime) -> bool:
    created = member.instance.created_at
    return created is not None and now - created > HANGS_AFTER


_LONG = HANGS_AFTER.seconds // 60
_ODD = {
    Phase.FAILED: "failed after having run, and may hold data: left alone",
    Phase.STOPPED: "stopped or deallocated by somebody: counted, left alone",
    Phase.DEGRADED: "running, though the last operation failed: counted, left alone",
    Phase.UNHEALTHY: "reported unhealthy: counted, left alone",
}


def _extensions(scene: Scene) -> Iterator[str]:
    """Failed extensions in the platform's words, and members that cannot get theirs."""
    sick: dict[str, list[str]] = {}
    waiting: list[str] = []
    for member in scene.buckets.staying:
        for one in extensions.failed(member.instance):
            code = one.failure.code if one.failure else "the platform gives no reason"
            sick.setdefault(f"extension {one.name} failed ({code})", []).append(member.name)
        standing = extensions.read_standing(scene.pools[member.name], member)
        if standing.stage is extensions.Stage.NOT_UP:
            waiting.append(member.name)
    for words, names in sorted(sick.items()):
        yield f"{_some(names)}: {words}; it is not tried again until somebody removes the extension"
    if waiting:
        verb = "lacks" if len(waiting) == 1 else "lack"
        yield f"{_some(waiting)} {verb} extensions, which are installed only on members that are up"


def _in_phase(scene: Scene, phase: Phase) -> Sequence[Member]:
    return [
        member for member in scene.buckets.staying if classify(member.instance, scene.now) is phase
    ]


def _mix(scene: Scene, decisions: Decisions) -> Iterator[str]:
    gone = {member.name for member in decisions.gone}
    for pool in scene.fleet.pools:
        if pool.spot is None:
            continue
        left = [one for one in scene.members_of(pool, scene.buckets.live) if one.name not in gone]
        spot = sum(one.instance.priority.value == "Spot" for one in left)
        spot += sum(
            choice.cell.klass == "Spot"
            for other, placed in decisions.placed
            if other is pool
            for choice in placed.choices
        )
        total = len(left) + sum(
            len(placed.choices) for other, placed in decisions.placed if other is pool
        )
        wanted = mix.targets(pool.spot, total)["Spot"]
        if spot != wanted:
            name = f"pool {pool.name}: " if pool.name else ""
            yield f"{name}{spot} of {total} are Spot, the mix wants {wanted}; later changes make it good"


def _drift(decisions: Decisions) -> Iterator[str]:
    if decisions.drift:
        names = [one.instance for one in decisions.drift]
        verb = "differs" if len(names) == 1 else "differ"
        yield f"{_some(names)} {verb} from the template; replacing is not part of this plan"


def _some(names: Sequence[str]) -> str:
    """The first names, and how many more."""
    if len(names) <= _SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:_SHOWN])} and {len(names) - _SHOWN} more"
