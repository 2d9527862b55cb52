"""What lies between a pass of the daemon and its provider: a gate, the ramp, and a count of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.rhythm import list_pages
from providers.errors import LeaseLost

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.engine.ramp import Ramp
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


class Passage:
    """The provider of one pass. ``pages`` counts its list requests.

    ``why_shut`` is asked before each change: with a sentence the change is not sent (``LeaseLost``), which
    ends the pass in good order. So a daemon that is told to stop, or that cannot trust its clock or its
    disk any more, changes nothing from that moment on.
    """

    def __init__(self, provider: Provider, ramp: Ramp, why_shut: Callable[[], str | None]) -> None:
        self._provider = provider
        self._ramp = ramp
        self._why_shut = why_shut
        self.pages = 0

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look; a list costs a request for each thousand members, and one when it fails."""
        if names is not None:
            return await self._provider.observe(ref, names, leftovers)
        self.pages += 1
        snapshot = await self._provider.observe(ref, None, leftovers)
        self.pages += list_pages(len(snapshot.instances)) - 1
        return snapshot

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show the catalogue: other limits apply to it."""
        return await self._provider.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create or change the set, while the gate is open."""
        self._check()
        return await self._provider.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start a creation when the ramp has a place for it, while the gate is open."""
        async with self._ramp.creation():
            self._check()
            await self._provider.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start a batch deletion, while the gate is open."""
        self._check()
        await self._provider.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start an operation on a member, while the gate is open."""
        self._check()
        await self._provider.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Tag or delete a leftover, while the gate is open."""
        self._check()
        await self._provider.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set, while the gate is open."""
        self._check()
        await self._provider.delete_group(ref)

    def _check(self) -> None:
        why = self._why_shut()
        if why is not None:
            raise LeaseLost("Withheld", why)
