"""A provider whose looks are altered on their way: what a torn or truncated answer would show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from providers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from random import Random

    from providers.base import (
        Catalog,
        GroupRef,
        GroupSnapshot,
        LeftoverSearch,
        NetworkQuestion,
    )
    from providers.relay import Call, Change

T = TypeVar("T")


@dataclass(eq=False)
class AlteredProvider(Relay):
    """Passes everything on; ``alter`` gets each snapshot and whether it was asked for by name.

    ``quotas`` False hides the quotas, so that only the platform's own refusal tells of them.
    """

    alter: Callable[[GroupSnapshot, bool], GroupSnapshot] = lambda snapshot, _: snapshot
    quotas: bool = True

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show what ``alter`` makes of the truth."""
        snapshot = await super().observe(ref, names, leftovers)
        return self.alter(snapshot, names is not None)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show the catalogue with or without quotas."""
        catalog = await super().catalog(subscription, location, network)
        return catalog if self.quotas else replace(catalog, quotas={})


@dataclass(eq=False, kw_only=True)
class TurnTakingProvider(Relay):
    """Lets others go first before each call, as often as the dice say."""

    turns: Random

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Look when it is our turn."""
        del call
        await self._wait()
        return await go_on()

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Change something when it is our turn."""
        del change
        await self._wait()
        return await go_on()

    async def _wait(self) -> None:
        for _ in range(self.turns.randrange(4)):
            await asyncio.sleep(0)
