"""The flow network by itself: cheapest flows, mended greed, longer paths, and packed costs."""

from __future__ import annotations

import random
from itertools import pairwise, product

import pytest

from controller.core.network import Arc, Network, pack

SOURCE, SINK = 0, 9


def a_network(*arcs: tuple[int, int, int, int, int]) -> Network:
    """Arcs as (tail, head, capacity, base, slope); every path of two or three arcs is a way."""
    network = Network(SOURCE, SINK)
    made = [network.add(Arc(tail, head, cap, base, slope)) for tail, head, cap, base, slope in arcs]
    for path in [*product(made, repeat=2), *product(made, repeat=3)]:
        joined = all(one.head == other.tail for one, other in pairwise(path))
        if path[0].tail == SOURCE and path[-1].head == SINK and joined:
            network.ways.append(path)
    return network


def cost_of(network: Network) -> int:
    return sum(
        arc.base * arc.flow
        + arc.slope * arc.flow * (arc.flow - 1) // 2
        + sum(arc.extra[: arc.flow])
        for arc in network.arcs
    )


@pytest.mark.parametrize(
    ("costs", "wanted"),
    [((0,), 0), ((5,), 5), ((1, 0), 1 << 48), ((1, -1), (1 << 48) - 1), ((-1, 5), 5 - (1 << 48))],
)
def test_aims_are_packed(costs: tuple[int, ...], wanted: int) -> None:
    """A lower aim never outweighs a higher one."""
    assert pack(costs) == wanted


@pytest.mark.parametrize("units", range(6))
def test_dearer_units_spread(units: int) -> None:
    """Units go where the next one costs least, so that equal arcs end with equal flows."""
    network = a_network(
        (SOURCE, 1, 9, 0, 0),
        (1, 2, 9, 0, 1),
        (1, 3, 9, 0, 1),
        (2, SINK, 9, 0, 0),
        (3, SINK, 9, 0, 0),
    )
    assert network.send(units) == units
    flows = [arc.flow for arc in network.arcs[1:3]]
    assert (sum(flows), max(flows) - min(flows)) == (units, units % 2)


def test_full_network_stops() -> None:
    """No more is sent than fits, and the number says how much that was."""
    network = a_network((SOURCE, 1, 3, 0, 0), (1, SINK, 2, 0, 0))
    assert (network.send(5), network.step()) == (2, None)


def test_detour_makes_room() -> None:
    """A unit that greed put in the only place of another one is moved, at least cost in all."""
    network = a_network(
        (SOURCE, 1, 1, 0, 0),
        (SOURCE, 2, 1, 0, 0),
        (1, 3, 1, 0, 0),
        (1, 4, 1, 5, 0),
        (2, 3, 1, 1, 0),
        (3, SINK, 1, 0, 0),
        (4, SINK, 1, 0, 0),
    )
    assert network.send(2) == 2
    assert (cost_of(network), network.arcs[3].flow, network.arcs[4].flow) == (6, 1, 1)


def test_greed_is_mended() -> None:
    """Where greed is cheap at first and dear in the end, the flow is turned until it is the cheapest."""
    network = a_network(
        (SOURCE, 1, 2, 0, 0),
        (SOURCE, 2, 1, 10, 0),
        (1, 3, 2, 0, 50),
        (1, 4, 1, 20, 0),
        (2, 3, 1, 0, 0),
        (3, SINK, 2, 0, 0),
        (4, SINK, 1, 0, 0),
    )
    assert network.send(2) == 2
    assert cost_of(network) == 10


@pytest.mark.parametrize("seed", range(40))
def test_random_flows_are_cheapest(seed: int) -> None:
    """On random networks the flow is as large as any, and no dearer than any of its size."""
    dice = random.Random(f"network {seed}")
    arcs = [
        (tail, head, dice.randint(0, 2), dice.randint(-2, 4), dice.randint(0, 3))
        for tail, heads in ((SOURCE, (1, 2)), (1, (3, 4)), (2, (3, 4)), (3, (SINK,)), (4, (SINK,)))
        for head in heads
    ]
    network = a_network(*arcs)
    units = dice.randint(0, 4)
    sent = network.send(units)
    size, cost = best_of(arcs, units)
    assert (sent, cost_of(network)) == (size, cost), f"seed {seed}"


def best_of(arcs: list[tuple[int, int, int, int, int]], units: int) -> tuple[int, int]:
    """The largest flow up to ``units`` and its least cost, by going through all flows."""
    best: dict[int, int] = {}
    for flows in product(*(range(arc[2] + 1) for arc in arcs)):
        kept = dict.fromkeys((1, 2, 3, 4), 0)
        for (tail, head, *_), flow in zip(arcs, flows, strict=True):
            for node, sign in ((head, 1), (tail, -1)):
                if node in kept:
                    kept[node] += sign * flow
        if any(kept.values()):
            continue
        size = sum(flow for arc, flow in zip(arcs, flows, strict=True) if arc[0] == SOURCE)
        cost = sum(
            arc[3] * flow + arc[4] * flow * (flow - 1) // 2
            for arc, flow in zip(arcs, flows, strict=True)
        )
        best[size] = min(cost, best.get(size, cost))
    size = min(units, max(best))
    return size, best[size]
