"""The region's memory and its time: what exists, and what happens by itself as the clock moves.

Nothing runs in the background. ``settle`` makes everything true that should have happened by now, in the
order in which it was due.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

from providers.base import ProvisioningState
from providers.simulated import events, failures, locks, resources
from providers.simulated.capacity import zone_is_down
from providers.simulated.faults import Faults, allocation_fate
from providers.simulated.lifecycle import EDGES, ON_THE_WAY_UP, Phase
from providers.simulated.records import Ghost, Life, LockRecord
from providers.simulated.roster import Roster
from providers.simulated.scenario import Allocation

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from providers.base import GroupRef
    from providers.simulated.clock import VirtualClock
    from providers.simulated.dice import Dice
    from providers.simulated.records import Fate, InstanceRecord, Leftover, ScaleSetRecord
    from providers.simulated.saved import Saved
    from providers.simulated.scenario import Scenario

    Witness: TypeAlias = Callable[[str, InstanceRecord | ScaleSetRecord | None, float], None]

_EVENT = "event:"


class World:
    """Everything the region knows. ``changes`` counts up with each change, also those by time.

    ``pending`` are the scenario's events whose time has not come, ``waiting`` those whose time has come
    and whose object is not there yet; both by index. ``documents`` are JSON documents of what the region
    itself knows nothing of, by key; only the ARM face writes them. ``witness`` is told of each step in the
    life of a VM or set: its key, its newer state (None: it is gone), and when.
    """

    def __init__(self, clock: VirtualClock, dice: Dice, scenario: Scenario) -> None:
        self.clock = clock
        self.dice = dice
        self.scenario = scenario
        self.faults = Faults(scenario)
        self.roster = Roster()
        self.sets: dict[str, ScaleSetRecord] = {}
        self.ghosts: list[Ghost] = []
        self.leftovers: dict[str, Leftover] = {}
        self.own_locks: list[LockRecord] = []
        self.documents: dict[str, Mapping[str, object]] = {}
        self.witness: Witness | None = None
        self.changes = 0
        self.turn = 0
        self.events = events.planned(scenario)
        self.pending = list(range(len(self.events)))
        self.waiting: list[int] = []
        self._agenda: list[tuple[float, int, str]] = []
        self.plan_ahead()

    def plan_ahead(self) -> None:
        """Fill the agenda anew from what exists."""
        first = -len(self.events)
        self._agenda = [
            (self.events[index].at, first + index, f"{_EVENT}{index}") for index in self.pending
        ]
        for record in self.roster:
            if record.life.due is not None:
                self._agenda.append((record.life.due, record.life.turn, record.key))
        for scale_set in self.sets.values():
            if scale_set.due is not None:
                self._agenda.append((scale_set.due, scale_set.turn, scale_set.key))
        heapq.heapify(self._agenda)

    def restore(self, saved: Saved, records: list[InstanceRecord]) -> None:
        """Put everything in place that was saved; the clock and the dice already are."""
        self.turn, self.changes = saved.turn, saved.changes
        self.roster = Roster(records)
        self.sets = {record.key: record for record in saved.sets}
        self.ghosts = list(saved.ghosts)
        self.leftovers = {left.id.lower(): left for left in saved.leftovers}
        self.own_locks = list(saved.locks)
        self.documents = dict(saved.documents)
        counts = (saved.calls, saved.creations, saved.installations, saved.deletions)
        self.faults = Faults(self.scenario, *counts)
        self.pending, self.waiting = list(saved.pending), list(saved.waiting)
        self.plan_ahead()

    def use(self, scenario: Scenario) -> None:
        """Take another scenario for the one in force; its times count from the region's start.

        An event of the old one that has happened does not happen again; a new one whose time is over
        happens at once. Counts of faults begin anew. The same scenario again changes nothing.
        """
        if scenario == self.scenario:
            return
        self.settle()
        still_open = {*self.pending, *self.waiting}
        over = [event for index, event in enumerate(self.events) if index not in still_open]
        self.scenario = scenario
        self.faults = Faults(scenario)
        self.events = events.planned(scenario)
        self.pending = [index for index, event in enumerate(self.events) if event not in over]
        self.waiting = []
        self.changes += 1
        self.plan_ahead()

    def settle(self) -> None:
        """Let everything happen that was due by now."""
        now = self.clock.elapsed
        while self._agenda and self._agenda[0][0] <= now:
            due, turn, key = heapq.heappop(self._agenda)
            if key.startswith(_EVENT):
                self._happen(int(key.removeprefix(_EVENT)), due)
            else:
                self._step(key, turn, due)
        if self.ghosts:
            self.ghosts = [ghost for ghost in self.ghosts if ghost.until > now]
        self.waiting = [
            index for index in self.waiting if not events.apply(self, self.events[index], now)
        ]

    def next_turn(self) -> int:
        """Number the next change; what is due at the same time happens in this order."""
        self.turn += 1
        self.changes += 1
        return self.turn

    def begin(self, record: InstanceRecord, phase: Phase, at: float) -> InstanceRecord:
        """Put a VM into a phase and plan its end."""
        due = self._end_of(phase, record.fate, at)
        life = Life(phase, due, self.next_turn())
        begun = self.store(replace(record, life=life, etag=record.etag + 1))
        self._tell(begun.key, begun, at)
        return begun

    def store(self, record: InstanceRecord) -> InstanceRecord:
        """Keep a VM's newer state."""
        self.changes += 1
        self.roster.put(record)
        if record.life.due is not None:
            heapq.heappush(self._agenda, (record.life.due, record.life.turn, record.key))
        return record

    def store_set(self, record: ScaleSetRecord, seconds: tuple[float, float] | None) -> None:
        """Keep a set's newer state; it ends by itself after ``seconds``, a range, or not at all (None)."""
        turn = self.next_turn()
        due = None if seconds is None else self.clock.elapsed + self.dice.uniform(*seconds)
        record = replace(record, due=due, turn=turn)
        self.sets[record.key] = record
        if due is not None:
            heapq.heappush(self._agenda, (due, turn, record.key))

    def existing_set(self, ref: GroupRef) -> ScaleSetRecord:
        """The set, or ``NotFound``."""
        record = self.sets.get(ref.id.lower())
        if record is None:
            raise failures.resource_missing("virtualMachineScaleSets", ref.name, ref.resource_group)
        return record

    def preempt(self, ref: GroupRef) -> None:
        """End a running batch delete of the set: members that are still there return to where they were."""
        for record in self.roster.members(ref):
            if record.batch is None or record.former is None:
                continue
            former = record.former
            due = None if former.due is None else max(former.due, self.clock.elapsed)
            life = Life(former.phase, due, self.next_turn())
            returned = self.store(replace(record, life=life, batch=None, former=None))
            self._tell(returned.key, returned, self.clock.elapsed)

    def locks(self) -> list[LockRecord]:
        """All locks there are now, those of the scenario included."""
        now = self.clock.elapsed
        found = list(self.own_locks)
        for number, fault in enumerate(self.scenario.locks, start=1):
            if not fault.at <= now < fault.until:
                continue
            scopes = (
                [fault.scope]
                if fault.scope is not None
                else [
                    record.id
                    for record in self.roster
                    if fault.instance is not None
                    and record.name.casefold() == fault.instance.casefold()
                ]
            )
            found += [LockRecord(f"scenario-{number}", fault.level, scope) for scope in scopes]
        return found

    def _end_of(self, phase: Phase, fate: Fate | None, at: float) -> float | None:
        edge = EDGES.get(phase)
        if edge is None:
            return None
        seconds = self.dice.uniform(*edge.seconds)
        if fate is not None and fate.after is phase:
            if fate.to is None:
                return None
            seconds = fate.seconds or seconds
        return at + seconds

    def _happen(self, index: int, at: float) -> None:
        self.changes += 1
        self.pending.remove(index)
        if not events.apply(self, self.events[index], at):
            self.waiting.append(index)

    def _step(self, key: str, turn: int, at: float) -> None:
        record = self.roster.get(key)
        if record is not None and record.life.turn == turn:
            self._advance(record, at)
        scale_set = self.sets.get(key)
        if scale_set is not None and scale_set.turn == turn:
            self._advance_set(scale_set, at)

    def _advance(self, record: InstanceRecord, at: float) -> None:
        phase, fate = record.life.phase, record.fate
        if phase is Phase.DELETING:
            self._remove(record, at)
            return
        if phase in ON_THE_WAY_UP and zone_is_down(self.scenario, record.zone, at):
            after = Phase.STARTING if phase is Phase.STARTING else Phase.CREATING
            fate = replace(allocation_fate(Allocation.ZONAL, after), after=phase)
        to, problem = EDGES[phase].to, None
        if fate is not None and fate.after is phase and fate.to is not None:
            to = fate.to
            problem = replace(fate.problem, at=at) if fate.problem is not None else None
        if to is not Phase.PROVISIONING_OS:
            fate = None
        self.begin(replace(record, fate=fate, problem=problem), to, at)

    def _remove(self, record: InstanceRecord, at: float) -> None:
        self.next_turn()
        held = self.locks()
        locked = frozenset(
            resource.id for resource in record.resources if locks.undeletable(held, resource.id)
        )
        everything = self.faults.leaves_everything(record, at)
        for leftover in resources.left_by(record, locked, at, everything=everything):
            self.leftovers[leftover.id.lower()] = leftover
        self.roster.drop(record)
        self.ghosts.append(Ghost(record, at + self.scenario.list_lag))
        self._touch(record.ref)
        self._tell(record.key, None, at)

    def _touch(self, ref: GroupRef) -> None:
        # The platform writes to the set when a batch is through, and its etag moves.
        scale_set = self.sets.get(ref.id.lower())
        if scale_set is not None and not any(member.batch for member in self.roster.members(ref)):
            self.sets[scale_set.key] = replace(scale_set, etag=scale_set.etag + 1)

    def _advance_set(self, record: ScaleSetRecord, at: float) -> None:
        self.next_turn()
        if record.state is ProvisioningState.DELETING:
            del self.sets[record.key]
        else:
            state = ProvisioningState.SUCCEEDED
            self.sets[record.key] = replace(record, state=state, due=None, etag=record.etag + 1)
        self._tell(record.key, self.sets.get(record.key), at)

    def _tell(self, key: str, record: InstanceRecord | ScaleSetRecord | None, at: float) -> None:
        if self.witness is not None:
            self.witness(key, record, at)
