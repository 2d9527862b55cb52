"""The invariants, checked where a change is sent and where it arrives, against the truth of the region.

Each is a function whose docstring is the sentence. None uses the planner, the guard or the fence; only
reading tags and knowing what a spec says is shared with the product. What is checked elsewhere, and where,
stands in docs/reliability.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from controller.core import tags
from controller.core.deletability import covering_lock
from controller.core.serials import LATE_REQUEST
from controller.core.shards import shard_of
from controller.engine.leased import shard_name
from providers.base import (
    GroupRef,
    GroupRequest,
    GroupSnapshot,
    InstanceRequest,
    Operation,
    SingleDelete,
    SweepOperation,
)
from providers.simulated.lifecycle import Phase
from tests.simulation.evidence import Evidence, Intent

if TYPE_CHECKING:
    from providers.simulated.records import InstanceRecord, Leftover
    from tests.simulation.process import Process
    from tests.simulation.world import World

T = TypeVar("T")

LOOK_SECONDS = 30.0
"""A victim was read by its name so long ago at most when its deletion is sent."""


@dataclass(eq=False, slots=True)
class Change:
    """One request that changes something, from its sending to its arrival."""

    verb: str
    ref: GroupRef
    names: tuple[str, ...]
    etag: str | None = None
    group: GroupRequest | None = None
    request: InstanceRequest | None = None
    operation: Operation | SweepOperation | None = None
    intent: Intent | None = None
    fenced_at: float = 0.0
    living: frozenset[str] = frozenset()

    @property
    def deletes(self) -> bool:
        """Whether it takes members away."""
        return self.verb == "delete" or (
            self.verb == "operate" and isinstance(self.operation, SingleDelete)
        )


@dataclass(slots=True)
class _Sight:
    """What one process has seen of one fleet."""

    named: dict[str, tuple[float, bool]] = field(default_factory=dict)
    locks_at: float = -1.0
    locks_known: bool = False


class Judge:
    """Looks at every change of one world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sights: dict[tuple[Process, str], _Sight] = {}
        self._gone: dict[str, str] = {}
        self._sent: dict[str, list[tuple[float, int]]] = {}
        self._ours: set[str] = set()
        self._spoilt: set[str] = set()
        self._feigned: dict[str, Process] = {}
        self.evidence: dict[str, Evidence] = {}
        self.last_write = 0.0

    # ---- what is told by the wire

    def looked(
        self,
        process: Process,
        ref: GroupRef,
        names: Sequence[str] | None,
        found: GroupSnapshot,
        at: float,
    ) -> None:
        """A process has got an answer to a look, which shows the truth of a moment."""
        sight = self._sights.setdefault((process, ref.id.lower()), _Sight())
        for name in [one.name for one in self.members(ref)] if names is None else names:
            if self._feigned.get(name.lower()) is process:
                del self._feigned[name.lower()]
        if names is None:
            return
        seen = {one.name.lower(): tags.owned(ref, one.tags) for one in found.instances}
        for name in names:
            sight.named[name.lower()] = (at, seen.get(name.lower(), False))
        sight.locks_at = at
        sight.locks_known = found.locks is not None

    def feigned(self, process: Process, change: Change) -> None:
        """The platform has said yes to a deletion and forgotten it; until it looks again, a process cannot know."""
        self._feigned |= {name.lower(): process for name in change.names}

    def passed_the_fence(self, process: Process, change: Change) -> None:
        """A change has passed the product's own checks."""
        change.fenced_at = self._world.now
        change.living = frozenset(one.name for one in self.living(change.ref))
        self.fencing(process, change)

    def sending(self, process: Process, change: Change) -> None:
        """A change leaves its process."""
        self.last_write = self._world.now
        self._world.record.writes += 1
        self._world.record.hit(f"sent {change.verb}")
        self.intent_before_effect(process, change)
        if change.deletes:
            self.ownership(process, change)
            self.locks_respected(process, change)
            self.authorised_removal(process, change)
            self.bounded_destruction(change)
        self.overlapping_rejected(change)
        self.monotonic_history(change)
        self.nothing_created_under_a_tombstone(change)
        if change.verb == "create" and change.intent and change.intent.fleet:
            sent = self._sent.setdefault(change.ref.id, [])
            sent.append((self._world.now, change.intent.fleet.replicas))

    def applying(self, process: Process, change: Change, action: Callable[[], T]) -> T:
        """A change arrives. What the region answers goes back."""
        world = self._world
        world.region.world.settle()
        before = self.members(change.ref)
        was = {record.name: record for record in before}
        found = action()
        self._world.record.hit(f"applied {change.verb}")
        if change.verb == "create":
            self.unique_slot(change)
            self.names_are_not_reused(change)
            self._ours.add(change.names[0].lower())
        if change.deletes:
            self.floor(change, was)
            for name in change.names:
                self._gone[name.lower()] = process.name
        if change.verb == "deleteGroup" and before:
            self._broken("I4", f"{change.ref.name} was deleted with {len(before)} members in it")
        elif change.verb == "deleteGroup":
            # A set that is made anew under the same name begins its numbers anew (decision 0030).
            own = f"{change.ref.name.lower()}-"
            self._gone = {name: who for name, who in self._gone.items() if not name.startswith(own)}
        return found

    # ---- the invariants

    def unique_slot(self, change: Change) -> None:
        """I1: live members never exceed what a spec wants for which a creation may still be on its way."""
        recent = self._world.now - LATE_REQUEST.total_seconds()
        sent = [one for one in self._sent.get(change.ref.id, []) if one[0] >= recent]
        self._sent[change.ref.id] = sent
        wanted = max((wanted for _, wanted in sent), default=None)
        living = sum(one.name.lower() not in self._feigned for one in self.living(change.ref))
        if wanted is not None and living > wanted:
            self._broken(
                "I1", f"{change.names[0]} is member {living} of {change.ref.name}: {wanted} wanted"
            )

    def names_are_not_reused(self, change: Change) -> None:
        """I1: a name whose VM was deleted by us is never given to another."""
        who = self._gone.get(change.names[0].lower())
        if who is not None:
            self._broken("I1", f"{change.names[0]} comes back; {who} had deleted it")

    def intent_before_effect(self, process: Process, change: Change) -> None:
        """I2, I24: a change is sent only when exactly one durable intent of its own asks for it."""
        evidence = self.evidence.get(process.host)
        if evidence is None:
            self._broken("I6", f"{process.name} may change nothing and sends {change.verb}")
            return
        change.intent = evidence.take(change.verb, change.names, change.ref)
        if change.intent is None:
            self._broken("I2", f"no intent for {change.verb} {change.names} of {process.name}")
            return
        if process.host.startswith("host") and not (
            change.intent.revision and change.intent.plan and change.intent.actor
        ):
            self._broken("I24", f"the intent for {change.verb} {change.names} does not say whose")
        if not all(change.intent.reasons.values()) or "Unplanned" in change.intent.reasons.values():
            self._broken("I24", f"{change.verb} {change.names}: no step of the plan names it")

    def ownership(self, process: Process, change: Change) -> None:
        """I3: every victim was read by its name at most 30 s before the check, and was ours."""
        sight = self._sights.get((process, change.ref.id.lower()), _Sight())
        if not change.names:
            self._broken(
                "I3", f"a deletion in {change.ref.name} names nobody, which may mean everybody"
            )
        for name in change.names:
            at, ours = sight.named.get(name.lower(), (-1e9, False))
            if change.fenced_at - at > LOOK_SECONDS:
                self._broken("I3", f"{name} goes unseen: read {change.fenced_at - at:.0f} s ago")
            elif not ours:
                self._broken("I3", f"{name} goes and was not ours when it was read")

    def authorised_removal(self, process: Process, change: Change) -> None:
        """I4: a member goes only for a reason that the spec gives: fewer wanted, an end that stood, or a shell."""
        if change.intent is None or change.intent.fleet is None:
            return
        fleet = change.intent.fleet
        for name, reason in change.intent.reasons.items():
            self._world.record.hit(f"goes as {reason}")
            if reason == "Tombstone" and not (fleet.absent and fleet.deletion_policy == "Delete"):
                self._broken("I4", f"{name} goes with its fleet, which is to stay")
            record = self._record(change.ref, name)
            if record is None or reason not in {"FailedCreate", "Evicted"}:
                continue
            if record.life.phase in {Phase.RUNNING, Phase.PROVISIONING_OS, Phase.DEGRADED}:
                self._broken("I4", f"{name} goes as {reason} and is {record.life.phase}")
        if fleet.absent and not self._world.history.stood(process.host, fleet):
            self._broken("I4", f"{change.names} go before the tombstone has stood long enough")

    def overlapping_rejected(self, change: Change) -> None:
        """I5: nothing is changed for a scale set that two specs of the revision claim."""
        if change.intent and change.ref.id.lower() in self._world.overlaps(change.intent.revision):
            self._broken("I5", f"{change.verb} of {change.ref.name}, which two specs claim")

    def fencing(self, process: Process, change: Change) -> None:
        """I6: no change passes the fence without a lease that lasts until it is over."""
        world = self._world
        holder = world.holders.get(process)
        if holder is None:
            return
        name = shard_name(shard_of(change.ref.id.lower()))
        if world.table.holder(name) != holder:
            self._broken("I6", f"{process.name} sends {change.verb} without the lease {name}")
        elif world.table.seconds_left(name) < world.terms.mutation_seconds:
            self._broken("I6", f"{process.name} sends {change.verb} at the end of {name}")

    def bounded_destruction(self, change: Change) -> None:
        """I9: more than ten members and 30 % go for one wish only after somebody has said yes."""
        intent = change.intent
        if intent is None or intent.fleet is None:
            return
        plan = self._world.explicit_by_plan.setdefault(intent.plan, set())
        plan |= {n for n, why in intent.reasons.items() if why in {"ScaleIn", "Tombstone"}}
        living = len(self.living(change.ref))
        too_many = len(plan) > 10 and len(plan) * 100 > 30 * (living + len(plan))
        if too_many and not self._world.approved(intent.fleet):
            self._broken("I9", f"{len(plan)} of {living} go at once without a yes")

    def floor(self, change: Change, was: dict[str, InstanceRecord]) -> None:
        """I10: scale-in never leaves fewer living members than its spec wants, nor takes a serving one instead.

        Members that others took away while the request was on its way count: nobody could have known.
        """
        intent = change.intent
        if intent is None or intent.fleet is None or intent.fleet.absent:
            return
        taken = [
            name
            for name in change.names
            if intent.reasons.get(name) == "ScaleIn"
            and name in was
            and was[name].life.phase is not Phase.DELETING
        ]
        living = len(self.living(change.ref))
        if taken and living + self._taken_by_others(change) < intent.fleet.replicas:
            self._broken(
                "I10",
                f"{taken} go from {change.ref.name}: {living} left of {intent.fleet.replicas}",
            )

    def _taken_by_others(self, change: Change) -> int:
        there = {one.name for one in self.living(change.ref)}
        left = change.living - there - set(change.names)
        return sum(name.lower() not in self._gone for name in left)

    def locks_respected(self, process: Process, change: Change) -> None:
        """I14: no member is deleted that a lock covered when its process last looked at the locks."""
        sight = self._sights.get((process, change.ref.id.lower()), _Sight())
        if not sight.locks_known:
            self._broken("I8", f"{change.names} go and the locks could not be read")
        locks = self._world.locks_since(sight.locks_at)
        for name in change.names:
            record = self._record(change.ref, name)
            mine = [change.ref.instance_id(name), change.ref.id]
            mine += [part.id for part in record.resources] if record else []
            if any(covering_lock(locks, one) for one in mine):
                self._broken("I14", f"{name} goes under a lock that was there at the last look")

    def monotonic_history(self, change: Change) -> None:
        """I17: nothing is done for a revision that does not follow upon one that was acted upon before."""
        intent = change.intent
        if intent is None or not intent.revision:
            return
        if not self._world.follows(change.ref, intent.host, intent.revision):
            self._broken("I17", f"{change.verb} of {change.ref.name} for the old {intent.revision}")

    def nothing_created_under_a_tombstone(self, change: Change) -> None:
        """I4: nothing is created for a fleet that is to end."""
        intent = change.intent
        if change.verb == "create" and intent and intent.fleet and intent.fleet.absent:
            self._broken("I4", f"{change.names[0]} is created for a fleet that is Absent")

    # ---- the truth

    def members(self, ref: GroupRef) -> list[InstanceRecord]:
        """Everything in the set, without lag."""
        return self._world.region.world.roster.members(ref)

    def living(self, ref: GroupRef) -> list[InstanceRecord]:
        """Members of ours that are not being deleted."""
        return [
            one
            for one in self.members(ref)
            if tags.owned(ref, one.tags) and one.life.phase is not Phase.DELETING
        ]

    def _record(self, ref: GroupRef, name: str) -> InstanceRecord | None:
        return self._world.region.world.roster.member(ref, name)

    def _broken(self, invariant: str, words: str) -> None:
        self._world.broken(invariant, words)

    # ---- what others did

    def forget_names(self) -> None:
        """Everything was deleted by others: names and numbers begin anew."""
        self._gone.clear()
        self._sights.clear()

    def spoilt(self, name: str) -> None:
        """Somebody else has done something to a member; nobody repairs that yet."""
        self._spoilt.add(name.lower())

    def is_spoilt(self, name: str) -> bool:
        """Whether a member need not run, because somebody else stopped it."""
        return name.lower() in self._spoilt

    def is_leak(self, leftover: Leftover) -> bool:
        """Whether what is left belonged to a member that we created, nobody else touched, and is gone.

        What an earlier life of a name left behind while the name is in use is a known limit.
        """
        name = leftover.instance_id.rpartition("/")[2].lower()
        if name in {one.name.lower() for one in self._world.region.world.roster}:
            self._world.record.hit("left by an earlier life")
            return False
        return name in self._ours and name not in self._spoilt
