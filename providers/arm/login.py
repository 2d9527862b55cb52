"""What clients ask before they come to ARM: the cloud's endpoints, OpenID configuration, a token.

Nobody is ever turned away: any client id and any secret get an unsigned token, and any token is good.
"""

from __future__ import annotations

import base64
import json
from hashlib import blake2b
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from providers.arm.messages import Reply
from providers.arm.routes import Route

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

_TOKEN_SECONDS = 86_400
# The well-known first-party id of Azure's command line, for people who name no client.
_SOME_CLIENT = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"


def endpoints(emulator: Emulator, request: Request) -> Reply:
    """The cloud's endpoints, in the three shapes that ARM has had."""
    version = request.api_version
    if version >= "2022-09-01":
        return Reply(200, _cloud(emulator, request) | _resource_manager(request))
    if version >= "2019-05-01":
        return Reply(200, [_cloud(emulator, request) | _resource_manager(request)])
    origin = request.origin
    return Reply(
        200,
        {
            "galleryEndpoint": origin,
            "graphEndpoint": origin,
            "portalEndpoint": origin,
            "authentication": {
                "loginEndpoint": f"{origin}/",
                "audiences": [f"{origin}/", "https://management.azure.com/"],
            },
        },
    )


def openid(emulator: Emulator, request: Request) -> Reply:
    """OpenID configuration of a tenant; the paths of tokens differ between versions 1 and 2."""
    tenant = _tenant(emulator, request)
    base = f"{request.origin}/{tenant}"
    is_second = "/v2.0/" in request.path.lower()
    oauth = f"{base}/oauth2{'/v2.0' if is_second else ''}"
    return Reply(
        200,
        {
            "token_endpoint": f"{oauth}/token",
            "token_endpoint_auth_methods_supported": [
                "client_secret_post",
                "private_key_jwt",
                "client_secret_basic",
            ],
            "jwks_uri": f"{base}/discovery{'/v2.0' if is_second else ''}/keys",
            "response_modes_supported": ["query", "fragment", "form_post"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "issuer": f"{base}/v2.0" if is_second else f"{base}/",
            "authorization_endpoint": f"{oauth}/authorize",
            "device_authorization_endpoint": f"{oauth}/devicecode",
            "tenant_region_scope": None,
            "cloud_instance_name": request.origin.partition("://")[2],
        },
    )


def keys(_emulator: Emulator, _request: Request) -> Reply:
    """No keys: nothing is signed."""
    return Reply(200, {"keys": []})


def discovery(_emulator: Emulator, request: Request) -> Reply:
    """Instance discovery: the only authority is this server."""
    host = request.origin.partition("://")[2]
    return Reply(
        200,
        {
            "tenant_discovery_endpoint": (
                f"{request.origin}/common/v2.0/.well-known/openid-configuration"
            ),
            "api-version": "1.1",
            "metadata": [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}],
        },
    )


def token(emulator: Emulator, request: Request) -> Reply:
    """An unsigned token with the claims that clients read: tid, oid, appid, and when it ends."""
    form = {name: values[0] for name, values in parse_qs(request.content.decode("latin-1")).items()}
    asked = form.get("resource") or form.get("scope", "").removesuffix("/.default")
    claims = _claims(emulator, request, form.get("client_id", _SOME_CLIENT), asked)
    body: dict[str, object] = {
        "token_type": "Bearer",
        "expires_in": _TOKEN_SECONDS,
        "ext_expires_in": _TOKEN_SECONDS,
        "access_token": f"{_part({'typ': 'JWT', 'alg': 'none'})}.{_part(claims)}.unsigned",
    }
    if "/v2.0/" not in request.path.lower():
        # Version 1 writes its numbers as texts.
        body |= {
            "expires_in": str(_TOKEN_SECONDS),
            "ext_expires_in": str(_TOKEN_SECONDS),
            "expires_on": str(claims["exp"]),
            "not_before": str(claims["nbf"]),
            "resource": claims["aud"],
        }
    return Reply(200, body)


def _claims(emulator: Emulator, request: Request, client: str, audience: str) -> dict[str, object]:
    tenant = _tenant(emulator, request)
    now = int(emulator.region.clock.now.timestamp())
    return {
        "aud": audience or request.origin,
        "iss": f"{request.origin}/{tenant}/",
        "iat": now,
        "nbf": now,
        "exp": now + _TOKEN_SECONDS,
        "appid": client,
        "idtyp": "app",
        "oid": _guid(client),
        "sub": _guid(client),
        "tid": tenant,
        "ver": "1.0",
    }


def _tenant(emulator: Emulator, request: Request) -> str:
    named = request.params.get("tenant", "")
    usual = {"common", "organizations", "adfs", ""}
    return emulator.settings.tenant if named.lower() in usual else named


def _cloud(emulator: Emulator, request: Request) -> dict[str, object]:
    origin = request.origin
    return {
        "portal": origin,
        "authentication": {
            "loginEndpoint": origin,
            "audiences": [
                origin,
                "https://management.core.windows.net/",
                "https://management.azure.com/",
            ],
            "tenant": emulator.settings.tenant,
            "identityProvider": "AAD",
        },
        "media": origin,
        "graphAudience": origin,
        "graph": origin,
        "name": "AzureCloud",
        "suffixes": {
            "azureDataLakeStoreFileSystem": "azuredatalakestore.net",
            "acrLoginServer": "azurecr.io",
            "sqlServerHostname": "database.windows.net",
            "azureDataLakeAnalyticsCatalogAndJob": "azuredatalakeanalytics.net",
            "keyVaultDns": "vault.azure.net",
            "storage": "core.windows.net",
            "azureFrontDoorEndpointSuffix": "azurefd.net",
        },
        "batch": origin,
        "vmImageAliasDoc": f"{origin}/aliases.json",
        "activeDirectoryDataLake": origin,
        "sqlManagement": origin,
        "microsoftGraphResourceId": f"{origin}/",
        "gallery": origin,
    }


def _resource_manager(request: Request) -> dict[str, object]:
    return {"resourceManager": request.origin}


def _part(claims: dict[str, object] | dict[str, str]) -> str:
    text = json.dumps(claims, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _guid(seed: str) -> str:
    digits = blake2b(seed.encode(), digest_size=16).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


ROUTES = (
    Route("GET", "/metadata/endpoints", endpoints, anonymous=True),
    Route("GET", "/{tenant}/v2.0/.well-known/openid-configuration", openid, anonymous=True),
    Route("GET", "/{tenant}/.well-known/openid-configuration", openid, anonymous=True),
    Route("GET", "/{tenant}/discovery/v2.0/keys", keys, anonymous=True),
    Route("GET", "/{tenant}/discovery/keys", keys, anonymous=True),
    Route("GET", "/{tenant}/discovery/instance", discovery, anonymous=True),
    Route("POST", "/{tenant}/oauth2/v2.0/token", token, anonymous=True),
    Route("POST", "/{tenant}/oauth2/token", token, anonymous=True),
)
