"""What is compared with: a plain loop over the synchronous azure-mgmt-compute, as a script would have it.

    python benchmarks/plain_sdk.py accept|run|look URL CA-FILE SUBSCRIPTION GROUP COUNT

``accept`` makes a set and starts so many VMs in it; ``run`` waits until they run; ``look`` reads all of them
with their instance views. Exit status 1 if there are others than expected.
"""

from __future__ import annotations

import sys
from typing import Any

from azure.core.credentials import AccessToken
from azure.mgmt.compute import ComputeManagementClient

LOCATION = "westeurope"


class AnyToken:
    """A credential that an emulator takes."""

    def get_token(self, *_scopes: str, **_options: object) -> AccessToken:
        """Give a word."""
        return AccessToken("any", 4_000_000_000)


def main() -> int:
    """Do what the first argument says."""
    verb, url, ca_file, subscription, group, count = sys.argv[1:]
    client: Any = ComputeManagementClient(
        AnyToken(),
        subscription,
        base_url=url,
        credential_scopes=[f"{url}/.default"],
        connection_verify=ca_file,
    )
    place = f"/subscriptions/{subscription}/resourceGroups/{group}/providers"
    scale_set = f"{place}/Microsoft.Compute/virtualMachineScaleSets/web"
    if verb == "look":
        return 0 if _looked(client, group, scale_set) == int(count) else 1
    _make(client, group, place, scale_set, int(count), wait=verb == "run")
    return 0


def _make(client: Any, group: str, place: str, scale_set: str, count: int, *, wait: bool) -> None:
    properties = {"orchestrationMode": "Flexible", "platformFaultDomainCount": 1}
    body = {"location": LOCATION, "zones": ["1", "2", "3"], "properties": properties}
    client.virtual_machine_scale_sets.begin_create_or_update(group, "web", body).result()
    pollers = [
        client.virtual_machines.begin_create_or_update(
            group, f"web-{number:06d}", _member(number, place, scale_set), polling=wait
        )
        for number in range(1, count + 1)
    ]
    for poller in pollers if wait else ():
        poller.result()


def _looked(client: Any, group: str, scale_set: str) -> int:
    found = client.virtual_machines.list(
        group, filter=f"'virtualMachineScaleSet/id' eq '{scale_set}'", expand="instanceView"
    )
    return sum(vm.provisioning_state == "Succeeded" for vm in found)


def _member(number: int, place: str, scale_set: str) -> dict[str, Any]:
    subnet = {"id": f"{place}/Microsoft.Network/virtualNetworks/net/subnets/web"}
    address = {"name": "ip", "properties": {"subnet": subnet}}
    card = {"primary": True, "deleteOption": "Delete", "ipConfigurations": [address]}
    image = {"publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server"}
    properties = {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "storageProfile": {
            "imageReference": image | {"version": "latest"},
            "osDisk": {"createOption": "FromImage", "deleteOption": "Delete"},
        },
        "osProfile": {
            "computerName": f"web-{number:06d}",
            "adminUsername": "azureuser",
            "adminPassword": "Any-Password-1",
        },
        "networkProfile": {
            "networkApiVersion": "2020-11-01",
            "networkInterfaceConfigurations": [{"name": "nic", "properties": card}],
        },
        "virtualMachineScaleSet": {"id": scale_set},
    }
    return {"location": LOCATION, "zones": [str(number % 3 + 1)], "properties": properties}


if __name__ == "__main__":
    sys.exit(main())
