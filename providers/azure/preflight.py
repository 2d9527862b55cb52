"""What would make creations fail, found by reading before anything is created: network facts in words.

Separate from the provider contract: nothing here is needed to plan, and a fleet whose network may not be
read can still be kept. Shapes: Network REST API 2023-11-01. Azure keeps five addresses of each subnet.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import msgspec

from providers.azure.reading import at_once
from providers.azure.views import Reference, decoded
from providers.errors import Forbidden, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from providers.azure.pipeline import Connection

NETWORK_API = "2023-11-01"

_POOL = "/backendaddresspools/"
_SUBNET = "/subnets/"

T = TypeVar("T")


class Outbound(StrEnum):
    """How members reach the internet; the words of a spec's ``network.outbound``."""

    NAT_GATEWAY = "natGateway"
    LOAD_BALANCER = "loadBalancer"
    PUBLIC_IP = "publicIp"
    USER_DEFINED_ROUTE = "userDefinedRoute"


class Problem(StrEnum):
    """What was found."""

    MISSING = "Missing"
    UNREADABLE = "Unreadable"
    NO_OUTBOUND = "NoOutbound"
    NO_ROOM = "NoRoom"
    BASIC_LOAD_BALANCER = "BasicLoadBalancer"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a resource, and the sentence for people."""

    problem: Problem
    resource: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Needs:
    """What new members ask of the network: ARM ids, and how many addresses."""

    subnet: str
    outbound: Outbound
    new_members: int = 0
    backend_pools: tuple[str, ...] = ()


class _SubnetProperties(msgspec.Struct, frozen=True, rename="camel"):
    nat_gateway: Reference | None = None
    route_table: Reference | None = None


class _Subnet(msgspec.Struct, frozen=True):
    properties: _SubnetProperties


class _Usage(msgspec.Struct, frozen=True, rename="camel"):
    id: str = ""
    current_value: float = 0
    limit: float = 0


class _UsagePage(msgspec.Struct, frozen=True):
    value: list[_Usage]


class _Sku(msgspec.Struct, frozen=True):
    # Azure: a load balancer without a sku is Basic.
    name: str = "Basic"


class _BalancerProperties(msgspec.Struct, frozen=True, rename="camel"):
    backend_address_pools: list[Reference] | None = None
    outbound_rules: list[Reference] | None = None


class _Balancer(msgspec.Struct, frozen=True):
    properties: _BalancerProperties
    sku: _Sku = _Sku()


async def preflight(connection: Connection, region: str, needs: Needs) -> tuple[Finding, ...]:
    """Look at subnet and load balancers. Raises ``ProviderError`` when Azure cannot be asked at all."""
    look = _Look(connection, region)
    subnet = await look.at(needs.subnet, "the subnet", _Subnet)
    balancers = sorted({_balancer_id(pool) for pool in needs.backend_pools})

    async def balancer_at(balancer_id: str) -> _Balancer | Finding:
        return await look.at(balancer_id, "the load balancer", _Balancer)

    seen = dict(zip(balancers, await at_once(balancer_at, balancers), strict=True))
    found = [shown for shown in (subnet, *seen.values()) if isinstance(shown, Finding)]
    known = {key: shown for key, shown in seen.items() if isinstance(shown, _Balancer)}
    if isinstance(subnet, _Subnet):
        found += _outbound(needs, subnet, known)
        found += await look.room(needs)
    return (*found, *_pools(needs, known))


@dataclass(frozen=True, slots=True)
class _Look:
    connection: Connection
    region: str

    async def at(self, resource: str, kind: str, shape: type[T]) -> T | Finding:
        """The resource, or why it cannot be seen."""
        try:
            answer = await self.connection.get(
                resource, {"api-version": NETWORK_API}, region=self.region
            )
        except NotFound:
            return Finding(Problem.MISSING, resource, f"{kind} {resource} does not exist")
        except Forbidden:
            sentence = f"{kind} {resource} may not be read, so nothing can be said about it"
            return Finding(Problem.UNREADABLE, resource, sentence)
        return decoded(answer.body, shape)

    async def room(self, needs: Needs) -> list[Finding]:
        """Whether the subnet has an address for each new member, by the usage of its network."""
        at = needs.subnet.lower().rfind(_SUBNET)
        usages = await self.at(f"{needs.subnet[:at]}/usages", "the usage of", _UsagePage)
        if isinstance(usages, Finding):
            return [usages]
        for usage in usages.value:
            free = int(usage.limit - usage.current_value)
            if usage.id.lower() == needs.subnet.lower() and free < needs.new_members:
                sentence = (
                    f"the subnet has {free} free addresses, and {needs.new_members} are needed"
                )
                return [Finding(Problem.NO_ROOM, needs.subnet, sentence)]
        return []


def _outbound(needs: Needs, subnet: _Subnet, balancers: dict[str, _Balancer]) -> Iterator[Finding]:
    """Azure: VMs of a Flexible set have no way out by themselves."""
    shown = subnet.properties
    ways = {
        Outbound.NAT_GATEWAY: (shown.nat_gateway is not None, "has no NAT gateway"),
        Outbound.USER_DEFINED_ROUTE: (shown.route_table is not None, "has no route table"),
        Outbound.LOAD_BALANCER: (
            any(each.properties.outbound_rules for each in balancers.values()),
            "has members behind no load balancer with an outbound rule",
        ),
        Outbound.PUBLIC_IP: (True, ""),
    }
    there, lacking = ways[needs.outbound]
    if not there:
        sentence = f"network.outbound is {needs.outbound}, and the subnet {lacking}"
        yield Finding(Problem.NO_OUTBOUND, needs.subnet, sentence)


def _pools(needs: Needs, balancers: dict[str, _Balancer]) -> Iterator[Finding]:
    for balancer_id, balancer in balancers.items():
        if balancer.sku.name.lower() == "basic":
            sentence = "the load balancer is Basic, and Flexible scale sets take Standard ones only"
            yield Finding(Problem.BASIC_LOAD_BALANCER, balancer_id, sentence)
    for pool in needs.backend_pools:
        owner = balancers.get(_balancer_id(pool))
        if owner is None:
            continue
        there = {(each.id or "").lower() for each in owner.properties.backend_address_pools or ()}
        if pool.lower() not in there:
            sentence = f"the load balancer has no backend pool {pool}"
            yield Finding(Problem.MISSING, pool, sentence)


def _balancer_id(pool: str) -> str:
    at = pool.lower().rfind(_POOL)
    return pool if at < 0 else pool[:at]
