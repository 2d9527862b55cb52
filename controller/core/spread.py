"""Where members are added, or taken away, so that the spread is as even as it can be.

A pool's members stand in cells: a class (Regular or Spot), a domain (zone or fault domain) and, where a
set spreads on two levels, a fault domain inside the zone. ``grow`` and ``shrink`` say which cells gain
or lose a member, in an order of which every beginning is as even as possible, too.

Aims, the most important first. Adding: members of the pool over domains; members of the set over
domains; members over the fault domains inside; members of each class over domains; running members
over domains; the fleet's own order of domains. Taking away: first who should go by itself (``tier``),
then the same aims, with the mix of classes before the spread of each class, then the older template.

The result is exact (see ``network``), also with locks, full domains and caps; ``tests/core`` holds it
against brute force.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import lcm
from typing import TYPE_CHECKING, TypeVar

from controller.core.network import Arc, Network, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_UNBOUNDED = 1 << 30
_AIMS = ("tier", "pool", "whole", "inner", "mix", "klass", "newer", "last", "rank")
_Key = TypeVar("_Key")


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place for members: class, domain, and fault domain inside the domain (empty for one level)."""

    klass: str
    domain: str
    fault_domain: str = ""


@dataclass(frozen=True, slots=True)
class Layout:
    """How a pool stands. ``counts`` has every cell that exists, also the empty ones.

    ``eligible`` domains are those over which the spread is measured, ``weights`` their shares (1 where
    absent). ``others`` counts members of other pools in each domain, ``active`` the running ones of this
    pool. ``order`` ranks domains that are equal in everything else.
    """

    counts: Mapping[Cell, int]
    eligible: Sequence[str]
    weights: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)
    active: Mapping[str, int] = field(default_factory=dict)
    order: Mapping[str, int] = field(default_factory=dict)

    def by_domain(self) -> Counter[str]:
        """Members of the pool in each domain."""
        return _count(self.counts, lambda cell: cell.domain)

    def scale(self, domain: str) -> int:
        """What one member weighs in a domain: small where its share is large."""
        if domain not in self.eligible:
            return 0
        return self.whole() // self.weights.get(domain, 1)

    def whole(self) -> int:
        """What one member weighs in a domain of weight 1."""
        return lcm(*(self.weights.get(name, 1) for name in self.eligible))


@dataclass(frozen=True, slots=True)
class Room:
    """How many members may be added: to each cell, of each class, in each domain (unbounded if absent)."""

    cells: Mapping[Cell, int]
    classes: Mapping[str, int]
    domains: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Preference:
    """Why one member should go before another, ahead of the spread (``tier``) or after it.

    Lower goes first: ``tier``; then ``newer`` (0 for an outdated template), ``cost`` (the user's).
    """

    tier: int
    newer: int = 1
    cost: int = 0


def grow(layout: Layout, room: Room, units: int) -> tuple[Cell, ...]:
    """Choose cells for up to ``units`` new members; shorter if there is no room for all."""

    def build(limits: Mapping[Cell, int]) -> tuple[Network, tuple[Cell, ...]]:
        return _Builder(layout, sign=1).build(
            limits, {}, classes=room.classes, domains=room.domains, mix={}
        )

    return _solve(build, room.cells, units)


def shrink(
    layout: Layout,
    candidates: Mapping[Cell, Sequence[Preference]],
    mix: Mapping[str, int],
    units: int,
) -> tuple[Cell, ...]:
    """Choose cells that lose a member, up to ``units``.

    ``candidates`` are the members that may go from each cell, the first to go first. ``mix`` is how many
    of each class should be left.
    """
    extra = {cell: tuple(_preference(one) for one in row) for cell, row in candidates.items()}

    def build(limits: Mapping[Cell, int]) -> tuple[Network, tuple[Cell, ...]]:
        return _Builder(layout, sign=-1).build(limits, extra, classes={}, domains={}, mix=mix)

    return _solve(build, {cell: len(row) for cell, row in candidates.items()}, units)


def skew(counts: Mapping[str, int], layout: Layout, minimum_domains: int = 1) -> int:
    """Largest minus smallest share over the eligible domains, in members, rounded up.

    With fewer eligible domains than ``minimum_domains`` the smallest counts as 0, as in Kubernetes'
    topology spread constraints.
    """
    return max((lead(name, counts, layout, minimum_domains) for name in layout.eligible), default=0)


def lead(domain: str, counts: Mapping[str, int], layout: Layout, minimum_domains: int = 1) -> int:
    """How far one domain is above the emptiest eligible one, in members for weight 1, rounded up."""
    loads = [counts.get(name, 0) * layout.scale(name) for name in layout.eligible]
    least = 0 if len(layout.eligible) < minimum_domains else min(loads)
    one = layout.whole()
    return -(-(counts.get(domain, 0) * layout.scale(domain) - least) // one)


def _solve(
    build: Callable[[Mapping[Cell, int]], tuple[Network, tuple[Cell, ...]]],
    limits: Mapping[Cell, int],
    units: int,
) -> tuple[Cell, ...]:
    network, cells = build(limits)
    network.send(units)
    chosen = {cell: way[2].flow for cell, way in zip(cells, network.ways, strict=True)}
    # The best counts are known now; played again with them as limits, the order makes itself.
    replay, cells = build(chosen)
    order: list[Cell] = []
    while (index := replay.step()) is not None:
        order.append(cells[index])
    return tuple(order)


def _preference(one: Preference) -> int:
    return _cost(tier=one.tier, newer=one.newer, last=one.cost)


class _Builder:
    """Lays out the network: source, classes, classes in domains, fault domains, domains, sink."""

    def __init__(self, layout: Layout, sign: int) -> None:
        self._layout = layout
        self._sign = sign
        self._nodes: dict[tuple[str, ...], int] = {}
        self._arcs: dict[tuple[str, ...], Arc] = {}
        counts = layout.counts
        self._in_class = _count(counts, lambda cell: cell.klass)
        self._class_in_domain = _count(counts, lambda cell: (cell.klass, cell.domain))
        self._in_fault_domain = _count(counts, lambda cell: (cell.domain, cell.fault_domain))
        self._in_domain = layout.by_domain()

    def build(
        self,
        limits: Mapping[Cell, int],
        extra: Mapping[Cell, tuple[int, ...]],
        *,
        classes: Mapping[str, int],
        domains: Mapping[str, int],
        mix: Mapping[str, int],
    ) -> tuple[Network, tuple[Cell, ...]]:
        network = Network(self._node("source"), self._node("sink"))
        # A fixed order of ways: ties are broken by costs, and then by this.
        cells = tuple(sorted(cell for cell, limit in limits.items() if limit > 0))
        for cell in cells:
            way = (
                self._class_arc(network, cell, classes, mix),
                self._class_domain_arc(network, cell),
                network.add(
                    Arc(
                        self._node("cd", cell.klass, cell.domain),
                        self._node("df", cell.domain, cell.fault_domain),
                        limits[cell],
                        extra=extra.get(cell, ()),
                    )
                ),
                self._fault_domain_arc(network, cell),
                self._domain_arc(network, cell, domains),
            )
            network.ways.append(way)
        return network, cells

    def _node(self, *key: str) -> int:
        return self._nodes.setdefault(key, len(self._nodes))

    def _once(self, network: Network, key: tuple[str, ...], arc: Arc) -> Arc:
        if key not in self._arcs:
            self._arcs[key] = network.add(arc)
        return self._arcs[key]

    def _start(self, count: int) -> int:
        """Marginal weight of the first unit: what a domain holds after gaining, or before losing, it."""
        return count + 1 if self._sign > 0 else -count

    def _class_arc(
        self, network: Network, cell: Cell, classes: Mapping[str, int], mix: Mapping[str, int]
    ) -> Arc:
        there = self._in_class[cell.klass]
        wanted = mix.get(cell.klass)
        extra: tuple[int, ...] = ()
        if wanted is not None:
            extra = tuple(_cost(mix=-1 if there - lost > wanted else 1) for lost in range(there))
        capacity = classes.get(cell.klass, there if wanted is not None else _UNBOUNDED)
        arc = Arc(self._node("source"), self._node("c", cell.klass), capacity, extra=extra)
        return self._once(network, ("c", cell.klass), arc)

    def _class_domain_arc(self, network: Network, cell: Cell) -> Arc:
        there = self._class_in_domain[(cell.klass, cell.domain)]
        weight = 1 if cell.domain in self._layout.eligible else 0
        arc = Arc(
            self._node("c", cell.klass),
            self._node("cd", cell.klass, cell.domain),
            _UNBOUNDED,
            base=_cost(klass=self._start(there) * weight),
            slope=_cost(klass=weight),
        )
        return self._once(network, ("cd", cell.klass, cell.domain), arc)

    def _fault_domain_arc(self, network: Network, cell: Cell) -> Arc:
        there = self._in_fault_domain[(cell.domain, cell.fault_domain)]
        arc = Arc(
            self._node("df", cell.domain, cell.fault_domain),
            self._node("d", cell.domain),
            _UNBOUNDED,
            base=_cost(inner=self._start(there)),
            slope=_cost(inner=1),
        )
        return self._once(network, ("df", cell.domain, cell.fault_domain), arc)

    def _domain_arc(self, network: Network, cell: Cell, domains: Mapping[str, int]) -> Arc:
        name = cell.domain
        scale = self._layout.scale(name)
        there = self._in_domain[name]
        everyone = there + self._layout.others.get(name, 0)
        running = self._start(self._layout.active.get(name, 0)) if self._sign > 0 else 0
        rank = self._layout.order.get(name, 0) * self._sign
        pool, whole = self._start(there) * scale, self._start(everyone) * scale
        arc = Arc(
            self._node("d", name),
            self._node("sink"),
            domains.get(name, _UNBOUNDED),
            base=_cost(pool=pool, whole=whole, last=running, rank=rank),
            slope=_cost(pool=scale, whole=scale, last=max(self._sign, 0)),
        )
        return self._once(network, ("d", name), arc)


def _cost(**aims: int) -> int:
    """Pack costs given by the names of their aims."""
    return pack([aims.get(name, 0) for name in _AIMS])


def _count(counts: Mapping[Cell, int], key: Callable[[Cell], _Key]) -> Counter[_Key]:
    found: Counter[_Key] = Counter()
    for cell, number in counts.items():
        found[key(cell)] += number
    return found
