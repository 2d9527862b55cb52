"""What stands around every answer, and what ARM says before any service is asked."""

from __future__ import annotations

import re

import pytest

from providers.arm.emulator import Settings
from tests.arm.clients import (
    COMPUTE,
    GROUP,
    LOCKS,
    OWN,
    VM,
    VMS,
    a_client,
    a_client_with_set,
    a_set,
)

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def test_version_is_required() -> None:
    """Without an api-version ARM answers 400 in its own words, whatever is asked for."""
    refused = a_client().send("GET", VM, version=None)
    assert (refused.status, refused.code) == (400, "MissingApiVersionParameter")
    assert refused.message == (
        "The api-version query parameter (?api-version=) is required for all requests."
    )
    assert refused.headers["x-ms-failure-cause"] == "gateway"


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("2021-07-01", 200),
        ("2024-07-01", 200),
        ("2026-04-01", 200),
        ("2021-04-01", 400),
        ("2026-05-01", 400),
        ("latest", 400),
    ],
)
def test_compute_versions(version: str, status: int) -> None:
    """Compute takes the versions from 2021-07-01 to 2026-04-01."""
    found = a_client().send("GET", VMS, version=version)
    assert found.status == status
    if status == 400:
        assert found.code == "NoRegisteredProviderFound"
        assert f"API version '{version}' for type 'virtualMachines'" in found.message


def test_token_is_required() -> None:
    """Without a token the answer is 401 with the authority that gives one."""
    refused = a_client().send("GET", VM, authorization="")
    assert (refused.status, refused.code) == (401, "AuthenticationFailed")
    assert refused.message == "Authentication failed. The 'Authorization' header is missing."
    tenant = Settings().tenant
    authority = f'Bearer authorization_uri="https://localhost:8443/{tenant}"'
    assert refused.headers["www-authenticate"].startswith(authority)


def test_ids_of_requests() -> None:
    """Each answer has an id of its own; the client's ids come back; the routing id names region and time."""
    client = a_client()
    first = client.send(
        "GET", VMS, x_ms_client_request_id="mine", x_ms_correlation_request_id="ours"
    )
    second = client.send("GET", VMS)
    assert first.headers["x-ms-client-request-id"] == "mine"
    assert first.headers["x-ms-correlation-request-id"] == "ours"
    assert first.headers["x-ms-routing-request-id"] == "WESTEUROPE:20261121T120000Z:ours"
    ids = [found.headers["x-ms-request-id"] for found in (first, second)]
    assert [bool(GUID.fullmatch(found)) for found in ids] == [True, True]
    assert len(set(ids)) == 2


def test_common_headers() -> None:
    """Cache and security headers are those of recorded answers; the date is the region's."""
    headers = a_client().send("GET", GROUP).headers
    recorded = {
        "cache-control": "no-cache",
        "pragma": "no-cache",
        "expires": "-1",
        "strict-transport-security": "max-age=31536000; includeSubDomains",
        "x-content-type-options": "nosniff",
        "content-type": "application/json; charset=utf-8",
        "date": "Sat, 21 Nov 2026 12:00:00 GMT",
    }
    assert {name: headers[name] for name in recorded} == recorded


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (
            f"{COMPUTE}/gadgets/x",
            "InvalidResourceType",
            (
                "The resource type 'gadgets' could not be found in the namespace 'Microsoft.Compute' for api "
                "version '2024-07-01'."
            ),
        ),
        (
            f"{GROUP}/providers/Contoso.Gadgets/gadgets/x",
            "InvalidResourceNamespace",
            "The resource namespace 'Contoso.Gadgets' is invalid.",
        ),
    ],
)
def test_unknown_types(path: str, code: str, message: str) -> None:
    """A type or namespace that nobody serves is a 404 from ARM that names it."""
    refused = a_client().send("GET", path)
    assert (refused.status, refused.code) == (404, code)
    assert refused.message.startswith(message)


def test_unknown_method() -> None:
    """A method that a resource does not have is a 405."""
    refused = a_client().send("POST", VM)
    assert refused.status == 405
    assert refused.message == "The requested resource does not support http method 'POST'."


@pytest.mark.parametrize(
    "path",
    [
        VM.upper(),
        VM.replace("resourceGroups", "resourcegroups"),
        VM.replace("Microsoft.Compute/", "Microsoft.Compute//"),
        f"/{VM}/",
    ],
)
def test_paths_compare_loosely(path: str) -> None:
    """Case and double slashes in a path do not matter; the answer keeps the id that was given at first."""
    client = a_client_with_set(members=1)
    found = client.send("GET", path)
    assert (found.status, found.json["id"]) == (200, VM)


def test_body_that_is_no_json() -> None:
    """A body that cannot be read is refused by ARM itself."""
    client = a_client()
    refused = client.send("PUT", VM, ["a", "list"])
    assert (refused.status, refused.code) == (400, "InvalidRequestContent")
    assert refused.message.startswith(
        "The request content was invalid and could not be deserialized: '"
    )


def test_compute_indents_bodies() -> None:
    """Compute's bodies are indented with CRLF and their network profile is compact; ARM's are compact."""
    client = a_client_with_set(members=1)
    shown = client.get(VM).text
    assert shown.startswith('{\r\n  "name": "web-000001",\r\n  "id": "/subscriptions/')
    assert '\r\n    "networkProfile": {"networkInterfaces":[{"id":"/subscriptions/' in shown
    missing = client.get(f"{VMS}/nobody").text
    assert missing.startswith('{"error":{"code":"ResourceNotFound","message":"The Resource ')


def test_strict_knows_one_subscription() -> None:
    """A strict emulator has one subscription and only the groups that were made."""
    client = a_client(strict=True)
    other = OWN.replace("00000000-", "99999999-")
    assert client.send("GET", other).code == "SubscriptionNotFound"
    refused = client.send("PUT", f"{COMPUTE}/virtualMachineScaleSets/web", a_set())
    assert (refused.status, refused.code) == (404, "ResourceGroupNotFound")
    assert refused.message == "Resource group 'web-rg' could not be found."
    assert client.send("PUT", GROUP, {"location": "westeurope"}).status == 201
    assert client.send("PUT", f"{COMPUTE}/virtualMachineScaleSets/web", a_set()).status == 201


def test_version_of_the_last_provider() -> None:
    """A lock on a VM has Authorization's versions, which are older than all that Compute takes."""
    client = a_client_with_set(members=1)
    lock = f"{VM}/{LOCKS}/keep"
    made = client.send("PUT", lock, {"properties": {"level": "ReadOnly"}}, version="2016-09-01")
    assert made.status == 201
