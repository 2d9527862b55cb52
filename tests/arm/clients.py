"""A client of an emulator in process, and bodies of requests: complete and valid, overridden by keyword."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from providers.arm.emulator import Emulator, Settings
from providers.arm.envelope import content_of
from providers.arm.messages import Request
from providers.arm.pipeline import answer
from tests import recorder
from tests.providers.worlds import ADDRESS, SUBSCRIPTION, an_empty_region

VERSION = "2024-07-01"
ORIGIN = "https://localhost:8443"
OWN = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{OWN}/resourceGroups/web-rg"
COMPUTE = f"{GROUP}/providers/Microsoft.Compute"
VMS = f"{COMPUTE}/virtualMachines"
VM = f"{VMS}/web-000001"
SETS = f"{COMPUTE}/virtualMachineScaleSets"
SET = f"{SETS}/web"
LOCKS = "providers/Microsoft.Authorization/locks"
MEMBERS_OF_SET = f"'virtualMachineScaleSet/id' eq '{SET}'"

# Long enough for any creation or deletion that goes well.
A_WHILE = 120.0


@dataclass(frozen=True)
class Answer:
    """What a client gets. ``json`` is the parsed body, None if there is none; header names in lower case."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.text) if self.text else None

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])

    @property
    def message(self) -> str:
        return str(self.json["error"]["message"])


class Client:
    """Sends requests to one emulator, without a socket."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        version: str | None = VERSION,
        query: Mapping[str, str] | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request, with a token and an api-version unless told otherwise."""
        asked = {name.lower(): value for name, value in (query or {}).items()}
        known = {} if version is None else {"api-version": version}
        sent = {"authorization": "Bearer any"}
        sent |= {name.replace("_", "-").lower(): value for name, value in headers.items()}
        request = Request(
            method=method,
            path=path,
            query=known | asked,
            headers={name: value for name, value in sent.items() if value},
            content=b"" if body is None else json.dumps(body).encode(),
            origin=ORIGIN,
        )
        reply = answer(self.emulator, request)
        recorder.keep("emulator", request, reply)
        found = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status, content_of(reply).decode(), found)

    def follow(self, url: str) -> Answer:
        """GET an absolute URL that the emulator gave, unchanged."""
        parts = urlsplit(url)
        assert f"{parts.scheme}://{parts.netloc}" == ORIGIN
        return self.send("GET", parts.path, version=None, query=dict(parse_qsl(parts.query)))

    def poll(self, started: Answer) -> Answer:
        """Ask for the operation that an answer started."""
        return self.follow(started.headers["azure-asyncoperation"])

    def wait(self, seconds: float = A_WHILE) -> None:
        """Let time pass in the region."""
        self.emulator.region.clock.advance(seconds)

    def get(self, path: str, **query: str) -> Answer:
        """GET with query parameters; ``$`` is put in front of filter and expand."""
        named = {
            f"${name}" if name in {"filter", "expand"} else name: v for name, v in query.items()
        }
        return self.send("GET", path, query=named)

    def state_of(self, path: str) -> str:
        """The provisioning state of a resource; fails if it is not there."""
        found = self.get(path)
        assert found.status == 200, found.text
        return str(found.json["properties"]["provisioningState"])


def a_client(settings: Settings | None = None, *, seed: int = 1, **scenario: Any) -> Client:
    """A client of an emulator whose region is empty."""
    return Client(Emulator(an_empty_region(seed, **scenario), settings))


def a_client_with_set(*, members: int = 0, zonal: bool = True, **scenario: Any) -> Client:
    """A client that has made the set ``web`` and so many members, all of them running."""
    client = a_client(Settings(throttle=False), **scenario)
    body = a_set() if zonal else a_set(zones=None, fault_domains=3)
    assert client.send("PUT", SET, body).status == 201
    for number in range(1, members + 1):
        zone = str((number - 1) % 3 + 1) if zonal else None
        made = client.send("PUT", f"{VMS}/web-{number:06d}", a_vm(zone=zone))
        assert made.status == 201, made.text
    client.wait()
    return client


def a_set(
    *, zones: tuple[str, ...] | None = ("1", "2", "3"), fault_domains: int = 1, **over: Any
) -> dict[str, Any]:
    """A Flexible set without a profile."""
    properties = {
        "orchestrationMode": "Flexible",
        "platformFaultDomainCount": fault_domains,
        "singlePlacementGroup": False,
    }
    body = {"location": "westeurope", "properties": properties | over}
    return body if zones is None else body | {"zones": list(zones)}


def a_profile_set(capacity: int, **over: Any) -> dict[str, Any]:
    """A Flexible set that makes its members itself."""
    profile = {
        "storageProfile": {
            "imageReference": IMAGE,
            "osDisk": {"createOption": "FromImage", "managedDisk": {"storageAccountType": None}},
        },
        "osProfile": {"computerNamePrefix": "web", "adminUsername": "azureuser"},
        "networkProfile": {
            "networkInterfaceConfigurations": [
                {"name": "nic", "properties": {"ipConfigurations": [ADDRESS]}}
            ]
        },
    }
    body = a_set(virtualMachineProfile=profile | over)
    return body | {"sku": {"name": "Standard_D2s_v5", "capacity": capacity}}


IMAGE = {
    "publisher": "Canonical",
    "offer": "ubuntu-24_04-lts",
    "sku": "server",
    "version": "latest",
}


def a_vm(
    *,
    zone: str | None = "1",
    size: str = "Standard_D2s_v5",
    member: bool = True,
    tags: Mapping[str, str] | None = None,
    **over: Any,
) -> dict[str, Any]:
    """A Linux VM with its NIC inside, a member of the set ``web`` unless told otherwise."""
    card = {
        "name": "nic",
        "properties": {"primary": True, "deleteOption": "Delete", "ipConfigurations": [ADDRESS]},
    }
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": size},
        "storageProfile": {
            "imageReference": IMAGE,
            "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
        },
        "osProfile": {
            "computerName": "web",
            "adminUsername": "azureuser",
            "adminPassword": "not to be shown",
        },
        "networkProfile": {
            "networkApiVersion": "2020-11-01",
            "networkInterfaceConfigurations": [card],
        },
    }
    if member:
        properties["virtualMachineScaleSet"] = {"id": SET}
    body = {"location": "westeurope", "properties": properties | over}
    if tags is not None:
        body["tags"] = dict(tags)
    return body if zone is None else body | {"zones": [zone]}
