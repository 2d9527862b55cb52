"""From a spec, an observation, what was learned, and the time, to a plan. Pure and total.

The order of the decisions: the set itself, adoption, shells that go, then each pool to its number:
scale-in chooses victims, scale-out chooses places, sizes and names; then the extensions of those that stay.
Reports and guards come last.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import (
    adoption,
    digest,
    drift,
    extensions,
    leaving,
    leftovers,
    naming,
    preflight,
    report,
    scaling,
    shells,
    suspension,
    tombstone,
)
from controller.core.decisions import Decisions
from controller.core.deletability import creation_lock
from controller.core.limits import is_at_rest
from controller.core.scene import read_scene
from controller.core.steps import Blocked, Delete, EnsureSet, Plan, Prevented, Reason
from controller.spec.values import Process

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.core.observed import Member, Memory, Observed
    from controller.core.scene import Scene
    from controller.spec.values import Fleet


def plan(fleet: Fleet, observed: Observed, memory: Memory, now: datetime) -> Plan:
    """Decide what to do about one fleet, and say why. Never raises for values that the loader accepts."""
    scene = read_scene(fleet, observed, memory, now)
    refusal = _refusal(scene)
    if refusal:
        return _finish(scene, Decisions(blocked=[refusal]))
    decisions = Decisions()
    tombstone.withdraw(scene, decisions)
    if is_at_rest(fleet):
        return _finish(scene, decisions)
    decisions.blocked += leaving.blocks(scene)
    if fleet.absent:
        tombstone.bury(scene, decisions)
        return _finish(scene, decisions)
    _ensure_set(scene, decisions)
    adoption.adopt(scene, decisions.steps, decisions.blocked)
    removal = shells.remove(scene)
    decisions.steps += removal.steps
    decisions.blocked += removal.blocked
    decisions.gone += removal.gone
    staying = tuple(sorted(scene.buckets.staying + removal.kept, key=lambda member: member.name))
    _scale(scene, decisions, staying)
    extensions.install(scene, decisions)
    decisions.drift = drift.find_drift(scene)
    leftovers.sweep(scene, decisions)
    return _finish(scene, decisions)


def _finish(scene: Scene, decisions: Decisions) -> Plan:
    finished = report.finish(scene, decisions)
    return replace(finished, hash=digest.plan_hash(scene, finished.steps))


def _refusal(scene: Scene) -> Blocked | None:
    group = scene.observed.group
    if group is not None and not group.flexible:
        detail = (
            f"{scene.fleet.ref.name} is a Uniform scale set and its mode cannot be changed; "
            "give the fleet another scaleSet"
        )
        return Blocked(Prevented.UNIFORM_SET, detail)
    return None


def _ensure_set(scene: Scene, decisions: Decisions) -> None:
    # Under a ReadOnly lock Azure would refuse the set in every pass; the creations say why they wait.
    if scene.observed.exists or creation_lock(scene.fleet.ref, scene.observed.locks):
        return
    # Nor is there any use for a set whose members the network would keep from coming up.
    if preflight.stops_everything(scene):
        return
    if suspension.active(scene.fleet, Process.CREATE, scene.now):
        return
    where = scene.fleet.placement
    why = f"{scene.fleet.ref.name} does not exist in {scene.fleet.ref.resource_group}"
    decisions.steps.append(EnsureSet(Reason.SET_MISSING, why, where.zones, where.fault_domains))


def _scale(scene: Scene, decisions: Decisions, staying: Sequence[Member]) -> None:
    """Take over what was decided for each pool, deletions before creations."""
    by_name = {member.name: member for member in staying}
    for change in scaling.scale(scene, staying):
        decisions.blocked += change.blocked
        decisions.reachable += change.reachable
        if change.victims:
            decisions.steps.append(Delete(Reason.SCALE_IN, change.victims, inferred=False))
            decisions.explicit += change.victims
            decisions.gone += [by_name[victim.instance] for victim in change.victims]
        if change.placed:
            decisions.placed.append((change.pool, change.placed))
    naming.name_creates(scene, decisions.placed, decisions.gone, decisions.steps)
