"""The tenure of a daemon among others: its share of the shards, each by a lease of its own.

Every process has a lease on its own name too, ``members/<id>``, by which the others see that it is alive
before it holds anything. Nobody is told how many there are: they see each other, and each comes to the same
answer about who looks after what.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from controller.core.shards import SHARDS, choose_moves, shard_of
from controller.engine.clock import sleep_unless
from providers.errors import LeaseHeld, ProviderError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from controller.engine.holds import Holds
    from providers.leases import LeaseRecord

MEMBERS = "members/"
LONG_GONE = 10
"""After how many lengths of a lease the name of a process that is gone is removed."""


@cache
def shard_name(shard: int) -> str:
    """The name of a shard's lease."""
    return f"shards/{shard:02d}"


class ShardTenure:
    """What a tenure by shards knows: which leases it holds, and who was last seen to hold the others."""

    def __init__(self, holds: Holds) -> None:
        self.holds = holds
        self._seen: dict[str, LeaseRecord] = {}
        self._changes = 0
        self._changed = asyncio.Event()

    @property
    def mutation_seconds(self) -> float:
        """How long one change may take: so much is always left of a lease that is renewed in time."""
        return self.holds.terms.mutation_seconds

    @property
    def changes(self) -> int:
        """Goes up whenever fleets have come to this process, or gone."""
        return self._changes

    async def changed(self, since: int) -> int:
        """Wait until ``changes`` is no longer ``since``."""
        while self._changes == since:
            await self._changed.wait()
        return self._changes

    def may_begin(self, key: str) -> str | None:
        """None if a pass over the fleet may begin: its shard's lease is ours, for one change at least."""
        return self.may_write(key, self.mutation_seconds)

    def may_write(self, key: str, need_seconds: float) -> str | None:
        """None if the fleet's lease is ours for ``need_seconds`` from now."""
        name = shard_name(shard_of(key))
        left = self.holds.seconds_left(name)
        if left > need_seconds:
            return None
        if name in self.holds:
            return (
                f"our lease over this fleet ({name}) may be relied on for {max(0.0, left):.1f} more "
                f"seconds, and a change may take {need_seconds:.1f}: nothing is sent until it has been "
                "renewed"
            )
        holder = self.holder_of(key)
        if holder is None:
            return f"nobody holds the lease over this fleet ({name}) yet"
        return f"{holder} holds the lease over this fleet ({name})"

    def holder_of(self, key: str) -> str | None:
        """Who holds the fleet's lease, in words, as last seen."""
        return self.words_of(shard_name(shard_of(key)))

    def words_of(self, name: str) -> str | None:
        """Who holds a lease, in words, as last seen."""
        if self.holds.seconds_left(name) > 0:
            return self.holds.holder.words
        record = self._seen.get(name)
        if record is None or not record.held or record.holder is None:
            return None
        return None if record.holder.id == self.holds.holder.id else record.holder.words

    def note_seen(self, records: Sequence[LeaseRecord]) -> None:
        """Take in what the store shows."""
        self._seen = {record.name: record for record in records}

    def note_change(self) -> None:
        """Wake whoever waits for ``changes``."""
        self._changes += 1
        before, self._changed = self._changed, asyncio.Event()
        before.set()


class LeasedTenure(ShardTenure):
    """This process's share of all shards. Made anew for each event loop.

    ``on_trouble`` is told, in a sentence, when the lease store cannot be used; nothing is raised.
    """

    def __init__(self, holds: Holds, on_trouble: Callable[[str], None] = lambda _: None) -> None:
        super().__init__(holds)
        self._me = f"{MEMBERS}{holds.holder.id}"
        self._on_trouble = on_trouble
        self._working: Counter[int] = Counter()
        self._leaving: dict[int, float] = {}
        self._alive_since: dict[str, float] = {}
        self._gone_since: dict[str, float] = {}
        self._look_at = 0.0

    @property
    def shards(self) -> tuple[int, ...]:
        """The shards that are ours now."""
        return tuple(shard for shard in range(SHARDS) if shard_name(shard) in self.holds)

    def may_begin(self, key: str) -> str | None:
        """None if a pass over the fleet may begin: it is ours, and is not being handed over."""
        shard = shard_of(key)
        if shard in self._leaving:
            return f"the lease over this fleet ({shard_name(shard)}) is being handed over"
        return super().may_begin(key)

    def may_write(self, key: str, need_seconds: float) -> str | None:
        """None if the fleet's lease is ours for long enough, and its time was not up in a handing over."""
        shard = shard_of(key)
        if self.holds.clock.elapsed >= self._leaving.get(shard, float("inf")):
            return f"the lease over this fleet ({shard_name(shard)}) had to be handed over"
        return super().may_write(key, need_seconds)

    @contextmanager
    def at_work(self, key: str) -> Iterator[None]:
        """While the block lasts the fleet's shard is handed over only after its time for that is up."""
        shard = shard_of(key)
        self._working[shard] += 1
        try:
            yield
        finally:
            self._working[shard] -= 1

    async def keep(self, stop: asyncio.Event) -> None:
        """Keep our share until told to stop. Renewals never wait for anything else."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._until(stop, self.renew, self._seconds_to_renewal))
            group.create_task(self._until(stop, self.share, self._seconds_to_look))

    async def renew(self) -> None:
        """Renew what is due, and notice what is lost."""
        before = self.shards
        for name, error in await self.holds.renew_due():
            self._on_trouble(f"the lease {name} could not be renewed: {error.message}")
        if self.shards != before:
            self.note_change()

    async def share(self) -> None:
        """Look who is there, take what falls to us and is free, hand over what falls to others."""
        await self._end_hand_overs()
        now = self.holds.clock.elapsed
        if now < self._look_at:
            return
        self._look_at = now + self.holds.terms.look_seconds
        if self._me not in self.holds and not await self._take(self._me):
            return
        try:
            records = await self.holds.store.look()
        except ProviderError as error:
            self._on_trouble(f"who holds which lease cannot be seen: {error.message}")
            return
        self.note_seen(records)
        await self._move()
        await self._remove_the_long_gone()

    async def release(self) -> None:
        """Give everything back, our own name last, and remove that."""
        shards = [name for name in self.holds.names if name != self._me]
        await self.holds.release(shards)
        await self.holds.release([self._me])
        self.note_change()
        try:
            await self.holds.store.forget(self._me)
        except ProviderError:
            return
        finally:
            await self.holds.store.close()

    def _seconds_to_renewal(self) -> float:
        return self.holds.seconds_to_renewal()

    def _seconds_to_look(self) -> float:
        """Until the next look; at once, as far as that goes, while something is being handed over."""
        return 0.0 if self._leaving else self._look_at - self.holds.clock.elapsed

    async def _until(
        self,
        stop: asyncio.Event,
        step: Callable[[], Awaitable[None]],
        due: Callable[[], float],
    ) -> None:
        """Take a step whenever it is due, and now and then besides.

        A machine that slept does not count that as waiting: what is due then has to be found out.
        """
        terms = self.holds.terms
        while not stop.is_set():
            try:
                await step()
            except Exception as error:  # noqa: BLE001 -- a mistake of ours must not end the renewals
                self._on_trouble(f"keeping the leases failed: {type(error).__name__}: {error}")
            pause = min(terms.look_seconds, max(terms.again_seconds, due()))
            await sleep_unless(stop, pause, self.holds.clock)

    async def _move(self) -> None:
        taken = {shard for shard in range(SHARDS) if self._is_held(shard_name(shard))}
        mine = {shard: shard in self._leaving for shard in self.shards}
        moves = choose_moves(self.holds.holder.id, self._members(), taken=taken, mine=mine)
        now = self.holds.clock.elapsed
        self._leaving |= dict.fromkeys(moves.hand_over, now + self.holds.terms.drain_seconds)
        names = [shard_name(shard) for shard in moves.acquire]
        answers = await asyncio.gather(*(self._take(name) for name in names))
        if any(answers) or moves.hand_over:
            self.note_change()
        await self._end_hand_overs()

    async def _end_hand_overs(self) -> None:
        """Give back the shards on which nobody works any more, or whose time is up.

        When the time is up a change may still be under way. It was begun under the lease, so the lease is
        kept until it must be over, and no other change is begun.
        """
        now = self.holds.clock.elapsed
        over = []
        for shard, until in list(self._leaving.items()):
            name = shard_name(shard)
            if name not in self.holds:
                del self._leaving[shard]
            elif not self._working[shard] or now >= until + self.mutation_seconds:
                del self._leaving[shard]
                over.append(name)
        if over:
            await self.holds.release(over)
            self.note_change()

    async def _take(self, name: str) -> bool:
        try:
            await self.holds.acquire(name)
        except LeaseHeld:
            return False
        except ProviderError as error:
            self._on_trouble(f"the lease {name} could not be taken: {error.message}")
            return False
        return True

    def _members(self) -> set[str]:
        """Who counts when shards are dealt out: we, and whoever has been alive for long enough."""
        now = self.holds.clock.elapsed
        alive = {
            record.name.removeprefix(MEMBERS)
            for record in self._seen.values()
            if record.name.startswith(MEMBERS) and record.held
        }
        self._alive_since = {one: self._alive_since.get(one, now) for one in sorted(alive)}
        settled = self.holds.terms.settle_seconds
        old = {one for one, since in self._alive_since.items() if now - since >= settled}
        return old | {self.holds.holder.id}

    def _is_held(self, name: str) -> bool:
        """Whether somebody else holds a lease, as far as can be known."""
        record = self._seen.get(name)
        return record is not None and record.held and not self.holds.may_be_ours(name)

    async def _remove_the_long_gone(self) -> None:
        now = self.holds.clock.elapsed
        gone = {
            record.name
            for record in self._seen.values()
            if record.name.startswith(MEMBERS) and not record.held
        }
        self._gone_since = {name: self._gone_since.get(name, now) for name in sorted(gone)}
        for name, since in list(self._gone_since.items()):
            if now - since >= LONG_GONE * self.holds.terms.lease_seconds:
                try:
                    await self.holds.store.forget(name)
                except ProviderError:
                    return
