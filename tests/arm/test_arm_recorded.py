"""What replaying recordings has found: each difference that was mended, as a rule of its own."""

from __future__ import annotations

import pytest

from tests.arm.clients import GROUP, SET, VM, a_client, a_client_with_set, a_profile_set, a_vm

NETWORK = f"{GROUP}/providers/Microsoft.Network/virtualNetworks/net"
DISK = f"{GROUP}/providers/Microsoft.Compute/disks/spare"
A_NETWORK = {
    "location": "westeurope",
    "properties": {"addressSpace": {"addressPrefixes": ["10.0.0.0/16"]}},
}
A_DISK = {
    "location": "westeurope",
    "sku": {"name": "Premium_LRS"},
    "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 500},
}


@pytest.mark.parametrize(
    ("path", "query", "named"),
    [(VM, {}, True), (VM, {"expand": "instanceView"}, False), (SET, {}, True), (NETWORK, {}, True)],
)
def test_etag_as_header(path: str, query: dict[str, str], named: bool) -> None:
    """Reads say the etag in a header, unless they carry an instance view; in the body it stands always."""
    client = a_client_with_set(members=1)
    client.send("PUT", NETWORK, A_NETWORK)
    shown = client.get(path, **query)
    assert shown.json["etag"]
    assert ("etag" in shown.headers) is named


def test_network_writes_without_etag_header() -> None:
    """The answer to a write of Microsoft.Network has its etag in the body alone."""
    made = a_client().send("PUT", NETWORK, A_NETWORK)
    assert made.json["etag"].startswith('W/"')
    assert "etag" not in made.headers


@pytest.mark.parametrize(("path", "body"), [(NETWORK, A_NETWORK), (DISK, A_DISK)])
def test_untagged_shows_no_tags(path: str, body: dict[str, object]) -> None:
    """What nobody gave tags shows none; an empty set of tags is shown as such."""
    client = a_client()
    client.send("PUT", path, body)
    assert "tags" not in client.get(path).json
    client.send("PUT", path, body | {"tags": {}})
    assert client.get(path).json["tags"] == {}


def test_nulls_mean_defaults() -> None:
    """Null for a disk's name and kind, as templates send it, stands for what Azure chooses."""
    client = a_client_with_set()
    disk = {"createOption": "FromImage", "name": None, "managedDisk": {"storageAccountType": None}}
    body = a_vm(storageProfile={"imageReference": {"id": "/an/image"}, "osDisk": disk})
    assert client.send("PUT", VM, body).status == 201
    client.wait()
    shown = client.get(VM).json["properties"]["storageProfile"]["osDisk"]
    assert shown["name"].startswith("web-000001_")
    assert shown["managedDisk"]["storageAccountType"] == "Premium_LRS"


def test_words_become_booleans() -> None:
    """A card of a profile that is primary in words is so as a boolean."""
    client = a_client()
    cards = [{"name": "nic", "properties": {"primary": "true"}}]
    body = a_profile_set(0, networkProfile={"networkInterfaceConfigurations": cards})
    assert client.send("PUT", SET, body).status == 201
    profile = client.get(SET).json["properties"]["virtualMachineProfile"]
    (card,) = profile["networkProfile"]["networkInterfaceConfigurations"]
    assert card["properties"]["primary"] is True


def test_disk_fills_in_later() -> None:
    """The answer to a disk's PUT shows what was asked for; what Azure fills in is shown afterwards."""
    client = a_client()
    made = client.send("PUT", DISK, A_DISK)
    assert made.status == 202
    assert set(made.json["properties"]) == {"creationData", "diskSizeGB", "provisioningState"}
    client.wait()
    shown = client.get(DISK).json["properties"]
    assert shown["diskSizeBytes"] == 500 * 2**30
    assert shown["encryption"] == {"type": "EncryptionAtRestWithPlatformKey"}


def test_disk_keeps_its_age() -> None:
    """A changed disk is as old as it was."""
    client = a_client()
    client.send("PUT", DISK, A_DISK)
    client.wait()
    before = client.get(DISK).json["properties"]["timeCreated"]
    client.send("PUT", DISK, A_DISK)
    client.wait()
    assert client.get(DISK).json["properties"]["timeCreated"] == before


def test_extension_defaults() -> None:
    """An extension has settings, if none were sent, and does not upgrade its minor version by itself."""
    client = a_client_with_set(members=1)
    properties = {"publisher": "p", "type": "t", "typeHandlerVersion": "1.0"}
    body = {"location": "westeurope", "properties": properties}
    made = client.send("PUT", f"{VM}/extensions/probe", body)
    assert made.json["properties"]["settings"] == {}
    assert made.json["properties"]["autoUpgradeMinorVersion"] is False
