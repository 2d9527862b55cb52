"""What Azure Storage means when it refuses something that has to do with leases.

Storage names the reason in the header ``x-ms-error-code``; its codes are other than ARM's.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from azure.core.exceptions import AzureError, HttpResponseError

from providers.azure.answers import tidy
from providers.azure.trouble import unanswered
from providers.errors import (
    Forbidden,
    LeaseHeld,
    LeaseLost,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_HELD = {"LeaseAlreadyPresent", "LeaseIsBreakingAndCannotBeAcquired"}
_LOST = {
    "LeaseIdMismatchWithLeaseOperation",
    "LeaseIdMismatchWithBlobOperation",
    "LeaseNotPresentWithLeaseOperation",
    "LeaseNotPresentWithBlobOperation",
    "LeaseIsBrokenAndCannotBeRenewed",
    "LeaseIsBreakingAndCannotBeChanged",
    "LeaseLost",
    "LeaseIdMissing",
    "BlobNotFound",
}
_BUSY = {"ServerBusy", "OperationTimedOut", "InternalError", "TooManyRequests"}


@contextmanager
def lease_errors(seconds: float) -> Iterator[None]:
    """Raise errors of our tree, and nothing else, for whatever goes wrong with a request in the block."""
    try:
        yield
    except ProviderError:
        raise
    except HttpResponseError as error:
        raise _refusal(error) from error
    except TimeoutError as error:
        words = f"no answer from the lease store within {seconds:.0f} seconds"
        raise OutcomeUnknown("NoAnswer", words) from error
    except (AzureError, ValueError, OSError) as error:
        raise unanswered(error, mutation=True, whom="the lease store") from error


def code_of(error: HttpResponseError) -> str:
    """Storage's code for a refusal, such as ``BlobNotFound``; empty if it gave none."""
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code) or "")


def _refusal(error: HttpResponseError) -> ProviderError:
    code, status = code_of(error), error.status_code
    words = tidy(str(error.message)).partition(" RequestId:")[0]
    if code in _HELD:
        return LeaseHeld(code, "somebody else has the lease")
    if code in _LOST:
        return LeaseLost(code, words)
    if code == "ContainerNotFound":
        return NotFound(
            code,
            "the container of the lease store does not exist; create it: "
            "az storage container create --auth-mode login --account-name ACCOUNT --name CONTAINER",
        )
    if status in {401, 403}:
        return Forbidden(code or "AuthorizationFailure", f"the lease store refuses us: {words}")
    if code in _BUSY or status in {408, 429, 500, 502, 503, 504}:
        return Transient(code or str(status), f"the lease store is busy: {words}")
    return Rejected(code or str(status), f"the lease store: {words}")
