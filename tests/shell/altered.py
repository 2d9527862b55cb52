"""A provider whose looks are altered on their way: what a torn or truncated answer would show."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from random import Random

    from providers.base import (
        Catalog,
        Group,
        GroupRef,
        GroupRequest,
        GroupSnapshot,
        InstanceRequest,
        LeftoverSearch,
        NetworkQuestion,
        Operation,
        Provider,
        SweepOperation,
    )


@dataclass(frozen=True, slots=True)
class AlteredProvider:
    """Passes everything on; ``alter`` gets each snapshot and whether it was asked for by name.

    ``quotas`` False hides the quotas, so that only the platform's own refusal tells of them.
    """

    inner: Provider
    alter: Callable[[GroupSnapshot, bool], GroupSnapshot] = lambda snapshot, _: snapshot
    quotas: bool = True

    async def _before(self) -> None:
        """What comes before each call: nothing."""

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show what ``alter`` makes of the truth."""
        await self._before()
        snapshot = await self.inner.observe(ref, names, leftovers)
        return self.alter(snapshot, names is not None)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Pass on, with or without quotas."""
        catalog = await self.inner.catalog(subscription, location, network)
        return catalog if self.quotas else replace(catalog, quotas={})

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Pass on."""
        await self._before()
        return await self.inner.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Pass on."""
        await self._before()
        await self.inner.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Pass on."""
        await self._before()
        await self.inner.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Pass on."""
        await self._before()
        await self.inner.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Pass on."""
        await self._before()
        await self.inner.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Pass on."""
        await self._before()
        await self.inner.delete_group(ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnTakingProvider(AlteredProvider):
    """Lets others go first before each call, as often as the dice say."""

    turns: Random

    async def _before(self) -> None:
        for _ in range(self.turns.randrange(4)):
            await asyncio.sleep(0)
