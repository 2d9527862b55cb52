"""Images and disks of a template."""

from typing import Annotated, Literal

from pydantic import Field

from controller.spec.model.base import DiskSourceId, EncryptionSetId, ImageId, NonEmpty, Part

StorageType = Literal[
    "Standard_LRS",
    "StandardSSD_LRS",
    "StandardSSD_ZRS",
    "Premium_LRS",
    "Premium_ZRS",
    "PremiumV2_LRS",
]
Caching = Literal["None", "ReadOnly", "ReadWrite"]
DeleteOption = Literal["Delete", "Detach"]
GiB = Annotated[int, Field(ge=1, le=65_536)]


class Image(Part):
    """What the OS disk is made from: a marketplace image, an ARM id, or a shared or community gallery."""

    publisher: NonEmpty | None = None
    """Publisher of a marketplace image."""
    offer: NonEmpty | None = None
    """Offer of a marketplace image."""
    sku: NonEmpty | None = None
    """SKU of a marketplace image."""
    version: NonEmpty | None = None
    """Version of a marketplace image; `latest` where absent."""
    id: ImageId | None = None
    """ARM id of an image in a compute gallery, or of a managed image (then at most 600 members)."""
    shared_gallery_image_id: NonEmpty | None = None
    """Id of an image in a gallery that is shared with the subscription or tenant."""
    community_gallery_image_id: NonEmpty | None = None
    """Id of an image in a community gallery."""


class Plan(Part):
    """Purchase plan of a marketplace image that is sold."""

    name: NonEmpty
    """Name of the plan."""
    product: NonEmpty
    """Product, which is the image's offer."""
    publisher: NonEmpty
    """Publisher of the plan."""
    promotion_code: NonEmpty | None = None
    """Promotion code, if there is one."""


class EphemeralDisk(Part):
    """An OS disk on the host's own storage: fast, free, and gone with the instance."""

    placement: Literal["CacheDisk", "ResourceDisk", "NvmeDisk"] | None = None
    """Where the disk lies; Azure chooses where absent."""


class OsDisk(Part):
    """The OS disk, always a managed one."""

    storage_account_type: StorageType | None = None
    """Kind of managed disk; Azure's default for the size where absent."""
    size_gib: GiB | None = Field(default=None, alias="sizeGiB")
    """Size in GiB; the image's own where absent."""
    caching: Caching = "ReadWrite"
    """Host caching."""
    disk_encryption_set_id: EncryptionSetId | None = None
    """Customer-managed keys: ARM id of a disk encryption set."""
    delete_option: DeleteOption = "Delete"
    """`Delete`: the disk goes with its instance. `Detach`: it stays."""
    ephemeral: EphemeralDisk | None = None
    """Present: an ephemeral OS disk."""


class DataDisk(Part):
    """One data disk, always a managed one."""

    lun: Annotated[int, Field(ge=0, le=63)]
    """Logical unit number, unique in the template."""
    size_gib: GiB | None = Field(default=None, alias="sizeGiB")
    """Size in GiB. Absent only when the disk comes from the image or from `sourceResourceId`."""
    storage_account_type: StorageType | None = None
    """Kind of managed disk; Azure's default for the size where absent."""
    caching: Caching = "None"
    """Host caching."""
    create_option: Literal["Empty", "FromImage", "Copy"] = "Empty"
    """`Copy` needs `sourceResourceId`."""
    source_resource_id: DiskSourceId | None = None
    """ARM id of the managed disk or snapshot that is copied."""
    disk_encryption_set_id: EncryptionSetId | None = None
    """Customer-managed keys: ARM id of a disk encryption set."""
    delete_option: DeleteOption = "Delete"
    """`Delete`: the disk goes with its instance. `Detach`: it stays."""
