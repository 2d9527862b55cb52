"""Templates as Azure's command line writes them, shortened, and the running of deployments in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.arm.clients import GROUP, IMAGE, SET, Answer, Client, a_set
from tests.arm.network_bodies import CARDS, SUBNET

DEPLOYMENTS = f"{GROUP}/providers/Microsoft.Resources/deployments"
DEPLOYMENT = f"{DEPLOYMENTS}/deploy"
SCHEMA = "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#"
VERSION = "2022-09-01"


def a_template(*resources: Mapping[str, Any], **over: Any) -> dict[str, Any]:
    """A template of these resources."""
    return {
        "$schema": SCHEMA,
        "contentVersion": "1.0.0.0",
        "parameters": {},
        "variables": {},
        "resources": list(resources),
        "outputs": {},
    } | over


def a_resource(kind: str, name: str, *depends: str, **over: Any) -> dict[str, Any]:
    """A resource of a template in westeurope."""
    version = "2024-07-01" if kind.startswith("Microsoft.Compute") else "2015-06-15"
    return {
        "type": kind,
        "name": name,
        "apiVersion": version,
        "location": "westeurope",
        "tags": {},
        "dependsOn": list(depends),
        "properties": {},
    } | over


def a_network_resource() -> dict[str, Any]:
    """The network ``net`` with the subnet ``web``."""
    subnets = [{"name": "web", "properties": {"addressPrefix": "10.0.0.0/24"}}]
    properties = {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}, "subnets": subnets}
    return a_resource("Microsoft.Network/virtualNetworks", "net", properties=properties)


def a_card_resource(name: str = "vm1VMNic", *depends: str, **over: Any) -> dict[str, Any]:
    """A NIC in the subnet ``web``; it depends on the network if nothing else is said."""
    configuration = {"name": "ip", "properties": {"subnet": {"id": SUBNET}}}
    needed = depends or ("Microsoft.Network/virtualNetworks/net",)
    properties = {"ipConfigurations": [configuration]}
    kind = "Microsoft.Network/networkInterfaces"
    return a_resource(kind, name, *needed, properties=properties, **over)


def a_vm_resource(name: str = "vm1", *depends: str, **over: Any) -> dict[str, Any]:
    """A VM of the set ``web`` in zone 1 with a NIC by id, nulls as the command line sends them."""
    card = over.pop("card", f"{CARDS}/{name}VMNic")
    needed = depends or (f"Microsoft.Network/networkInterfaces/{name}VMNic",)
    properties: dict[str, Any] = {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "networkProfile": {
            "networkInterfaces": [{"id": card, "properties": {"deleteOption": None}}]
        },
        "storageProfile": {
            "imageReference": IMAGE,
            "osDisk": {"createOption": "fromImage", "name": None, "managedDisk": None},
        },
        "osProfile": {"computerName": name, "adminUsername": "azureuser"},
        "virtualMachineScaleSet": {"id": SET},
    }
    properties |= over.pop("properties", {})
    kind = "Microsoft.Compute/virtualMachines"
    place = {"zones": ["1"]} | over
    return a_resource(kind, name, *needed, properties=properties, **place)


def a_set_resource(**over: Any) -> dict[str, Any]:
    """The set ``web`` without a profile."""
    body = a_set()
    kind = "Microsoft.Compute/virtualMachineScaleSets"
    return a_resource(kind, "web", properties=body["properties"], zones=body["zones"], **over)


def deploy(
    client: Client, template: Mapping[str, Any], *, path: str = DEPLOYMENT, **parameters: Any
) -> Answer:
    """PUT a deployment."""
    given = {name: {"value": value} for name, value in parameters.items()}
    properties = {"template": template, "parameters": given, "mode": "incremental"}
    return client.send("PUT", path, {"properties": properties}, version=VERSION)


def finish(client: Client, started: Answer, *, within: int = 60) -> dict[str, Any]:
    """Poll a deployment to its end, ten seconds apart; gives the last poll, however it ended."""
    assert started.status in {200, 201}, started.text
    found: dict[str, Any] = client.poll(started).json
    for _ in range(within):
        if found["status"] not in {"Accepted", "Running"}:
            break
        client.wait(10)
        found = client.poll(started).json
    return found


def shown(client: Client, path: str = DEPLOYMENT) -> dict[str, Any]:
    """The properties of a deployment."""
    found: dict[str, Any] = client.get(path).json["properties"]
    return found
