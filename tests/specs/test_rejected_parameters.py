"""The thirteen parameters that Flexible orchestration does not have, each where a user would write it."""

from __future__ import annotations

import pytest

from tests.specs.spec_texts import compiled, edited

REPLICAS = "  replicas: 6"
OS = "    os: Linux"
DISK = "sizeGiB: 64}"
OUTBOUND = "      outbound: natGateway"
SIZE = "[Standard_D2s_v5,"

PLACES = [
    ("EK0901", REPLICAS, "  singlePlacementGroup: true"),
    ("EK0901", "    maxSkew: 1", "    singlePlacementGroup: false"),
    ("EK0901", OS, "    overlay: {singlePlacementGroup: true}"),
    ("EK0903", OS, "    dataDisks: [{lun: 0, sizeGiB: 8, diskIOPSReadWrite: 5000}]"),
    ("EK0903", OS, "    dataDisks: [{lun: 0, sizeGiB: 8, diskMBpsReadWrite: 200}]"),
    ("EK0903", OS, "    dataDisks: [{lun: 0, sizeGiB: 8, storageAccountType: UltraSSD_LRS}]"),
    ("EK0903", OS, "    overlay: {additionalCapabilities: {ultraSSDEnabled: true}}"),
    (
        "EK0903",
        OS,
        "    overlay: {storageProfile: {dataDisks: [{managedDisk: {storageAccountType: UltraSSD_LRS}}]}}",
    ),
    ("EK0904", REPLICAS, "  overprovision: true"),
    ("EK0904", REPLICAS, "  doNotRunExtensionsOnOverprovisionedVMs: true"),
    ("EK0905", REPLICAS, "  automaticOSUpgradePolicy: {enableAutomaticOSUpgrade: true}"),
    ("EK0905", OS, "    enableAutomaticOSUpgrade: true"),
    ("EK0906", OUTBOUND, "      healthProbe: {id: /subscriptions/x}"),
    ("EK0906", OS, "    overlay: {networkProfile: {healthProbe: {id: /subscriptions/x}}}"),
    ("EK0907", REPLICAS, "  upgradePolicy: {mode: Rolling}"),
    ("EK0907", OS, "    upgradePolicy: {mode: Automatic}"),
    ("EK0908", "    maxSkew: 1", "    hostGroup: /subscriptions/x"),
    ("EK0908", OS, "    overlay: {host: {id: /subscriptions/x}}"),
    ("EK0908", REPLICAS, "  dedicatedHostGroup: /subscriptions/x"),
    ("EK0909", OS, "    vhdContainers: [https://a.blob.core.windows.net/vhds]"),
    ("EK0909", OS, "    overlay: {storageProfile: {osDisk: {vhd: {uri: https://a}}}}"),
    ("EK0910", REPLICAS, "  scaleInPolicy: {rules: [OldestVM]}"),
    ("EK0911", REPLICAS, "  protectionPolicy: {protectFromScaleIn: true}"),
    ("EK0911", OS, "    protectFromScaleSetActions: true"),
    ("EK0912", OUTBOUND, "      loadBalancerSku: Basic"),
    ("EK0912", OUTBOUND, "      publicIp: {sku: Basic}"),
    ("EK0913", OUTBOUND, "      inboundNatPools: [/subscriptions/x]"),
    ("EK0913", OUTBOUND, "      loadBalancerInboundNatPools: [/subscriptions/x]"),
]


@pytest.mark.parametrize(("code", "after", "line"), PLACES)
def test_rejected_where_written(code: str, after: str, line: str) -> None:
    """The parameter is refused with its own code on its own line, with reason and remedy."""
    text = edited((after, f"{after}\n{line}"))
    (error,) = compiled(text).errors
    assert (error.code.value, error.source_line) == (code, line)
    assert error.message
    assert error.help


@pytest.mark.parametrize("key", ["vhd", "writeAcceleratorEnabled"])
def test_rejected_in_os_disk(key: str) -> None:
    """Disk parameters are refused inside the disk's own mapping."""
    (error,) = compiled(edited((DISK, f"sizeGiB: 64, {key}: x}}"))).errors
    assert error.source_line[error.column - 1 :].startswith(key)


@pytest.mark.parametrize(
    "size",
    [
        "Standard_G2",
        "Standard_HB120rs_v3",
        "Standard_L8s_v3",
        "Standard_M8ms",
        "Standard_NC4as_T4_v3",
    ],
)
def test_specialty_families_rejected(size: str) -> None:
    """Sizes of the families G, H, L, M and N are refused, and the families that work are named."""
    (error,) = compiled(edited((SIZE, f"[{size},"))).errors
    assert error.code == "EK0902"
    assert "A, B, D, E and F" in error.help


def test_platform_text_quoted() -> None:
    """The refusal of singlePlacementGroup quotes the platform's error word for word."""
    (error,) = compiled(edited((REPLICAS, f"{REPLICAS}\n  singlePlacementGroup: true"))).errors
    platform = "The value 'True' of parameter 'singlePlacementGroup' is not allowed."
    assert error.notes == (f"Azure says: InvalidParameter. {platform} Allowed values are: False.",)


def test_thirteen_codes_covered() -> None:
    """The tables of this module reach all thirteen codes."""
    codes = {code for code, _, _ in PLACES} | {"EK0902"}
    assert codes == {f"EK09{number:02}" for number in range(1, 14)}
