"""The adapter on real sockets: the transport of the SDK, timeouts and cut connections as the network has them."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import pytest

from providers.azure.pipeline import Conduct, Endpoint
from providers.azure.provider import AzureProvider
from providers.azure.rates import Rates
from providers.errors import OutcomeUnknown, ProviderError, Transient
from tests.providers.azure.fake_arm import FakeClock
from tests.providers.worlds import REF, a_request, run

T = TypeVar("T")
Answering = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
CUT_LIST = b'HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n{"value": [{"name": "web'
CUT_REFUSAL = b'HTTP/1.1 409 Conflict\r\nContent-Length: 400\r\n\r\n{"error": {"code": "Co'
NO_HTTP = b"SSH-2.0-OpenSSH_9.2\r\n"


class Wire:
    """A server that reads each request, writes these bytes, and hangs up."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.requests: list[str] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.requests.append(head.split(b"\r\n")[0].decode())
        length = [
            line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")
        ]
        if length:
            await reader.readexactly(int(length[0].split(b":")[1]))
        writer.write(self.reply)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(wire: Answering) -> AsyncIterator[AzureProvider]:
    """An adapter over aiohttp in front of a server on a free port."""
    server = await asyncio.start_server(wire, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    clock = FakeClock()
    conduct = Conduct(Rates(clock, modelled=False), clock)
    provider = AzureProvider(Endpoint(f"http://127.0.0.1:{port}"), conduct)
    try:
        yield provider
    finally:
        await provider.close()
        server.close()
        await server.wait_closed()


def asked(wire: Answering, ask: Callable[[AzureProvider], Awaitable[T]]) -> T:
    """Ask something of an adapter in front of this server."""

    async def talk() -> T:
        async with serving(wire) as provider:
            return await ask(provider)

    return run(talk())


def test_deletion_over_the_wire() -> None:
    """A deletion is one request on the wire, and its acceptance ends the call."""
    wire = Wire(ACCEPTED)
    asked(wire, lambda it: it.delete(REF, ["web-000001", "web-000002"]))
    (line,) = wire.requests
    assert line.startswith(f"POST {REF.id}/delete?")
    assert "forceDeletion=false" in line


@pytest.mark.parametrize(
    ("reply", "read", "mutation"),
    [
        pytest.param(b"", Transient, OutcomeUnknown, id="hung up"),
        pytest.param(CUT_LIST, Transient, None, id="cut in a 200"),
        pytest.param(CUT_REFUSAL, Transient, OutcomeUnknown, id="cut in a refusal"),
        pytest.param(NO_HTTP, Transient, OutcomeUnknown, id="not HTTP"),
    ],
)
def test_cut_connections_on_the_wire(
    reply: bytes, read: type[ProviderError], mutation: type[ProviderError] | None
) -> None:
    """What was sent and not answered whole: a read failed, a mutation may have been carried out."""
    with pytest.raises(read):
        asked(Wire(reply), lambda it: it.observe(REF))
    wire = Wire(reply)
    if mutation is None:
        asked(wire, lambda it: it.delete(REF, ["web-000001"]))
    else:
        with pytest.raises(mutation):
            asked(wire, lambda it: it.delete(REF, ["web-000001"]))
    assert len(wire.requests) == 1


def test_packed_answers_are_unpacked() -> None:
    """Azure may pack its answers; what is read is what was packed."""
    packed = gzip.compress(json.dumps({"value": [], "properties": {}}).encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    snapshot = asked(Wire(head.encode() + packed), lambda it: it.observe(REF))
    assert snapshot.instances == ()


def test_refused_connection_sent_nothing() -> None:
    """Where nobody listens nothing was sent: a mutation is Transient, not of unknown outcome."""
    clock = FakeClock()
    conduct = Conduct(Rates(clock), clock)

    async def create() -> None:
        provider = AzureProvider(Endpoint("http://127.0.0.1:1"), conduct)
        try:
            await provider.create(REF, a_request())
        finally:
            await provider.close()

    with pytest.raises(Transient, match="no connection to Azure"):
        run(create())


def test_provider_outlives_a_loop() -> None:
    """After closing, the same provider serves another event loop."""
    wire = Wire(ACCEPTED)
    clock = FakeClock()
    conduct = Conduct(Rates(clock, modelled=False), clock)
    provider = AzureProvider(Endpoint("http://127.0.0.1:8"), conduct)

    async def delete() -> None:
        server = await asyncio.start_server(wire, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        provider._endpoint = Endpoint(f"http://127.0.0.1:{port}")
        try:
            await provider.delete(REF, ["web-000001"])
        finally:
            await provider.close()
            server.close()
            await server.wait_closed()

    run(delete())
    run(delete())
    assert len(wire.requests) == 2
