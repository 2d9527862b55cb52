"""What must be true of the region itself after every single call, whatever the controller believes.

The controller sees lists that lag. This module does not ask it: it counts what really exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from controller.core import tags
from controller.core.phase import HANGS_AFTER
from controller.spec.values import DeletionPolicy, Fleet
from providers.base import GroupRef, Priority
from providers.simulated import locks
from providers.simulated.lifecycle import Phase
from providers.simulated.records import InstanceRecord, Leftover
from tests.stories.stage import Stage

_HALF_AN_HOUR = 1800.0
_EVICTED = frozenset({Phase.START_FAILED, Phase.DEALLOCATING, Phase.DEALLOCATED})


@dataclass(frozen=True, slots=True)
class Before:
    """The members of a set in front of a mutating call, by name."""

    members: dict[str, InstanceRecord]
    leftovers: dict[str, Leftover] = field(default_factory=dict)

    def living(self, ref: GroupRef) -> set[str]:
        """Names of those under management that were not being deleted."""
        return {name for name, one in self.members.items() if is_living(ref, one)}


class Truth:
    """Judges every mutating call of a story. ``broken`` collects sentences that did not hold."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._before = Before({})
        self._used: dict[str, set[str]] = {}
        self.broken: list[str] = []

    def brace(self, ref: GroupRef) -> None:
        """Remember how things are in front of a call."""
        members = {one.name: one for one in self._stage.records(ref)}
        self._before = Before(members, dict(self._stage.region.world.leftovers))
        self._used.setdefault(ref.id, set()).update(self._before.members)

    def judge(self, call: str, ref: GroupRef, names: Sequence[str]) -> None:
        """Hold what a call has changed against the safety sentences."""
        fleet = self._stage.fleets[ref.id.lower()]
        if ref.id.lower() in self._stage.frozen:
            self._say(f"{call} was sent although the spec is {self._stage.frozen[ref.id.lower()]}")
        now = {one.name: one for one in self._stage.records(ref)}
        living = {name: one for name, one in now.items() if is_living(ref, one)}
        if call == "create" and names[0] in now:
            self._judge_create(fleet, now[names[0]], living)
        if call == "delete":
            self._judge_delete(fleet, ref, names, living)
        if call == "deleteGroup" or (call == "delete" and fleet.absent):
            self._judge_end(fleet, call)
        if call == "sweep":
            self._judge_sweep(fleet, names[0], now)

    def _judge_create(
        self, fleet: Fleet, created: InstanceRecord, living: dict[str, InstanceRecord]
    ) -> None:
        name = created.name
        if name in self._before.members:
            return
        if name in self._used[fleet.ref.id]:
            self._say(f"{name} was created a second time")
        self._used[fleet.ref.id].add(name)
        wanted, there = _wanted(fleet, created), _peers(created, living)
        if there > wanted:
            self._say(f"{there} members exist with {name}, and {wanted} are wanted")

    def _judge_delete(
        self, fleet: Fleet, ref: GroupRef, names: Sequence[str], living: dict[str, InstanceRecord]
    ) -> None:
        if not names:
            self._say("a deletion named nobody")
        gone = self._before.living(ref) - set(living)
        for name in sorted(gone):
            record = self._before.members[name]
            wanted, left = _wanted(fleet, record), _peers(record, living)
            if not is_shell(record, self._stage.region.clock.elapsed) and left < wanted:
                self._say(f"{left} members are left without {name}, and {wanted} are wanted")
        self._judge_floor(fleet, gone, living)
        held = self._stage.region.world.locks()
        for name in sorted(set(names) & set(self._before.members)):
            record = self._before.members[name]
            if not tags.owned(ref, record.tags):
                self._say(f"{name} was deleted and is not ours")
            if name in gone and locks.undeletable(held, record.id):
                self._say(f"{name} was deleted under a lock")
            if name in gone and self._is_held(fleet, record):
                self._say(f"{name} was deleted and is held")

    def _judge_end(self, fleet: Fleet, call: str) -> None:
        """A fleet ends only if its spec says so, and has said so for the whole hold time."""
        stood = self._stage.region.clock.elapsed - self._stage.spoken[fleet.ref.id.lower()]
        if not _ends(fleet):
            self._say(f"{call} was sent and the spec does not end the fleet")
        elif stood < 60 * fleet.deletion_hold_minutes:
            self._say(f"{call} was sent {stood:.0f} s after the spec came to say so")
        if call == "deleteGroup" and self._before.members:
            self._say(f"{call} was sent with {len(self._before.members)} members in the set")

    def _judge_sweep(self, fleet: Fleet, leftover: str, now: dict[str, InstanceRecord]) -> None:
        """What goes is left over for half an hour at least, of a member that is gone, and nobody keeps it."""
        world = self._stage.region.world
        left = self._before.leftovers.get(leftover.lower())
        if left is None or leftover.lower() in world.leftovers:
            return
        name = leftover.rpartition("/")[2]
        if left.instance_id.rpartition("/")[2] in now:
            self._say(f"{name} was swept and its member exists")
        if left.instance_id.rpartition("/")[2] not in self._used[fleet.ref.id]:
            self._say(f"{name} was swept and its member was none of ours")
        if world.clock.elapsed - left.since < _HALF_AN_HOUR:
            self._say(f"{name} was swept too early")
        if tags.HOLD in left.tags:
            self._say(f"{name} was swept and is held")
        if locks.undeletable(world.locks(), left.id):
            self._say(f"{name} was swept under a lock")

    def _judge_floor(self, fleet: Fleet, gone: set[str], living: dict[str, InstanceRecord]) -> None:
        """Nobody who serves goes while those who stay instead are not in any list yet."""
        now = self._stage.region.clock.elapsed
        lost = [one for one in map(self._before.members.get, sorted(gone)) if one and _serves(one)]
        for record in lost:
            peers = [one for one in living.values() if _pool(one) == _pool(record)]
            serving = sum(_serves(one) for one in peers)
            unseen = any(not _serves(one) and one.listed_from > now for one in peers)
            if unseen and serving < _wanted(fleet, record):
                self._say(f"{serving} members serve without {record.name}, and others are coming")

    def _is_held(self, fleet: Fleet, record: InstanceRecord) -> bool:
        hold = tags.parse_hold(record.tags.get(tags.HOLD)) or fleet.holds.get(record.name)
        now = self._stage.region.clock.now
        return hold is not None and (hold.until is None or hold.until > now)

    def _say(self, sentence: str) -> None:
        self.broken.append(f"{self._stage.seconds:+.0f} s: {sentence}")


def _serves(record: InstanceRecord) -> bool:
    return record.life.phase is Phase.RUNNING


def _pool(record: InstanceRecord) -> str:
    return record.tags.get(tags.POOL, "")


def _ends(fleet: Fleet) -> bool:
    return fleet.absent and fleet.deletion_policy is DeletionPolicy.DELETE


def _wanted(fleet: Fleet, record: InstanceRecord) -> int:
    """How many are wanted of the pool that a member belongs to: nobody, in a fleet that ends."""
    if _ends(fleet):
        return 0
    return sum(pool.replicas for pool in fleet.pools if pool.name == _pool(record))


def _peers(record: InstanceRecord, living: dict[str, InstanceRecord]) -> int:
    """How many living members of its pool there are."""
    return sum(_pool(one) == _pool(record) for one in living.values())


def is_living(ref: GroupRef, record: InstanceRecord) -> bool:
    """Whether a VM is under management and not being deleted."""
    return tags.owned(ref, record.tags) and record.life.phase is not Phase.DELETING


def is_shell(record: InstanceRecord, now: float) -> bool:
    """Whether a VM never came up, hangs or was evicted: it has to go whatever the number wanted is."""
    phase = record.life.phase
    if phase is Phase.CREATING and now - record.created_at > HANGS_AFTER.total_seconds():
        return True
    return phase is Phase.CREATE_FAILED or (record.priority is Priority.SPOT and phase in _EVICTED)
