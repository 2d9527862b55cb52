"""Leases in Azure Blob Storage: each name is an empty blob, its lease is the lease, its metadata the holder.

Nothing is retried here: whoever keeps the leases asks again, and by the same token, which does no harm.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, unquote

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob.aio import BlobLeaseClient, ContainerClient

from providers.azure.lease_errors import code_of, lease_errors
from providers.errors import LeaseLost
from providers.leases import Holder, LeaseRecord

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob import BlobProperties
    from azure.storage.blob.aio import BlobClient

    from providers.leases import LeaseAddress

T = TypeVar("T")

_LEASED = "leased"


@dataclass(frozen=True, slots=True)
class LeaseAccess:
    """How to get in: a credential, made anew for each connection, or the account's key."""

    credential: Callable[[], AsyncTokenCredential] | None = None
    key: str | None = None

    def __repr__(self) -> str:
        return f"LeaseAccess({'key' if self.key else 'credential'})"


class AzureLeases:
    """A lease store in a blob container. ``call_seconds``: no call lasts longer."""

    def __init__(self, address: LeaseAddress, access: LeaseAccess, *, call_seconds: float) -> None:
        self._address = address
        self._access = access
        self._seconds = call_seconds
        self._open: ContainerClient | None = None
        self._credential: AsyncTokenCredential | None = None

    async def acquire(self, name: str, holder: Holder, *, token: str, seconds: int) -> None:
        """Take the lease, then write who has it; the blob is made if there is none yet."""

        async def take() -> None:
            blob = self._blob(name)
            lease = BlobLeaseClient(blob, lease_id=token)
            try:
                await lease.acquire(lease_duration=seconds)
            except ResourceNotFoundError as error:
                if code_of(error) != "BlobNotFound":
                    raise
                await _make(blob)
                await lease.acquire(lease_duration=seconds)
            await blob.set_blob_metadata(_to_metadata(holder), lease=token)

        await self._bounded(take)

    async def renew(self, name: str, *, token: str) -> None:
        """Begin the lease anew."""
        await self._bounded(BlobLeaseClient(self._blob(name), lease_id=token).renew)

    async def release(self, name: str, *, token: str) -> None:
        """Give the lease back."""
        try:
            await self._bounded(BlobLeaseClient(self._blob(name), lease_id=token).release)
        except LeaseLost:
            return

    async def look(self) -> Sequence[LeaseRecord]:
        """List the blobs: one request for every five thousand."""
        prefix = f"{self._address.prefix}/" if self._address.prefix else ""

        async def listed() -> list[LeaseRecord]:
            blobs = self._container().list_blobs(name_starts_with=prefix, include=["metadata"])
            return [_record(blob, prefix) async for blob in blobs]

        return await self._bounded(listed)

    async def forget(self, name: str) -> None:
        """Delete the blob; storage refuses that while somebody has its lease."""
        try:
            await self._bounded(self._blob(name).delete_blob)
        except LeaseLost:
            return

    async def close(self) -> None:
        """Close the session and the credential's own."""
        container, self._open = self._open, None
        credential, self._credential = self._credential, None
        if container is not None:
            await container.close()
        if credential is not None:
            await credential.close()

    async def _bounded(self, call: Callable[[], Awaitable[T]]) -> T:
        with lease_errors(self._seconds):
            async with asyncio.timeout(self._seconds):
                return await call()

    def _blob(self, name: str) -> BlobClient:
        prefix = self._address.prefix
        return self._container().get_blob_client(f"{prefix}/{name}" if prefix else name)

    def _container(self) -> ContainerClient:
        if self._open is None:
            access: Any = self._access.key
            if self._access.credential is not None:
                access = self._credential = self._access.credential()
            self._open = ContainerClient(
                self._address.account_url,
                self._address.container,
                credential=access,
                retry_total=0,
                permit_redirects=False,
                connection_timeout=self._seconds,
                read_timeout=self._seconds,
            )
        return self._open


async def _make(blob: BlobClient) -> None:
    try:
        await blob.upload_blob(b"", overwrite=False)
    except ResourceExistsError:
        return


def _to_metadata(holder: Holder) -> dict[str, str]:
    """Metadata travel in headers, which are ASCII."""
    return {
        "holder": quote(holder.id),
        "host": quote(holder.host),
        "pid": str(holder.pid),
        "role": quote(holder.role),
        "since": quote(holder.since, safe=":"),
    }


def _record(blob: BlobProperties, prefix: str) -> LeaseRecord:
    held = blob.lease.state == _LEASED
    return LeaseRecord(blob.name.removeprefix(prefix), _holder(blob.metadata or {}), held)


def _holder(metadata: dict[str, str]) -> Holder | None:
    try:
        return Holder(
            id=unquote(metadata["holder"]),
            host=unquote(metadata["host"]),
            pid=int(metadata["pid"]),
            role=unquote(metadata["role"]),
            since=unquote(metadata["since"]),
        )
    except (LookupError, ValueError):
        return None
