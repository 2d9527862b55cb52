"""Requests without a proper answer: what exceptions of the SDK and of the network mean.

The one question that matters is whether the request may have reached Azure. Only a connection that never
came about proves that it did not; after that, a mutation's outcome is unknown.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from aiohttp import ClientConnectorError
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
)

from providers.azure.answers import Answer, tidy
from providers.azure.failures import error_of
from providers.errors import OutcomeUnknown, ProviderError, Transient

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from azure.core.rest import AsyncHttpResponse


def answer_of(response: AsyncHttpResponse) -> Answer:
    """An answer as values. A body that was lost on the way is empty; status and headers still count."""
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        known = headers.get(name.lower())
        headers[name.lower()] = value if known is None else f"{known},{value}"
    try:
        body = response.content
    except AzureError:
        body = b""
    return Answer(response.status_code, headers, body)


@contextmanager
def translated(*, mutation: bool, now: Callable[[], datetime]) -> Iterator[None]:
    """Raise errors of our tree, and nothing else, for whatever goes wrong with a request in the block.

    A mutation that the SDK finds odd but that was answered with a 2xx status was accepted: no error.
    """
    try:
        yield
    except ProviderError:
        raise
    except HttpResponseError as error:
        if error.response is None:
            raise unanswered(error, mutation=mutation) from error
        answer = answer_of(error.response)  # type: ignore[arg-type]  # ours gives azure.core.rest answers only
        if not answer.is_success:
            raise error_of(answer, mutation=mutation, now=now()) from error
        if not mutation:
            raise unanswered(error, mutation=mutation) from error
    except (AzureError, ValueError, OSError) as error:
        raise unanswered(error, mutation=mutation) from error


def unanswered(error: Exception, *, mutation: bool, whom: str = "Azure") -> ProviderError:
    """What it means that a request, for this reason, got no answer."""
    words = tidy(str(error)) or type(error).__name__
    if _never_sent(error):
        return Transient("ConnectionFailed", f"no connection to {whom}: {words}")
    if mutation:
        text = f"sent, and no answer came ({words}): it may have been carried out"
        return OutcomeUnknown("NoAnswer", text)
    return Transient("NoAnswer", f"the answer did not come, or not whole: {words}")


def _never_sent(error: Exception) -> bool:
    """Whether the request surely never left us: no connection, hence nothing sent on it.

    The SDK's ``ServiceRequestError`` alone does not say so: it also stands for a connection that was cut
    after the request had been sent.
    """
    if isinstance(error, ServiceRequestTimeoutError):
        return True
    return isinstance(error, ServiceRequestError) and isinstance(
        error.inner_exception, ClientConnectorError
    )
