"""What people and the platform do in a story while the controller is at work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from controller.core import limits, tags
from controller.spec.values import DeletionPolicy, Placement, Process, ScaleIn, Suspension
from providers.base import (
    GroupRequest,
    Health,
    InstanceRequest,
    LockLevel,
    PowerOperation,
    Priority,
    TagChange,
)
from providers.simulated import events
from providers.simulated.scenario import Eviction, ForeignEdit
from tests.builders import D2S
from tests.stories.stage import Stage, place_of, with_replicas

Act = Callable[[Stage], str]


@dataclass(frozen=True, slots=True)
class Cue:
    """In front of a call of the controller: the ``turn``-th of its kind in a pass."""

    call: str
    turn: int


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that happens ``at`` so many seconds into the story; ``act`` does it and says what it was.

    With a ``cue`` it waits for that call after its time has come, and happens in the middle of a pass.
    """

    at: float
    act: Act
    cue: Cue | None = None


def wants(at: float, replicas: int, pool: str = "") -> Happening:
    """Somebody edits the number of members in the spec."""

    def act(stage: Stage) -> str:
        fleet = stage.fleet
        before = next(one.replicas for one in fleet.pools if one.name == pool)
        stage.put(with_replicas(fleet, replicas, pool))
        where = f" in pool {pool}" if pool else ""
        return f"the spec is edited: replicas {before} -> {replicas}{where}"

    return Happening(at, act)


def edits(at: float, words: str, **over: Any) -> Happening:
    """Somebody edits anything else in the spec."""

    def act(stage: Stage) -> str:
        stage.put(replace(stage.fleet, **over))
        return f"the spec is edited: {words}"

    return Happening(at, act)


def ends(at: float, hold_minutes: int = 10) -> Happening:
    """Somebody writes into the spec that the fleet is to end, members and all."""

    def act(stage: Stage) -> str:
        ended = replace(
            stage.fleet,
            absent=True,
            deletion_policy=DeletionPolicy.DELETE,
            deletion_hold_minutes=hold_minutes,
            spec_digest=f"{hold_minutes}absent".ljust(64, "0"),
        )
        stage.put(ended)
        return "the spec is edited: state: Absent, deletionPolicy: Delete"

    return Happening(at, act)


def suspends(at: float, process: str, seconds: float) -> Happening:
    """Somebody puts one process of the fleet to sleep for a time."""

    def act(stage: Stage) -> str:
        until = stage.region.clock.now + timedelta(seconds=seconds)
        one = Suspension(Process(process), "ana", "the audit runs", until)
        stage.put(replace(stage.fleet, suspensions=(one,)))
        return f"the spec is edited: ana suspends {process} until {until:%H:%M:%S}"

    return Happening(at, act)


def cancels(at: float) -> Happening:
    """Somebody takes the end of the fleet back."""

    def act(stage: Stage) -> str:
        stage.put(replace(stage.fleet, absent=False, spec_digest="present".ljust(64, "0")))
        return "the spec is edited: state: Present"

    return Happening(at, act)


def names_victim(at: float, zone: str) -> Happening:
    """Somebody names a member of a zone that is to go before any other."""

    def act(stage: Stage) -> str:
        (record,) = stage.some(zone, 1)
        stage.put(replace(stage.fleet, scale_in=ScaleIn(remove=(record.name,))))
        return f"the spec is edited: scaleIn.remove names {record.name}"

    return Happening(at, act)


def excludes(at: float, *zones: str) -> Happening:
    """Somebody excludes zones from the placement."""

    def act(stage: Stage) -> str:
        placement: Placement = replace(stage.fleet.placement, excluded=frozenset(zones))
        stage.put(replace(stage.fleet, placement=placement))
        return f"the spec is edited: zone {', '.join(zones)} is excluded"

    return Happening(at, act)


def approves(at: float) -> Happening:
    """Somebody puts the plan's token into the spec."""

    def act(stage: Stage) -> str:
        stage.put(replace(stage.fleet, approval=limits.approval_token(stage.fleet)))
        return "somebody approves the plan"

    return Happening(at, act)


def locks_some(at: float, zone: str | None, count: int, cue: Cue | None = None) -> Happening:
    """Somebody puts a CanNotDelete lock on some members of a zone."""

    def act(stage: Stage) -> str:
        chosen = stage.some(zone, count)
        for record in chosen:
            stage.region.add_lock(LockLevel.CAN_NOT_DELETE, record.id)
        return f"somebody locks {', '.join(sorted(one.name for one in chosen))} (CanNotDelete)"

    return Happening(at, act, cue)


def locks_group(at: float, level: LockLevel = LockLevel.CAN_NOT_DELETE) -> Happening:
    """Somebody locks the whole resource group."""

    def act(stage: Stage) -> str:
        stage.region.add_lock(level, stage.fleet.ref.group_scope)
        return f"somebody locks the resource group ({level.value})"

    return Happening(at, act)


def unlocks(at: float) -> Happening:
    """Somebody takes every lock away."""

    def act(stage: Stage) -> str:
        for lock in list(stage.region.world.own_locks):
            stage.region.remove_lock(lock.scope, lock.name)
        return "somebody takes the locks away"

    return Happening(at, act)


def holds(at: float, zone: str, seconds: float) -> Happening:
    """Somebody tags a member so that it stays for a time."""

    def act(stage: Stage) -> str:
        (record,) = stage.some(zone, 1)
        until = stage.region.clock.now + timedelta(seconds=seconds)
        words = f"owner=ana;until={until.isoformat(timespec='seconds')};reason=debugging"
        _edit(stage, ForeignEdit(at, record.name, tags={tags.HOLD: words}))
        return f"ana puts a hold on {record.name} until {until:%H:%M:%S}"

    return Happening(at, act)


def evicts(at: float, zone: str) -> Happening:
    """Azure evicts every Spot VM of a zone."""

    def act(stage: Stage) -> str:
        stage.region.world.settle()
        eviction = Eviction(at=at, zone=zone)
        events.apply(stage.region.world, eviction, stage.region.clock.elapsed)
        return f"Azure evicts all of Spot in zone {zone}"

    return Happening(at, act)


def sickens(at: float, count: int) -> Happening:
    """The health probe of some members fails."""

    def act(stage: Stage) -> str:
        chosen = stage.some(None, count)
        for record in chosen:
            _edit(stage, ForeignEdit(at, record.name, health=Health.UNHEALTHY))
        return f"{', '.join(sorted(one.name for one in chosen))} report that they are unhealthy"

    return Happening(at, act)


def heals(at: float) -> Happening:
    """The health probe of every member succeeds."""

    def act(stage: Stage) -> str:
        for record in stage.living(stage.fleet.ref):
            _edit(stage, ForeignEdit(at, record.name, health=Health.HEALTHY))
        return "all members are healthy again"

    return Happening(at, act)


def removes(at: float, zone: str) -> Happening:
    """Somebody deletes a member by hand."""

    def act(stage: Stage) -> str:
        (record,) = stage.some(zone, 1)
        stage.region.delete_one(stage.fleet.ref, record.name)
        return f"somebody deletes {record.name} in the portal"

    return Happening(at, act)


def sticks(at: float, zone: str) -> Happening:
    """Somebody deletes a member by hand, and its deletion never ends."""

    def act(stage: Stage) -> str:
        (record,) = stage.some(zone, 1)
        stage.region.delete_one(stage.fleet.ref, record.name)
        leaving = stage.region.world.roster.find(stage.fleet.ref, record.name)
        assert leaving is not None
        # The turn is another one, so that the end on the agenda is not this life's.
        life = replace(leaving.life, due=None, turn=stage.region.world.next_turn())
        stage.region.world.store(replace(leaving, life=life))
        return f"somebody deletes {record.name} in the portal, and its deletion hangs"

    return Happening(at, act)


def powers(at: float, name: str, operation: PowerOperation) -> Happening:
    """Somebody starts or stops a member by hand."""

    def act(stage: Stage) -> str:
        stage.region.operate(stage.fleet.ref, name, operation)
        return f"somebody asks for {operation.value} of {name}"

    return Happening(at, act)


def joins(at: float, name: str, zone: str) -> Happening:
    """Somebody puts a VM of their own into the scale set."""

    def act(stage: Stage) -> str:
        request = InstanceRequest(name, zone, None, D2S, Priority.REGULAR, {"team": "data"}, {})
        stage.region.create(stage.fleet.ref, request)
        return f"somebody puts a VM called {name} into the set, in zone {zone}"

    return Happening(at, act)


def writes_set(at: float) -> Happening:
    """Somebody writes a tag of the scale set, which cuts a running batch deletion short."""

    def act(stage: Stage) -> str:
        ref = stage.fleet.ref
        group = stage.region.observe(ref).group
        if group is None:
            return "somebody wants to tag the scale set, and there is none"
        written = {**group.tags, "cost-centre": f"{at:.0f}"}
        request = GroupRequest(group.zones, group.fault_domain_count, written)
        stage.region.put_set(ref, request, etag=group.etag)
        return "somebody else tags the scale set"

    return Happening(at, act)


def holds_leftover(at: float, name: str) -> Happening:
    """Somebody tags what a member left behind so that it stays."""

    def act(stage: Stage) -> str:
        for key, left in stage.region.world.leftovers.items():
            if left.id.endswith(f"/{name}"):
                stage.region.sweep(key, TagChange({tags.HOLD: "owner=ana;reason=forensics"}))
        return f"ana puts a hold on {name}"

    return Happening(at, act)


def leads_out(at: float) -> Happening:
    """Somebody gives every known subnet a NAT gateway."""

    def act(stage: Stage) -> str:
        scenario = stage.region.scenario
        subnets = tuple(replace(one, nat_gateway=True) for one in scenario.subnets)
        stage.region.use(replace(scenario, subnets=subnets))
        return "somebody gives the subnet a NAT gateway"

    return Happening(at, act)


def renames(at: float, name: str) -> Happening:
    """Somebody gives the fleet another name; the scale set stays."""

    def act(stage: Stage) -> str:
        before = stage.fleet.name
        stage.put(replace(stage.fleet, name=name, spec_digest=name.rjust(64, "0")))
        return f"the spec is edited: metadata.name {before} -> {name}"

    return Happening(at, act)


def _edit(stage: Stage, edit: ForeignEdit) -> None:
    stage.region.world.settle()
    events.apply(stage.region.world, edit, stage.region.clock.elapsed)


def place_words(stage: Stage) -> str:
    """``2/2/1``: living members of the first fleet by place, the fullest first."""
    counts: dict[str, int] = {}
    for record in stage.living(stage.fleet.ref):
        counts[place_of(record)] = counts.get(place_of(record), 0) + 1
    return "/".join(str(number) for number in sorted(counts.values(), reverse=True))
