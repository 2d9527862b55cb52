"""What preflight finds in the network, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers.azure.pipeline import Conduct, Connection, Endpoint
from providers.azure.preflight import Finding, Needs, Outbound, preflight
from providers.azure.rates import Rates
from providers.errors import Transient
from tests.providers.azure.arm_documents import not_found
from tests.providers.azure.fake_arm import ARM, FakeClock, FakeTransport, Reply, Sent, an_error
from tests.providers.worlds import REF, run

NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"
VNET = f"{NETWORK}/virtualNetworks/net"
SUBNET = f"{VNET}/subnets/web"
BALANCER = f"{NETWORK}/loadBalancers/lb"
POOL = f"{BALANCER}/backendAddressPools/web"
NEEDS = Needs(SUBNET, Outbound.NAT_GATEWAY, new_members=6, backend_pools=(POOL,))

NAT: Any = {"properties": {"natGateway": {"id": "nat"}}}
BARE: Any = {"properties": {}}
ROUTED: Any = {"properties": {"routeTable": {"id": "routes"}}}
ROOMY: Any = {"value": [{"id": SUBNET.upper(), "currentValue": 10.0, "limit": 251.0}]}
FULL: Any = {"value": [{"id": SUBNET, "currentValue": 248.0, "limit": 251.0}]}
STANDARD: Any = {"sku": {"name": "Standard"}, "properties": {"backendAddressPools": [{"id": POOL}]}}
RULED: Any = {
    "sku": {"name": "Standard"},
    "properties": {"backendAddressPools": [{"id": POOL}], "outboundRules": [{"id": "r"}]},
}


def found(needs: Needs = NEEDS, **shown: Any) -> tuple[Finding, ...]:
    """What preflight says in front of this subnet, usage and load balancer."""
    network = {SUBNET: NAT, f"{VNET}/usages": ROOMY, BALANCER: STANDARD}
    network |= {
        path: shown[name]
        for name, path in {"subnet": SUBNET, "usages": f"{VNET}/usages", "lb": BALANCER}.items()
        if name in shown
    }

    def answer(sent: Sent) -> Reply:
        body = network.get(sent.path)
        if isinstance(body, Reply):
            return body
        return not_found() if body is None else Reply(200, body)

    clock = FakeClock()
    connection = Connection(
        Endpoint(ARM),
        Conduct(Rates(clock), clock, read_only=True),
        lambda _endpoint: FakeTransport(answer),
    )
    return run(preflight(connection, "westeurope", needs))


def problems(needs: Needs = NEEDS, **shown: Any) -> list[tuple[str, str]]:
    """Problem and resource of each finding."""
    return [(str(each.problem), each.resource) for each in found(needs, **shown)]


def test_good_network_is_silent() -> None:
    """A subnet with room and a NAT gateway, and a Standard load balancer, give no finding."""
    assert found() == ()


@pytest.mark.parametrize(
    ("outbound", "shown"),
    [
        (Outbound.NAT_GATEWAY, {"subnet": BARE}),
        (Outbound.USER_DEFINED_ROUTE, {"subnet": NAT}),
        (Outbound.LOAD_BALANCER, {"subnet": NAT}),
    ],
)
def test_missing_way_out_is_found(outbound: Outbound, shown: dict[str, Any]) -> None:
    """The way out that the spec names has to be there, whatever else is."""
    assert problems(replace(NEEDS, outbound=outbound), **shown) == [("NoOutbound", SUBNET)]


@pytest.mark.parametrize(
    ("outbound", "shown"),
    [
        (Outbound.USER_DEFINED_ROUTE, {"subnet": ROUTED}),
        (Outbound.LOAD_BALANCER, {"subnet": BARE, "lb": RULED}),
        (Outbound.PUBLIC_IP, {"subnet": BARE}),
    ],
)
def test_other_ways_out_do(outbound: Outbound, shown: dict[str, Any]) -> None:
    """A route table, an outbound rule or public addresses are ways out, too."""
    assert problems(replace(NEEDS, outbound=outbound), **shown) == []


def test_full_subnet_is_found() -> None:
    """A subnet without an address for each new member is found, with both numbers."""
    (finding,) = found(usages=FULL)
    assert finding.sentence == "the subnet has 3 free addresses, and 6 are needed"
    assert problems(replace(NEEDS, new_members=3), usages=FULL) == []


@pytest.mark.parametrize("sku", [{"sku": {"name": "Basic"}}, {}])
def test_basic_balancer_is_found(sku: dict[str, Any]) -> None:
    """A Basic load balancer is found, also where it shows no sku at all."""
    balancer = {"properties": STANDARD["properties"]} | sku
    assert problems(lb=balancer) == [("BasicLoadBalancer", BALANCER)]


def test_missing_parts_are_found() -> None:
    """A subnet, a load balancer or a pool that does not exist is named."""
    assert problems(subnet=None) == [("Missing", SUBNET)]
    assert problems(lb=None) == [("Missing", BALANCER)]
    empty = {"sku": {"name": "Standard"}, "properties": {}}
    assert problems(lb=empty) == [("Missing", POOL)]


def test_unreadable_parts_are_told() -> None:
    """What may not be read is told as that, and the rest is looked at all the same."""
    refused = an_error(403, "AuthorizationFailed")
    assert problems(usages=refused) == [("Unreadable", f"{VNET}/usages")]
    assert problems(subnet=refused, lb=None) == [("Unreadable", SUBNET), ("Missing", BALANCER)]


def test_failing_network_raises() -> None:
    """An Azure that cannot be asked is an error, not a finding."""
    with pytest.raises(Transient):
        found(subnet=an_error(503, "ServiceUnavailable"))
