"""What in the network would make creations fail, decided before anything is created.

Azure gives VMs of a Flexible set no way out to the internet by itself, takes Standard load balancers only,
and finds out late when a subnet is full. A part of the network that was not shown forbids nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core.documents import mapping_in, mappings_in
from controller.core.limits import is_at_rest
from controller.core.observed import Memory
from controller.core.scene import read_scene
from controller.core.steps import Blocked, Prevented
from providers.base import NetworkQuestion, balancer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from controller.core.observed import Observed
    from controller.core.scene import Scene
    from controller.spec.values import Fleet, Pool
    from providers.base import NetworkFacts

FOUR_WAYS = (
    "Azure says OutboundConnectivityNotEnabledOnVM: No outbound connectivity configured for virtual machine. "
    "Give the subnet a NAT gateway, put the members behind a Standard load balancer with an outbound rule, "
    "give each a public IP address, or give the subnet a route table that leads out"
)


@dataclass(frozen=True, slots=True)
class Needs:
    """What one member of a pool asks of the network.

    ``subnets`` counts addresses by subnet, ``pools`` are load balancers' backend pools; ids as written.
    ``public``: it has a public address of its own.
    """

    subnets: Mapping[str, int]
    pools: tuple[str, ...]
    public: bool


def question(fleet: Fleet, observed: Observed, now: datetime) -> NetworkQuestion | None:
    """What to ask about the network before planning; None when no pool lacks members."""
    if is_at_rest(fleet) or fleet.absent:
        return None
    scene = read_scene(fleet, observed, Memory(), now)
    staying = scene.buckets.staying
    needs = [
        needs_of(pool)
        for pool in fleet.pools
        if len(scene.members_of(pool, staying)) < pool.replicas
    ]
    subnets = dict.fromkeys(subnet for one in needs for subnet in one.subnets)
    pools = dict.fromkeys(pool for one in needs for pool in one.pools)
    return NetworkQuestion(tuple(subnets), tuple(pools)) if subnets or pools else None


def needs_of(pool: Pool) -> Needs:
    """Read a pool's template."""
    profile = mapping_in(pool.template.document, "networkProfile")
    entries = [
        mapping_in(entry, "properties")
        for card in mappings_in(profile, "networkInterfaceConfigurations")
        for entry in mappings_in(mapping_in(card, "properties"), "ipConfigurations")
    ]
    addresses: Counter[str] = Counter()
    for entry in entries:
        subnet = mapping_in(entry, "subnet").get("id")
        if isinstance(subnet, str):
            # An IPv6 address comes from another range, which is never short.
            addresses[subnet] += entry.get("privateIPAddressVersion") != "IPv6"
    pools = [
        str(one.get("id"))
        for entry in entries
        for one in mappings_in(entry, "loadBalancerBackendAddressPools")
    ]
    public = any(mapping_in(entry, "publicIPAddressConfiguration") for entry in entries)
    return Needs(addresses, tuple(dict.fromkeys(pools)), public)


def obstacle(scene: Scene, pool: Pool) -> Blocked | None:
    """What in the network forbids every creation in a pool, or None."""
    facts = scene.observed.catalog.network if scene.observed.catalog else None
    if facts is None:
        return None
    needs = needs_of(pool)
    found = next((one for one in (*_missing(needs, facts), *_basic(needs, facts))), None)
    if found is None and _has_surely_no_way_out(needs, facts):
        where = ", ".join(_name(subnet) for subnet in needs.subnets)
        words = f"members in subnet {where} would have no way out to the internet. {FOUR_WAYS}"
        return Blocked(Prevented.NO_OUTBOUND, words)
    return found


def stops_everything(scene: Scene) -> bool:
    """Whether the network forbids the creation of any member in any pool."""
    wanted = [pool for pool in scene.fleet.pools if pool.replicas]
    return bool(wanted) and all(obstacle(scene, pool) for pool in wanted)


def room(scene: Scene, pool: Pool, taken: Mapping[str, int]) -> tuple[int | None, str]:
    """How many more members of a pool find addresses, and the words for when they run out.

    ``taken`` are addresses that this plan has given to others, by subnet in lower case. None: no limit
    is known.
    """
    facts = scene.observed.catalog.network if scene.observed.catalog else None
    least: int | None = None
    words = ""
    for subnet, each in needs_of(pool).subnets.items():
        found = facts.subnets.get(subnet.lower()) if facts else None
        if not each or found is None or found.free_addresses is None:
            continue
        left = max(0, found.free_addresses - taken.get(subnet.lower(), 0)) // each
        if least is None or left < least:
            least = left
            words = f"subnet {_name(subnet)} has {found.free_addresses} free addresses"
    return least, words


def notes(scene: Scene) -> Iterator[str]:
    """What could not be seen of the network, and so forbids nothing."""
    facts = scene.observed.catalog.network if scene.observed.catalog else None
    asked = question(scene.fleet, scene.observed, scene.now) if facts else None
    if facts is None or asked is None:
        return
    unread = [one for one in asked.subnets if not _is_known(one, facts)]
    unread += [one for one in _balancers(asked.pools) if not _is_known(one, facts)]
    for one in unread:
        yield f"{_name(one)} could not be read in the network: nothing is known of its ways out"


def _missing(needs: Needs, facts: NetworkFacts) -> Iterator[Blocked]:
    for one in (*needs.subnets, *_balancers(needs.pools)):
        if one.lower() in facts.missing:
            words = f"{one} does not exist; create it, or name another one in the template"
            yield Blocked(Prevented.NETWORK_MISSING, words)
    for pool in needs.pools:
        balancer = facts.balancers.get(balancer_of(pool).lower())
        if balancer is not None and pool.lower() not in balancer.pools:
            words = f"load balancer {_name(balancer_of(pool))} has no backend pool {_name(pool)}"
            yield Blocked(Prevented.NETWORK_MISSING, words)


def _basic(needs: Needs, facts: NetworkFacts) -> Iterator[Blocked]:
    for one in _balancers(needs.pools):
        balancer = facts.balancers.get(one.lower())
        if balancer is not None and not balancer.standard:
            words = (
                f"load balancer {_name(one)} is Basic, and Flexible scale sets take Standard ones only; "
                "upgrade it, or name another one"
            )
            yield Blocked(Prevented.BASIC_LOAD_BALANCER, words)


def _has_surely_no_way_out(needs: Needs, facts: NetworkFacts) -> bool:
    """Whether every way was looked at and leads nowhere."""
    if needs.public or not needs.subnets:
        return False
    subnets = [facts.subnets.get(one.lower()) for one in needs.subnets]
    balancers = [facts.balancers.get(one.lower()) for one in _balancers(needs.pools)]
    if None in subnets or None in balancers:
        return False
    by_subnet = any(one.nat_gateway or one.route_table for one in subnets if one)
    return not by_subnet and not any(one.outbound for one in balancers if one)


def _is_known(resource: str, facts: NetworkFacts) -> bool:
    key = resource.lower()
    return key in facts.subnets or key in facts.balancers or key in facts.missing


def _balancers(pools: Sequence[str]) -> tuple[str, ...]:
    return tuple({balancer_of(pool).lower(): balancer_of(pool) for pool in pools}.values())


def _name(resource: str) -> str:
    return resource.rpartition("/")[2]
