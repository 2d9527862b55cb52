"""Who the adapter is to Azure: one explicit kind of credential, and failures in words."""

from __future__ import annotations

from typing import Any, Self

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
)

from providers.azure.identity import (
    AZURE_CLI,
    ENVIRONMENT,
    MANAGED,
    WORKLOAD,
    Checked,
    IdentityError,
    cloud_of,
    credential_kind,
    credential_of,
)
from providers.azure.pipeline import Conduct, Endpoint
from providers.azure.provider import AzureProvider
from providers.azure.rates import Rates
from providers.errors import Forbidden, ProviderError, Transient
from tests.providers.azure.arm_documents import a_vm, a_world
from tests.providers.azure.fake_arm import ARM, FakeClock, FakeTransport
from tests.providers.worlds import REF, run

CLIENT = {"AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c"}
SECRET = CLIENT | {"AZURE_CLIENT_SECRET": "s"}
CERTIFICATE = CLIENT | {"AZURE_CLIENT_CERTIFICATE_PATH": "/no/such/file.pem"}
FEDERATED = CLIENT | {"AZURE_FEDERATED_TOKEN_FILE": "/token"}


@pytest.mark.parametrize(
    ("environment", "kind"),
    [
        (SECRET, ENVIRONMENT),
        (CERTIFICATE, ENVIRONMENT),
        (FEDERATED, WORKLOAD),
        (FEDERATED | SECRET, WORKLOAD),
        (SECRET | {"AZURE_TOKEN_CREDENTIALS": "ManagedIdentityCredential"}, MANAGED),
        ({"AZURE_TOKEN_CREDENTIALS": "azureclicredential"}, AZURE_CLI),
    ],
)
def test_kind_follows_settings(environment: dict[str, str], kind: str) -> None:
    """The kind is the one that is named, else the one whose variables are set."""
    assert credential_kind(environment) == kind


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "set AZURE_TOKEN_CREDENTIALS to ManagedIdentityCredential"),
        (CLIENT, "no credential"),
        ({"AZURE_CLIENT_SECRET": "s"}, "AZURE_TENANT_ID, AZURE_CLIENT_ID"),
        ({"AZURE_TOKEN_CREDENTIALS": "prod"}, "name one kind, not a chain"),
        ({"AZURE_TOKEN_CREDENTIALS": ENVIRONMENT} | CLIENT, "AZURE_CLIENT_SECRET"),
        ({"AZURE_TOKEN_CREDENTIALS": WORKLOAD}, "AZURE_FEDERATED_TOKEN_FILE"),
    ],
)
def test_missing_settings_are_named(environment: dict[str, str], words: str) -> None:
    """Without a complete credential the error says which variable to set."""
    with pytest.raises(IdentityError, match=words):
        credential_kind(environment)


@pytest.mark.parametrize(
    "environment",
    [
        SECRET,
        FEDERATED,
        {"AZURE_TOKEN_CREDENTIALS": MANAGED},
        {"AZURE_TOKEN_CREDENTIALS": AZURE_CLI},
    ],
)
def test_credentials_are_made(environment: dict[str, str]) -> None:
    """Each kind can be made, asks nobody while it is made, and can be closed."""
    credential = credential_of(environment, cloud_of({}))
    run(credential.close())
    assert isinstance(credential, Checked)


def test_bad_certificate_is_told() -> None:
    """A certificate file that cannot be read is named, with the variable that points to it."""
    with pytest.raises(IdentityError, match=r"AZURE_CLIENT_CERTIFICATE_PATH is /no/such/file\.pem"):
        credential_of(CERTIFICATE, cloud_of({}))


@pytest.mark.parametrize(
    ("environment", "arm"),
    [
        ({}, "https://management.azure.com"),
        ({"AZURE_CLOUD": "AZURE_CHINA_CLOUD"}, "https://management.chinacloudapi.cn"),
        (
            {"AZURE_SDK_CLOUD_CONF": "AZURE_US_GOVERNMENT", "AZURE_CLOUD": "x"},
            "https://management.usgovcloudapi.net",
        ),
    ],
)
def test_clouds_have_endpoints(environment: dict[str, str], arm: str) -> None:
    """The endpoint of ARM follows the cloud that the environment names."""
    assert cloud_of(environment).arm_url == arm


def test_unknown_cloud_is_told() -> None:
    """A cloud that nobody knows is an error that lists those there are."""
    with pytest.raises(IdentityError, match="AZURE_CHINA_CLOUD, AZURE_PUBLIC_CLOUD"):
        cloud_of({"AZURE_CLOUD": "AzureGermanCloud"})


class Teller:
    """A credential that gives a token, or fails, and counts."""

    def __init__(self, error: AzureError | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, ...]] = []
        self.closed = 0

    async def get_token(self, *scopes: str, **_options: Any) -> AccessToken:
        self.asked.append(scopes)
        if self.error is not None:
            raise self.error
        return AccessToken("secret-token", 2**31)

    async def close(self) -> None:
        self.closed += 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_reason: object) -> None:
        await self.close()


def provided(teller: Teller) -> tuple[AzureProvider, FakeTransport]:
    """An adapter with this credential in front of a fake ARM."""
    transport, clock = FakeTransport(a_world(a_vm())), FakeClock()
    endpoint = Endpoint(ARM, credential=lambda: Checked(teller, "ManagedIdentityCredential"))
    conduct = Conduct(Rates(clock), clock)
    return AzureProvider(endpoint, conduct, transports=lambda _endpoint: transport), transport


def test_token_is_asked_once() -> None:
    """Requests at the same time share one token, of ARM's scope."""
    teller = Teller()
    provider, transport = provided(teller)
    run(provider.observe(REF))
    assert {sent.headers["Authorization"] for sent in transport.sent} == {"Bearer secret-token"}
    assert teller.asked == [("https://management.azure.com/.default",)]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientAuthenticationError("AADSTS7000222: the secret is expired"), Forbidden),
        (ServiceRequestError("no route"), Transient),
        (HttpResponseError("the identity endpoint is busy"), Transient),
    ],
)
def test_failed_token_sends_nothing(error: AzureError, kind: type[ProviderError]) -> None:
    """Without a token no request is sent, and the error names the kind of credential."""
    provider, transport = provided(Teller(error))
    with pytest.raises(kind, match="ManagedIdentityCredential gave no token"):
        run(provider.delete(REF, ["web-000001"]))
    assert transport.sent == []


def test_both_are_closed() -> None:
    """Closing gives back the transport and the credential."""
    teller = Teller()
    provider, transport = provided(teller)
    run(provider.observe(REF))
    run(provider.close())
    assert (transport.closed, teller.closed) == (1, 1)
