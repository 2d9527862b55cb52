"""Who we are to Azure: one explicit kind of credential, never a chain that tries what happens to be there.

The kind is named by ``AZURE_TOKEN_CREDENTIALS`` (the class names of azure-identity), or follows from the
usual variables if they are complete: a federated token, a client secret, or a client certificate. The
cloud is ``AZURE_SDK_CLOUD_CONF`` or ``AZURE_CLOUD``; nothing else says where ARM is, least of all a spec.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from azure.core import AzureClouds
from azure.core.exceptions import AzureError, ClientAuthenticationError, ServiceRequestError
from azure.mgmt.core.tools import get_arm_endpoints

from providers.azure.answers import tidy
from providers.errors import Forbidden, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.credentials import AccessToken
    from azure.core.credentials_async import AsyncTokenCredential

WORKLOAD = "WorkloadIdentityCredential"
MANAGED = "ManagedIdentityCredential"
ENVIRONMENT = "EnvironmentCredential"
AZURE_CLI = "AzureCliCredential"

_CLIENT = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID")
_NEEDS = {
    WORKLOAD: (*_CLIENT, "AZURE_FEDERATED_TOKEN_FILE"),
    ENVIRONMENT: _CLIENT,
    MANAGED: (),
    AZURE_CLI: (),
}
_SECRET = "AZURE_CLIENT_SECRET"  # noqa: S105 -- the name of a variable, not a secret
_CERTIFICATE = "AZURE_CLIENT_CERTIFICATE_PATH"
# Whoever asked repeats the question. Only a managed identity keeps the SDK's own retries: its endpoint on
# the VM is known to be away for up to 70 seconds.
_PATIENCE = {"retry_total": 0, "connection_timeout": 10, "read_timeout": 60}
_CLOUDS = {
    "AZURE_PUBLIC_CLOUD": (AzureClouds.AZURE_PUBLIC_CLOUD, "login.microsoftonline.com"),
    "AZURE_US_GOVERNMENT": (AzureClouds.AZURE_US_GOVERNMENT, "login.microsoftonline.us"),
    "AZURE_CHINA_CLOUD": (AzureClouds.AZURE_CHINA_CLOUD, "login.chinacloudapi.cn"),
}


class IdentityError(Exception):
    """No credential can be made from the settings. The sentence says what to set."""


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Azure's clouds: where ARM and the authority are, and for what a token is asked."""

    setting: AzureClouds
    arm_url: str
    scopes: tuple[str, ...]
    authority: str


def cloud_of(environment: Mapping[str, str]) -> Cloud:
    """The cloud that the environment names; the public one if it names none. Raises ``IdentityError``."""
    named = environment.get("AZURE_SDK_CLOUD_CONF") or environment.get("AZURE_CLOUD")
    name = named or "AZURE_PUBLIC_CLOUD"
    if name not in _CLOUDS:
        raise IdentityError(
            f"AZURE_SDK_CLOUD_CONF names the cloud {name!r}, which is not known; use one of "
            f"{', '.join(sorted(_CLOUDS))}"
        )
    setting, authority = _CLOUDS[name]
    endpoints = get_arm_endpoints(setting)
    return Cloud(
        setting=setting,
        arm_url=str(endpoints["resource_manager"]).rstrip("/"),
        scopes=tuple(endpoints["credential_scopes"]),
        authority=authority,
    )


def credential_kind(environment: Mapping[str, str]) -> str:
    """Which kind of credential the environment asks for. Raises ``IdentityError`` if none, or incompletely."""
    named = environment.get("AZURE_TOKEN_CREDENTIALS", "")
    kind = _by_name(named) if named else _by_variables(environment)
    missing = [name for name in _NEEDS[kind] if not environment.get(name)]
    if kind == ENVIRONMENT and not (environment.get(_SECRET) or environment.get(_CERTIFICATE)):
        missing.append(f"{_SECRET} (or {_CERTIFICATE})")
    if missing:
        raise IdentityError(f"for {kind} these variables are not set: {', '.join(missing)}")
    return kind


def credential_of(environment: Mapping[str, str], cloud: Cloud) -> AsyncTokenCredential:
    """Make the credential; nothing is asked for yet. Raises ``IdentityError``."""
    kind = credential_kind(environment)
    # azure-identity logs each failure; ours are errors that say the same, once.
    logging.getLogger("azure").addHandler(logging.NullHandler())
    return Checked(_made(kind, environment, cloud), kind)


class Checked:
    """A credential whose failures are errors of our tree: no token, no request, nothing was sent."""

    def __init__(self, inner: AsyncTokenCredential, kind: str) -> None:
        self._inner = inner
        self._kind = kind

    async def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Give a token. Raises ``Forbidden`` if the identity is refused, ``Transient`` if nobody answers."""
        try:
            return await self._inner.get_token(*scopes, **options)
        except ServiceRequestError as error:
            raise Transient("NoToken", self._sentence(error)) from error
        except ClientAuthenticationError as error:
            raise Forbidden("NoCredential", self._sentence(error)) from error
        except AzureError as error:
            raise Transient("NoToken", self._sentence(error)) from error

    async def close(self) -> None:
        """Close the credential's own session."""
        await self._inner.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_reason: object) -> None:
        await self.close()

    def _sentence(self, error: AzureError) -> str:
        return f"{self._kind} gave no token: {tidy(str(error))}"


def _by_name(named: str) -> str:
    known = {kind.lower(): kind for kind in _NEEDS}
    kind = known.get(named.lower())
    if kind is None:
        raise IdentityError(
            f"AZURE_TOKEN_CREDENTIALS is {named!r}; name one kind, not a chain: {', '.join(_NEEDS)}"
        )
    return kind


def _by_variables(environment: Mapping[str, str]) -> str:
    if environment.get("AZURE_FEDERATED_TOKEN_FILE"):
        return WORKLOAD
    if environment.get(_SECRET) or environment.get(_CERTIFICATE):
        return ENVIRONMENT
    raise IdentityError(
        f"no credential: set AZURE_TOKEN_CREDENTIALS to {MANAGED} (on Azure), {WORKLOAD} (in "
        f"Kubernetes) or {AZURE_CLI} (after az login), or set AZURE_TENANT_ID, AZURE_CLIENT_ID and "
        f"{_SECRET}"
    )


def _made(kind: str, environment: Mapping[str, str], cloud: Cloud) -> AsyncTokenCredential:
    from azure.identity import aio

    tenant, client = environment.get("AZURE_TENANT_ID", ""), environment.get("AZURE_CLIENT_ID")
    if kind == MANAGED:
        return aio.ManagedIdentityCredential(client_id=client or None)
    if kind == AZURE_CLI:
        return aio.AzureCliCredential(tenant_id=tenant)
    if kind == WORKLOAD:
        return aio.WorkloadIdentityCredential(
            tenant_id=tenant,
            client_id=client,
            token_file_path=environment["AZURE_FEDERATED_TOKEN_FILE"],
            authority=cloud.authority,
            **_PATIENCE,
        )
    return _client(tenant, str(client), environment, cloud)


def _client(
    tenant: str, client: str, environment: Mapping[str, str], cloud: Cloud
) -> AsyncTokenCredential:
    from azure.identity import aio

    secret = environment.get(_SECRET)
    if secret:
        return aio.ClientSecretCredential(
            tenant, client, secret, authority=cloud.authority, **_PATIENCE
        )
    path = environment[_CERTIFICATE]
    try:
        return aio.CertificateCredential(
            tenant,
            client,
            certificate_path=path,
            password=environment.get("AZURE_CLIENT_CERTIFICATE_PASSWORD"),
            authority=cloud.authority,
            **_PATIENCE,
        )
    except (OSError, ValueError) as error:
        raise IdentityError(f"{_CERTIFICATE} is {path}, which cannot be used: {error}") from error
