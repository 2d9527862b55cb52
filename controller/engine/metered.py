"""Counts what a provider is asked and what it answers, for whoever measures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from providers.errors import ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from controller.engine.clock import SteadyClock
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

ACCEPTED = "ok"
BROKEN = "broken"
"""What is told of a call that ended with a mistake of ours instead of an answer."""


class Gauge(Protocol):
    """Who is told of each call."""

    def called(self, call: str, outcome: str, seconds: float) -> None:
        """A call has ended: ``ok``, or the class of its error in the tree of ``providers.errors``."""
        ...


class Metered:
    """A provider of whose calls somebody is told."""

    def __init__(self, provider: Provider, clock: SteadyClock, gauge: Gauge) -> None:
        self._provider = provider
        self._clock = clock
        self._gauge = gauge

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look; a look by names is counted apart, because it costs other requests."""
        with self._timed("observe" if names is None else "observeNamed"):
            return await self._provider.observe(ref, names, leftovers)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show the catalogue."""
        with self._timed("catalog"):
            return await self._provider.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create or change the set."""
        with self._timed("putGroup"):
            return await self._provider.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of a member."""
        with self._timed("create"):
            await self._provider.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start a batch deletion."""
        with self._timed("delete"):
            await self._provider.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start an operation on one member."""
        with self._timed("operate"):
            await self._provider.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Tag or delete a leftover."""
        with self._timed("sweep"):
            await self._provider.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set."""
        with self._timed("deleteGroup"):
            await self._provider.delete_group(ref)

    @contextmanager
    def _timed(self, call: str) -> Iterator[None]:
        begun = self._clock.elapsed
        outcome = BROKEN
        try:
            yield
            outcome = ACCEPTED
        except ProviderError as error:
            outcome = type(error).__name__
            raise
        finally:
            self._gauge.called(call, outcome, max(0.0, self._clock.elapsed - begun))
