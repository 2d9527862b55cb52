"""The stage of a story: a simulated region, the members that stand in it at curtain-up, the specs in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random

from controller.core import tags
from controller.core.extensions import entries_of
from controller.core.steps import Create, Reason
from controller.engine.requests import instance_request
from controller.spec.values import Fleet
from providers.base import GroupRef, GroupRequest, InstallExtension, Priority
from providers.simulated.lifecycle import Phase
from providers.simulated.records import InstanceRecord
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Scenario
from tests.builders import D2S, NOW

CURTAIN = 7200.0
"""Seconds from the region's start to the beginning of a story: the cast is no longer young by then."""


def after(seconds: float) -> float:
    """A moment of the story as a scenario counts it: from the region's start."""
    return CURTAIN + seconds


@dataclass(frozen=True, slots=True)
class Part:
    """One member of the cast: its zone or fault domain, its class and its pool."""

    place: str
    klass: str = "Regular"
    pool: str = ""


def cast_of(places: Mapping[str, int], klass: str = "Regular", pool: str = "") -> tuple[Part, ...]:
    """So many members in each place, all of one class and pool."""
    return tuple(Part(place, klass, pool) for place, count in places.items() for _ in range(count))


@dataclass(slots=True)
class Stage:
    """What lasts when a process dies: the region and the specs. Fleets are kept by their set's id.

    ``frozen`` are the sets whose spec is broken or gone, with the word for it. ``spoken`` says since when each
    set's spec is as it is, in seconds of the region. ``random`` is None in a
    told story, where the first of equals is taken, and seeded in a shuffle.
    """

    region: SimulatedRegion
    fleets: dict[str, Fleet]
    random: Random | None = None
    frozen: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    spoken: dict[str, float] = field(default_factory=dict)

    @property
    def fleet(self) -> Fleet:
        """The first fleet: the hero of most stories."""
        return next(iter(self.fleets.values()))

    @property
    def active(self) -> list[Fleet]:
        """The fleets whose spec is in force."""
        return [fleet for key, fleet in self.fleets.items() if key not in self.frozen]

    @property
    def seconds(self) -> float:
        """How long the story has been running."""
        return self.region.clock.elapsed - CURTAIN

    def put(self, fleet: Fleet) -> None:
        """Accept a spec: a new one, or a new version of one of the same set."""
        key = fleet.ref.id.lower()
        before = self.fleets.get(key)
        if before is None or before.spec_digest != fleet.spec_digest:
            self.spoken[key] = self.region.clock.elapsed
        self.fleets[key] = fleet

    def records(self, ref: GroupRef) -> list[InstanceRecord]:
        """Every VM that really is in a set, leaving ones included."""
        self.region.world.settle()
        return self.region.world.roster.members(ref)

    def living(self, ref: GroupRef) -> list[InstanceRecord]:
        """Members under management that really exist and are not being deleted."""
        return [
            record
            for record in self.records(ref)
            if tags.owned(ref, record.tags) and record.life.phase is not Phase.DELETING
        ]

    def some(self, place: str | None, count: int) -> list[InstanceRecord]:
        """``count`` living members of the first fleet in a place (None: anywhere), the oldest or any."""
        found = [one for one in self.living(self.fleet.ref) if place in {None, place_of(one)}]
        if self.random is not None:
            self.random.shuffle(found)
        return found[:count]


def place_of(record: InstanceRecord) -> str:
    """The zone of a VM, or its fault domain where there are no zones."""
    return record.zone or str(record.fault_domain)


def raise_curtain(
    fleets: Sequence[tuple[Fleet, Sequence[Part]]],
    scenario: Scenario,
    *,
    seed: int,
    random: Random | None = None,
) -> Stage:
    """Build the region, let the cast come up in it, and go on to the beginning of the story.

    A fleet without a cast has no scale set yet.
    """
    start = NOW - timedelta(seconds=CURTAIN)
    region = SimulatedRegion.fresh(start, seed=seed, scenario=scenario)
    stage = Stage(region, {}, random)
    for fleet, parts in fleets:
        stage.put(fleet)
        if parts:
            _enter(region, fleet, _order(parts, random))
    region.clock.advance(CURTAIN - region.clock.elapsed)
    region.world.settle()
    return stage


def _order(parts: Sequence[Part], random: Random | None) -> list[Part]:
    """In a story the parts enter zone by zone in turn, in a shuffle in any order."""
    if random is not None:
        return random.sample(list(parts), len(parts))
    turns: dict[str, int] = {}
    ranked: list[tuple[int, int, Part]] = []
    for index, part in enumerate(parts):
        turns[part.place] = turns.get(part.place, 0) + 1
        ranked.append((turns[part.place], index, part))
    return [part for _, _, part in sorted(ranked, key=lambda row: row[:2])]


def _enter(region: SimulatedRegion, fleet: Fleet, parts: Sequence[Part]) -> None:
    where = fleet.placement
    following = len(parts) + 1
    words = {
        tags.SERIALS: f"{following}/{following}",
        tags.OWNER: tags.owner_mark(fleet.ref),
        tags.FLEET: fleet.name,
    }
    request = GroupRequest(where.zones, 1 if where.zones else where.fault_domains, words)
    region.put_set(fleet.ref, request, etag=None)
    for serial, part in enumerate(parts, start=1):
        region.clock.advance(10.0)
        region.create(fleet.ref, instance_request(fleet, _creation(fleet, serial, part)))
    _extend(region, fleet)


def _extend(region: SimulatedRegion, fleet: Fleet) -> None:
    """Put the extensions of its template onto each member that came up."""
    wanted = [entry for pool in fleet.pools for entry in entries_of(pool)]
    if not wanted:
        return
    region.clock.advance(120.0)
    region.world.settle()
    for record in region.world.roster.members(fleet.ref):
        if record.life.phase is Phase.RUNNING:
            for name, document in wanted:
                region.operate(fleet.ref, record.name, InstallExtension(name, document))


def _creation(fleet: Fleet, serial: int, part: Part) -> Create:
    zonal = bool(fleet.placement.zones)
    spread = not zonal and fleet.placement.fault_domains > 1
    pool = next(pool for pool in fleet.pools if pool.name == part.pool)
    size = pool.sizes[0].name if pool.sizes else D2S
    return Create(
        instance=f"{fleet.name}-{serial:06d}",
        pool=part.pool,
        zone=part.place if zonal else None,
        fault_domain=int(part.place) if spread else None,
        size=size,
        priority=Priority(part.klass),
        reason=Reason.SCALE_OUT,
        why="",
    )


def with_replicas(fleet: Fleet, replicas: int, pool: str = "") -> Fleet:
    """The spec with another number in one of its pools; its digest changes as that of a file would."""
    pools = tuple(
        replace(one, replicas=replicas) if one.name == pool else one for one in fleet.pools
    )
    return replace(fleet, pools=pools, spec_digest=f"{pool}{replicas}".rjust(64, "0"))
