"""For every reason with which something is prevented, a world in which that happens.

What random worlds draw never makes some of them: a quorum, two pools, a set of another mode. Each occasion is a
calm world in which hands make it, and then put everything right; the world must come to rest as any other.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from controller.core import tags
from controller.core.standings import FreezeReason
from controller.core.steps import Prevented
from controller.sources.snapshot import TroubleCode
from providers.base import (
    BalancerFacts,
    Catalog,
    GroupSnapshot,
    Health,
    LockLevel,
    PowerState,
    ProvisioningState,
    SubnetFacts,
)
from providers.simulated import events
from providers.simulated.lifecycle import Phase
from providers.simulated.records import Fate
from providers.simulated.scenario import (
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    ForeignEdit,
    ForeignInstance,
    KnownSubnet,
    NotOffered,
    Window,
)
from tests.simulation.bugs.scripts import UP, calm, commit, want
from tests.simulation.hands import GUID, SUBNET
from tests.simulation.loop import pass_time
from tests.simulation.options import Options

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")
Deed = Callable[["World"], Awaitable[None]]
Edit = Callable[[bytes], bytes]

_POOL = (
    f"/subscriptions/{GUID}/resourceGroups/sim-rg/providers/Microsoft.Network/loadBalancers/front"
    "/backendAddressPools/members"
)


async def _nothing(_world: World) -> None:
    """Nobody does anything beside the edit."""


_SHORT = calm(600.0)
_HOUR = calm(2400.0)


@dataclass(frozen=True, slots=True)
class Occasion:
    """``up`` members come up; then comes the ``deed``; then the spec is edited and wants ``then`` members."""

    up: int = 4
    then: int = 2
    deed: Deed = _nothing
    edit: Edit = bytes
    wait: float = 90.0
    options: Options = _SHORT

    async def script(self, world: World) -> None:
        """Make the occasion, wait, and put the spec right again."""
        want(world, web=self.up)
        await pass_time(UP)
        await self.deed(world)
        world.wishes["web"] = replace(world.wishes["web"], replicas=self.then)
        commit(world, self.edit)
        await pass_time(self.wait)
        world.views.clear()
        world.desk.trouble = None
        world.mend()


# ---- edits


def _adding(lines: str) -> Edit:
    return lambda text: text.replace(b"  template:\n", f"{lines}\n  template:\n".encode())


def _placed(line: str) -> Edit:
    zones = b'    zones: ["1", "2", "3"]\n'
    return lambda text: text.replace(zones, zones + f"    {line}\n".encode())


def _in_network(line: str) -> Edit:
    outbound = b"      outbound: natGateway\n"
    return lambda text: text.replace(outbound, f"      {line}\n".encode())


def _in_pools(**replicas: int) -> Edit:
    """The same fleet in pools, which share its sizes and its template."""

    def edit(text: bytes) -> bytes:
        head, _, template = text.decode().partition("  template:\n")
        kept = [
            line for line in head.splitlines() if not line.startswith(("  replicas", "  sizes"))
        ]
        lines = [*kept, "  pools:"]
        for name, number in replicas.items():
            lines += [f"    - name: {name}", f"      replicas: {number}"]
            lines += ["      sizes: [Standard_D2s_v5, Standard_D2as_v5]", "      template:"]
            lines += [f"    {line}" for line in template.splitlines()]
        return ("\n".join(lines) + "\n").encode()

    return edit


# ---- deeds


def _also(**changes: Any) -> Deed:
    async def deed(world: World) -> None:
        world.people._also(**changes)

    return deed


def _seeing(kind: type[T], change: Callable[[T], T]) -> Deed:
    """From now on processes see something else than there is."""

    def view(found: Any) -> Any:
        return change(found) if isinstance(found, kind) else found

    async def deed(world: World) -> None:
        world.views.append(view)

    return deed


async def _lock(world: World) -> None:
    world.region.add_lock(LockLevel.CAN_NOT_DELETE, world.refs[0].id, "occasion")
    world.lock_times["occasion"] = world.now


async def _lock_and_make_pools(world: World) -> None:
    await _lock(world)
    commit(world, _in_pools(a=5, b=0))
    await pass_time(30)


async def _hold_all(world: World) -> None:
    for record in world.judge.members(world.refs[0]):
        world.people._edit(record, ForeignEdit(0, record.name, {tags.HOLD: "owner=ops"}))


async def _want_many(world: World) -> None:
    want(world, web=9)
    await pass_time(5)


async def stranger(world: World) -> None:
    """A VM that is not ours joins the set."""
    stranger = ForeignInstance(0, "jumpbox", scale_set="web")
    events.apply(world.region.world, stranger, world.now)


async def _end(world: World) -> None:
    world.wishes["web"] = replace(world.wishes["web"], absent=True)


async def _stranger_and_end(world: World) -> None:
    await stranger(world)
    await _end(world)


async def _slow_deletions(world: World) -> None:
    for record in world.judge.members(world.refs[0]):
        slow = Fate(after=Phase.DELETING, to=Phase.GONE, seconds=2100)
        world.region.world.store(replace(record, fate=slow))


async def hang(world: World) -> None:
    """Three new members hang in their creation for half an hour."""
    fault = CreationFault(CreationOutcome.STUCK, 3, at=world.now)
    world.people._also(creations=(fault,))
    want(world, web=7)
    await pass_time(1700)


async def _hang_among_the_ill(world: World) -> None:
    await hang(world)
    world.views.append(_ill)


def _ill(found: Any) -> Any:
    if not isinstance(found, GroupSnapshot):
        return found
    ill = tuple(replace(one, health=Health.UNHEALTHY) for one in found.instances)
    return replace(found, instances=ill)


async def _no_capacity(world: World) -> None:
    limits = tuple(CapacityLimit(instances=0, zone=zone, until=world.now + 3000) for zone in "123")
    world.people._also(capacity=limits)


def _crowded(found: GroupSnapshot) -> GroupSnapshot:
    if not found.instances:
        return found
    other = found.instances[0]
    crowd = tuple(replace(other, name=f"crowd-{n}", tags={}) for n in range(996))
    return replace(found, instances=(*found.instances, *crowd))


def _uniform(found: GroupSnapshot) -> GroupSnapshot:
    group = found.group
    return replace(found, group=replace(group, flexible=False) if group else None)


def _protected(found: GroupSnapshot) -> GroupSnapshot:
    return replace(found, instances=tuple(replace(one, protected=True) for one in found.instances))


def _dark(found: GroupSnapshot) -> GroupSnapshot:
    """Nobody's power is shown, and one of two in a zone has failed."""
    zones = [one.zone for one in found.instances]
    failed = next((one.name for one in found.instances if zones.count(one.zone) > 1), "")
    dark = tuple(
        replace(
            one,
            power_state=PowerState.UNKNOWN,
            provisioning_state=ProvisioningState.FAILED
            if one.name == failed
            else one.provisioning_state,
        )
        for one in found.instances
    )
    return replace(found, instances=dark)


def _full_subnet(found: Catalog) -> Catalog:
    if found.network is None:
        return found
    full = {SUBNET.lower(): SubnetFacts(nat_gateway=True, free_addresses=0)}
    return replace(found, network=replace(found.network, subnets=full))


def _basic_balancer(found: Catalog) -> Catalog:
    if found.network is None:
        return found
    basic = BalancerFacts(standard=False, outbound=True, pools=frozenset({_POOL.lower()}))
    balancers = dict.fromkeys(found.network.balancers, basic)
    return replace(found, network=replace(found.network, balancers=balancers))


_ASLEEP = """\
  suspend:
    - {process: delete, owner: ops, reason: a look at it, until: "2026-11-22T00:00:00Z"}"""

PREVENTED: Mapping[Prevented, Occasion] = {
    Prevented.LOCKED: Occasion(deed=_lock),
    Prevented.LOCKS_UNREADABLE: Occasion(deed=_also(locks_unreadable=(Window(),))),
    Prevented.HELD: Occasion(deed=_hold_all),
    Prevented.PROTECTED: Occasion(deed=_seeing(GroupSnapshot, _protected)),
    Prevented.QUORUM: Occasion(up=5, then=3, edit=_adding("  quorum: {}")),
    Prevented.OPEN_SERIAL: Occasion(deed=_want_many, options=replace(_SHORT, lag=60.0)),
    Prevented.NO_CAPACITY: Occasion(then=6, deed=_no_capacity, wait=200),
    Prevented.NOT_OFFERED: Occasion(
        then=6,
        deed=_also(not_offered=(NotOffered("Standard_D2s_v5"), NotOffered("Standard_D2as_v5"))),
    ),
    Prevented.QUOTA: Occasion(then=8, deed=_also(quotas={"cores": 10})),
    Prevented.SPREAD: Occasion(
        up=3,
        then=9,
        deed=_also(capacity=(CapacityLimit(instances=0, zone="1"),)),
        edit=_placed("whenUnsatisfiable: Block"),
        wait=200,
    ),
    Prevented.DOMAIN_CAP: Occasion(
        up=3,
        then=6,
        deed=_also(capacity=(CapacityLimit(instances=0, zone="1"),)),
        edit=_placed("maxPerZone: 2"),
        wait=200,
    ),
    Prevented.SET_LIMIT: Occasion(then=6, deed=_seeing(GroupSnapshot, _crowded)),
    Prevented.OVERSHOOT: Occasion(
        up=5, then=1, deed=_lock_and_make_pools, edit=_in_pools(a=0, b=1)
    ),
    Prevented.MELTDOWN: Occasion(then=7, deed=_hang_among_the_ill, wait=250, options=_HOUR),
    Prevented.POWER_UNKNOWN: Occasion(then=4, deed=_seeing(GroupSnapshot, _dark)),
    Prevented.MAX_DELETE: Occasion(then=7, deed=hang, wait=250, options=_HOUR),
    Prevented.NOT_OURS: Occasion(deed=_stranger_and_end),
    Prevented.UNKNOWN_MEMBER: Occasion(edit=_adding("  adopt: [jumpbox]")),
    Prevented.UNIFORM_SET: Occasion(deed=_seeing(GroupSnapshot, _uniform)),
    Prevented.NO_OUTBOUND: Occasion(
        then=6, deed=_also(strict=True, subnets=(KnownSubnet(SUBNET, nat_gateway=False),))
    ),
    Prevented.NETWORK_MISSING: Occasion(
        then=6, deed=_also(strict=True, subnets=(KnownSubnet(f"{SUBNET}-2"),))
    ),
    Prevented.BASIC_LOAD_BALANCER: Occasion(
        then=6,
        deed=_seeing(Catalog, _basic_balancer),
        edit=_in_network(f"loadBalancerBackendPools: [{_POOL}]"),
    ),
    Prevented.SUBNET_FULL: Occasion(then=6, deed=_seeing(Catalog, _full_subnet)),
    Prevented.SUSPENDED: Occasion(edit=_adding(_ASLEEP)),
    Prevented.TOMBSTONE_HOLD: Occasion(deed=_end),
    Prevented.STUCK: Occasion(deed=_slow_deletions, wait=2000, options=_HOUR),
    Prevented.PROBING: Occasion(then=7, deed=_no_capacity, wait=4500, options=calm(5400.0)),
}
"""All but an approval that is waited for, which is told of a plan and not of a member."""


async def _unreadable(world: World) -> None:
    world.desk.trouble = TroubleCode.UNREADABLE


async def _push_back(world: World) -> None:
    world.desk.push_back(0)
    world.note_head()
    world.stir()
    await pass_time(60)


def _of_another_set(text: bytes) -> bytes:
    return text.replace(b"scaleSet: web", b"scaleSet: another")


def _half(text: bytes) -> bytes:
    return text[: text.index(b"  template:")] + b"  template: {\n"


FROZEN: Mapping[FreezeReason, Occasion] = {
    FreezeReason.SOURCE_UNREADABLE: Occasion(deed=_unreadable),
    FreezeReason.REVISION_NOT_DESCENDANT: Occasion(deed=_push_back),
    FreezeReason.SPEC_BROKEN: Occasion(edit=_half),
    FreezeReason.SPEC_VANISHED: Occasion(edit=lambda _: b"", options=replace(_SHORT, fleets=2)),
    FreezeReason.SOURCE_INCOMPLETE: Occasion(edit=lambda _: b"apiVersion: ["),
    FreezeReason.NAME_MOVED: Occasion(edit=_of_another_set),
    FreezeReason.LARGE_REMOVAL: Occasion(up=16, then=1),
}
"""All but two: what is not read yet is so at every start, and two sources do not claim one set in a world."""
