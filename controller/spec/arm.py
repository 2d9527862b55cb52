"""From a template to the ARM ``properties`` of its members: the shape of the Compute REST API 2024-07-01.

Size, priority and place are not in it: they differ from member to member. ``{name}`` and
``{computerName}`` stand where a member's own are put. Two keys are no properties: ``extensions`` (child
resources in the order of installation) and ``plan`` (which stands beside ``properties`` in a VM's PUT).
What a spec leaves open is left out, so that Azure's default holds and nothing drifts from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.armnetwork import network_profile
from controller.spec.armos import extensions, os_profile, security_profile
from controller.spec.properties import given, reference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.spec.model.guest import Security
    from controller.spec.model.storage import DataDisk, Image, OsDisk
    from controller.spec.model.template import Template
    from controller.spec.properties import Properties
    from providers.base import Json


def vm_properties(
    template: Template, *, user_data: str | None = None, custom_data: str | None = None
) -> Properties:
    """Build the properties that all members made from ``template`` share.

    ``user_data`` and ``custom_data`` are base64.
    """
    diagnostics = template.boot_diagnostics
    properties = given(
        storageProfile=given(
            imageReference=_image(template.image),
            osDisk=_os_disk(template.os_disk, template.security),
            dataDisks=[_data_disk(disk) for disk in template.data_disks],
        ),
        osProfile=os_profile(template, custom_data),
        networkProfile=network_profile(template),
        securityProfile=security_profile(template.security),
        diagnosticsProfile={
            "bootDiagnostics": {"enabled": diagnostics.enabled}
            | given(storageUri=diagnostics.storage_uri)
        },
        scheduledEventsProfile=_notices(template),
        licenseType=template.license_type,
        userData=user_data,
        capacityReservation=given(
            capacityReservationGroup=reference(template.capacity_reservation_group)
        ),
        proximityPlacementGroup=reference(template.proximity_placement_group),
        plan=_plan(template),
        extensions=extensions(template),
    )
    return overlaid(properties, template.overlay)


def overlaid(base: Properties, overlay: Mapping[str, Json]) -> Properties:
    """Lay ``overlay`` over ``base``: mappings merge, everything else replaces."""
    result = dict(base)
    for name, value in overlay.items():
        below = result.get(name)
        if isinstance(below, dict) and isinstance(value, dict):
            result[name] = overlaid(below, value)
        else:
            result[name] = value
    return result


def _image(image: Image) -> Properties:
    by_id = given(
        id=image.id,
        sharedGalleryImageId=image.shared_gallery_image_id,
        communityGalleryImageId=image.community_gallery_image_id,
    )
    return by_id or given(
        publisher=image.publisher,
        offer=image.offer,
        sku=image.sku,
        version=image.version or "latest",
    )


def _os_disk(disk: OsDisk, security: Security | None) -> Properties:
    ephemeral = disk.ephemeral
    encryption = security.disk_encryption if security is not None else None
    return {"createOption": "FromImage", "caching": disk.caching} | given(
        diskSizeGB=disk.size_gib,
        diffDiskSettings=None
        if ephemeral is None
        else {"option": "Local"} | given(placement=ephemeral.placement),
        managedDisk=_managed(disk)
        | given(securityProfile=given(securityEncryptionType=encryption)),
        deleteOption=disk.delete_option,
    )


def _data_disk(disk: DataDisk) -> Properties:
    return {"lun": disk.lun, "createOption": disk.create_option, "caching": disk.caching} | given(
        diskSizeGB=disk.size_gib,
        sourceResource=reference(disk.source_resource_id),
        managedDisk=_managed(disk),
        deleteOption=disk.delete_option,
    )


def _managed(disk: OsDisk | DataDisk) -> Properties:
    return given(
        storageAccountType=disk.storage_account_type,
        diskEncryptionSet=reference(disk.disk_encryption_set_id),
    )


def _notices(template: Template) -> Properties | None:
    notice = template.terminate_notification
    if notice is None:
        return None
    timeout = f"PT{notice.timeout_minutes}M"
    return {"terminateNotificationProfile": {"enable": True, "notBeforeTimeout": timeout}}


def _plan(template: Template) -> Properties | None:
    plan = template.plan
    if plan is None:
        return None
    return given(
        name=plan.name,
        product=plan.product,
        publisher=plan.publisher,
        promotionCode=plan.promotion_code,
    )
