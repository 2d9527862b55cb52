"""From a spec, an observation, what was learned, and the time, to a plan. Pure and total.

The order of the decisions: the set itself, adoption, shells that go, then each pool to its number:
scale-in chooses victims, scale-out chooses places, sizes and names. Reports and guards come last.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import (
    adoption,
    digest,
    drift,
    limits,
    mix,
    naming,
    placement,
    quorum,
    report,
    shells,
    victims,
)
from controller.core.decisions import Decisions
from controller.core.offerings import Budget, Offers
from controller.core.scene import read_scene
from controller.core.steps import Blocked, Delete, EnsureSet, Plan, Prevented, Reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.core.observed import Member, Memory, Observed
    from controller.core.scene import Scene
    from controller.core.spread import Layout
    from controller.spec.values import Fleet, Pool


def plan(fleet: Fleet, observed: Observed, memory: Memory, now: datetime) -> Plan:
    """Decide what to do about one fleet, and say why. Never raises for values that the loader accepts."""
    scene = read_scene(fleet, observed, memory, now)
    refusal = _refusal(scene)
    if refusal:
        return report.finish(scene, Decisions(blocked=[refusal]))
    decisions = Decisions()
    _ensure_set(scene, decisions)
    adoption.adopt(scene, decisions.steps, decisions.blocked)
    removal = shells.remove(scene)
    decisions.steps += removal.steps
    decisions.blocked += removal.blocked
    decisions.gone += removal.gone
    staying = tuple(sorted(scene.buckets.staying + removal.kept, key=lambda member: member.name))
    _scale(scene, decisions, staying)
    decisions.drift = drift.find_drift(scene)
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
    if scene.observed.exists:
        return
    where = scene.fleet.placement
    why = f"{scene.fleet.ref.name} does not exist in {scene.fleet.ref.resource_group}"
    decisions.steps.append(
        EnsureSet(Reason.SET_MISSING, why, where.zones, 1 if where.zones else where.fault_domains)
    )


def _scale(scene: Scene, decisions: Decisions, staying: Sequence[Member]) -> None:
    """Bring each pool to its number. Members of the other pools count where the set as a whole does."""
    room = limits.set_limit(scene.fleet) - len(scene.observed.members)
    budget = Budget(scene.observed.catalog)
    for pool in scene.fleet.pools:
        mine = scene.members_of(pool, staying)
        change = pool.replicas - len(mine)
        if change < 0:
            _shrink(scene, decisions, pool, staying, -change)
        elif change > 0:
            room -= _grow(scene, decisions, pool, staying, (change, room), budget)
        else:
            decisions.reachable += scene.domains(mine)
    naming.name_creates(scene, decisions.placed, decisions.gone, decisions.steps)


def _shrink(
    scene: Scene, decisions: Decisions, pool: Pool, staying: Sequence[Member], units: int
) -> None:
    others = scene.domains(member for member in staying if scene.pools[member.name] is not pool)
    pick = victims.Pick(
        pool=pool,
        scale_in=scene.fleet.scale_in,
        topology=scene.topology,
        layout=scene.layout(pool, staying, others),
        members=scene.members_of(pool, staying),
        mix=mix.targets(pool.spot, pool.replicas),
        now=scene.now,
    )
    chosen = victims.choose(pick, units, scene.ledger)
    allowed, held_back = quorum.hold_back(scene, pick.members, chosen.victims)
    decisions.blocked += (*chosen.blocked, *held_back)
    decisions.reachable += victims.reachable(pick, len(allowed), scene.ledger)
    if allowed:
        decisions.steps.append(Delete(Reason.SCALE_IN, allowed, inferred=False))
        decisions.explicit += allowed
        names = {victim.instance for victim in allowed}
        decisions.gone += [member for member in pick.members if member.name in names]


def _grow(
    scene: Scene,
    decisions: Decisions,
    pool: Pool,
    staying: Sequence[Member],
    wanted: tuple[int, int],
    budget: Budget,
) -> int:
    """Place the ``wanted`` (members lacking, room in the set); returns how many were placed."""
    units, room = wanted
    stop = report.creation_stop(scene)
    if stop:
        decisions.blocked += [stop] * units
        decisions.reachable += scene.domains(scene.members_of(pool, staying))
        return 0
    fitting = max(0, min(units, room))
    limit = limits.set_limit(scene.fleet)
    decisions.blocked += [
        Blocked(Prevented.SET_LIMIT, f"the set holds at most {limit} VMs, unmanaged ones included")
    ] * (units - fitting)
    others = scene.domains(member for member in staying if scene.pools[member.name] is not pool)
    layout = scene.layout(pool, staying, others + _already_placed(decisions, pool))
    site = placement.Site(
        pool=pool,
        placement=scene.fleet.placement,
        topology=scene.topology,
        layout=layout,
        offers=Offers(pool, scene.observed.catalog, scene.memory),
        sizes=Counter(one.instance.size for one in scene.members_of(pool, staying)),
        domain_room=_domain_room(scene, layout),
    )
    placed = placement.place(site, fitting, budget)
    decisions.placed.append((pool, placed))
    decisions.blocked += placed.blocked
    decisions.reachable += layout.by_domain() + Counter(
        choice.cell.domain for choice in placed.choices
    )
    return len(placed.choices)


def _already_placed(decisions: Decisions, pool: Pool) -> Counter[str]:
    return Counter(
        choice.cell.domain
        for other, placed in decisions.placed
        if other is not pool
        for choice in placed.choices
    )


def _domain_room(scene: Scene, layout: Layout) -> dict[str, int]:
    """How many more members each domain may take under the spec's caps, over all pools."""
    where = scene.fleet.placement
    caps = [where.max_per_domain] if where.max_per_domain is not None else []
    if where.max_percent_per_domain is not None:
        caps.append(-(-scene.fleet.replicas * where.max_percent_per_domain // 100))
    if not caps:
        return {}
    there = layout.by_domain() + Counter(layout.others)
    return {name: max(0, min(caps) - there[name]) for name in scene.topology.eligible}
