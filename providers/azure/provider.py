"""The provider contract over Azure Resource Manager."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from providers.azure.catalog import Shelf
from providers.azure.failed import Failures
from providers.azure.leftovers import Attic
from providers.azure.pipeline import Connection
from providers.azure.preflight import Surroundings
from providers.azure.reading import Reader
from providers.azure.views import instances_of
from providers.azure.writing import Writer
from providers.base import GroupSnapshot, InstallExtension, SingleDelete, TagChange
from providers.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.azure.pipeline import Conduct, Endpoint, Transports
    from providers.azure.views import Vm
    from providers.base import (
        Catalog,
        Group,
        GroupRef,
        GroupRequest,
        InstanceRequest,
        LeftoverSearch,
        Lock,
        NetworkQuestion,
        Operation,
        SweepOperation,
    )


class AzureProvider:
    """A cloud behind HTTP.

    A connection is opened with the first call and kept until ``close``; after that the next call opens
    another, which may be in another event loop. What was learned (rates, sizes, operations) stays.
    """

    def __init__(
        self, endpoint: Endpoint, conduct: Conduct, *, transports: Transports | None = None
    ) -> None:
        self._endpoint = endpoint
        self._conduct = conduct
        self._transports = transports
        self._open: Connection | None = None
        self._shelf = Shelf()
        self._failures = Failures()
        self._surroundings = Surroundings()

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show the scale set, its members and the locks over them, and leftovers if asked for.

        ``observed_at`` is the moment before the first request: nothing shown is older than that.
        """
        connection = self._connection()
        reader = Reader(connection, ref)
        observed_at = connection.clock.now
        vms, (group, locks) = await _both(reader, names)
        reasons = await self._failures.of(connection, ref, vms)
        left = None if leftovers is None else await Attic(connection, ref).search(leftovers)
        return GroupSnapshot(
            observed_at=observed_at,
            group=group,
            instances=instances_of(vms, reasons),
            locks=locks,
            complete=names is None,
            leftovers=left,
        )

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show sizes, zones, fault domain limits and quota, and what of the network is asked about."""
        connection = self._connection()
        catalog = await self._shelf.catalog(connection, subscription, location)
        if network is None:
            return catalog
        facts = await self._surroundings.facts(connection, location, network)
        return replace(catalog, network=facts)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create the set (``etag`` None), or change its tags and zones if its etag still is ``etag``."""
        writer = Writer(self._connection(), ref)
        if etag is None:
            return await writer.create_group(request)
        return await writer.change_group(request, etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start the creation of one member."""
        operation = await Writer(self._connection(), ref).create(request)
        self._failures.remember(ref, request.name, operation)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start the batch deletion of the named members."""
        await Writer(self._connection(), ref).delete(names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Start a power operation or an installation on one member, change its tags, or delete it alone."""
        connection = self._connection()
        writer = Writer(connection, ref)
        if isinstance(operation, TagChange):
            vm = await Reader(connection, ref).member(name)
            if vm is None:
                raise NotFound("ResourceNotFound", f"{ref.name} has no member {name}")
            await writer.tag(vm, operation.tags)
        elif isinstance(operation, SingleDelete):
            await writer.delete_one(name)
        elif isinstance(operation, InstallExtension):
            url = await writer.install(name, operation)
            self._failures.remember(ref, f"{name}/{operation.name}", url)
        else:
            await writer.operate(name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Change tags of one leftover, or start its deletion."""
        await Attic(self._connection(), ref).sweep(leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set. ``Rejected`` while it has members."""
        await Writer(self._connection(), ref).delete_group()

    async def close(self) -> None:
        """Close what is open: the session to ARM and the credential's own."""
        connection, self._open = self._open, None
        if connection is not None:
            await connection.close()

    def _connection(self) -> Connection:
        if self._open is None:
            self._open = Connection(self._endpoint, self._conduct, self._transports)
        return self._open


async def _both(
    reader: Reader, names: Sequence[str] | None
) -> tuple[tuple[Vm, ...], tuple[Group | None, tuple[Lock, ...] | None]]:
    """Members, set and locks, asked for at the same time; all are awaited before an error is raised."""
    members = reader.members() if names is None else reader.named(names)
    answers = await asyncio.gather(members, reader.group(), reader.locks(), return_exceptions=True)
    vms, group, locks = answers
    if isinstance(vms, BaseException):
        raise vms
    if isinstance(group, BaseException):
        raise group
    if isinstance(locks, BaseException):
        raise locks
    return vms, (group, locks)
