"""The model of a VM as far as a template decides it, so that a member can be compared with its template.

Only these fields are decoded. Members of one template have the same model but for ids and names, so the
document is made once for each different model and shared: a thousand members keep one. Fields that the
platform fills in are harmless here: the comparison asks for what a template sets, and for nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

if TYPE_CHECKING:
    from providers.base import Document


class Reference(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A link to another resource."""

    id: str | None = None


class Network(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``networkProfile``."""

    network_interfaces: list[Reference] | None = None


class Hardware(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``hardwareProfile``."""

    vm_size: str = ""


class _Part(msgspec.Struct, frozen=True, gc=False, rename="camel", omit_defaults=True):
    """A part of a model. Equal parts are equal values, which is how the documents are shared."""


class Image(_Part, frozen=True, gc=False):
    """``imageReference``. ``version`` is what was asked for; ``exactVersion`` is the platform's."""

    id: str | None = None
    publisher: str | None = None
    offer: str | None = None
    sku: str | None = None
    version: str | None = None
    shared_gallery_image_id: str | None = None
    community_gallery_image_id: str | None = None


class DiskSecurity(_Part, frozen=True, gc=False):
    """``managedDisk.securityProfile``."""

    security_encryption_type: str | None = None


class ManagedDisk(_Part, frozen=True, gc=False):
    """``managedDisk``. Its ``id`` is the member's own."""

    id: str | None = None
    storage_account_type: str | None = None
    disk_encryption_set: Reference | None = None
    security_profile: DiskSecurity | None = None


class DiffDisk(_Part, frozen=True, gc=False):
    """``diffDiskSettings`` of an ephemeral OS disk."""

    option: str | None = None
    placement: str | None = None


class Disk(_Part, frozen=True, gc=False):
    """An OS or data disk of a VM. ``lun`` is a data disk's."""

    lun: int | None = None
    create_option: str | None = None
    caching: str | None = None
    delete_option: str | None = None
    disk_size_gb: int | None = msgspec.field(default=None, name="diskSizeGB")
    diff_disk_settings: DiffDisk | None = None
    managed_disk: ManagedDisk | None = None


class Storage(_Part, frozen=True, gc=False):
    """``storageProfile``."""

    image_reference: Image | None = None
    os_disk: Disk | None = None
    data_disks: tuple[Disk, ...] | None = None


class PublicKey(_Part, frozen=True, gc=False):
    """One of ``ssh.publicKeys``."""

    path: str | None = None
    key_data: str | None = None


class Ssh(_Part, frozen=True, gc=False):
    """``linuxConfiguration.ssh``."""

    public_keys: tuple[PublicKey, ...] | None = None


class PlatformPatching(_Part, frozen=True, gc=False):
    """``patchSettings.automaticByPlatformSettings``."""

    reboot_setting: str | None = None
    bypass_platform_safety_checks_on_user_schedule: bool | None = None


class Patching(_Part, frozen=True, gc=False):
    """``patchSettings``."""

    patch_mode: str | None = None
    assessment_mode: str | None = None
    enable_hotpatching: bool | None = None
    automatic_by_platform_settings: PlatformPatching | None = None


class Linux(_Part, frozen=True, gc=False):
    """``linuxConfiguration``."""

    disable_password_authentication: bool | None = None
    provision_vm_agent: bool | None = msgspec.field(default=None, name="provisionVMAgent")
    ssh: Ssh | None = None
    patch_settings: Patching | None = None


class Windows(_Part, frozen=True, gc=False):
    """``windowsConfiguration``."""

    provision_vm_agent: bool | None = msgspec.field(default=None, name="provisionVMAgent")
    enable_automatic_updates: bool | None = None
    time_zone: str | None = None
    patch_settings: Patching | None = None


class OsProfile(_Part, frozen=True, gc=False):
    """``osProfile``, without the computer name, which is the member's own."""

    admin_username: str | None = None
    linux_configuration: Linux | None = None
    windows_configuration: Windows | None = None


class Uefi(_Part, frozen=True, gc=False):
    """``uefiSettings``."""

    secure_boot_enabled: bool | None = None
    v_tpm_enabled: bool | None = msgspec.field(default=None, name="vTpmEnabled")


class Security(_Part, frozen=True, gc=False):
    """``securityProfile``."""

    security_type: str | None = None
    encryption_at_host: bool | None = None
    uefi_settings: Uefi | None = None


class BootDiagnostics(_Part, frozen=True, gc=False):
    """``bootDiagnostics``."""

    enabled: bool | None = None
    storage_uri: str | None = None


class Diagnostics(_Part, frozen=True, gc=False):
    """``diagnosticsProfile``."""

    boot_diagnostics: BootDiagnostics | None = None


class TerminateNotification(_Part, frozen=True, gc=False):
    """``terminateNotificationProfile``."""

    enable: bool | None = None
    not_before_timeout: str | None = None


class Events(_Part, frozen=True, gc=False):
    """``scheduledEventsProfile``."""

    terminate_notification_profile: TerminateNotification | None = None


class Reservation(_Part, frozen=True, gc=False):
    """``capacityReservation``."""

    capacity_reservation_group: Reference | None = None


class Model(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """The properties of a VM that a template may set."""

    storage_profile: Storage | None = None
    os_profile: OsProfile | None = None
    security_profile: Security | None = None
    diagnostics_profile: Diagnostics | None = None
    scheduled_events_profile: Events | None = None
    license_type: str | None = None
    capacity_reservation: Reservation | None = None
    proximity_placement_group: Reference | None = None


def document_of(model: Model) -> Document:
    """The ARM ``properties`` of a VM as far as a template can set them. It is shared: do not change it."""
    return _document(
        _common(model.storage_profile),
        model.os_profile,
        model.security_profile,
        model.diagnostics_profile,
        model.scheduled_events_profile,
        model.license_type,
        model.capacity_reservation,
        model.proximity_placement_group,
    )


def _common(storage: Storage | None) -> Storage | None:
    """Storage without what is the member's own: the ids of its disks."""
    if storage is None:
        return None
    own = storage.os_disk
    return replace(
        storage,
        os_disk=None if own is None else _anonymous(own),
        data_disks=tuple(_anonymous(disk) for disk in storage.data_disks or ()),
    )


def _anonymous(disk: Disk) -> Disk:
    if disk.managed_disk is None:
        return disk
    return replace(disk, managed_disk=replace(disk.managed_disk, id=None))


_NAMES = (
    "storageProfile",
    "osProfile",
    "securityProfile",
    "diagnosticsProfile",
    "scheduledEventsProfile",
    "licenseType",
    "capacityReservation",
    "proximityPlacementGroup",
)


@lru_cache(maxsize=256)
def _document(*parts: _Part | Reference | str | None) -> Document:
    shown = zip(_NAMES, parts, strict=True)
    return {name: msgspec.to_builtins(part) for name, part in shown if part is not None}
