"""What clients ask before they come to ARM, and the subscription they find."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from providers.arm.messages import Request
from providers.arm.pipeline import answer
from tests.arm.clients import ORIGIN, OWN, a_client, a_client_with_set

TENANT = "11111111-1111-1111-1111-111111111111"


@pytest.mark.parametrize(
    ("version", "shape"), [("2022-09-01", dict), ("2019-05-01", list), ("2015-01-01", dict)]
)
def test_endpoints_in_three_shapes(version: str, shape: type) -> None:
    """The cloud's endpoints come as an object, as a list, or in the old form, by version; no token needed."""
    client = a_client()
    found = client.send("GET", "/metadata/endpoints", version=version, authorization="").json
    cloud: dict[str, Any] = found[0] if shape is list else found
    assert (type(found) is shape, "authentication" in cloud) == (True, True)
    login = cloud["authentication"]["loginEndpoint"]
    assert login.rstrip("/") == ORIGIN
    if version >= "2019":
        assert cloud["resourceManager"] == ORIGIN


@pytest.mark.parametrize(
    ("path", "endpoint"),
    [
        (f"/{TENANT}/v2.0/.well-known/openid-configuration", f"/{TENANT}/oauth2/v2.0/token"),
        (f"/{TENANT}/.well-known/openid-configuration", f"/{TENANT}/oauth2/token"),
        ("/common/v2.0/.well-known/openid-configuration", f"/{TENANT}/oauth2/v2.0/token"),
    ],
)
def test_openid_configuration(path: str, endpoint: str) -> None:
    """The configuration of a tenant names this server for tokens, in both versions."""
    found = a_client().send("GET", path, version=None, authorization="").json
    assert found["token_endpoint"] == ORIGIN + endpoint
    assert found["issuer"].startswith(f"{ORIGIN}/{TENANT}/")


def claims_of(token: str) -> dict[str, object]:
    """What stands in an unsigned token."""
    part = token.split(".")[1]
    parsed: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return parsed


@pytest.mark.parametrize("path", ["oauth2/v2.0/token", "oauth2/token"])
def test_any_client_gets_a_token(path: str) -> None:
    """Any client id and secret get a token with tid, oid and appid; version 1 writes numbers as text."""
    form = b"grant_type=client_credentials&client_id=me&client_secret=x&scope=https%3A%2F%2Farm%2F.default"
    request = Request("POST", f"/{TENANT}/{path}", content=form, origin=ORIGIN)
    body = answer(a_client().emulator, request).body
    assert isinstance(body, dict)
    claims = claims_of(body["access_token"])
    assert (claims["tid"], claims["appid"]) == (TENANT, "me")
    assert claims["oid"]
    assert isinstance(body["expires_in"], int if "v2.0" in path else str)


def test_tenant_named_adfs() -> None:
    """Clients that take the tenant ``adfs`` get a token, too."""
    request = Request("POST", "/adfs/oauth2/token", content=b"client_id=me", origin=ORIGIN)
    body = answer(a_client().emulator, request).body
    assert isinstance(body, dict)
    assert claims_of(body["access_token"])["tid"] == TENANT


def test_instance_discovery() -> None:
    """Instance discovery names this server as the only authority."""
    found = a_client().send("GET", "/common/discovery/instance", version="1.1", authorization="")
    assert found.json["metadata"][0]["aliases"] == ["localhost:8443"]


def test_subscription_is_found() -> None:
    """Tenants, subscriptions and the subscription itself are there."""
    client = a_client()
    assert client.get("/tenants").json["value"][0]["tenantId"] == TENANT
    listed = client.get("/subscriptions").json["value"]
    assert [found["state"] for found in listed] == ["Enabled"]
    assert client.get(OWN).json["id"] == OWN


def test_locations_map_zones() -> None:
    """Locations with zones say which physical zones they are; those without say nothing."""
    found = {row["name"]: row for row in a_client().get(f"{OWN}/locations").json["value"]}
    mapped = found["westeurope"]["availabilityZoneMappings"]
    assert mapped[0] == {"logicalZone": "1", "physicalZone": "westeurope-az2"}
    assert "availabilityZoneMappings" not in found["westus"]


def test_providers_are_registered() -> None:
    """Providers are listed, shown with their types, and registered already."""
    client = a_client_with_set()
    compute = client.get(f"{OWN}/providers/microsoft.compute").json
    kinds = {kind["resourceType"] for kind in compute["resourceTypes"]}
    assert {"virtualMachines", "virtualMachineScaleSets", "disks"} <= kinds
    assert compute["registrationState"] == "Registered"
    listed = client.get(f"{OWN}/providers").json["value"]
    assert "Microsoft.Compute" in {found["namespace"] for found in listed}
    again = client.send("POST", f"{OWN}/providers/Microsoft.Network/register")
    assert again.json["registrationState"] == "Registered"
    assert client.get(f"{OWN}/providers/Contoso.Gadgets").code == "InvalidResourceNamespace"
