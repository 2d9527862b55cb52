"""Azure's refusals against the error tree: every code that is known, by status, code and text."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from providers.azure.answers import Answer
from providers.azure.failures import RULES, error_of, quota_name
from providers.errors import (
    Conflict,
    Forbidden,
    Locked,
    NoCapacity,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Rejected,
    Throttled,
    Transient,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

QUOTA = (
    "Operation could not be completed as it results in exceeding approved {} quota. Additional details - "
    "Deployment Model: Resource Manager, Location: westus, Current Limit: 100, Current Usage: 96."
)
LOCKED = (
    "The scope '/subscriptions/s/resourceGroups/g/x' cannot perform delete operation because following "
    "scope(s) are locked: '/subscriptions/s/resourceGroups/g'. Please remove the lock and try again."
)
NOT_RUNNING = "Cannot modify extensions in the VM when the VM is not running."
MARKED = (
    "Operation 'Update VM' is not allowed on VM 'x' since the VM is marked for deletion. You can only "
    "retry the Delete operation (or wait for an ongoing one to complete)."
)
ATTACHED = "Disk web-000001_OsDisk_1_0 is attached to VM /s/web-000001."
NO_SET = "The Virtual Machine Scale Set '/s/web' referenced by the Virtual Machine does not exist."
FORCE = (
    "Operation 'ForceDelete' is not allowed on resource 'x' since it manages updates using maintenance "
    "control."
)
SKU = (
    "The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
    "Standard_B2s' is currently not available in location 'eastus'."
)

# status, code, text, what it means
TABLE: list[tuple[int, str, str, type[ProviderError]]] = [
    (409, "SkuNotAvailable", SKU, NotOffered),
    (409, "SkuNotAvailable", "The requested tier for resource 'x' is not available.", NoCapacity),
    (409, "ZonalAllocationFailed", "Allocation failed.", NoCapacity),
    (409, "AllocationFailed", "Allocation failed.", NoCapacity),
    (409, "OverconstrainedZonalAllocationRequest", "Allocation failed.", NoCapacity),
    (409, "OverconstrainedAllocationRequest", "Allocation failed.", NoCapacity),
    (409, "SpotPriceGreaterThanProvidedMaxPrice", "Too dear.", NoCapacity),
    (400, "AzureSpotIsNotSupportedForThisVMSize", "No Spot.", NotOffered),
    (400, "AzureSpotFeatureNotEnabledForSubscription", "No Spot.", NotOffered),
    (400, "MaxPriceValueInvalid", "Not a price.", Rejected),
    (409, "OperationNotAllowed", QUOTA.format("standardDSv3Family Cores"), QuotaExceeded),
    (
        409,
        "OperationNotAllowed",
        "Operation results in exceeding quota limits of Core.",
        QuotaExceeded,
    ),
    (400, "QuotaExceeded", "No more.", QuotaExceeded),
    (400, "PublicIPCountLimitReached", "No more.", QuotaExceeded),
    (409, "OperationNotAllowed", MARKED, Conflict),
    (409, "OperationNotAllowed", ATTACHED, Conflict),
    (409, "OperationNotAllowed", "... since another operation is in progress.", Conflict),
    (409, "OperationNotAllowed", NOT_RUNNING, Conflict),
    (409, "OperationNotAllowed", "There is no ongoing Rolling Upgrade to cancel.", Rejected),
    (409, "OperationNotAllowed", FORCE, Rejected),
    (
        409,
        "OperationNotAllowed",
        "Operation 'instanceView.GET' is not allowed on the set.",
        Rejected,
    ),
    (409, "OperationPreempted", "Preempted by a more recent operation.", Conflict),
    (409, "Conflict", "The request failed due to conflict with a concurrent request.", Conflict),
    (409, "AnotherOperationInProgress", "Another one.", Conflict),
    (409, "ConflictingConcurrentWriteNotAllowed", "Please retry later.", Conflict),
    (409, "CanceledAndSupersededDueToAnotherOperation", "Superseded.", Conflict),
    (409, "AttachDiskWhileBeingDetached", "Cannot attach.", Conflict),
    (409, "ResourcePurchaseCanceling", "A previous order is being canceled.", Conflict),
    (409, "ResourceUpdateBlockedOnPlatformUpdate", "Wait.", Conflict),
    (409, "CannotDeleteResource", "Nested resources exist.", Conflict),
    (400, "NicReservedForAnotherVm", "Reserved for 180 seconds.", Conflict),
    (400, "NicInUse", "In use.", Conflict),
    (400, "InUseSubnetCannotBeDeleted", "In use.", Conflict),
    (400, "ConflictingUserInput", "The disk is owned by a VM.", Rejected),
    (412, "PreconditionFailed", "Etag does not match.", Conflict),
    (412, "", "", Conflict),
    (409, "ScopeLocked", LOCKED, Locked),
    (409, "StorageFailed", f"Call failed. Error message: {LOCKED}", Locked),
    (409, "PropertyChangeNotAllowed", "Changing property 'x' is not allowed.", Rejected),
    (409, "RetryableError", "A retryable error occurred.", Transient),
    (429, "RetryableError", "A retryable error occurred.", Transient),
    (429, "RetryableErrorDueToAnotherOperation", "Locked by another operation.", Transient),
    (429, "ReferencedResourceNotProvisioned", "The subnet is Updating.", Transient),
    (429, "SubscriptionRequestsThrottled", "Please try again after '6' seconds.", Throttled),
    (429, "ResourceRequestsThrottled", "Please try again after '309' seconds.", Throttled),
    (429, "OperationNotAllowed", "Too many requests have been received.", Throttled),
    (400, "InvalidParameter", NO_SET, NotFound),
    (
        400,
        "InvalidParameter",
        "Required parameter 'platformFaultDomainCount' is missing.",
        Rejected,
    ),
    (400, "InvalidParameter", "Specifying Availability Zones is not allowed when ...", Rejected),
    (400, "ResourceTypeNotSupportAvailabilityZones", "No zones.", Rejected),
    (400, "InsufficientSubnetSize", "No room.", Rejected),
    (400, "SubnetIsFull", "No room.", Rejected),
    (400, "BadRequest", "Could not find member 'x'.", Rejected),
    (404, "ResourceNotFound", "Not found.", NotFound),
    (404, "NotFound", "The entity was not found in this Azure location.", NotFound),
    (404, "ResourceGroupNotFound", "Resource group 'x' could not be found.", NotFound),
    (404, "ParentResourceNotFound", "Not found.", NotFound),
    (404, "SubscriptionNotFound", "Not found.", Forbidden),
    (401, "ExpiredAuthenticationToken", "Expired.", Forbidden),
    (403, "AuthorizationFailed", "Not authorized.", Forbidden),
    (403, "LinkedAuthorizationFailed", "Not authorized.", Forbidden),
    (403, "RequestDisallowedByPolicy", "A policy says no.", Rejected),
    (409, "MissingSubscriptionRegistration", "Not registered.", Forbidden),
    (409, "ReadOnlyDisabledSubscription", "Disabled.", Forbidden),
    (500, "InternalServerError", "Internal.", OutcomeUnknown),
    (500, "InternalExecutionError", "An internal execution error occurred.", OutcomeUnknown),
    (409, "InternalOperationError", "Internal.", OutcomeUnknown),
    (409, "TransientFailure", "Internal.", OutcomeUnknown),
    (502, "BadGatewayConnection", "Bad gateway.", OutcomeUnknown),
    (503, "ServerTimeout", "Timeout.", OutcomeUnknown),
    (504, "GatewayTimeout", "No response.", OutcomeUnknown),
    (409, "NobodyKnowsThisOne", "What?", Rejected),
    (418, "", "", Rejected),
]


def answer(status: int, code: str, text: str = "", **headers: str) -> Answer:
    """A refusal in Azure's envelope."""
    body = json.dumps({"error": {"code": code, "message": text}}).encode()
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def error(status: int, code: str, text: str = "", *, mutation: bool = True) -> ProviderError:
    """What a refusal means."""
    return error_of(answer(status, code, text), mutation=mutation, now=NOW)


@pytest.mark.parametrize(("status", "code", "text", "kind"), TABLE)
def test_codes_find_their_class(
    status: int, code: str, text: str, kind: type[ProviderError]
) -> None:
    """Each refusal becomes exactly one class of the tree, with Azure's code and text kept."""
    found = error(status, code, text)
    assert type(found) is kind
    assert found.code == (code or found.code)
    assert found.message.startswith(text[:40])


def test_no_rule_is_dead() -> None:
    """Every row of the rules is reached by some row of the table: none hides behind another."""
    faults = [(status, code, text) for status, code, text, _kind in TABLE]
    faults += [
        (409, code, "") for code in ("PublicIPAddressCannotBeDeleted", "LinkedAccessCheckFailed")
    ]
    faults += [
        (409, code, "")
        for code in ("InUseNetworkSecurityGroupCannotBeDeleted", "ResourceGroupBeingDeleted")
    ]
    faults += [(404, "VMNotFound", ""), (408, "", ""), (403, "", ""), (503, "", ""), (504, "", "")]
    faults += [(502, "", ""), (404, "", ""), (409, "X", "conflict with a concurrent request")]
    faults += [(409, "X", "Submit a request for Quota increase at")]
    reached = {_first(*fault) for fault in faults}
    assert [rule for rule in RULES if rule not in reached] == []


def _first(status: int, code: str, text: str) -> object:
    from providers.azure.answers import fault_of

    fault = fault_of(answer(status, code, text))
    return next((rule for rule in RULES if rule.fits(fault)), None)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_reads_are_only_transient(status: int) -> None:
    """For a read a platform that gave up is Transient: nothing can have been changed."""
    assert type(error(status, "", mutation=False)) is Transient


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"busy"',
        b"<html>Service Unavailable</html>",
        b'{"error": null}',
        b'{"error": {"code": 7, "message": ["x"], "details": "none"}}',
        b"[" * 500,
    ],
)
def test_odd_bodies_are_survived(body: bytes) -> None:
    """A body of any shape gives an error of the tree with a code and a text."""
    found = error_of(Answer(503, {}, body), mutation=True, now=NOW)
    assert (type(found), found.code) == (OutcomeUnknown, "ServiceUnavailable")
    assert found.message == "Azure answered 503 without a text."


def test_capital_names_are_read() -> None:
    """An error without its envelope and with names in capitals is read all the same."""
    body = b'{"Code": "AuthorizationFailed", "Message": "No."}'
    found = error_of(Answer(403, {}, body), mutation=True, now=NOW)
    assert (type(found), found.code, found.message) == (Forbidden, "AuthorizationFailed", "No.")


def test_inner_errors_count() -> None:
    """An error inside another decides: the innermost is the root of the failure."""
    inner = {"code": "QuotaExceeded", "message": QUOTA.format("Total Regional Cores")}
    body = {"error": {"code": "InvalidTemplateDeployment", "message": "See.", "details": [inner]}}
    found = error_of(Answer(400, {}, json.dumps(body).encode()), mutation=True, now=NOW)
    assert type(found) is QuotaExceeded


def test_texts_lose_control_characters() -> None:
    """A text of the platform cannot move the cursor of a terminal, and its length is bounded."""
    found = error(400, "InvalidParameter", "\x1b[2Jgone\x07" + "x" * 5000)
    assert found.message.startswith("[2Jgonexxx")
    assert len(found.message) == 2000


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("standardDASv5Family Cores", "standardDASv5Family"),
        ("Total Regional Cores", "cores"),
        ("Total Regional vCPUs", "cores"),
        ("LowPriorityCores", "lowPriorityCores"),
        ("Total Regional Low-priority Cores", "lowPriorityCores"),
        ("Total Regional Spot vCPUs", "lowPriorityCores"),
    ],
)
def test_quota_name_is_read(words: str, name: str) -> None:
    """The quota's name is read from Azure's text, in the spelling of the usage report."""
    found = error(409, "OperationNotAllowed", QUOTA.format(words))
    assert isinstance(found, QuotaExceeded)
    assert found.quota == name


def test_old_quota_text_is_regional() -> None:
    """Azure's older text names no quota: it is the regional total."""
    assert quota_name("Operation results in exceeding quota limits of Core.") == "cores"


WINDOW = json.dumps(
    {
        "operationGroup": "HighCostGetVMScaleSet3Min",
        "startTime": "2026-11-21T11:58:00.7226865+00:00",
        "endTime": "2026-11-21T12:00:30+00:00",
        "allowedRequestCount": 162,
        "measuredRequestCount": 191,
    }
)


@pytest.mark.parametrize(
    ("headers", "text", "seconds"),
    [
        pytest.param({"retry_after": "7"}, "", 7, id="seconds"),
        pytest.param({"retry_after": "1.5"}, "", 1.5, id="fractions"),
        pytest.param({"retry_after": "-5"}, "", 1, id="negative"),
        pytest.param({"retry_after": "0"}, "", 1, id="zero"),
        pytest.param({"retry_after": "999999"}, "", 3600, id="absurd"),
        pytest.param({"retry_after": "Sat, 21 Nov 2026 12:02:00 GMT"}, "", 120, id="date"),
        pytest.param({"retry_after": "Sat, 21 Nov 2026 11:00:00 GMT"}, "", 1, id="past date"),
        pytest.param({"retry_after": "soon"}, "", 10, id="nonsense"),
        pytest.param({"retry_after_ms": "2500"}, "", 2.5, id="milliseconds"),
        pytest.param({"x_ms_retry_after_ms": "2500"}, "", 2.5, id="Microsoft's milliseconds"),
        pytest.param({}, "Please try again after '306' seconds.", 306, id="text"),
        pytest.param({}, WINDOW, 30, id="window"),
        pytest.param({"retry_after": "5"}, WINDOW, 30, id="window outlasts header"),
        pytest.param({}, "", 10, id="nothing said"),
    ],
)
def test_throttling_says_until_when(headers: dict[str, str], text: str, seconds: float) -> None:
    """However Azure says when to come back, it becomes a moment; unsaid, it is ten seconds."""
    found = error_of(answer(429, "TooManyRequests", text, **headers), mutation=True, now=NOW)
    assert isinstance(found, Throttled)
    assert found.until == NOW + timedelta(seconds=seconds)


def test_inner_throttling_wins() -> None:
    """A Compute 429 says OperationNotAllowed, the code of quota; its status decides."""
    body = {
        "code": "OperationNotAllowed",
        "message": "The server rejected the request because too many requests have been received.",
        "details": [{"code": "TooManyRequests", "target": "HighCostGet30Min", "message": WINDOW}],
    }
    found = error_of(Answer(429, {}, json.dumps(body).encode()), mutation=False, now=NOW)
    assert isinstance(found, Throttled)
    assert found.until == NOW + timedelta(seconds=30)
