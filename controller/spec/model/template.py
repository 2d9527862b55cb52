"""What every member of a pool is made from."""

from typing import Literal

from pydantic import Field, JsonValue

from controller.spec.model.base import (
    Many,
    NonEmpty,
    Part,
    ProximityGroupId,
    ReservationGroupId,
)
from controller.spec.model.guest import (
    BootDiagnostics,
    Extension,
    Health,
    Identity,
    Patching,
    Payload,
    Security,
    TerminateNotification,
)
from controller.spec.model.names import SshKey, UserName
from controller.spec.model.network import Network, Nic
from controller.spec.model.storage import DataDisk, Image, OsDisk, Plan


class Template(Part):
    """What each member is made from; size, priority and place are decided for each member."""

    os: Literal["Linux", "Windows"] = "Linux"
    """Operating system of the image."""
    image: Image
    """Image of the OS disk."""
    plan: Plan | None = None
    """Purchase plan of a marketplace image that is sold."""
    admin_username: UserName = "azureuser"
    """Administrator's user name."""
    ssh_public_keys: Many[SshKey] = ()
    """SSH public keys of the administrator (Linux)."""
    os_disk: OsDisk = OsDisk()
    """The OS disk."""
    data_disks: Many[DataDisk] = ()
    """Data disks."""
    network: Network
    """The primary network interface."""
    nics: Many[Nic] = ()
    """Further network interfaces."""
    identity: Identity = Identity()
    """Managed identities of the members."""
    extensions: Many[Extension] = ()
    """VM extensions, in the order of installation."""
    user_data: Payload | None = None
    """Data that the guest can read at any time."""
    custom_data: Payload | None = None
    """Data for the first boot, such as a cloud-init document."""
    proximity_placement_group: ProximityGroupId | None = None
    """ARM id of a proximity placement group."""
    capacity_reservation_group: ReservationGroupId | None = None
    """ARM id of a capacity reservation group."""
    patching: Patching | None = None
    """Patching inside the guest."""
    health: Health | None = None
    """Application Health extension."""
    terminate_notification: TerminateNotification | None = None
    """Notice before a member is deleted. Not for Spot."""
    boot_diagnostics: BootDiagnostics = BootDiagnostics()
    """Console log and screenshot of the boot."""
    security: Security | None = None
    """Trusted launch, confidential VMs, encryption at host."""
    license_type: NonEmpty | None = None
    """Azure Hybrid Benefit, such as `Windows_Server`, `RHEL_BYOS`, `SLES_BYOS`."""
    time_zone: NonEmpty | None = None
    """Time zone of the guest (Windows)."""
    overlay: dict[str, JsonValue] = Field(default_factory=dict)
    """Raw ARM `properties` of a VM, laid over what the fields above yield. Mappings merge, the rest replaces."""
