"""A server on loopback with its own certificate, and the real SDK as its client, for tests."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import aiohttp
from azure.core.credentials import AccessToken, AccessTokenInfo
from azure.core.pipeline.transport import AioHttpTransport
from azure.mgmt.compute.aio import ComputeManagementClient

from controller.engine.clock import WallClock
from providers.arm.certificate import make_certificates
from providers.arm.emulator import Emulator
from providers.arm.server import Server
from tests.providers.worlds import SUBSCRIPTION


class AnyToken:
    """A credential whose token is as good as any."""

    async def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        return AccessToken("any", 4_000_000_000)

    async def get_token_info(self, *_scopes: str, **_options: object) -> AccessTokenInfo:
        return AccessTokenInfo("any", 4_000_000_000)

    async def close(self) -> None:
        """Nothing is held."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        """Nothing is held."""


class VirtualTransport(AioHttpTransport):  # type: ignore[misc]  # azure.core imports it lazily
    """Does not sleep: the region's time passes instead. ``slept`` is what the client would have waited."""

    def __init__(self, emulator: Emulator, session: aiohttp.ClientSession) -> None:
        super().__init__(session=session, session_owner=False)
        self._emulator = emulator
        self.slept: list[float] = []

    async def sleep(self, duration: float) -> None:
        self.slept.append(duration)
        self._emulator.region.clock.advance(duration)


@asynccontextmanager
async def served(server: Server, directory: Path) -> AsyncIterator[tuple[str, Path]]:
    """Serve https on a free port; gives the URL and the file of the CA."""
    ca_file, context = make_certificates(directory, "127.0.0.1", WallClock().now)
    runner, port = await server.start("127.0.0.1", 0, context)
    try:
        yield f"https://localhost:{port}", ca_file
    finally:
        await runner.cleanup()


def trusting(ca_file: Path) -> ssl.SSLContext:
    """What a client needs that trusts the emulator's CA and nobody else."""
    return ssl.create_default_context(cafile=str(ca_file))


@asynccontextmanager
async def sdk_client(
    emulator: Emulator, directory: Path
) -> AsyncIterator[tuple[Any, VirtualTransport]]:
    """The real compute client against a server for this emulator; its waits pass in the region.

    It is typed ``Any`` because its overloads know models and no JSON, which it takes as well.
    """
    async with served(Server(emulator), directory) as (url, ca_file):
        connector = aiohttp.TCPConnector(ssl=trusting(ca_file))
        async with aiohttp.ClientSession(connector=connector, auto_decompress=False) as session:
            transport = VirtualTransport(emulator, session)
            client = ComputeManagementClient(
                AnyToken(),
                SUBSCRIPTION,
                base_url=url,
                credential_scopes=["any/.default"],
                transport=transport,
            )
            async with client:
                yield client, transport
