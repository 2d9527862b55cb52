"""The model of a VM as far as a template decides it, so that a member can be compared with its template.

Only these fields are decoded. Members of one template have the same model but for ids and names, so the
document is made once for each different model and shared: a thousand members keep one. Fields that the
platform fills in are harmless here: the comparison asks for what a template sets, and for nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from providers.base import Document, Json

_NULL = b"null"
_ABSENT = msgspec.Raw(_NULL)
"""A part that is not there. Parts that are the same for all members are kept as they stand until needed."""


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

    image_reference: msgspec.Raw = _ABSENT
    os_disk: Disk | None = None
    data_disks: tuple[Disk, ...] | None = None


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
    """``linuxConfiguration``. Users' keys are not read: Azure never changes them, and they are long."""

    disable_password_authentication: bool | None = None
    patch_settings: msgspec.Raw = _ABSENT


class Windows(_Part, frozen=True, gc=False):
    """``windowsConfiguration``."""

    enable_automatic_updates: bool | None = None
    time_zone: str | None = None
    patch_settings: msgspec.Raw = _ABSENT


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
    security_profile: msgspec.Raw = _ABSENT
    diagnostics_profile: msgspec.Raw = _ABSENT
    scheduled_events_profile: msgspec.Raw = _ABSENT
    license_type: str | None = None
    capacity_reservation: msgspec.Raw = _ABSENT
    proximity_placement_group: msgspec.Raw = _ABSENT


def document_of(model: Model) -> Document:
    """The ARM ``properties`` of a VM as far as a template can set them. It is shared: do not change it."""
    storage, system = model.storage_profile or _NO_STORAGE, model.os_profile or _NO_SYSTEM
    linux = system.linux_configuration or _NO_LINUX
    windows = system.windows_configuration or _NO_WINDOWS
    as_they_stand = (
        storage.image_reference,
        linux.patch_settings,
        windows.patch_settings,
        model.security_profile,
        model.diagnostics_profile,
        model.scheduled_events_profile,
        model.capacity_reservation,
        model.proximity_placement_group,
    )
    return _document(
        _BETWEEN.join(as_they_stand),
        (
            system.admin_username,
            linux.disable_password_authentication,
            windows.enable_automatic_updates,
            windows.time_zone,
            model.license_type,
        ),
        None if storage.os_disk is None else _anonymous(storage.os_disk),
        tuple([_anonymous(disk) for disk in storage.data_disks or ()]),
    )


_NO_STORAGE, _NO_SYSTEM, _NO_LINUX, _NO_WINDOWS = Storage(), OsProfile(), Linux(), Windows()
_BETWEEN = b"\0"
"""JSON has no such character."""
_SHAPES: tuple[type[msgspec.Struct], ...] = (
    Image,
    Patching,
    Patching,
    Security,
    Diagnostics,
    Events,
    Reservation,
    Reference,
)


def _anonymous(disk: Disk) -> Disk:
    """A disk without what is the member's own, its id."""
    managed = disk.managed_disk
    if managed is None:
        return disk
    return Disk(
        disk.lun,
        disk.create_option,
        disk.caching,
        disk.delete_option,
        disk.disk_size_gb,
        disk.diff_disk_settings,
        ManagedDisk(
            None,
            managed.storage_account_type,
            managed.disk_encryption_set,
            managed.security_profile,
        ),
    )


@lru_cache(maxsize=256)
def _document(
    as_they_stand: bytes,
    plain: tuple[str | bool | None, ...],
    os_disk: Disk | None,
    data_disks: tuple[Disk, ...],
) -> Document:
    raw = as_they_stand.split(_BETWEEN)
    parts = [_part(one, shape) for one, shape in zip(raw, _SHAPES, strict=True)]
    image, for_linux, for_windows, security, diagnostics, events, reservation, proximity = parts
    admin, no_password, updates, time_zone, license_type = plain
    disks: list[Json] = [msgspec.to_builtins(disk) for disk in data_disks]
    storage = _given(imageReference=image, osDisk=msgspec.to_builtins(os_disk), dataDisks=disks)
    linux = _given(disablePasswordAuthentication=no_password, patchSettings=for_linux)
    windows = _given(enableAutomaticUpdates=updates, timeZone=time_zone, patchSettings=for_windows)
    return _given(
        storageProfile=storage,
        osProfile=_given(
            adminUsername=admin, linuxConfiguration=linux, windowsConfiguration=windows
        ),
        licenseType=license_type,
        securityProfile=security,
        diagnosticsProfile=diagnostics,
        scheduledEventsProfile=events,
        capacityReservation=reservation,
        proximityPlacementGroup=proximity,
    )


def _part(raw: bytes, shape: type[msgspec.Struct]) -> Json:
    """One part as plain values: only the fields of its shape, and of these those that are there.

    A part of a shape that nobody knows is left out: it is unknown, and so never taken for a difference.
    """
    if raw == _NULL:
        return None
    try:
        part: Json = msgspec.to_builtins(msgspec.json.decode(raw, type=shape))
    except msgspec.MsgspecError:
        return None
    return part


def _given(**parts: Json) -> dict[str, Json]:
    return {name: part for name, part in parts.items() if part not in (None, [], {})}
