"""The network as the contract shows it. A region that is not strict has whatever a request refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.base import BalancerFacts, NetworkFacts, SubnetFacts, balancer_of
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from providers.base import NetworkQuestion
    from providers.simulated.world import World


def network_facts(world: World, question: NetworkQuestion) -> NetworkFacts:
    """What is there of the subnets and load balancers asked about."""
    balancers = sorted({balancer_of(pool).lower() for pool in question.pools})
    if not world.scenario.strict:
        asked = frozenset(pool.lower() for pool in question.pools)
        return NetworkFacts(
            subnets={one.lower(): SubnetFacts(nat_gateway=True) for one in question.subnets},
            balancers={
                one: BalancerFacts(standard=True, outbound=True, pools=asked) for one in balancers
            },
        )
    subnets = {one.lower(): _subnet(world, one.lower()) for one in question.subnets}
    known = {one: _balancer(world, one, question.pools) for one in balancers}
    return NetworkFacts(
        subnets={one: facts for one, facts in subnets.items() if facts is not None},
        balancers={one: facts for one, facts in known.items() if facts is not None},
        missing=frozenset(one for one, facts in (subnets | known).items() if facts is None),
    )


def _subnet(world: World, key: str) -> SubnetFacts | None:
    for known in world.scenario.subnets:
        if known.id.lower() == key:
            return SubnetFacts(nat_gateway=known.nat_gateway)
    properties = mapping_in(_document(world, key), "properties")
    if key in world.documents or key in _listed(world):
        return SubnetFacts("natGateway" in properties, "routeTable" in properties)
    return None


def _balancer(world: World, key: str, pools: Iterable[str]) -> BalancerFacts | None:
    listed = _listed(world)
    asked = frozenset(pool.lower() for pool in pools if balancer_of(pool).lower() == key)
    there = frozenset(pool for pool in asked if pool in listed or pool in world.documents)
    if key not in world.documents:
        # A scenario lists what exists and says nothing of how it is: it is as it should be.
        shown = key in listed or there
        return BalancerFacts(standard=True, outbound=True, pools=there) if shown else None
    document = _document(world, key)
    sku = str(mapping_in(document, "sku").get("name", "Basic"))
    rules = mapping_in(document, "properties")
    return BalancerFacts(
        standard=sku.lower() != "basic",
        outbound=bool(mappings_in(rules, "outboundRules") or _lets_out(rules)),
        pools=there,
    )


def _lets_out(properties: Mapping[str, object]) -> bool:
    return any(
        not mapping_in(rule, "properties").get("disableOutboundSnat")
        for rule in mappings_in(properties, "loadBalancingRules")
    )


def _document(world: World, key: str) -> Mapping[str, object]:
    return mapping_in(world.documents.get(key, {}), "document")


def _listed(world: World) -> frozenset[str]:
    return frozenset(resource.lower() for resource in world.scenario.resources)
