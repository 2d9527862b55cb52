"""The provider contract over a simulated region: the same physics, the same errors, no network."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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
        SweepOperation,
    )
    from providers.simulated.region import SimulatedRegion

T = TypeVar("T")


class SimulatedProvider:
    """A cloud in memory. ``on_change`` is called after each call that changed the region.

    The changes include those that time brought and faults that were met, so that a region kept in a file
    by ``on_change`` goes on in the next process exactly where it stopped in this one.
    """

    def __init__(
        self, region: SimulatedRegion, on_change: Callable[[SimulatedRegion], None] | None = None
    ) -> None:
        self.region = region
        self._on_change = on_change

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show the scale set, its members and the locks over them, and leftovers if asked for."""
        return self._call(
            Call.OBSERVE, names or (), lambda: self.region.observe(ref, names, leftovers)
        )

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show sizes, zones, fault domain limits and quota, and what of the network is asked about."""
        return self._call(
            Call.CATALOG, (), lambda: self.region.catalog(subscription, location, network)
        )

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create the set, or change it if its etag still is ``etag``."""
        return self._call(Call.PUT_GROUP, (), lambda: self.region.put_set(ref, request, etag=etag))

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of one member."""
        self._call(Call.CREATE, (request.name,), lambda: self.region.create(ref, request))

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start the batch deletion of the named members."""
        self._call(Call.DELETE, names, lambda: self.region.delete_members(ref, names))

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start a power operation or an installation on one member, or change its tags."""
        self._call(Call.OPERATE, (name,), lambda: self.region.operate(ref, name, operation))

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Change tags of one leftover, or delete it."""
        names = (leftover.rpartition("/")[2], ref.name)
        self._call(Call.SWEEP, names, lambda: self.region.sweep(leftover, operation))

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set."""
        self._call(Call.DELETE_GROUP, (), lambda: self.region.delete_set(ref))

    def _call(self, call: Call, names: Sequence[str], action: Callable[[], T]) -> T:
        before = self.region.world.changes
        try:
            return self.region.attempt(call, names, action)
        finally:
            if self._on_change is not None and self.region.world.changes != before:
                self._on_change(self.region)
