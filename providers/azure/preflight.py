"""What new members will find in the network, read before anything is created. Facts only: the plan decides.

Shapes: Network REST API 2023-11-01. Azure keeps five addresses of each subnet, and its usage report counts
them. What cannot be read, for want of permission or because Azure fails, is left out: a fleet whose network
may not be read can still be kept.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import msgspec

from providers.azure.failures import error_of
from providers.azure.models import Reference  # noqa: TC001 -- msgspec looks for it when it decodes
from providers.azure.reading import at_once
from providers.azure.views import decoded
from providers.base import BalancerFacts, NetworkFacts, SubnetFacts, balancer_of
from providers.errors import NotFound, ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from providers.azure.pipeline import Connection
    from providers.base import NetworkQuestion

NETWORK_API = "2023-11-01"
FACTS_KEPT = timedelta(minutes=1)
"""Passes of one run are seconds apart; who has mended a network does not want to wait longer."""

IMPLIED = "x-evenkeel-implied"
"""The emulator's word on a 404: a request that refers to the resource makes it, as if it had been there."""

_SUBNET = "/subnets/"

T = TypeVar("T")


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


class _RuleProperties(msgspec.Struct, frozen=True, rename="camel"):
    disable_outbound_snat: bool = False


class _Rule(msgspec.Struct, frozen=True):
    properties: _RuleProperties = _RuleProperties()


class _BalancerProperties(msgspec.Struct, frozen=True, rename="camel"):
    backend_address_pools: list[Reference] | None = None
    outbound_rules: list[Reference] | None = None
    load_balancing_rules: list[_Rule] | None = None


class _Balancer(msgspec.Struct, frozen=True):
    properties: _BalancerProperties
    sku: _Sku = _Sku()


_Facts = SubnetFacts | BalancerFacts | None


class Surroundings:
    """What one process knows of the network, for a minute; addresses that are left are read each time."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[datetime, _Facts]] = {}

    async def facts(
        self, connection: Connection, region: str, question: NetworkQuestion
    ) -> NetworkFacts:
        """Look at subnets and load balancers. Raises nothing: what cannot be read is left out."""
        look = _Look(connection, region)
        subnets = _distinct(question.subnets)
        balancers = _distinct(balancer_of(pool) for pool in question.pools)
        shown = dict(
            zip(
                [*subnets, *balancers],
                await asyncio.gather(
                    *(self._known(connection, one, look.subnet) for one in subnets.values()),
                    *(self._known(connection, one, look.balancer) for one in balancers.values()),
                ),
                strict=True,
            )
        )
        free = await look.free(subnets.values())
        found = {key: facts for key, facts in shown.items() if not isinstance(facts, _Unreadable)}
        return NetworkFacts(
            subnets={
                key: SubnetFacts(facts.nat_gateway, facts.route_table, free.get(key))
                for key, facts in found.items()
                if isinstance(facts, SubnetFacts)
            },
            balancers={
                key: _with_pools(facts, question.pools)
                for key, facts in found.items()
                if isinstance(facts, BalancerFacts)
            },
            missing=frozenset(key for key, facts in found.items() if facts is None),
        )

    async def _known(
        self, connection: Connection, resource: str, look: Callable[[str], Awaitable[_Facts]]
    ) -> _Facts | _Unreadable:
        """What is remembered about a resource, or else what a look shows. None: there is no such thing."""
        now, key = connection.clock.now, resource.lower()
        read_at, facts = self._kept.get(key, (None, None))
        if read_at is not None and now - read_at <= FACTS_KEPT:
            return facts
        try:
            fresh = await look(resource)
        except ProviderError:
            return _Unreadable()
        self._kept[key] = (now, fresh)
        return fresh


class _Unreadable:
    """Could not be read."""


class _Look:
    """Reads over one connection."""

    def __init__(self, connection: Connection, region: str) -> None:
        self._connection = connection
        self._region = region

    async def subnet(self, resource: str) -> SubnetFacts | None:
        found = await self._at(resource, _Subnet)
        if found is None:
            return None
        if isinstance(found, _Implied):
            return SubnetFacts(nat_gateway=True)
        shown = found.properties
        return SubnetFacts(shown.nat_gateway is not None, shown.route_table is not None)

    async def balancer(self, resource: str) -> BalancerFacts | None:
        found = await self._at(resource, _Balancer)
        if found is None:
            return None
        if isinstance(found, _Implied):
            return BalancerFacts(standard=True, outbound=False, pools=frozenset({_ALL}))
        shown = found.properties
        # Azure: a rule for what comes in lets its pool out as well, unless it says otherwise.
        by_rule = any(
            not rule.properties.disable_outbound_snat for rule in shown.load_balancing_rules or ()
        )
        return BalancerFacts(
            standard=found.sku.name.lower() != "basic",
            outbound=by_rule or bool(shown.outbound_rules),
            pools=frozenset((pool.id or "").lower() for pool in shown.backend_address_pools or ()),
        )

    async def free(self, subnets: Iterable[str]) -> dict[str, int]:
        """Addresses that are left, by subnet, from the usage of their networks."""
        networks = _distinct(subnet[: subnet.lower().rfind(_SUBNET)] for subnet in subnets)
        pages = await at_once(self._usages, tuple(networks.values()))
        return {
            usage.id.lower(): max(0, int(usage.limit - usage.current_value))
            for page in pages
            for usage in page
        }

    async def _usages(self, network: str) -> list[_Usage]:
        try:
            found = await self._at(f"{network}/usages", _UsagePage)
        except ProviderError:
            return []
        return found.value if isinstance(found, _UsagePage) else []

    async def _at(self, resource: str, shape: type[T]) -> T | _Implied | None:
        """The resource, or None. Raises ``ProviderError`` when Azure does not show it."""
        answer = await self._connection.ask(
            resource, {"api-version": NETWORK_API}, region=self._region
        )
        if answer.is_success:
            return decoded(answer.body, shape)
        error = error_of(answer, mutation=False, now=self._connection.clock.now)
        if not isinstance(error, NotFound):
            raise error
        return _Implied() if answer.headers.get(IMPLIED) else None


class _Implied:
    """It does not exist and will, as soon as somebody refers to it: an emulator's way."""


_ALL = "*"


def _with_pools(facts: BalancerFacts, pools: Iterable[str]) -> BalancerFacts:
    """A balancer that is not there yet will have whatever pools are asked of it."""
    if _ALL not in facts.pools:
        return facts
    return BalancerFacts(facts.standard, facts.outbound, frozenset(pool.lower() for pool in pools))


def _distinct(ids: Iterable[str]) -> dict[str, str]:
    """Each id once, as written, by its lower case."""
    return {one.lower(): one for one in sorted(ids)}
