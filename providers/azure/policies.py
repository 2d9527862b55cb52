"""Our own steps of the SDK's pipeline: stay at the pinned host, change nothing when told so, keep the rates."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from azure.core.pipeline.policies import AsyncHTTPPolicy, SansIOHTTPPolicy
from azure.core.rest import AsyncHttpResponse, HttpRequest

from providers.azure.answers import Answer, fault_of
from providers.azure.charges import limits_of, subscription_of
from providers.azure.patience import ask_again_at
from providers.azure.rates import (
    DELETION_PATIENCE_SECONDS,
    PATIENCE_SECONDS,
    Place,
    remaining,
)
from providers.errors import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from azure.core.pipeline import PipelineRequest, PipelineResponse

    from providers.azure.rates import Clock, Limit, Rates

REGION = "evenkeel_region"
"""Option of a request: the location whose limits it counts against."""

_READS = frozenset({"GET", "HEAD"})
_TOO_MANY = 429
_ARM_LIMITS = "subscription-"


class HostPin(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Send nothing, and no token, to any host but the one in the settings.

    Links in answers (``nextLink``, operations) come from outside; one that leads elsewhere is refused.
    """

    def __init__(self, endpoint: str) -> None:
        pinned = urlsplit(endpoint)
        self._scheme, self._netloc = pinned.scheme, pinned.netloc.lower()

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Refuse a request that would leave the pinned host."""
        target = urlsplit(request.http_request.url)
        if (target.scheme, target.netloc.lower()) != (self._scheme, self._netloc):
            raise Rejected(
                "ForeignHost",
                f"an answer pointed to {target.scheme}://{target.netloc}, and requests go to "
                f"{self._scheme}://{self._netloc} only",
            )


class ReadOnly(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Refuse everything but GET and HEAD before it reaches the network."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Refuse a request that could change something."""
        method = request.http_request.method
        if method not in _READS:
            raise Rejected("ReadOnly", f"{method} was refused: this run only reads")


class AnyToken(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Send a fixed word as the token: emulators take any, over plain HTTP too, which the SDK refuses."""

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Put the header in."""
        request.http_request.headers["Authorization"] = "Bearer emulator"


class RateLimit(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Wait for a token before each request, and learn from the headers of each answer."""

    def __init__(self, rates: Rates, clock: Clock, *, patience: float = PATIENCE_SECONDS) -> None:
        super().__init__()
        self._patience = patience
        self._rates = rates
        self._clock = clock

    async def send(
        self, request: PipelineRequest[HttpRequest]
    ) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        """Pass the request on when it may go. Raises ``Throttled`` instead of waiting long."""
        region = request.context.options.pop(REGION, "")
        sent = request.http_request
        path = urlsplit(sent.url).path
        limits = limits_of(sent.method, path)
        place = Place(subscription_of(path), region)
        await self._rates.admit(place, limits, patience=self._wait(sent.method, path))
        response = await self.next.send(request)
        headers = {name.lower(): value for name, value in response.http_response.headers.items()}
        self._rates.learn(place, limits, headers)
        if response.http_response.status_code == _TOO_MANY:
            # When to come back may stand in the body alone; the caller reads it, the header is enough here.
            until = ask_again_at(headers, fault_of(Answer(_TOO_MANY, headers)), self._clock.now)
            self._rates.close(place, offenders(limits, headers), until)
        return response

    def _wait(self, method: str, path: str) -> float:
        deletes = method == "DELETE" or (method == "POST" and path.lower().endswith("/delete"))
        return DELETION_PATIENCE_SECONDS if deletes else self._patience


def offenders(limits: Sequence[Limit], headers: Mapping[str, str]) -> tuple[Limit, ...]:
    """Which limits a 429 is about: those that Azure shows as used up, else the narrowest."""
    left = remaining(headers)
    empty = tuple(limit for limit in limits if left.get(limit.name, 1.0) <= 0)
    if empty:
        return empty
    narrow = tuple(limit for limit in limits if not limit.name.startswith(_ARM_LIMITS))
    return narrow or tuple(limits)
