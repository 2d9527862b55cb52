"""Crash harness: the process dies before or after its n-th mutation, and another one begins from nothing.

A story makes passes through a ``MortalProvider``. Everything that the dead process knew is lost; the
region goes on. ``Watch`` looks at the truth of the region after every change, behind the provider's back.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core import tags
from providers.base import ProvisioningState
from providers.simulated import instances

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    from providers.simulated.region import SimulatedRegion


class Crash(BaseException):
    """The process has died. Not an Exception, so that no handler of ours outlives it."""


class When(StrEnum):
    """On which side of a mutation the process dies."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True)
class MortalProvider:
    """Passes everything on to ``inner`` until the ``at``-th mutation (from 1); then raises ``Crash``.

    Once dead it stays dead: what was about to be sent at the same time is not sent. ``at`` 0: immortal.
    """

    inner: Provider
    at: int = 0
    when: When = When.BEFORE
    mutations: int = 0
    dead: bool = False

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look, if still alive."""
        self._check_alive()
        return await self.inner.observe(ref, names, leftovers)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Look, if still alive."""
        self._check_alive()
        return await self.inner.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Count and pass on."""
        with self._mutation():
            return await self.inner.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Count and pass on."""
        with self._mutation():
            await self.inner.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Count and pass on."""
        with self._mutation():
            await self.inner.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Count and pass on."""
        with self._mutation():
            await self.inner.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Count and pass on."""
        with self._mutation():
            await self.inner.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Count and pass on."""
        with self._mutation():
            await self.inner.delete_group(ref)

    @contextmanager
    def _mutation(self) -> Iterator[None]:
        self._check_alive()
        self.mutations += 1
        fatal = self.mutations == self.at
        if fatal and self.when is When.BEFORE:
            self._die()
        try:
            yield
        finally:
            if fatal:
                self._die()

    def _die(self) -> None:
        self.dead = True
        raise Crash

    def _check_alive(self) -> None:
        if self.dead:
            raise Crash


@dataclass(slots=True)
class Watch:
    """Counts a fleet's live members in the region itself, each time that the region changes.

    Pass it as ``on_change``. ``counts`` are the numbers seen, in order; members being deleted are gone.
    ``reused`` are names under which a second VM was created after the first.
    """

    ref: GroupRef
    counts: list[int] = field(default_factory=list)
    reused: set[str] = field(default_factory=set)
    _born: dict[str, float] = field(default_factory=dict)

    def __call__(self, region: SimulatedRegion) -> None:
        """Count once."""
        self.counts.append(len(live_members(region, self.ref)))
        for record in region.world.roster.members(self.ref):
            if self._born.setdefault(record.name, record.created_at) != record.created_at:
                self.reused.add(record.name)

    @property
    def highest(self) -> int:
        """The most members at any step."""
        return max(self.counts, default=0)

    @property
    def lowest(self) -> int:
        """The fewest members at any step."""
        return min(self.counts, default=0)


def live_members(region: SimulatedRegion, ref: GroupRef) -> tuple[str, ...]:
    """Names of our members that exist and are not being deleted, in truth and without lag."""
    region.world.settle()
    shown = (
        instances.shown(record, region.clock, region.scenario)
        for record in region.world.roster.members(ref)
    )
    return tuple(
        sorted(
            found.name
            for found in shown
            if tags.owned(ref, found.tags)
            and found.provisioning_state != ProvisioningState.DELETING
        )
    )
