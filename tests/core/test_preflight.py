"""What the network forbids is told in the plan, in the platform's words, before anything is created."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import preflight
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import EnsureSet, Plan, Prevented
from controller.spec.values import Fleet, Pool
from providers.base import (
    BalancerFacts,
    Document,
    NetworkFacts,
    NetworkQuestion,
    SubnetFacts,
)
from tests.builders import NOW, REF, TEMPLATE, a_catalog, a_fleet, a_pool, members_in, observed

NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"
SUBNET = f"{NETWORK}/virtualNetworks/net/subnets/Web"
BALANCER = f"{NETWORK}/loadBalancers/lb"
POOL = f"{BALANCER}/backendAddressPools/web"

WAY_OUT = SubnetFacts(nat_gateway=True)
NO_WAY = SubnetFacts(nat_gateway=False)
GOOD = BalancerFacts(standard=True, outbound=True, pools=frozenset({POOL.lower()}))
ONE_WAY = replace(GOOD, outbound=False)


def a_document(*, pools: tuple[str, ...] = (), public: bool = False, cards: int = 1) -> Document:
    """A template with so many interfaces in the subnet, behind these backend pools."""
    properties: dict[str, Any] = {
        "subnet": {"id": SUBNET},
        "loadBalancerBackendAddressPools": [{"id": pool} for pool in pools],
    }
    if public:
        properties["publicIPAddressConfiguration"] = {"name": "ip"}
    six: dict[str, Any] = {
        "name": "ipv6",
        "properties": {**properties, "privateIPAddressVersion": "IPv6"},
    }
    card: dict[str, Any] = {
        "properties": {"ipConfigurations": [{"name": "ipv4", "properties": properties}, six]}
    }
    return {"networkProfile": {"networkInterfaceConfigurations": [card] * cards}}


def a_netted(replicas: int = 6, **over: Any) -> Fleet:
    """A fleet whose members stand in the subnet."""
    return a_fleet(pools=(a_netted_pool(replicas, **over),))


def a_netted_pool(replicas: int = 6, name: str = "", **over: Any) -> Pool:
    template = replace(TEMPLATE, document=a_document(**over))
    return a_pool(replicas, name=name, template=template)


def planned(
    fleet: Fleet, facts: NetworkFacts | None, there: int = 0, *, exists: bool = True
) -> Plan:
    """The plan for a fleet with ``there`` members in this network."""
    catalog = replace(a_catalog(), network=facts)
    look = observed(members_in({"1": there}), catalog=catalog)
    return plan(fleet, replace(look, exists=exists), Memory(), NOW)


def in_subnet(
    subnet: SubnetFacts | None, balancer: BalancerFacts | None = None, *missing: str
) -> NetworkFacts:
    """What a look at the network found."""
    return NetworkFacts(
        subnets={SUBNET.lower(): subnet} if subnet else {},
        balancers={BALANCER.lower(): balancer} if balancer else {},
        missing=frozenset(one.lower() for one in missing),
    )


def reasons(made: Plan) -> set[Prevented]:
    return {one.reason for one in made.blocked}


def test_no_way_out_is_refused_beforehand() -> None:
    """Without any way out no member is created, and no set: six entries say so in Azure's words."""
    made = planned(a_netted(), in_subnet(NO_WAY), exists=False)
    assert (made.steps, len(made.blocked)) == ((), 6)
    assert reasons(made) == {Prevented.NO_OUTBOUND}
    words = made.blocked[0].detail
    assert "No outbound connectivity configured for virtual machine." in words
    for way in ("NAT gateway", "outbound rule", "public IP", "route table"):
        assert way in words


@pytest.mark.parametrize(
    ("over", "facts"),
    [
        ({}, in_subnet(WAY_OUT)),
        ({}, in_subnet(replace(NO_WAY, route_table=True))),
        ({"pools": (POOL,)}, in_subnet(NO_WAY, GOOD)),
        ({"public": True}, in_subnet(NO_WAY)),
        ({"pools": (POOL,)}, in_subnet(WAY_OUT, ONE_WAY)),
    ],
)
def test_each_way_out_does(over: dict[str, Any], facts: NetworkFacts) -> None:
    """A NAT gateway, a route table, a load balancer with an outbound rule or a public address will do."""
    made = planned(a_netted(**over), facts)
    assert (len(made.creates), made.blocked) == (6, ())


def test_balancer_without_a_rule() -> None:
    """A load balancer that only lets in does not help a subnet without a way out."""
    made = planned(a_netted(pools=(POOL,)), in_subnet(NO_WAY, ONE_WAY))
    assert reasons(made) == {Prevented.NO_OUTBOUND}


@pytest.mark.parametrize(
    ("facts", "reason", "words"),
    [
        (in_subnet(None, GOOD, SUBNET), Prevented.NETWORK_MISSING, f"{SUBNET} does not exist"),
        (in_subnet(WAY_OUT, None, BALANCER), Prevented.NETWORK_MISSING, f"{BALANCER} does not"),
        (
            in_subnet(WAY_OUT, replace(GOOD, pools=frozenset())),
            Prevented.NETWORK_MISSING,
            "has no backend pool web",
        ),
        (
            in_subnet(WAY_OUT, replace(GOOD, standard=False)),
            Prevented.BASIC_LOAD_BALANCER,
            "lb is Basic",
        ),
    ],
)
def test_wrong_parts_are_named(facts: NetworkFacts, reason: Prevented, words: str) -> None:
    """A subnet, load balancer or pool that is not there, or a Basic load balancer, is named."""
    made = planned(a_netted(pools=(POOL,)), facts)
    assert (made.creates, reasons(made)) == ((), {reason})
    assert words in made.blocked[0].detail


def test_unread_parts_forbid_nothing() -> None:
    """What could not be read is a note, and every member is created."""
    made = planned(a_netted(pools=(POOL,)), NetworkFacts())
    assert (len(made.creates), made.blocked) == (6, ())
    unread = [note for note in made.notes if "could not be read in the network" in note]
    assert [note.split()[0] for note in unread] == ["Web", "lb"]
    assert planned(a_netted(), None).notes == planned(a_netted(), in_subnet(WAY_OUT)).notes


def test_one_unread_balancer_leaves_it_open() -> None:
    """As long as one way could not be looked at, the lack of all others refuses nothing."""
    assert len(planned(a_netted(pools=(POOL,)), in_subnet(NO_WAY)).creates) == 6


@pytest.mark.parametrize(("cards", "free", "fits"), [(1, 4, 4), (2, 5, 2), (1, 0, 0), (1, 99, 6)])
def test_full_subnet_takes_what_fits(cards: int, free: int, fits: int) -> None:
    """As many members are created as find addresses, one for each interface; the others say why not."""
    made = planned(a_netted(cards=cards), in_subnet(replace(WAY_OUT, free_addresses=free)))
    assert len(made.creates) == fits
    full = [one for one in made.blocked if one.reason is Prevented.SUBNET_FULL]
    assert len(full) == len(made.blocked) == 6 - fits
    assert all(f"has {free} free addresses" in one.detail for one in full)


def test_pools_share_the_addresses() -> None:
    """Pools in one subnet draw on the same addresses."""
    fleet = a_fleet(pools=(a_netted_pool(3, "a"), a_netted_pool(3, "b")))
    made = planned(fleet, in_subnet(replace(WAY_OUT, free_addresses=4)))
    assert [create.pool for create in made.creates] == ["a", "a", "a", "b"]


def test_network_is_asked_when_short() -> None:
    """Subnets and pools are asked about when a pool lacks members, and not for a fleet at its number."""
    fleet = a_netted(pools=(POOL,))
    short, full = observed(members_in({"1": 5})), observed(members_in({"1": 6}))
    assert preflight.question(fleet, short, NOW) == NetworkQuestion((SUBNET,), (POOL,))
    assert preflight.question(fleet, full, NOW) is None
    assert preflight.question(replace(fleet, suspended=True), short, NOW) is None
    assert preflight.question(a_fleet(), short, NOW) is None


def test_scale_in_goes_on() -> None:
    """A network without a way out stops no deletion: guards never block the way out."""
    made = planned(a_netted(4), in_subnet(NO_WAY), there=6)
    assert (len(made.victims), made.blocked) == (2, ())


def test_set_is_made_for_one_pool() -> None:
    """A set is created as soon as one of its pools could have members."""
    fleet = a_fleet(pools=(a_netted_pool(2, "a"), a_netted_pool(2, "b", public=True)))
    made = planned(fleet, in_subnet(NO_WAY), exists=False)
    assert isinstance(made.steps[0], EnsureSet)
    assert [create.pool for create in made.creates] == ["b", "b"]
