"""Everybody else: people and platform who do things to the region, and hands that edit specs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from controller.core import tags
from controller.core.limits import approval_token
from controller.sources.snapshot import TroubleCode
from providers.base import Health, LockLevel, PowerOperation
from providers.simulated import events
from providers.simulated.faults import Faults
from providers.simulated.scenario import (
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    DeletionFault,
    Eviction,
    ForeignEdit,
    ForeignInstance,
    Scenario,
    ZoneOutage,
)
from tests.simulation.hands import Wish, edited
from tests.simulation.loop import pass_time
from tests.simulation.options import Fault
from tests.simulation.process import exponential

if TYPE_CHECKING:
    from providers.simulated.records import InstanceRecord
    from tests.simulation.world import World

_ENDINGS = (
    CreationOutcome.ALLOCATION_FAILED,
    CreationOutcome.OS_TIMED_OUT,
    CreationOutcome.EXTENSION_FAILED,
    CreationOutcome.STUCK,
)


class People:
    """What others do, each deed at its own rate."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._locks = 0
        self.deeds: dict[Fault, Callable[[], None]] = {
            Fault.LOCK: self.lock,
            Fault.HOLD: self.hold,
            Fault.FOREIGN_EDIT: self.foreign_edit,
            Fault.FOREIGN_VM: self.foreign_vm,
            Fault.EVICTION: self.evict,
            Fault.ZONE_OUTAGE: self.zone_outage,
            Fault.CAPACITY: self.capacity,
            Fault.QUOTA: self.quota,
            Fault.CREATION: self.creation,
            Fault.LEAVINGS: self.leavings,
            Fault.GROUP_DELETED: self.delete_group,
            Fault.EDIT: self.edit,
            Fault.TORN: self.tear,
            Fault.VANISHED: self.vanish,
            Fault.REVERTED: self.revert,
            Fault.OVERLAPPING: self.overlap,
            Fault.SOURCE_GONE: self.hide_source,
            Fault.TOMBSTONE: self.bury,
        }

    async def busy(self, fault: Fault, deed: Callable[[], None]) -> None:
        """Do one kind of deed again and again."""
        world = self._world
        while True:
            await pass_time(exponential(world.dice, world.options.strength(fault)))
            deed()
            world.record.hit(f"fault {fault}")
            world.record.line(world.now, "people", fault)

    # ---- in the cloud

    def lock(self) -> None:
        """Set a lock somewhere, for a while."""
        world = self._world
        ref = world.a_fleet()
        scopes = [ref.group_scope, ref.id]
        for record in self._members():
            scopes += [record.id, *(part.id for part in record.resources)]
        level = world.dice.choice([LockLevel.CAN_NOT_DELETE] * 3 + [LockLevel.READ_ONLY])
        scope = world.dice.choice(scopes[2:] or scopes) if world.dice.random() < 0.8 else scopes[0]
        self._locks += 1
        name = f"lock-{self._locks}"
        world.region.add_lock(level, scope, name)
        world.lock_times[name] = world.now
        world.later(world.dice.uniform(10, 600), lambda: world.region.remove_lock(scope, name))

    def hold(self) -> None:
        """Put a hold on a member, with or without an end."""
        record = self._member()
        if record is not None:
            end = self._world.region.clock.at(self._world.now + self._world.dice.uniform(60, 900))
            words = self._world.dice.choice(
                [
                    "owner=ops",
                    f"owner=ops;until={end.isoformat()};reason=debugging",
                    "owner=x;until=?",
                ]
            )
            self._edit(record, ForeignEdit(0, record.name, {tags.HOLD: words}))

    def foreign_edit(self) -> None:
        """Stop, start, spoil or delete a member, or take its owner tag away."""
        record = self._member()
        if record is None:
            return
        dice = self._world.dice
        edit = dice.choice(
            [
                ForeignEdit(0, record.name, delete=True),
                ForeignEdit(0, record.name, health=Health.UNHEALTHY),
                ForeignEdit(0, record.name, operation=PowerOperation.POWER_OFF),
                ForeignEdit(0, record.name, operation=PowerOperation.DEALLOCATE),
                ForeignEdit(0, record.name, operation=PowerOperation.RESTART),
                ForeignEdit(0, record.name, {"cost-centre": str(dice.randrange(9))}),
                ForeignEdit(0, record.name, {tags.OWNER: None}),
            ]
        )
        self._edit(record, edit)

    def foreign_vm(self) -> None:
        """Put a VM into the set that is not ours, under a name that could be."""
        world = self._world
        ref = world.a_fleet()
        name = world.dice.choice(["jumpbox", f"{ref.name}-000900", f"{ref.name}-vm"])
        events.apply(world.region.world, ForeignInstance(0, name, scale_set=ref.name), world.now)

    def evict(self) -> None:
        """Take the capacity from Spot members: one, a zone's, or all."""
        dice = self._world.dice
        zone = dice.choice([None, None, "1", "2"])
        event = Eviction(0, zone=zone, count=dice.choice([None, 1, 2]))
        events.apply(self._world.region.world, event, self._world.now)

    def zone_outage(self) -> None:
        """A zone is down for some minutes."""
        now, dice = self._world.now, self._world.dice
        outage = ZoneOutage(dice.choice("123"), now, now + dice.uniform(60, 900))
        self._also(zone_outages=(*self._scenario.zone_outages, outage))

    def capacity(self) -> None:
        """There is little of something for some minutes."""
        now, dice = self._world.now, self._world.dice
        limit = CapacityLimit(
            instances=dice.randrange(3),
            zone=dice.choice(["1", "2", None]),
            since=now,
            until=now + dice.uniform(60, 900),
        )
        self._also(capacity=(*self._scenario.capacity, limit))

    def quota(self) -> None:
        """The subscription may have only a few cores."""
        self._also(quotas={"cores": self._world.dice.choice([2, 6, 10])})

    def creation(self) -> None:
        """The next creations end badly."""
        dice = self._world.dice
        fault = CreationFault(dice.choice(_ENDINGS), dice.choice([1, 2, 4]), at=self._world.now)
        self._also(creations=(fault,))

    def leavings(self) -> None:
        """The next deletions leave NICs and disks behind."""
        fault = DeletionFault(self._world.dice.choice([1, 3]), at=self._world.now)
        self._also(deletions=(fault,))

    def delete_group(self) -> None:
        """Somebody deletes all that is in the resource group."""
        world = self._world.region.world
        for record in list(world.roster):
            world.roster.drop(record)
        world.sets.clear()
        world.changes += 1
        self._world.judge.forget_names()

    # ---- at the specs

    def edit(self) -> None:
        """Change what is wanted, or only a word."""
        world = self._world
        wish = self._wish()
        dice = world.dice
        if dice.random() < 0.2:
            changed = edited(wish, word=f"edit {len(world.desk.commits)}")
        else:
            changed = edited(wish, replicas=dice.randrange(world.options.most + 1), absent=False)
        self._approve_some(changed)

    def bury(self) -> None:
        """Mark a fleet for its end, or take the mark back."""
        wish = self._wish()
        self._write(edited(wish, absent=not wish.absent))

    def tear(self) -> None:
        """A file is committed half written."""
        world = self._world
        files = dict(world.desk.now.files)
        if not files:
            return
        name = world.dice.choice(sorted(files))
        text = files[name]
        files[name] = text[: world.dice.randrange(max(1, len(text)))]
        self._commit(files)
        self._mend_later()

    def vanish(self) -> None:
        """A file is gone."""
        files = dict(self._world.desk.now.files)
        if not files:
            return
        files.pop(self._world.dice.choice(sorted(files)))
        self._commit(files)
        self._mend_later()

    def overlap(self) -> None:
        """A second file claims the same scale set under another name and number."""
        wish = self._wish()
        other = edited(wish, name=f"{wish.name}-copy", replicas=self._world.dice.randrange(3))
        self._commit({**self._world.desk.now.files, "zz-copy.yaml": other.text})
        self._mend_later()

    def revert(self) -> None:
        """Somebody pushes an old commit by force."""
        world = self._world
        world.desk.push_back(world.dice.randrange(world.desk.oldest, len(world.desk.commits)))
        world.note_head()
        world.stir()
        self._mend_later()

    def hide_source(self) -> None:
        """The specs cannot be read for a while."""
        world, dice = self._world, self._world.dice
        codes = [TroubleCode.UNSETTLED, TroubleCode.MISSING, TroubleCode.UNREADABLE]
        world.desk.trouble = dice.choice(codes)
        world.stir()

        def back() -> None:
            world.desk.trouble = None
            world.stir()

        world.later(dice.uniform(5, 300), back)

    def _mend_later(self) -> None:
        self._world.later(self._world.dice.uniform(30, 400), self._world.mend)

    def _approve_some(self, wish: Wish) -> None:
        """Write a wish; whoever wants a large removal approves it at once in half of the cases."""
        self._write(wish)
        world = self._world
        fleet = next(
            (
                f
                for f in world.desk.known.values()
                if f.spec_digest in world.digests_now and f.ref.name == wish.scale_set
            ),
            None,
        )
        if fleet is not None and world.dice.random() < 0.5:
            approved = edited(wish, approval=approval_token(fleet))
            world.approvals.add(fleet.spec_digest)
            self._write(approved)

    def _write(self, wish: Wish) -> None:
        world = self._world
        world.wishes[wish.scale_set] = wish
        self._commit({**world.desk.now.files, f"{wish.scale_set}.yaml": wish.text})

    def _commit(self, files: dict[str, bytes]) -> None:
        world = self._world
        world.desk.commit(files, world.now)
        world.note_head()
        world.stir()

    def _wish(self) -> Wish:
        world = self._world
        return world.wishes[world.dice.choice(sorted(world.wishes))]

    # ---- how

    def _members(self) -> list[InstanceRecord]:
        return sorted(self._world.region.world.roster, key=lambda one: one.key)

    def _member(self) -> InstanceRecord | None:
        found = self._members()
        return self._world.dice.choice(found) if found else None

    def _edit(self, record: InstanceRecord, edit: ForeignEdit) -> None:
        if edit.tags.get(tags.HOLD) is None:
            self._world.judge.spoilt(record.name)
        events.apply(self._world.region.world, edit, self._world.now)

    @property
    def _scenario(self) -> Scenario:
        return self._world.region.scenario

    def _also(self, **changes: Any) -> None:
        region = self._world.region
        region.world.settle()
        region.world.scenario = replace(region.scenario, **changes)
        region.world.faults = Faults(region.scenario)
