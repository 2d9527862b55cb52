"""A provider in front of another: what lies between a plan and a cloud is written as one of these.

``Relay`` passes everything on. Who wants to count, record, refuse or time what passes overrides one of two
methods: ``reading`` stands around every look, ``changing`` around every change. Each gets a value that says
what is asked, and the way to go on.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

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


class Call(StrEnum):
    """What can be asked of a provider. A look at members by name costs other requests than a list."""

    LIST = "observe"
    NAMED = "observeNamed"
    CATALOG = "catalog"
    PUT_GROUP = "putGroup"
    CREATE = "create"
    DELETE = "delete"
    OPERATE = "operate"
    SWEEP = "sweep"
    DELETE_GROUP = "deleteGroup"


@dataclass(frozen=True, slots=True)
class Change:
    """A change on its way. ``names`` are members, or the ARM id of the leftover that is swept.

    ``request`` is what the call is about, None where its name says all. ``etag`` is the set's, with
    ``PUT_GROUP`` alone, None when it is to be created.
    """

    call: Call
    ref: GroupRef
    names: tuple[str, ...] = ()
    request: GroupRequest | InstanceRequest | Operation | SweepOperation | None = None
    etag: str | None = None


@dataclass(eq=False)
class Relay:
    """Passes everything on to ``inner``, through ``reading`` and ``changing``."""

    inner: Provider

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Surround a look."""
        del call
        return await go_on()

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Surround a change. Not to go on is not to send it; then an error of the tree must say so."""
        del change
        return await go_on()

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look at the set, its members and leftovers."""
        return await self.reading(
            Call.LIST if names is None else Call.NAMED,
            lambda: self.inner.observe(ref, names, leftovers),
        )

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Look at the catalogue."""
        return await self.reading(
            Call.CATALOG, lambda: self.inner.catalog(subscription, location, network)
        )

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create or change the set."""
        return await self.changing(
            Change(Call.PUT_GROUP, ref, request=request, etag=etag),
            lambda: self.inner.put_group(ref, request, etag=etag),
        )

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of a member."""
        await self.changing(
            Change(Call.CREATE, ref, (request.name,), request=request),
            lambda: self.inner.create(ref, request),
        )

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start a batch deletion."""
        await self.changing(
            Change(Call.DELETE, ref, tuple(names)), lambda: self.inner.delete(ref, names)
        )

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start an operation on one member."""
        await self.changing(
            Change(Call.OPERATE, ref, (name,), request=operation),
            lambda: self.inner.operate(ref, name, operation),
        )

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Tag or delete a leftover."""
        await self.changing(
            Change(Call.SWEEP, ref, (leftover,), request=operation),
            lambda: self.inner.sweep(ref, leftover, operation),
        )

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set."""
        await self.changing(Change(Call.DELETE_GROUP, ref), lambda: self.inner.delete_group(ref))
