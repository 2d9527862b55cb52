"""The ARM properties that a template becomes, compared with what Azure's REST API takes."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from tests.specs.spec_texts import GUID, SCOPE, SUBNET, compiled, edited

if TYPE_CHECKING:
    from providers.base import Document, Json

NETWORK = f"{SCOPE}/Microsoft.Network"
COMPUTE = f"{SCOPE}/Microsoft.Compute"
IDENTITY = f"{SCOPE}/Microsoft.ManagedIdentity/userAssignedIdentities/web"
VAULT = f"{SCOPE}/Microsoft.KeyVault/vaults/web"

RICH = f"""\
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {{name: web}}
spec:
  azure: {{subscription: {GUID}, resourceGroup: web-rg, location: westeurope}}
  replicas: 3
  placement: {{zones: ["1", "2", "3"]}}
  sizes: [Standard_D2s_v5]
  template:
    image: {{publisher: Sold, offer: thing, sku: gen2, version: 1.2.3}}
    plan: {{name: gen2, product: thing, publisher: Sold}}
    adminUsername: ops
    sshPublicKeys: [ssh-ed25519 AAAA ops]
    osDisk:
      storageAccountType: Premium_LRS
      sizeGiB: 64
      diskEncryptionSetId: {COMPUTE}/diskEncryptionSets/keys
    dataDisks:
      - {{lun: 0, sizeGiB: 512, storageAccountType: PremiumV2_LRS, deleteOption: Detach}}
      - {{lun: 1, createOption: Copy, sourceResourceId: {COMPUTE}/snapshots/seed, caching: ReadOnly}}
    network:
      subnet: {SUBNET}
      networkSecurityGroup: {NETWORK}/networkSecurityGroups/web
      applicationSecurityGroups: [{NETWORK}/applicationSecurityGroups/web]
      loadBalancerBackendPools: [{NETWORK}/loadBalancers/web/backendAddressPools/web]
      applicationGatewayBackendPools: [{NETWORK}/applicationGateways/web/backendAddressPools/web]
      acceleratedNetworking: true
      ipv6: true
      dnsServers: [10.0.0.4]
      publicIp: {{idleTimeoutMinutes: 10, domainNameLabel: "{{name}}"}}
      outbound: loadBalancer
    nics:
      - {{name: back, subnet: {SUBNET}, acceleratedNetworking: false, ipForwarding: true}}
    identity: {{userAssigned: [{IDENTITY}]}}
    extensions:
      - name: agent
        publisher: Microsoft.Azure.Monitor
        type: AzureMonitorLinuxAgent
        typeHandlerVersion: "1.0"
        enableAutomaticUpgrade: true
        settings: {{host: "{{name}}"}}
        protectedSettingsFromKeyVault: {{secretUrl: https://web.vault.azure.net/secrets/s/1, sourceVault: {VAULT}}}
    userData: {{inline: "hello"}}
    customData: {{inline: "#cloud-config"}}
    capacityReservationGroup: {COMPUTE}/capacityReservationGroups/web
    patching: {{mode: AutomaticByPlatform, assessment: AutomaticByPlatform, reboot: IfRequired}}
    health: {{protocol: http, port: 8080, path: /healthz, states: Rich, gracePeriodSeconds: 120}}
    terminateNotification: {{timeoutMinutes: 10}}
    security: {{type: TrustedLaunch, secureBoot: true, vTpm: true, encryptionAtHost: true}}
    licenseType: RHEL_BYOS
    overlay:
      storageProfile: {{diskControllerType: NVMe}}
      diagnosticsProfile: {{bootDiagnostics: {{enabled: false}}}}
"""

ADDRESS: Json = {
    "primary": True,
    "privateIPAddressVersion": "IPv4",
    "subnet": {"id": SUBNET},
    "loadBalancerBackendAddressPools": [
        {"id": f"{NETWORK}/loadBalancers/web/backendAddressPools/web"}
    ],
    "applicationGatewayBackendAddressPools": [
        {"id": f"{NETWORK}/applicationGateways/web/backendAddressPools/web"}
    ],
    "applicationSecurityGroups": [{"id": f"{NETWORK}/applicationSecurityGroups/web"}],
    "publicIPAddressConfiguration": {
        "name": "{name}-nic-ip",
        "sku": {"name": "Standard", "tier": "Regional"},
        "properties": {
            "deleteOption": "Delete",
            "publicIPAllocationMethod": "Static",
            "publicIPAddressVersion": "IPv4",
            "idleTimeoutInMinutes": 10,
            "dnsSettings": {"domainNameLabel": "{name}"},
        },
    },
}

EXPECTED: dict[str, Json] = {
    "storageProfile": {
        "imageReference": {
            "publisher": "Sold",
            "offer": "thing",
            "sku": "gen2",
            "version": "1.2.3",
        },
        "osDisk": {
            "createOption": "FromImage",
            "caching": "ReadWrite",
            "diskSizeGB": 64,
            "managedDisk": {
                "storageAccountType": "Premium_LRS",
                "diskEncryptionSet": {"id": f"{COMPUTE}/diskEncryptionSets/keys"},
            },
            "deleteOption": "Delete",
        },
        "dataDisks": [
            {
                "lun": 0,
                "createOption": "Empty",
                "caching": "None",
                "diskSizeGB": 512,
                "managedDisk": {"storageAccountType": "PremiumV2_LRS"},
                "deleteOption": "Detach",
            },
            {
                "lun": 1,
                "createOption": "Copy",
                "caching": "ReadOnly",
                "sourceResource": {"id": f"{COMPUTE}/snapshots/seed"},
                "deleteOption": "Delete",
            },
        ],
        "diskControllerType": "NVMe",
    },
    "osProfile": {
        "computerName": "{computerName}",
        "adminUsername": "ops",
        "customData": base64.b64encode(b"#cloud-config").decode(),
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "provisionVMAgent": True,
            "ssh": {
                "publicKeys": [
                    {"path": "/home/ops/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAA ops"}
                ]
            },
            "patchSettings": {
                "patchMode": "AutomaticByPlatform",
                "assessmentMode": "AutomaticByPlatform",
                "automaticByPlatformSettings": {"rebootSetting": "IfRequired"},
            },
        },
    },
    "networkProfile": {
        "networkApiVersion": "2020-11-01",
        "networkInterfaceConfigurations": [
            {
                "name": "{name}-nic",
                "properties": {
                    "primary": True,
                    "deleteOption": "Delete",
                    "enableAcceleratedNetworking": True,
                    "networkSecurityGroup": {"id": f"{NETWORK}/networkSecurityGroups/web"},
                    "dnsSettings": {"dnsServers": ["10.0.0.4"]},
                    "ipConfigurations": [
                        {"name": "ipv4", "properties": ADDRESS},
                        {
                            "name": "ipv6",
                            "properties": {
                                "primary": False,
                                "privateIPAddressVersion": "IPv6",
                                "subnet": {"id": SUBNET},
                            },
                        },
                    ],
                },
            },
            {
                "name": "{name}-back",
                "properties": {
                    "primary": False,
                    "deleteOption": "Delete",
                    "enableAcceleratedNetworking": False,
                    "enableIPForwarding": True,
                    "ipConfigurations": [
                        {
                            "name": "ipv4",
                            "properties": {
                                "primary": True,
                                "privateIPAddressVersion": "IPv4",
                                "subnet": {"id": SUBNET},
                            },
                        }
                    ],
                },
            },
        ],
    },
    "securityProfile": {
        "securityType": "TrustedLaunch",
        "encryptionAtHost": True,
        "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
    },
    "diagnosticsProfile": {"bootDiagnostics": {"enabled": False}},
    "scheduledEventsProfile": {
        "terminateNotificationProfile": {"enable": True, "notBeforeTimeout": "PT10M"}
    },
    "licenseType": "RHEL_BYOS",
    "userData": base64.b64encode(b"hello").decode(),
    "capacityReservation": {
        "capacityReservationGroup": {"id": f"{COMPUTE}/capacityReservationGroups/web"}
    },
    "plan": {"name": "gen2", "product": "thing", "publisher": "Sold"},
    "extensions": [
        {
            "name": "agent",
            "properties": {
                "publisher": "Microsoft.Azure.Monitor",
                "type": "AzureMonitorLinuxAgent",
                "typeHandlerVersion": "1.0",
                "autoUpgradeMinorVersion": True,
                "enableAutomaticUpgrade": True,
                "settings": {"host": "{name}"},
                "protectedSettingsFromKeyVault": {
                    "secretUrl": "https://web.vault.azure.net/secrets/s/1",
                    "sourceVault": {"id": VAULT},
                },
            },
        },
        {
            "name": "HealthExtension",
            "properties": {
                "publisher": "Microsoft.ManagedServices",
                "type": "ApplicationHealthLinux",
                "typeHandlerVersion": "2.0",
                "autoUpgradeMinorVersion": True,
                "settings": {
                    "protocol": "http",
                    "port": 8080,
                    "requestPath": "/healthz",
                    "intervalInSeconds": 5,
                    "numberOfProbes": 1,
                    "gracePeriod": 120,
                },
            },
        },
    ],
}


def document_of(text: str) -> Document:
    """The document of the only pool of the only fleet; a diagnostic is a failure."""
    specs = compiled(text)
    assert specs.diagnostics == ()
    return specs.fleets[0].pools[0].template.document


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_rich_template(name: str) -> None:
    """Each part of a rich template is, field by field, what Azure takes."""
    assert document_of(RICH)[name] == EXPECTED[name]


def test_rich_template_whole() -> None:
    """A rich template yields the expected properties and no others."""
    assert sorted(document_of(RICH)) == sorted(EXPECTED)


def test_identities_beside_document() -> None:
    """User-assigned identities are named beside the document: they are no property of a VM."""
    template = compiled(RICH).fleets[0].pools[0].template
    assert template.identity_ids == (IDENTITY,)


def test_plain_template_says_little() -> None:
    """What a spec leaves open is left out, so that Azure's default holds."""
    document = document_of(
        edited(("    osDisk: {storageAccountType: Premium_LRS, sizeGiB: 64}\n", ""))
    )
    assert sorted(document) == [
        "diagnosticsProfile",
        "networkProfile",
        "osProfile",
        "storageProfile",
    ]
    assert document["storageProfile"] == {
        "imageReference": {
            "publisher": "Canonical",
            "offer": "ubuntu-24_04-lts",
            "sku": "server",
            "version": "latest",
        },
        "osDisk": {"createOption": "FromImage", "caching": "ReadWrite", "deleteOption": "Delete"},
    }


def test_windows_template() -> None:
    """A Windows template has Windows settings, no keys, and hotpatching by the platform."""
    text = edited(
        ("os: Linux", "os: Windows\n    timeZone: UTC"),
        ('    sshPublicKeys: ["ssh-ed25519 AAAA ops"]\n', ""),
        (
            "    network:",
            "    patching: {mode: AutomaticByPlatform, hotpatching: true}\n    network:",
        ),
    )
    assert document_of(text)["osProfile"] == {
        "computerName": "{computerName}",
        "adminUsername": "azureuser",
        "windowsConfiguration": {
            "provisionVMAgent": True,
            "enableAutomaticUpdates": True,
            "timeZone": "UTC",
            "patchSettings": {"patchMode": "AutomaticByPlatform", "enableHotpatching": True},
        },
    }


def test_ephemeral_and_confidential() -> None:
    """An ephemeral disk and a confidential VM's disk encryption stand where Azure wants them."""
    text = edited(
        (
            "osDisk: {storageAccountType: Premium_LRS, sizeGiB: 64}",
            "osDisk: {caching: ReadOnly, ephemeral: {placement: NvmeDisk}}",
        ),
        (
            "    os: Linux",
            "    security: {type: ConfidentialVM, diskEncryption: VMGuestStateOnly, vTpm: true}",
        ),
    )
    storage = document_of(text)["storageProfile"]
    assert isinstance(storage, dict)
    assert storage["osDisk"] == {
        "createOption": "FromImage",
        "caching": "ReadOnly",
        "diffDiskSettings": {"option": "Local", "placement": "NvmeDisk"},
        "managedDisk": {"securityProfile": {"securityEncryptionType": "VMGuestStateOnly"}},
        "deleteOption": "Delete",
    }


@pytest.mark.parametrize(
    ("image", "reference", "managed"),
    [
        (f"{{id: {COMPUTE}/images/gold}}", {"id": f"{COMPUTE}/images/gold"}, True),
        (
            f"{{id: {COMPUTE}/galleries/g/images/i/versions/1.0.0}}",
            {"id": f"{COMPUTE}/galleries/g/images/i/versions/1.0.0"},
            False,
        ),
        (
            "{communityGalleryImageId: /CommunityGalleries/g/Images/i}",
            {"communityGalleryImageId": "/CommunityGalleries/g/Images/i"},
            False,
        ),
    ],
)
def test_image_forms(image: str, reference: Json, *, managed: bool) -> None:
    """Each way to name an image becomes Azure's reference, and managed images are known as such."""
    old = "{publisher: Canonical, offer: ubuntu-24_04-lts, sku: server}"
    fleet = compiled(edited((old, image))).fleets[0]
    storage = fleet.pools[0].template.document["storageProfile"]
    assert isinstance(storage, dict)
    assert storage["imageReference"] == reference
    assert fleet.managed_image is managed


def test_fingerprint_form() -> None:
    """A fingerprint is versioned, short, stable between runs, and changed by any property."""
    first, again, other = (
        compiled(text).fleets[0].pools[0].template.fingerprint
        for text in (
            edited(),
            edited(("replicas: 6", "replicas: 5")),
            edited(("sizeGiB: 64", "sizeGiB: 65")),
        )
    )
    assert first == again == "v1:e161722abf76703e"
    assert other != first
