"""What the adapter shows of the network that new members would stand in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from providers.azure.pipeline import Conduct, Connection, Endpoint
from providers.azure.preflight import IMPLIED, Surroundings
from providers.azure.rates import Rates
from providers.base import BalancerFacts, NetworkFacts, NetworkQuestion, SubnetFacts
from tests.providers.azure.arm_documents import not_found
from tests.providers.azure.fake_arm import ARM, FakeClock, FakeTransport, Reply, Sent, an_error
from tests.providers.worlds import REF, run

NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/net"
SUBNET = f"{VNET}/subnets/web"
BALANCER = f"{NETWORK}/loadBalancers/lb"
POOL = f"{BALANCER}/backendAddressPools/web"
QUESTION = NetworkQuestion((SUBNET,), (POOL,))

NAT: Any = {"properties": {"natGateway": {"id": "nat"}}}
BARE: Any = {"properties": {}}
ROUTED: Any = {"properties": {"routeTable": {"id": "routes"}}}
ROOMY: Any = {"value": [{"id": SUBNET.upper(), "currentValue": 10.0, "limit": 251.0}]}
STANDARD: Any = {"sku": {"name": "Standard"}, "properties": {"backendAddressPools": [{"id": POOL}]}}
RULE: Any = {"properties": {"disableOutboundSnat": False}}
SILENT: Any = {"properties": {"disableOutboundSnat": True}}


@dataclass
class Place:
    """A network behind a fake ARM, and what was asked of it."""

    connection: Connection
    transport: FakeTransport
    clock: FakeClock


def a_place(**shown: Any) -> Place:
    """This subnet, usage and load balancer."""
    parts = {"subnet": SUBNET, "usages": f"{VNET}/usages", "lb": BALANCER}
    network: dict[str, Any] = {SUBNET: NAT, f"{VNET}/usages": ROOMY, BALANCER: STANDARD}
    network |= {parts[name]: body for name, body in shown.items()}
    by_path = {path.lower(): body for path, body in network.items()}

    def answer(sent: Sent) -> Reply:
        body = by_path.get(sent.path.lower())
        if isinstance(body, Reply):
            return body
        return not_found() if body is None else Reply(200, body)

    clock, transport = FakeClock(), FakeTransport(answer)
    conduct = Conduct(Rates(clock), clock, read_only=True)
    return Place(Connection(Endpoint(ARM), conduct, lambda _: transport), transport, clock)


def facts(question: NetworkQuestion = QUESTION, **shown: Any) -> NetworkFacts:
    """What is shown of this network."""
    return run(Surroundings().facts(a_place(**shown).connection, "westeurope", question))


def balancer(**shown: Any) -> BalancerFacts:
    """What is shown of this load balancer."""
    return facts(lb=shown).balancers[BALANCER.lower()]


@pytest.mark.parametrize(
    ("shown", "expected"),
    [(NAT, (True, False)), (ROUTED, (False, True)), (BARE, (False, False))],
)
def test_ways_out_of_a_subnet(shown: Any, expected: tuple[bool, bool]) -> None:
    """A subnet shows whether it has a NAT gateway or a route table, and its free addresses."""
    found = facts(subnet=shown).subnets[SUBNET.lower()]
    assert found == SubnetFacts(*expected, free_addresses=241)


@pytest.mark.parametrize(
    ("properties", "outbound"),
    [
        ({}, False),
        ({"outboundRules": [{"id": "r"}]}, True),
        ({"loadBalancingRules": [RULE]}, True),
        ({"loadBalancingRules": [SILENT]}, False),
    ],
)
def test_ways_out_of_a_balancer(properties: Any, *, outbound: bool) -> None:
    """An outbound rule lets its pool out, and so does a rule that does not forbid it."""
    assert balancer(sku={"name": "Standard"}, properties=properties).outbound is outbound


@pytest.mark.parametrize("sku", [{"sku": {"name": "Basic"}}, {}])
def test_basic_balancer_is_seen(sku: dict[str, Any]) -> None:
    """A Basic load balancer is one that says so, or that shows no sku at all."""
    assert not balancer(properties=STANDARD["properties"], **sku).standard
    assert facts().balancers[BALANCER.lower()].standard


def test_pools_are_compared_without_case() -> None:
    """A load balancer's pools are shown in lower case."""
    assert facts().balancers[BALANCER.lower()].pools == {POOL.lower()}


def test_missing_parts_are_missing() -> None:
    """A subnet or load balancer that ARM does not find is missing, and nothing else is."""
    found = facts(subnet=None, lb=None)
    assert found == NetworkFacts(missing=frozenset({SUBNET.lower(), BALANCER.lower()}))


@pytest.mark.parametrize(
    "refused",
    [
        an_error(403, "AuthorizationFailed"),
        an_error(503, "ServiceUnavailable"),
        an_error(429, "TooManyRequests"),
        Reply(200, {"value": 1}),
    ],
)
def test_unreadable_is_not_missing(refused: Reply) -> None:
    """What may not be read, or fails to be, is left out of the answer and raises nothing."""
    assert facts(subnet=refused, lb=refused) == NetworkFacts()
    assert facts(usages=refused).subnets[SUBNET.lower()].free_addresses is None


def test_implied_parts_will_be_there() -> None:
    """Where an emulator says that a reference makes the resource, it counts as there, with its way out."""
    absent = not_found()
    implied = Reply(absent.status, absent.body, {**absent.headers, IMPLIED: "true"})
    found = facts(subnet=implied, lb=implied, usages=implied)
    assert found.missing == frozenset()
    assert found.subnets[SUBNET.lower()] == SubnetFacts(nat_gateway=True)
    assert found.balancers[BALANCER.lower()].pools == {POOL.lower()}


def test_facts_are_kept_for_a_minute() -> None:
    """A second look within a minute asks for the free addresses alone; a later one asks for all again."""
    place, known = a_place(), Surroundings()
    counts = []
    for seconds in (0, 30, 31):
        run(place.clock.sleep(seconds))
        run(known.facts(place.connection, "westeurope", QUESTION))
        counts.append(len(place.transport.sent))
    assert counts == [3, 4, 7]
