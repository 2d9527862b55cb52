"""Faults of the wire, over HTTP: what fails, how it looks, and whether it was done."""

from __future__ import annotations

import pytest

from providers.arm.errors import refusal_of
from providers.errors import ProviderError
from providers.simulated import failures
from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.arm.clients import SET, VM, VMS, a_client, a_client_with_set, a_set, a_vm
from tests.providers.worlds import START


@pytest.mark.parametrize(
    ("failure", "status", "code", "cause"),
    [
        (CallFailure.TRANSIENT, 503, "ServiceUnavailable", None),
        (CallFailure.SERVER_ERROR, 500, "InternalServerError", None),
        (CallFailure.FORBIDDEN, 403, "AuthorizationFailed", "gateway"),
        (CallFailure.OUTCOME_UNKNOWN, 504, "GatewayTimeout", "service"),
        (CallFailure.THROTTLED, 429, "OperationNotAllowed", None),
    ],
)
def test_faults_of_creations(
    failure: CallFailure, status: int, code: str, cause: str | None
) -> None:
    """Each fault has its status, its code and its cause; nothing was done, and the next try succeeds."""
    client = a_client_with_set(failures=(CallFault(Call.CREATE, failure),))
    refused = client.send("PUT", VM, a_vm())
    assert (refused.status, refused.code) == (status, code)
    assert refused.headers.get("x-ms-failure-cause") == cause
    assert client.get(VM).status == 404
    assert client.send("PUT", VM, a_vm()).status == 201


def test_timeout_after_execution() -> None:
    """A 504 may hide a creation that went through; the retry is a 200, not a 201."""
    fault = CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, applied=True)
    client = a_client_with_set(failures=(fault,))
    refused = client.send("PUT", VM, a_vm())
    assert refused.status == 504
    assert refused.message == (
        "The gateway did not receive a response from 'Microsoft.Compute' within the specified time period."
    )
    assert client.send("PUT", VM, a_vm()).status == 200


def test_throttled_by_fault() -> None:
    """A throttling fault says how long to wait."""
    fault = CallFault(Call.CREATE, CallFailure.THROTTLED, retry_after=17)
    refused = a_client_with_set(failures=(fault,)).send("PUT", VM, a_vm())
    assert refused.headers["retry-after"] == "17"
    assert refused.json["error"]["details"][0]["code"] == "TooManyRequests"


def test_faults_find_names_in_batches() -> None:
    """A fault for one instance strikes the batch delete that names it, and no other."""
    fault = CallFault(Call.DELETE, CallFailure.TRANSIENT, instance="web-000002")
    client = a_client_with_set(members=2, failures=(fault,))
    batches = [
        client.send("POST", f"{SET}/delete", {"instanceIds": [name]}).status
        for name in ("web-000001", "web-000002", "web-000002")
    ]
    assert batches == [202, 503, 202]


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (Call.PUT_GROUP, "PUT", SET, a_set()),
        (Call.DELETE_GROUP, "DELETE", SET, None),
        (Call.OPERATE, "POST", f"{VM}/restart", None),
        (Call.OBSERVE, "GET", VMS, None),
        (Call.CATALOG, "GET", "/subscriptions/s/providers/Microsoft.Compute/skus", None),
    ],
)
def test_calls_that_faults_strike(call: Call, method: str, path: str, body: object) -> None:
    """Each call of a scenario's faults has its operation in ARM."""
    client = a_client(failures=(CallFault(call, CallFailure.TRANSIENT),))
    assert client.send(method, path, body).status == 503


@pytest.mark.parametrize(
    ("error", "status", "target"),
    [
        (failures.nic_reserved(VM), 400, None),
        (failures.concurrent_request(), 409, None),
        (failures.no_outbound(), 400, None),
        (failures.required("zones"), 400, "zones"),
        (failures.set_missing(SET), 400, None),
        (failures.reference_missing("/x", VM), 400, None),
    ],
)
def test_statuses_of_errors(error: ProviderError, status: int, target: str | None) -> None:
    """Errors of the region have the status that is recorded or reported for their code."""
    refusal = refusal_of(error, START)
    assert (refusal.status, refusal.target) == (status, target)
