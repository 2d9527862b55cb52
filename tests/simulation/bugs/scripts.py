"""What hands do in worlds of their own, second by second, where chance would take too long to do it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from controller.sources.snapshot import TroubleCode
from controller.spec.values import DeletionMode
from providers.base import LockLevel
from providers.simulated import events
from providers.simulated.lifecycle import Phase
from providers.simulated.records import Fate
from providers.simulated.scenario import CreationFault, CreationOutcome, ForeignInstance
from tests.simulation.loop import pass_time
from tests.simulation.options import Options, Right

if TYPE_CHECKING:
    from tests.simulation.world import World

UP = 150.0
"""Seconds after which a fleet that is left in peace is as wanted."""
CRASHING = b"the field that nobody expected to be blank"


def calm(seconds: float = 1200.0, **changes: Any) -> Options:
    """A world in which nothing goes wrong by itself: one process, one fleet."""
    options = Options(
        seed=0,
        seconds=seconds,
        right=Right.SOLE,
        controllers=1,
        one_shots=False,
        fleets=1,
        most=16,
        deletion=DeletionMode.BATCH,
        spot=False,
        lag=0.0,
        resync=60.0,
        lease_seconds=45,
    )
    return replace(options, **changes)


def want(world: World, **numbers: int) -> None:
    """Commit new numbers of members, for several fleets at once."""
    for name, replicas in numbers.items():
        world.wishes[name] = replace(world.wishes[name], replicas=replicas)
    commit(world)


def commit(world: World, change: Callable[[bytes], bytes] = bytes) -> None:
    """Commit all wishes; ``change`` is done to the first fleet's text, and if it leaves nothing, the file goes."""
    files = {f"{name}.yaml": wish.text for name, wish in world.wishes.items()}
    files["web.yaml"] = change(files["web.yaml"])
    files = {name: text for name, text in files.items() if text}
    world.desk.commit(files, world.now)
    world.note_head()
    world.stir()


def living(world: World, name: str) -> int:
    """How many members a fleet has in truth."""
    return len(world.judge.living(next(ref for ref in world.refs if ref.name == name)))


async def _up(world: World, **numbers: int) -> None:
    want(world, **numbers)
    await pass_time(UP)
    for name, replicas in numbers.items():
        assert living(world, name) == replicas, f"{name} is not up: {living(world, name)}"


async def nervous_locks(world: World) -> None:
    """Somebody locks and unlocks all members, again and again, while a scale-in looks for its moment."""
    await _up(world, web=6)
    want(world, web=2)
    for turn in range(1500):
        for record in world.judge.members(world.refs[0]):
            name = f"nervous-{record.name}"
            world.region.remove_lock(record.id, name)
            if turn % 2:
                world.region.add_lock(LockLevel.CAN_NOT_DELETE, record.id, name)
                world.lock_times[name] = world.now
        await pass_time(world.dice.uniform(0.05, 0.5))


async def unreadable_source(world: World) -> None:
    """The repository cannot be fetched for some minutes."""
    await _up(world, web=5)
    world.desk.trouble = TroubleCode.UNREADABLE
    world.stir()
    await pass_time(240)
    world.desk.trouble = None
    world.stir()


async def no_op_at_the_root(world: World) -> None:
    """One commit shrinks all fleets at once, each by less than would be asked about."""
    await _up(world, web=12, workers=12)
    want(world, web=4, workers=4)
    await pass_time(300)
    for name in ("web", "workers"):
        if living(world, name) < 12:
            world.broken("I9", f"{name} shrinks with all the others, and nobody said yes")


async def the_wrong_state(world: World) -> None:
    """Somebody applies what was true some time ago."""
    old = world.desk.head
    await _up(world, web=9)
    world.desk.push_back(old)
    world.note_head()
    world.stir()
    await pass_time(200)
    world.mend()


async def somebody_elses_machine(world: World) -> None:
    """A VM of somebody else stands in the set, under a name that looks like ours."""
    await _up(world, web=3)
    stranger = ForeignInstance(0, "web-000900", scale_set="web")
    events.apply(world.region.world, stranger, world.now)
    await pass_time(60)
    want(world, web=2)
    await pass_time(200)


async def an_end_is_wished(world: World) -> None:
    """A fleet is to end, and its hold is over while it still has its members."""
    await _up(world, web=4)
    world.wishes["web"] = replace(world.wishes["web"], absent=True)
    commit(world)
    await pass_time(900)


async def nothing_comes_up(world: World) -> None:
    """On this day every new VM hangs in its creation."""
    await _up(world, web=2)
    fault = CreationFault(CreationOutcome.STUCK, 6, at=world.now)
    world.people._also(creations=(fault,))
    want(world, web=8)
    await pass_time(2400)


async def a_blank_policy(world: World) -> None:
    """The end of a fleet is wished by a spec that leaves out what shall become of its members."""
    await _up(world, web=4)

    def blank(text: bytes) -> bytes:
        return text.replace(b"  deletionPolicy: Delete\n", b"  state: Absent\n")

    commit(world, blank)
    await pass_time(900)
    if living(world, "web") < 4:
        world.broken("I4", f"{living(world, 'web')} of 4 are left, and nobody wished any to go")


async def a_large_scale_in(world: World) -> None:
    """A fleet shrinks to a third, which nothing forbids."""
    await _up(world, web=9)
    want(world, web=3)
    await pass_time(200)


async def a_slip_of_the_finger(world: World) -> None:
    """Somebody means 15 and types 1."""
    await _up(world, web=16)
    want(world, web=1)
    await pass_time(300)


async def a_text_that_crashes(world: World) -> None:
    """One file has something in it at which reading falls over; another fleet has nothing to do with it."""
    await _up(world, web=3, workers=3)
    commit(world, lambda text: text.replace(b"team: ", b"note: '" + CRASHING + b"', team: "))
    await pass_time(200)
    commit(world)


async def a_word_changes(world: World) -> None:
    """An edit changes a word that means nothing to the members."""
    await _up(world, web=4)
    world.wishes["web"] = replace(world.wishes["web"], word="another word")
    commit(world)
    want(world, web=5)
    await pass_time(200)


async def jumps_while_deleting(world: World) -> None:
    """Deletions take minutes, and the clock of the host is set an hour forward while they run."""
    await _up(world, web=6)
    for record in world.judge.members(world.refs[0]):
        slow = Fate(after=Phase.DELETING, to=Phase.GONE, seconds=400)
        world.region.world.store(replace(record, fate=slow))
    want(world, web=3)
    await pass_time(20)
    for machine in world.cast.machines:
        machine.clock.skew += timedelta(hours=1)
    await pass_time(75)
    want(world, web=8)
    await pass_time(300)
