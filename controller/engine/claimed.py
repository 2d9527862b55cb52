"""The tenure of a command that makes a few passes and ends: exactly the shards that its fleets are in.

It takes all of them or none. Daemons see its leases and wait; it is not one of them, so none of their
shards fall to it.
"""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

from controller.core.shards import shard_of
from controller.engine.clock import sleep_unless
from controller.engine.leased import ShardTenure, shard_name
from providers.errors import LeaseHeld, ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class ClaimedTenure(ShardTenure):
    """The leases over a few fleets, for as long as a command takes. Made anew for each event loop."""

    async def claim(self, keys: Sequence[str]) -> str | None:
        """Take the leases over these fleets; the sentence why not if somebody else has one of them.

        Raises ``ProviderError`` if the store cannot be used. Nothing is held then, nor after a refusal.
        """
        names = sorted({shard_name(shard_of(key)) for key in keys})
        answers = await asyncio.gather(*(self._take(name) for name in names))
        failed = [answer for answer in answers if answer is not None]
        if not failed:
            self.note_change()
            return None
        await self.holds.release(names)
        for error in failed:
            if not isinstance(error, LeaseHeld):
                raise error
        return await self._who(
            [name for name, error in zip(names, answers, strict=True) if error is not None]
        )

    @contextmanager
    def at_work(self, key: str) -> Iterator[None]:
        """Nothing is handed over before the command ends."""
        del key
        yield

    async def keep(self, stop: asyncio.Event) -> None:
        """Renew the leases until told to stop. What is lost stays lost: the command is not to go on."""
        while not stop.is_set():
            await self.holds.renew_due()
            await sleep_unless(stop, self.holds.terms.again_seconds, self.holds.clock)

    async def release(self) -> None:
        """Give everything back."""
        await self.holds.release(self.holds.names)
        self.note_change()
        await self.holds.store.close()

    async def _take(self, name: str) -> ProviderError | None:
        try:
            await self.holds.acquire(name)
        except ProviderError as error:
            return error
        return None

    async def _who(self, names: Sequence[str]) -> str:
        """Who has the leases that were refused; told as far as it can be seen."""
        try:
            self.note_seen(await self.holds.store.look())
        except ProviderError:
            self.note_seen(())
        holders = sorted({self.words_of(name) or "another process" for name in names})
        return f"{' and '.join(holders)} holds the lease ({', '.join(names)})"
