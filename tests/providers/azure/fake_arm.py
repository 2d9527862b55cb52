"""A fake ARM at the transport seam of azure-core: a function from request to reply, and what it was sent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from azure.core.exceptions import HttpResponseError, IncompleteReadError
from azure.core.pipeline.transport import AsyncHttpTransport
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.core.utils import case_insensitive_dict

from providers.azure.pipeline import Conduct, Endpoint
from providers.azure.provider import AzureProvider
from providers.azure.rates import Rates

ARM = "https://management.azure.com"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Sent:
    """One request as it reached the network."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes = b""

    @property
    def body(self) -> Any:
        """The body as JSON, None if there is none."""
        return json.loads(self.content) if self.content else None

    @property
    def verb(self) -> str:
        """Method and the path below the provider: ``PUT virtualMachines/web-000001``."""
        return f"{self.method} {self.path.rpartition('/providers/Microsoft.Compute/')[2]}"


@dataclass(frozen=True)
class Reply:
    """What the fake answers. ``body`` may be bytes; ``torn``: the connection ends inside it."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    torn: bool = False

    @property
    def content(self) -> bytes:
        """The body as bytes."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


Answering = Callable[[Sent], Reply | Exception]


class FakeClock:
    """A clock that only sleep moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += timedelta(seconds=seconds)


class FakeTransport(AsyncHttpTransport[HttpRequest, AsyncHttpResponse]):
    """Hands each request to a function, and its reply back."""

    def __init__(self, answer: Answering) -> None:
        self.answer = answer
        self.sent: list[Sent] = []
        self.closed = 0

    async def open(self) -> None:
        """Nothing to open."""

    async def close(self) -> None:
        self.closed += 1

    async def __aexit__(self, *_reason: object) -> None:
        await self.close()

    async def send(self, request: HttpRequest, **_options: Any) -> AsyncHttpResponse:
        parts = urlsplit(request.url)
        content = request.content
        sent = Sent(
            request.method,
            parts.path,
            dict(parse_qsl(parts.query)),
            dict(request.headers),
            content.encode() if isinstance(content, str) else bytes(content or b""),
        )
        self.sent.append(sent)
        reply = self.answer(sent)
        if isinstance(reply, Exception):
            raise reply
        return FakeResponse(request, reply)


class FakeResponse(AsyncHttpResponse):
    """A reply in the shape that the SDK reads."""

    def __init__(self, request: HttpRequest, reply: Reply) -> None:
        self._request = request
        self._reply = reply

    @property
    def request(self) -> HttpRequest:
        return self._request

    @property
    def status_code(self) -> int:
        return self._reply.status

    @property
    def headers(self) -> MutableMapping[str, str]:
        return case_insensitive_dict(self._reply.headers)

    @property
    def reason(self) -> str:
        return "as told"

    @property
    def content_type(self) -> str | None:
        return "application/json"

    @property
    def is_closed(self) -> bool:
        return True

    @property
    def is_stream_consumed(self) -> bool:
        return True

    @property
    def encoding(self) -> str | None:
        return "utf-8"

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        raise NotImplementedError

    @property
    def url(self) -> str:
        return self._request.url

    @property
    def content(self) -> bytes:
        if self._reply.torn:
            raise HttpResponseError("the body was not read")
        return self._reply.content

    def text(self, encoding: str | None = None) -> str:
        return self.content.decode(encoding or "utf-8")

    def json(self) -> Any:
        return json.loads(self.content)

    def raise_for_status(self) -> None:
        raise NotImplementedError

    async def read(self) -> bytes:
        if self._reply.torn:
            raise IncompleteReadError("the body ended early", response=self)
        return self.content

    async def iter_raw(self, **_options: Any) -> AsyncIterator[bytes]:
        yield await self.read()

    async def iter_bytes(self, **_options: Any) -> AsyncIterator[bytes]:
        yield await self.read()

    async def close(self) -> None:
        """Nothing to close."""

    async def __aexit__(self, *_reason: object) -> None:
        """Nothing to close."""


@dataclass
class Stage:
    """An adapter in front of a fake ARM."""

    provider: AzureProvider
    transport: FakeTransport
    clock: FakeClock

    @property
    def verbs(self) -> list[str]:
        """What was sent, in order."""
        return [sent.verb for sent in self.transport.sent]


def a_stage(answer: Answering, *, read_only: bool = False, modelled: bool = False) -> Stage:
    """Put an adapter in front of a fake ARM; any token will do."""
    transport, clock = FakeTransport(answer), FakeClock()
    conduct = Conduct(
        Rates(clock, modelled=modelled), clock, read_only=read_only, correlation="c-1"
    )
    provider = AzureProvider(Endpoint(ARM), conduct, transports=lambda _endpoint: transport)
    return Stage(provider, transport, clock)


def an_error(status: int, code: str, message: str = "", **headers: str) -> Reply:
    """A refusal in Azure's envelope. Underscores in names of headers become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"error": {"code": code, "message": message}}, named)
