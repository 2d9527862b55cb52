"""Parameters of a scale set that Flexible orchestration does not have, wherever a user may write them.

The thirteen of Microsoft's page "Flexible orchestration" (heading "Unsupported parameters"), in its
order, under Azure's own spellings; then what the same page's feature tables exclude, and secrets. Names
compare without regard to case. VM sizes, the second of the thirteen, are judged in ``rules.sizes``.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.spec.codes import Code
from controller.spec.source import Problem


@dataclass(frozen=True, slots=True)
class Rejected:
    """One parameter: its spellings, why it is refused, and what takes its place."""

    code: Code
    names: str
    message: str
    remedy: str
    note: str = ""


_TABLE = (
    Rejected(
        Code.SINGLE_PLACEMENT_GROUP,
        "singlePlacementGroup",
        "Flexible orchestration has no single placement group",
        "remove the line: the controller always sends `singlePlacementGroup: false`",
        "Azure says: InvalidParameter. The value 'True' of parameter 'singlePlacementGroup' is not "
        "allowed. Allowed values are: False.",
    ),
    Rejected(
        Code.ULTRA_DISK,
        "diskIOPSReadWrite diskMBpsReadWrite ultraSSDEnabled ultraSSD ultraDisk",
        "Flexible orchestration has no Ultra disk settings (`diskIOPSReadWrite`, `diskMBpsReadWrite`)",
        "remove the line; `storageAccountType: PremiumV2_LRS` is the fastest kind of disk here",
    ),
    Rejected(
        Code.OVERPROVISION,
        "overprovision overProvision doNotRunExtensionsOnOverprovisionedVMs overprovisioning",
        "Flexible orchestration does not overprovision",
        "remove the line; exactly `replicas` members are created",
    ),
    Rejected(
        Code.AUTOMATIC_OS_UPGRADE,
        "automaticOSUpgradePolicy automaticOSUpgrade enableAutomaticOSUpgrade osUpgradePolicy "
        "autoOSUpgrade",
        "Flexible orchestration does not upgrade OS images by itself",
        "remove it and set `image.version`; drift from the template is reported for each member",
        "Patches inside the guest are another thing: `template.patching`.",
    ),
    Rejected(
        Code.LOAD_BALANCER_PROBE,
        "healthProbe healthProbeId loadBalancerProbe probeId",
        "a load balancer probe cannot be the source of application health here",
        "use the Application Health extension: `template.health: {protocol: http, port: 80, path: /}`",
    ),
    Rejected(
        Code.UPGRADE_POLICY,
        "upgradePolicy upgradeMode rollingUpgradePolicy upgradePolicyMode",
        "a Flexible scale set takes no upgrade policy: it must be null or empty",
        "remove it; drift from the template is reported for each member",
    ),
    Rejected(
        Code.DEDICATED_HOST,
        "host hostId hostGroup hostGroupId dedicatedHost dedicatedHostGroup dedicatedHostGroupId",
        "Flexible orchestration does not place members on dedicated hosts",
        "remove it; for reserved capacity use `template.capacityReservationGroup`",
    ),
    Rejected(
        Code.UNMANAGED_DISK,
        "vhd vhdUri vhdContainers blobUri unmanaged unmanagedDisk useUnmanagedDisk uri "
        "managedDiskEnabled storageContainer",
        "Flexible orchestration takes managed disks only",
        "remove it; make an image in a compute gallery from the VHD and name it in `image.id`",
    ),
    Rejected(
        Code.SCALE_IN_POLICY,
        "scaleInPolicy",
        "the platform's scale-in policy does not exist under Flexible orchestration",
        "use `spec.scaleIn: {order: HealthFirst, age: Oldest}`: the controller chooses who goes",
    ),
    Rejected(
        Code.INSTANCE_PROTECTION,
        "protectionPolicy protectFromScaleIn protectFromScaleSetActions instanceProtection",
        "the platform's instance protection does not exist under Flexible orchestration",
        "list the instance in `spec.protection.instances`, or put an Azure lock on it",
    ),
    Rejected(
        Code.BASIC_LOAD_BALANCER,
        "loadBalancerSku networkSku basicLoadBalancer",
        "Flexible orchestration works with Standard load balancers only, never with Basic",
        "remove it and list pools of a Standard load balancer in `network.loadBalancerBackendPools`",
    ),
    Rejected(
        Code.NAT_POOL,
        "inboundNatPools inboundNatPool natPools natPool loadBalancerInboundNatPools natBackendPort",
        "Flexible orchestration does not forward ports through NAT pools",
        "remove it; make an inbound NAT rule on a backend pool of the load balancer and list that pool",
    ),
    Rejected(
        Code.WRITE_ACCELERATOR,
        "writeAcceleratorEnabled writeAccelerator enableWriteAccelerator",
        "Flexible orchestration has no Write Accelerator",
        "remove the line",
    ),
    Rejected(
        Code.SYSTEM_IDENTITY,
        "systemAssigned systemAssignedIdentity",
        "members of a Flexible scale set have user-assigned identities only",
        "list a user-assigned identity in `identity.userAssigned`",
    ),
    Rejected(
        Code.CREDENTIAL_INLINE,
        "adminPassword password adminPasswordSecret protectedSettings clientSecret sasToken "
        "accountKey connectionString secret secrets privateKey",
        "secrets must not be in a spec, nor be read from one",
        "use `sshPublicKeys`, a managed identity, or `protectedSettingsFromKeyVault`",
        "Azure takes an administrator's password only as plain text, so no reference can stand for it; each "
        "Windows member gets one of its own that is kept nowhere.",
    ),
)

_BY_NAME = {name.lower(): row for row in _TABLE for name in row.names.split()}

ULTRA = next(row for row in _TABLE if row.code is Code.ULTRA_DISK)
BASIC = next(row for row in _TABLE if row.code is Code.BASIC_LOAD_BALANCER)

_VALUES = {
    ("storageaccounttype", "ultrassd_lrs"): ULTRA,
    ("sku", "basic"): BASIC,
}


def _problem(row: Rejected, label: str) -> Problem:
    notes = (row.note,) if row.note else ()
    return Problem(row.code, row.message, label=label, help=row.remedy, notes=notes)


def rejected_name(name: str) -> Problem | None:
    """Say why a parameter called ``name`` is refused; None if it is not known to be."""
    row = _BY_NAME.get(name.lower())
    return _problem(row, f"`{name}`") if row is not None else None


def rejected_value(name: str, value: object) -> Problem | None:
    """Say why ``value`` of the parameter ``name`` is refused; None if it is not known to be."""
    if not isinstance(value, str):
        return None
    row = _VALUES.get((name.lower(), value.lower()))
    return _problem(row, f"`{name}: {value}`") if row is not None else None
