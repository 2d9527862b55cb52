"""The fence: no change leaves this process unless the lease over its fleet lasts until the change is over.

It wraps a provider from outside, so that nothing between the plan and the network can go round it. Reads
pass: whoever has no lease may look.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, TypeVar

from controller.engine.tenure import key_of
from providers.errors import LeaseLost, OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from controller.engine.tenure import Tenure
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

T = TypeVar("T")


class Fenced:
    """A provider whose changes need the tenure's word, each at the moment when it is sent.

    Raises ``LeaseLost`` instead of sending. A change that takes longer than the tenure allows is given up
    (``OutcomeUnknown``), because after that somebody else may hold the fleet.
    """

    def __init__(self, provider: Provider, tenure: Tenure) -> None:
        self._provider = provider
        self._tenure = tenure

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look, with or without a lease."""
        return await self._provider.observe(ref, names, leftovers)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show the catalogue, with or without a lease."""
        return await self._provider.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create or change the set, if it is ours."""
        return await self._send(ref, lambda: self._provider.put_group(ref, request, etag=etag))

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of a member, if the fleet is ours."""
        await self._send(ref, lambda: self._provider.create(ref, request))

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start a batch deletion, if the fleet is ours."""
        await self._send(ref, lambda: self._provider.delete(ref, names))

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start an operation on one member, if the fleet is ours."""
        await self._send(ref, lambda: self._provider.operate(ref, name, operation))

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Tag or delete a leftover, if the fleet is ours."""
        await self._send(ref, lambda: self._provider.sweep(ref, leftover, operation))

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set, if it is ours."""
        await self._send(ref, lambda: self._provider.delete_group(ref))

    async def _send(self, ref: GroupRef, change: Callable[[], Awaitable[T]]) -> T:
        need = self._tenure.mutation_seconds
        why_not = self._tenure.may_write(key_of(ref), need)
        if why_not is not None:
            raise LeaseLost("LeaseNotHeld", why_not)
        limit = asyncio.timeout(None if math.isinf(need) else need)
        try:
            async with limit:
                return await change()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise OutcomeUnknown(
                "TooSlowForTheLease",
                f"no answer within the {need:.0f} seconds that the lease leaves for one change: "
                "it may have been carried out",
            ) from error
