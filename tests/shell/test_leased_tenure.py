"""Tenures by leases: several processes before one store, on a virtual clock."""

from __future__ import annotations

import asyncio
import random

import pytest

from controller.core.shards import SHARDS, owner_of, shard_of
from controller.engine.claimed import ClaimedTenure
from controller.engine.leased import LONG_GONE, MEMBERS, shard_name
from providers.errors import OutcomeUnknown, ProviderError
from providers.simulated.clock import VirtualClock
from tests.shell.lease_world import KEYS, NAMES, TERMS, World, a_holder

ALL = set(range(SHARDS))
TAKEOVER_SECONDS = 60
SETTLED = TERMS.settle_seconds + 2 * TERMS.look_seconds + 2


def world(seed: int = 1, lag: float = 0.0) -> World:
    print(f"seed {seed}")
    return World(random.Random(seed), lag=lag)


def share_of(name: str, *names: str) -> set[int]:
    return {shard for shard in ALL if owner_of(shard, names) == name}


def test_alone_it_takes_all() -> None:
    """The first process has every shard after its first look, and says so of itself."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        assert ann.tenure.may_begin(KEYS[0]) is not None
        await here.step()
        assert ann.shards == ALL
        assert ann.tenure.holder_of(KEYS[0]) == a_holder("ann").words
        assert ann.tenure.changes == 1
        assert await ann.tenure.changed(0) == 1

    asyncio.run(story())


def test_newcomer_gets_its_share() -> None:
    """Who comes second is refused by name, gets its share once it has settled, and the shares then stay."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.run(10)
        ben = here.join("ben")
        await here.run(10)
        assert (ann.shards, ben.shards) == (ALL, set())
        why_not = ben.tenure.may_begin(KEYS[3])
        assert why_not == f"{a_holder('ann').words} holds the lease over this fleet (shards/03)"
        await here.run(SETTLED)
        assert ben.shards == share_of("ben", "ann", "ben")
        assert ann.shards == ALL - ben.shards
        changes = (ann.tenure.changes, ben.tenure.changes)
        await here.run(600)
        assert (ann.tenure.changes, ben.tenure.changes) == changes

    asyncio.run(story())


@pytest.mark.parametrize("seed", range(3))
def test_takeover_within_a_minute(seed: int) -> None:
    """Of two or three processes one dies at a random moment: within a minute others have all its shards."""

    async def story() -> None:
        here = world(seed)
        processes = [here.join(name) for name in ("ann", "ben", "cat")[: 2 + seed % 2]]
        await here.run(2 * SETTLED + here.dice.randrange(30))
        dead = here.dice.choice(processes)
        dead.running = False
        waited = 0.0
        rest = [process for process in processes if process is not dead]
        while set().union(*(process.shards for process in rest)) != ALL:
            await here.run(1)
            waited += 1
        print(f"taken over after {waited} s")
        assert waited < TAKEOVER_SECONDS

    asyncio.run(story())


@pytest.mark.parametrize("seed", range(4))
def test_lost_answers_delay_no_takeover(seed: int) -> None:
    """When the answers to a takeover's first requests get lost, the next ones make it, not the end of a lease."""

    async def story() -> None:
        here = world(seed)
        here.join("ann")
        await here.run(TERMS.renew_seconds)
        ben = here.join("ben")
        await here.run(5)
        here.processes[0].running = False
        waited = 0
        while not here.losing("acquire"):
            await here.run(1)
            waited += 1
        await here.run(2 * TERMS.look_seconds)
        here.lost = ""
        while ben.shards != ALL:
            await here.run(1)
            waited += 1
        assert waited < TAKEOVER_SECONDS

    asyncio.run(story())


def test_claim_without_answers_leaves_nothing() -> None:
    """A command whose claims get no answer gives back what it may have got."""

    async def story() -> None:
        here = world()
        here.lost = "acquire"
        command = claimed(here)
        with pytest.raises(OutcomeUnknown):
            await command.claim(KEYS)
        assert [here.table.holder(name) for name in NAMES] == [None] * SHARDS

    asyncio.run(story())


def test_stopped_process_knows() -> None:
    """A process that was stopped for ninety seconds may write nothing when it goes on, before any request."""

    async def story() -> None:
        here = world()
        ann, ben = here.join("ann"), here.join("ben")
        await here.run(SETTLED)
        ann.running = False
        before = ann.shards
        assert before
        await here.run(90)
        ann.running = True
        assert ann.shards == set()
        assert ann.tenure.may_write(KEYS[min(before)], 0.0) is not None
        assert ben.shards == ALL
        await here.run(SETTLED)
        assert ann.shards == before

    asyncio.run(story())


def test_hand_over_waits_for_work() -> None:
    """A shard on which a pass is running is handed over when the pass has ended; no other pass begins."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.run(5)
        shard = min(share_of("ben", "ann", "ben"))
        key = KEYS[shard]
        with ann.tenure.at_work(key):
            ben = here.join("ben")
            await here.run(SETTLED)
            assert ben.shards == share_of("ben", "ann", "ben") - {shard}
            assert "being handed over" in (ann.tenure.may_begin(key) or "")
            assert ann.tenure.may_write(key, TERMS.mutation_seconds) is None
        await here.run(2 * TERMS.look_seconds)
        assert shard in ben.shards

    asyncio.run(story())


def test_hand_over_has_an_end() -> None:
    """A pass that does not end loses its right to write; the shard moves when its last change is over."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.run(5)
        shard = min(share_of("ben", "ann", "ben"))
        key = KEYS[shard]
        with ann.tenure.at_work(key):
            ben = here.join("ben")
            await here.run(SETTLED + TERMS.drain_seconds)
            assert "had to be handed over" in (ann.tenure.may_write(key, 0.0) or "")
            assert here.table.holder(shard_name(shard)) == "ann"
            await here.run(TERMS.mutation_seconds + 2 * TERMS.look_seconds)
            assert shard in ben.shards

    asyncio.run(story())


def test_leaving_is_quick() -> None:
    """What is released is free at once: the others need not wait for leases to run out."""

    async def story() -> None:
        here = world()
        ann, ben = here.join("ann"), here.join("ben")
        await here.run(SETTLED)
        ann.running = False
        await ann.tenure.release()
        assert ann.shards == set()
        await here.run(2 * TERMS.look_seconds)
        assert ben.shards == ALL
        names = [record.name for record in here.table.records(0.0)]
        assert [name for name in names if name.startswith(MEMBERS)] == [f"{MEMBERS}ben"]

    asyncio.run(story())


@pytest.mark.slow
def test_crash_loop_takes_nothing() -> None:
    """A process that dies and comes back every twenty seconds, each time anew, never gets a held shard."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.run(5)
        for number in range(20):
            short = here.join(f"short-{number}")
            await here.run(20)
            short.running = False
            assert ann.shards == ALL

    asyncio.run(story())


def test_long_gone_names_go() -> None:
    """The name of a dead process is removed in the end, and that of a living one stays."""

    async def story() -> None:
        here = world()
        here.join("ann")
        here.join("ben").running = False
        here.processes[1].running = True
        await here.step()
        here.processes[1].running = False
        await here.run((LONG_GONE + 3) * TERMS.lease_seconds)
        names = [record.name for record in here.table.records(0.0)]
        assert f"{MEMBERS}ann" in names
        assert f"{MEMBERS}ben" not in names

    asyncio.run(story())


def test_store_away_for_a_moment() -> None:
    """Two failed renewals in a row cost nothing: there is still time for a change, and a third try."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.run(2 * TERMS.renew_seconds)
        here.storm = 2.0
        here.dice = Refusing()
        await here.run(3)
        assert ann.shards == ALL
        assert any("could not be renewed" in line for line in here.told)
        await here.run(TERMS.lease_seconds)
        assert ann.shards == set()
        here.storm, here.dice = 0.0, random.Random(1)
        await here.run(TERMS.lease_seconds)
        assert ann.shards == ALL

    asyncio.run(story())


class Refusing(random.Random):
    """Dice with which every call to the store is refused at once."""

    def random(self) -> float:
        return 0.0

    def choice(self, seq: object) -> object:  # type: ignore[override]  # the first of anything
        return seq[0]  # type: ignore[index]  # a sequence


@pytest.mark.parametrize("seed", range(2))
def test_storms_never_break_the_fence(seed: int) -> None:
    """Slow, lost and refused calls, old news, stops and deaths: nobody ever writes without its lease."""
    asyncio.run(a_storm(world(seed, lag=float(seed % 3) * 4)))


@pytest.mark.slow
def test_many_storms_break_nothing() -> None:
    """The same for thirty more seeds."""
    for seed in range(6, 36):
        asyncio.run(a_storm(world(seed, lag=float(seed % 3) * 4)))


async def a_storm(here: World) -> None:
    """Three processes come, are stopped and go on at random, while calls go wrong; then it is calm."""
    here.storm = 0.3
    for name in ("ann", "ben", "cat"):
        here.join(name)
    for _ in range(12):
        process = here.dice.choice(here.processes)
        process.running = not process.running
        await here.run(here.dice.randrange(5, 120))
    await calm(here)


async def calm(here: World) -> None:
    """When the storm is over each shard is with its owner, and stays."""
    here.storm = 0.0
    for process in here.processes:
        process.running = True
    await here.run(2 * SETTLED + TERMS.lease_seconds)
    names = [process.name for process in here.processes]
    for process in here.processes:
        assert process.shards == share_of(process.name, *names)


def test_keep_goes_on_after_a_mistake() -> None:
    """The keeper of leases survives a mistake of its own, says it, and stops when it is told to."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        stop = asyncio.Event()
        wrong = iter([True])

        def step() -> None:
            if next(wrong, False):
                raise ValueError("a mistake")
            stop.set()

        async def once() -> None:
            step()

        await ann.tenure._until(stop, once, float)
        assert here.told == ["keeping the leases failed: ValueError: a mistake"]
        await ann.tenure.keep(stop)
        assert ann.shards == set()

    asyncio.run(story())


def claimed(here: World, name: str = "cli") -> ClaimedTenure:
    return ClaimedTenure(here.holds(name, "reconcile"))


def test_command_takes_what_it_needs() -> None:
    """A command takes the shards of its own fleets, a daemon takes the rest, and gets these afterwards."""

    async def story() -> None:
        here = world()
        command = claimed(here)
        assert await command.claim([KEYS[2], KEYS[5], KEYS[2]]) is None
        assert command.may_begin(KEYS[2]) is None
        assert command.may_begin(KEYS[3]) is not None
        ann = here.join("ann")
        await here.run(TERMS.look_seconds + 2)
        assert ann.shards == ALL - {2, 5}
        assert "evenkeel reconcile" in (ann.tenure.holder_of(KEYS[5]) or "")
        await command.release()
        await here.run(2 * TERMS.look_seconds)
        assert ann.shards == ALL

    asyncio.run(story())


def test_command_names_the_holder() -> None:
    """If one of its fleets is somebody else's, a command takes none at all and says whose it is."""

    async def story() -> None:
        here = world()
        first = claimed(here, "first")
        assert await first.claim([KEYS[2]]) is None
        second = claimed(here, "second")
        why_not = await second.claim([KEYS[2], KEYS[5]])
        assert why_not == f"{a_holder('first', 'reconcile').words} holds the lease (shards/02)"
        assert here.table.holder(shard_name(5)) is None
        assert second.may_begin(KEYS[5]) is not None

    asyncio.run(story())


def test_command_without_store_fails() -> None:
    """If the store refuses to work, a command holds nothing and the error is the store's."""

    async def story() -> None:
        here = world()
        here.storm, here.dice = 2.0, Refusing()
        command = claimed(here)
        with pytest.raises(ProviderError):
            await command.claim(KEYS)
        assert all(command.may_begin(key) for key in KEYS)

    asyncio.run(story())


def test_command_keeps_its_lease() -> None:
    """A command renews while it works; after a stop that was too long it may write no more, for good."""

    async def story() -> None:
        here = world()
        command = claimed(here)
        assert await command.claim([KEYS[2]]) is None
        stop = asyncio.Event()

        class Ending(VirtualClock):
            """A clock that ends the keeping after so many waits."""

            waits = 200

            async def sleep(self, seconds: float) -> None:
                await super().sleep(seconds)
                self.waits -= 1
                if not self.waits:
                    stop.set()

        ending = Ending(here.clock.start, here.clock.elapsed)
        command.holds.clock = here.table.clock = ending
        await command.keep(stop)
        assert ending.elapsed >= 200
        assert command.may_begin(KEYS[2]) is None
        ending.advance(90)
        assert command.may_write(KEYS[2], 0.0) is not None
        await command.holds.renew_due()
        assert command.may_write(KEYS[2], 0.0) is not None

    asyncio.run(story())


def test_time_that_is_too_short_is_told() -> None:
    """With less time left than a change may take nothing is sent, and the sentence says how much is left."""

    async def story() -> None:
        here = world()
        ann = here.join("ann")
        await here.step()
        here.clock.advance(30)
        why_not = ann.tenure.may_write(KEYS[0], TERMS.mutation_seconds)
        assert why_not is not None
        assert "12.0 more seconds" in why_not
        assert ann.tenure.may_write(KEYS[0], 11.9) is None

    asyncio.run(story())


def test_terms_leave_time_to_write() -> None:
    """Just before a renewal, and even when two have failed, a whole change still fits into the lease."""
    at_worst = TERMS.renew_seconds + 2 * TERMS.again_seconds
    left = TERMS.lease_seconds - TERMS.margin_seconds - at_worst
    assert left > TERMS.mutation_seconds
    assert TERMS.lease_seconds + 2 * TERMS.look_seconds < TAKEOVER_SECONDS
    assert shard_of(KEYS[7]) == 7
