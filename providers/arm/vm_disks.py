"""Image and disks of a VM, as Compute shows them."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from providers.simulated.documents import mapping_in, mappings_in, plain_document
from providers.simulated.lifecycle import Phase
from providers.simulated.resources import is_nic
from providers.sizes import size_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.simulated.records import InstanceRecord

_LINUX_GIB, _WINDOWS_GIB = 30, 127


def is_windows(document: Mapping[str, object]) -> bool:
    """Whether a VM's document asks for Windows."""
    storage = mapping_in(document, "storageProfile")
    declared = mapping_in(storage, "osDisk").get("osType")
    if declared is not None:
        return str(declared).lower() == "windows"
    publisher = str(mapping_in(storage, "imageReference").get("publisher", ""))
    told = "windowsConfiguration" in mapping_in(document, "osProfile")
    return told or publisher.lower().startswith("microsoftwindows")


def storage_profile(record: InstanceRecord) -> dict[str, object]:
    """Image and disks. The disks' names and ids are shown once the VM has a host: recorded."""
    storage = mapping_in(record.document, "storageProfile")
    shown: dict[str, object] = {}
    if "imageReference" in storage:
        shown["imageReference"] = image_reference(mapping_in(storage, "imageReference"))
    disks = [part.id for part in record.resources if not is_nic(part.id)]
    made = record.life.phase is not Phase.CREATING
    windows = is_windows(record.document)
    defaults: dict[str, object] = {
        "osType": "Windows" if windows else "Linux",
        "createOption": "FromImage",
        "caching": "ReadWrite",
    }
    os_disk = _disk(record, mapping_in(storage, "osDisk"), disks[:1] if made else [], defaults)
    os_disk.setdefault("diskSizeGB", _WINDOWS_GIB if windows else _LINUX_GIB)
    shown["osDisk"] = os_disk
    shown["dataDisks"] = _data_disks(record, storage, disks[1:], made=made)
    return shown | {
        name: value
        for name, value in storage.items()
        if name not in {"imageReference", "osDisk", "dataDisks"}
    }


def _data_disks(
    record: InstanceRecord, storage: Mapping[str, object], ids: list[str], *, made: bool
) -> list[dict[str, object]]:
    shown, unnamed = [], list(ids)
    for disk in mappings_in(storage, "dataDisks"):
        own = mapping_in(disk, "managedDisk").get("id")
        taken = [] if own is not None else unnamed[:1]
        unnamed = unnamed[len(taken) :]
        defaults: dict[str, object] = {"createOption": "Empty", "caching": "None"}
        entry = _disk(record, disk, taken if made else [], defaults)
        entry["toBeDetached"] = False
        shown.append(entry)
    return shown


def _disk(
    record: InstanceRecord,
    given: Mapping[str, object],
    ids: list[str],
    defaults: Mapping[str, object],
) -> dict[str, object]:
    said = {name: value for name, value in plain_document(given).items() if value is not None}
    shown = {**defaults, **said}
    if "diffDiskSettings" not in given:
        facts = size_facts(record.size)
        premium = facts is not None and facts.premium_storage
        kind = "Premium_LRS" if premium else "Standard_LRS"
        asked = mapping_in(given, "managedDisk")
        own = {name: value for name, value in asked.items() if value is not None}
        shown["managedDisk"] = {"storageAccountType": kind, **own}
    if ids:
        shown.setdefault("name", ids[0].rpartition("/")[2])
        shown["managedDisk"] = {**mapping_in(shown, "managedDisk"), "id": ids[0]}
    # Recorded: Detach is what Azure says when nothing was asked for.
    shown.setdefault("deleteOption", "Detach")
    return shown


def image_reference(given: Mapping[str, object]) -> dict[str, object]:
    """An image as it is shown: the version that ``latest`` stood for is filled in at once."""
    shown = plain_document(given)
    if "publisher" in shown:
        version = str(shown.get("version", "latest"))
        shown["exactVersion"] = exact_version(shown) if version == "latest" else version
    return shown


def exact_version(image: Mapping[str, object]) -> str:
    """The newest version of an image: made up, and always the same for the same image."""
    seed = f"{image.get('publisher')}:{image.get('offer')}:{image.get('sku')}".lower()
    day = int(blake2b(seed.encode(), digest_size=2).hexdigest(), 16) % 28 + 1
    found = [
        part
        for part in str(image.get("sku", "")).replace("_", "-").split("-")
        if part[:2].isdigit()
    ]
    major = found[0].rstrip("lts").strip(".") if found else "1.0"
    return f"{major}.202610{day:02d}0"
