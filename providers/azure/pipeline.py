"""How a request is sent: the SDK's client on a list of policies of our choice.

Left out on purpose: retries (the pass looks and decides anew), redirects, the registration of resource
providers (a hidden writer), the eager decoding of bodies. What is in: the pinned host first, so that no
token goes elsewhere; the guard of a run that only reads; the rate limits last, just before the network.
"""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlencode

from azure.core import AzureClouds
from azure.core.credentials import AccessToken
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest
from azure.mgmt.compute.aio import ComputeManagementClient
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from providers.azure.failures import error_of
from providers.azure.policies import REGION, AnyToken, HostPin, RateLimit, ReadOnly
from providers.azure.rates import PATIENCE_SECONDS
from providers.azure.trouble import answer_of, translated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp import ClientSession
    from azure.core.credentials_async import AsyncTokenCredential
    from azure.core.pipeline.transport import AsyncHttpTransport
    from azure.core.rest import AsyncHttpResponse

    from providers.azure.answers import Answer
    from providers.azure.rates import Clock, Rates

CONNECT_SECONDS = 10
READ_SECONDS = 60
CALL_SECONDS = 120.0
"""No call of the contract lasts longer, however slowly bytes trickle in."""

USER_AGENT = "evenkeel"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which ARM, and how to get in.

    ``credential`` makes a fresh credential for each connection; None means an emulator, where any token
    will do. ``ca_file`` is the authority that signed the server's certificate, None for the usual ones.
    """

    url: str
    scopes: tuple[str, ...] = ("https://management.azure.com/.default",)
    credential: Callable[[], AsyncTokenCredential] | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a connection behaves: its rates and clock, whether it only reads, and the id of its requests.

    ``patience`` is the longest wait for one of Azure's limits inside a call. ``correlation`` is sent as ``x-ms-correlation-request-id``: Azure's activity log shows it.
    """

    rates: Rates
    clock: Clock
    read_only: bool = False
    correlation: str | None = None
    patience: float = PATIENCE_SECONDS


class Transports(Protocol):
    """Makes the transport of a connection."""

    def __call__(self, endpoint: Endpoint) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
        """Make a transport that has not been opened yet."""
        ...


class Connection:
    """Clients for any number of subscriptions over one transport and one credential, within one event loop."""

    def __init__(
        self, endpoint: Endpoint, conduct: Conduct, transports: Transports | None = None
    ) -> None:
        self.clock = conduct.clock
        self._endpoint = endpoint
        self._conduct = conduct
        self._transport = (transports or http_transport)(endpoint)
        self._credential: AsyncTokenCredential = (
            endpoint.credential() if endpoint.credential else NoCredential()
        )
        self._clients: dict[str, ComputeManagementClient] = {}

    def compute(self, subscription: str) -> ComputeManagementClient:
        """The SDK's client for a subscription."""
        if subscription not in self._clients:
            self._clients[subscription] = ComputeManagementClient(
                self._credential,
                subscription,
                base_url=self._endpoint.url,
                # Address and scopes are given; else the SDK would read the environment once more.
                cloud_setting=AzureClouds.AZURE_PUBLIC_CLOUD,
                credential_scopes=list(self._endpoint.scopes),
                policies=self._policies(),
                transport=self._transport,
            )
        return self._clients[subscription]

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *, region: str
    ) -> Answer:
        """Send a GET and give the answer, if it is a success; raises ``ProviderError`` else.

        ``path`` starts at the host, or is a whole URL on it (a ``nextLink``).
        """
        answer = await self.ask(path, query, region=region)
        if answer.is_success:
            return answer
        raise error_of(answer, mutation=False, now=self.clock.now)

    async def ask(
        self, path: str, query: Mapping[str, str] | None = None, *, region: str
    ) -> Answer:
        """Send a GET and give the answer, whatever it says. Raises ``ProviderError`` if there is none."""
        url = f"{path}?{urlencode(query)}" if query else path
        with translated(mutation=False, now=lambda: self.clock.now):
            async with asyncio.timeout(CALL_SECONDS):
                client = self.compute("")
                options: dict[str, Any] = {REGION: region}
                response = await client.send_request(HttpRequest("GET", url), **options)
                return answer_of(response)

    async def change(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        region: str,
        body: Mapping[str, object] | None = None,
    ) -> Answer:
        """Send a request that changes something, once, and give the answer if it was accepted.

        Raises ``ProviderError`` else. For what the SDK of compute does not know.
        """
        request = HttpRequest(method, f"{path}?{urlencode(query)}", json=body)
        with translated(mutation=True, now=lambda: self.clock.now):
            async with asyncio.timeout(CALL_SECONDS):
                options: dict[str, Any] = {REGION: region}
                answer = answer_of(await self.compute("").send_request(request, **options))
        if answer.is_success:
            return answer
        raise error_of(answer, mutation=True, now=self.clock.now)

    async def close(self) -> None:
        """Close the transport and the credential, each of which has a session of its own."""
        await self._transport.close()
        await self._credential.close()

    def _policies(self) -> list[object]:
        conduct = self._conduct
        headers = policies.HeadersPolicy()
        if conduct.correlation:
            headers.add_header("x-ms-correlation-request-id", conduct.correlation)
        guard = [ReadOnly()] if conduct.read_only else []
        return [
            HostPin(self._endpoint.url),
            *guard,
            policies.RequestIdPolicy(),
            headers,
            policies.UserAgentPolicy(base_user_agent=USER_AGENT),
            self._authentication(),
            policies.CustomHookPolicy(),
            RateLimit(conduct.rates, conduct.clock, patience=conduct.patience),
        ]

    def _authentication(self) -> object:
        if self._endpoint.credential is None:
            return AnyToken()
        return AsyncARMChallengeAuthenticationPolicy(self._credential, *self._endpoint.scopes)


class NoCredential:
    """Stands where the SDK insists on a credential and none is needed."""

    async def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """Give a word that emulators take."""
        return AccessToken("emulator", 2**31)

    async def close(self) -> None:
        """Nothing is open."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_reason: object) -> None:
        await self.close()


def http_transport(endpoint: Endpoint) -> AsyncHttpTransport[HttpRequest, AsyncHttpResponse]:
    """The transport of azure-core over aiohttp, with our timeouts; to be called within an event loop."""
    from azure.core.pipeline.transport import AioHttpTransport

    transport: AsyncHttpTransport[HttpRequest, AsyncHttpResponse] = AioHttpTransport(
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        session=_session(endpoint.ca_file) if endpoint.ca_file else None,
    )
    return transport


def _session(ca_file: str) -> ClientSession:
    """A session that trusts one authority.

    The SDK would read the file and open a new connection for every request; here both happen once.
    """
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    return ClientSession(
        connector=TCPConnector(ssl=ssl.create_default_context(cafile=ca_file)),
        auto_decompress=False,
        cookie_jar=DummyCookieJar(),
        trust_env=True,
    )
