"""Least-cost flow of whole units through a small network whose arcs get dearer with every unit.

Placing members is such a flow: a unit runs from its class through a domain to the sink, and each arc
asks more for its next unit than for its last. Such a flow is cheapest exactly when no cycle of the
residual network has a negative cost; that is the certificate which ``Network.send`` ends on. Greedy
sending comes first because it is nearly always right and fast; the certificate mends the rest.

Costs are whole numbers. Several aims in order of importance are packed into one number by
``pack``, so that a lower aim never outweighs a higher one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL_BITS = 48
"""Room for one aim: 1,000 members times the least common multiple of weights, with signs, fits easily."""

_FAR = 1 << 400


def pack(costs: Sequence[int]) -> int:
    """One number for several aims, the most important first."""
    total = 0
    for cost in costs:
        total = (total << LEVEL_BITS) + cost
    return total


@dataclass(slots=True)
class Arc:
    """A way for units. The n-th unit (from 0) costs ``base + slope * n``, plus ``extra[n]`` if given.

    ``slope`` must not be negative and ``extra`` must not fall: the next unit is never cheaper.
    """

    tail: int
    head: int
    capacity: int
    base: int = 0
    slope: int = 0
    extra: tuple[int, ...] = ()
    flow: int = 0

    def next_cost(self) -> int:
        """What one more unit costs."""
        cost = self.base + self.slope * self.flow
        return cost + self.extra[self.flow] if self.extra else cost

    def last_cost(self) -> int:
        """What the last unit sent cost, and what taking it back returns."""
        cost = self.base + self.slope * (self.flow - 1)
        return cost + self.extra[self.flow - 1] if self.extra else cost


@dataclass(slots=True)
class Network:
    """Arcs between numbered nodes; ``ways`` are the simple paths from source to sink, as arcs."""

    source: int
    sink: int
    arcs: list[Arc] = field(default_factory=list)
    ways: list[tuple[Arc, ...]] = field(default_factory=list)

    def add(self, arc: Arc) -> Arc:
        """Put an arc into the network and return it."""
        self.arcs.append(arc)
        return arc

    def send(self, units: int) -> int:
        """Send as many of ``units`` as fit, at least cost in all; returns how many were sent."""
        sent = self._greedy(units)
        self._mend()
        while sent < units and self._augment():
            sent += 1
        return sent

    def step(self) -> int | None:
        """Send one unit along the cheapest way that is open; its index, or None when all are full."""
        best, least = None, _FAR
        for index, way in enumerate(self.ways):
            cost = 0
            for arc in way:
                if arc.flow >= arc.capacity:
                    break
                cost += arc.next_cost()
            else:
                if cost < least:
                    best, least = index, cost
        if best is not None:
            for arc in self.ways[best]:
                arc.flow += 1
        return best

    def _greedy(self, units: int) -> int:
        for sent in range(units):
            if self.step() is None:
                return sent
        return units

    def _mend(self) -> None:
        """Turn negative cycles until none is left: then the flow is the cheapest of its size."""
        while (cycle := self._negative_cycle()) is not None:
            _turn(cycle)

    def _augment(self) -> bool:
        """Send one more unit along the cheapest residual path; False when there is none."""
        distance, cause = self._distances({self.source: 0})
        if distance.get(self.sink, _FAR) >= _FAR:
            return False
        path: list[tuple[Arc, bool]] = []
        node = self.sink
        while node != self.source:
            arc, forward = cause[node]
            path.append((arc, forward))
            node = arc.tail if forward else arc.head
        _turn(path)
        return True

    def _distances(
        self, start: dict[int, int]
    ) -> tuple[dict[int, int], dict[int, tuple[Arc, bool]]]:
        """Bellman-Ford over the residual network, which must hold no negative cycle."""
        distance = dict(start)
        cause: dict[int, tuple[Arc, bool]] = {}
        for _ in range(len(self.arcs) + 1):
            if not self._relax(distance, cause):
                break
        return distance, cause

    def _negative_cycle(self) -> list[tuple[Arc, bool]] | None:
        nodes = {end for arc in self.arcs for end in (arc.tail, arc.head)}
        distance = dict.fromkeys(nodes, 0)
        cause: dict[int, tuple[Arc, bool]] = {}
        changed = self._relax(distance, cause)
        for _ in nodes:
            if not changed:
                return None
            changed = self._relax(distance, cause)
        return _cycle_through(min(changed), cause, len(nodes)) if changed else None

    def _relax(self, distance: dict[int, int], cause: dict[int, tuple[Arc, bool]]) -> set[int]:
        changed: set[int] = set()
        for arc in self.arcs:
            if arc.flow < arc.capacity and arc.tail in distance:
                reached = distance[arc.tail] + arc.next_cost()
                if reached < distance.get(arc.head, _FAR):
                    distance[arc.head], cause[arc.head] = reached, (arc, True)
                    changed.add(arc.head)
            if arc.flow > 0 and arc.head in distance:
                reached = distance[arc.head] - arc.last_cost()
                if reached < distance.get(arc.tail, _FAR):
                    distance[arc.tail], cause[arc.tail] = reached, (arc, False)
                    changed.add(arc.tail)
        return changed


def _turn(path: Sequence[tuple[Arc, bool]]) -> None:
    for arc, forward in path:
        arc.flow += 1 if forward else -1


def _cycle_through(
    node: int, cause: dict[int, tuple[Arc, bool]], nodes: int
) -> list[tuple[Arc, bool]]:
    """Walk back until surely on the cycle, then around it once."""
    for _ in range(nodes):
        arc, forward = cause[node]
        node = arc.tail if forward else arc.head
    cycle: list[tuple[Arc, bool]] = []
    here = node
    while not cycle or here != node:
        arc, forward = cause[here]
        cycle.append((arc, forward))
        here = arc.tail if forward else arc.head
    return cycle
