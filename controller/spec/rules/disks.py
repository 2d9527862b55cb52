"""Rules about images and disks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.rules.view import Finding, repeated, templates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.storage import DataDisk, Image, OsDisk
    from controller.spec.model.template import Template
    from controller.spec.nodes import Path

_FORMS = "`publisher`, `offer` and `sku`, or `id`, or a shared or community gallery's image id"


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the image and the disks of each template."""
    zonal = bool(document.spec.placement.zones)
    for path, template in templates_of(document):
        yield from _image((*path, "image"), template.image)
        yield from _plan(path, template)
        yield from _os_disk((*path, "osDisk"), template.os_disk)
        for index, lun in repeated(disk.lun for disk in template.data_disks):
            yield Finding(
                Code.DUPLICATE_ENTRY,
                (*path, "dataDisks", index, "lun"),
                f"LUN {lun} is taken by another data disk",
                "give each data disk a LUN of its own",
            )
        for index, disk in enumerate(template.data_disks):
            yield from _data_disk((*path, "dataDisks", index), disk, zonal=zonal)


def _image(path: Path, image: Image) -> Iterator[Finding]:
    market = {"publisher": image.publisher, "offer": image.offer, "sku": image.sku}
    others = [
        name
        for name, value in (
            ("id", image.id),
            ("sharedGalleryImageId", image.shared_gallery_image_id),
            ("communityGalleryImageId", image.community_gallery_image_id),
        )
        if value is not None
    ]
    named = [name for name, value in market.items() if value is not None]
    absent = [name for name, value in market.items() if value is None]
    if named and absent and not others:
        yield Finding(
            Code.IMAGE,
            path,
            f"a marketplace image needs `{absent[0]}` too",
            f"add `{absent[0]}:`",
            also=((*path, absent[0]),),
        )
    elif len(others) + bool(named) != 1 or (others and image.version is not None):
        what = "no image is named" if not others and not named else "the image is named in two ways"
        yield Finding(Code.IMAGE, path, what, f"give {_FORMS}")


def _plan(path: Path, template: Template) -> Iterator[Finding]:
    if template.plan is not None and template.image.community_gallery_image_id is not None:
        yield Finding(
            Code.IMAGE,
            (*path, "plan"),
            "images of a community gallery have no purchase plan",
            "remove `plan`",
            at_key=True,
        )


def _os_disk(path: Path, disk: OsDisk) -> Iterator[Finding]:
    if disk.storage_account_type == "PremiumV2_LRS":
        yield Finding(
            Code.DISK,
            (*path, "storageAccountType"),
            "Premium SSD v2 is for data disks only",
            "write `Premium_LRS` for the OS disk",
        )
    if disk.ephemeral is None:
        return
    if disk.caching != "ReadOnly":
        yield Finding(
            Code.DISK,
            (*path, "caching"),
            f"an ephemeral OS disk needs `caching: ReadOnly`, not `{disk.caching}`",
            "write `caching: ReadOnly`",
            also=((*path, "ephemeral"),),
        )
    if disk.delete_option == "Detach":
        yield Finding(
            Code.DISK,
            (*path, "deleteOption"),
            "an ephemeral OS disk cannot outlive its instance",
            "remove `deleteOption`",
            also=((*path, "ephemeral"),),
        )


def _data_disk(path: Path, disk: DataDisk, *, zonal: bool) -> Iterator[Finding]:
    if disk.storage_account_type == "PremiumV2_LRS":
        yield from _premium_v2(path, disk, zonal=zonal)
    copies = disk.create_option == "Copy"
    if copies != (disk.source_resource_id is not None):
        yield Finding(
            Code.DISK,
            (*path, "createOption"),
            "`createOption: Copy` and `sourceResourceId` belong together",
            "give both, or neither",
            also=((*path, "sourceResourceId"),),
        )
    elif disk.create_option == "Empty" and disk.size_gib is None:
        yield Finding(
            Code.MISSING_FIELD,
            (*path, "sizeGiB"),
            "`sizeGiB` is missing in an empty data disk",
            "add `sizeGiB:`",
        )


def _premium_v2(path: Path, disk: DataDisk, *, zonal: bool) -> Iterator[Finding]:
    if disk.caching != "None":
        yield Finding(
            Code.DISK,
            (*path, "caching"),
            "Premium SSD v2 has no host caching",
            "write `caching: None`",
        )
    if not zonal:
        yield Finding(
            Code.DISK,
            (*path, "storageAccountType"),
            "Premium SSD v2 attaches to zonal instances only",
            "spread the fleet over `zones`, or write `Premium_LRS`",
            also=(("spec", "placement"),),
        )
