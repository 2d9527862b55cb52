"""Bring each pool of a fleet to its number: victims where there are too many, places where too few.

Each pool is spread on its own, and then the set as a whole: a pool that could do with several sets of
places takes the one that suits the other pools. Because each depends on the others, the pools are gone
through until none of them changes its mind.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.core import (
    floor,
    leaving,
    limits,
    mix,
    placement,
    preflight,
    quorum,
    scarcity,
    victims,
)
from controller.core.creation_stop import creation_stop
from controller.core.offerings import Budget, Offers
from controller.core.steps import Blocked, Prevented
from controller.core.victim_order import Pick

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Member
    from controller.core.placement import Placed
    from controller.core.scene import Scene
    from controller.core.spread import Layout
    from controller.core.steps import Victim
    from controller.spec.values import Pool

ROUNDS = 4
"""How often the pools are gone through at most. Two rounds settle nearly every fleet."""


@dataclass(frozen=True, slots=True)
class Change:
    """What becomes of one pool. ``after`` and ``reachable`` are members by domain."""

    pool: Pool
    after: Counter[str]
    reachable: Counter[str]
    placed: Placed | None = None
    victims: tuple[Victim, ...] = ()
    blocked: tuple[Blocked, ...] = ()


@dataclass(slots=True)
class _Round:
    """One going-through of the pools.

    ``room`` is how many more VMs the set holds, ``addresses`` those given out so far, by subnet.
    """

    scene: Scene
    staying: Sequence[Member]
    after: dict[str, Counter[str]]
    budget: Budget
    room: int
    changes: list[Change] = field(default_factory=list)
    addresses: Counter[str] = field(default_factory=Counter)

    def others(self, pool: Pool) -> Counter[str]:
        found: Counter[str] = Counter()
        for name, counts in self.after.items():
            if name != pool.name:
                found += counts
        return found


def scale(scene: Scene, staying: Sequence[Member]) -> tuple[Change, ...]:
    """Decide for every pool, in the order of the spec."""
    pools = scene.fleet.pools
    after = {pool.name: scene.domains(scene.members_of(pool, staying)) for pool in pools}
    changes: list[Change] = []
    for _ in range(ROUNDS if len(pools) > 1 else 1):
        before = dict(after)
        changes = _go_through(scene, staying, after)
        if after == before:
            break
    return tuple(changes)


def _go_through(
    scene: Scene, staying: Sequence[Member], after: dict[str, Counter[str]]
) -> list[Change]:
    room = limits.set_limit(scene.fleet) - len(scene.observed.members)
    one = _Round(scene, staying, after, _budget(scene), room)
    for pool in scene.fleet.pools:
        change = _change(one, pool)
        one.changes.append(change)
        after[pool.name] = change.after
    return one.changes


def _budget(scene: Scene) -> Budget:
    tried = scarcity.being_tried(scene.memory, scene.observed)
    return Budget(scene.observed.catalog, tried=tried)


def _change(one: _Round, pool: Pool) -> Change:
    mine = one.scene.members_of(pool, one.staying)
    lacking = pool.replicas - len(mine)
    if lacking < 0:
        return _shrink(one, pool, -lacking)
    if lacking > 0:
        return _grow(one, pool, lacking)
    there = one.scene.domains(mine)
    return Change(pool, there, there)


def _shrink(one: _Round, pool: Pool, units: int) -> Change:
    scene = one.scene
    layout = scene.layout(pool, one.staying, one.others(pool))
    pick = Pick(
        pool=pool,
        scale_in=scene.fleet.scale_in,
        topology=scene.topology,
        layout=layout,
        members=scene.members_of(pool, one.staying),
        mix=mix.targets(pool.spot, pool.replicas),
        now=scene.now,
        asked=frozenset(name for name, _ in scene.memory.asked),
    )
    chosen = victims.choose(pick, units, scene.ledger)
    needless, waiting = floor.hold_back(scene, pool, pick.members, chosen.victims)
    allowed, held_back = quorum.hold_back(scene, pick.members, needless)
    names = {victim.instance for victim in allowed}
    lost = scene.domains(member for member in pick.members if member.name in names)
    return Change(
        pool=pool,
        after=layout.by_domain() - lost,
        reachable=victims.reachable(pick, len(allowed), scene.ledger),
        victims=allowed,
        blocked=(*chosen.blocked, *waiting, *held_back),
    )


def _grow(one: _Round, pool: Pool, units: int) -> Change:
    scene = one.scene
    layout = scene.layout(pool, one.staying, one.others(pool))
    there = layout.by_domain()
    stop = creation_stop(scene) or preflight.obstacle(scene, pool)
    if stop:
        return Change(pool, there, there, blocked=(stop,) * units)
    back = leaving.returning(scene, pool)[:units]
    units -= len(back)
    fitting = max(0, min(units, one.room))
    addressed, full_subnet = _addressed(one, pool, fitting)
    site = placement.Site(
        pool=pool,
        placement=scene.fleet.placement,
        topology=scene.topology,
        layout=layout,
        offers=Offers(pool, scene.observed.catalog, scene.memory),
        sizes=Counter(mine.instance.size.lower() for mine in scene.members_of(pool, one.staying)),
        domain_room=_domain_room(scene, layout),
    )
    placed = placement.place(site, addressed, one.budget)
    one.room -= len(placed.choices)
    for subnet, each in preflight.needs_of(pool).subnets.items():
        one.addresses[subnet.lower()] += each * len(placed.choices)
    after = there + Counter(choice.cell.domain for choice in placed.choices)
    full = f"the set holds at most {limits.set_limit(scene.fleet)} VMs, unmanaged ones included"
    too_many = (Blocked(Prevented.SET_LIMIT, full),) * (units - fitting)
    no_address = (Blocked(Prevented.SUBNET_FULL, full_subnet),) * (fitting - addressed)
    blocked = (*placed.blocked, *back, *too_many, *no_address)
    return Change(pool, after, after, placed=placed, blocked=blocked)


def _addressed(one: _Round, pool: Pool, units: int) -> tuple[int, str]:
    """How many of ``units`` new members find addresses, and the words for the others."""
    left, words = preflight.room(one.scene, pool, one.addresses)
    return (units if left is None else min(units, left)), words


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
