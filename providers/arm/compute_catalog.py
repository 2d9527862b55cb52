"""What a subscription can have: sizes with zones and restrictions, quota, images.

The shape of the sizes is that of a recorded answer (``skus_response_selection``); values are texts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers import regions
from providers.arm.emulator import GROUP
from providers.arm.errors import Refusal
from providers.arm.filters import parsed
from providers.arm.messages import Reply
from providers.arm.routes import Route
from providers.arm.vm_disks import exact_version
from providers.base import GroupRef
from providers.simulated import failures
from providers.simulated.offers import sizes_in
from providers.simulated.scenario import Call

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request
    from providers.base import Quota, SizeFacts

_NAMES = {"cores": "Total Regional vCPUs", "lowPriorityCores": "Total Regional Spot vCPUs"}


def skus(emulator: Emulator, request: Request) -> Reply:
    """List the resource SKUs of the location that ``$filter`` names.

    Without a filter: of the emulator's own location and of all where something is. Azure would list every
    location; with those known here that is 33 MB, which cost Azure's command line half a minute each time.
    """
    wanted = parsed(request.query.get("$filter", ""))
    if wanted.keys() - {"location"}:
        text = "The $filter query parameter supports the location alone."
        raise Refusal(400, "InvalidParameter", text, target="$filter")
    names = [wanted["location"]] if "location" in wanted else _locations_in_use(emulator)
    rows: list[dict[str, object]] = []
    for name in names:
        place = regions.region(name)
        if place is not None:
            rows += _of_place(emulator, place)
    return Reply(200, {"value": rows})


def _locations_in_use(emulator: Emulator) -> list[str]:
    found = [emulator.settings.location]
    found += [str(group.get("location")) for group in emulator.shelf.below("", GROUP)]
    found += [record.ref.location for record in emulator.world.sets.values()]
    found += [record.ref.location for record in emulator.world.roster]
    return list(dict.fromkeys(found))


def usages(emulator: Emulator, request: Request) -> Reply:
    """Show the quota of a location in vCPUs, and how much of it is used."""
    place = regions.region(request.params["location"])
    if place is None:
        known = regions.known_locations()
        raise failures.location_unknown(request.params["location"], "locations/usages", known)
    ref = GroupRef(request.params["subscription"], "", "", place.location)
    found = emulator.world.roster.usage.report(ref, emulator.region.scenario)
    return Reply(200, {"value": [_usage(quota) for quota in found.values()]}, indented=True)


def sizes(emulator: Emulator, request: Request) -> Reply:
    """List the sizes of a location in the older, shorter form."""
    place = regions.region(request.params["location"])
    offered = sizes_in(place, emulator.region.scenario) if place is not None else {}
    rows = [
        {
            "name": facts.name,
            "numberOfCores": facts.vcpus,
            "osDiskSizeInMB": 1_047_552,
            "resourceDiskSizeInMB": 0,
            "memoryInMB": int(facts.memory_gib * 1024),
            "maxDataDiskCount": _disks(facts),
        }
        for facts in offered.values()
        if facts.unavailable is None
    ]
    return Reply(200, {"value": rows})


def image_versions(_emulator: Emulator, request: Request) -> Reply:
    """List the versions of an image: the newest alone."""
    version = exact_version(request.params)
    shown = {"location": request.params["location"], "name": version}
    return Reply(200, [shown | {"id": f"{request.path}/{version}"}], indented=True)


def image_version(_emulator: Emulator, request: Request) -> Reply:
    """Show one version of an image."""
    windows = request.params["publisher"].lower().startswith("microsoftwindows")
    return Reply(
        200,
        {
            "properties": {
                "hyperVGeneration": "V2",
                "architecture": "x64",
                "replicaType": "Managed",
                "disallowed": {"vmDiskType": "Unmanaged"},
                "automaticOSUpgradeProperties": {"automaticOSUpgradeSupported": True},
                "imageDeprecationStatus": {"imageState": "Active"},
                "features": [
                    {"name": "IsAcceleratedNetworkSupported", "value": "True"},
                    {"name": "DiskControllerTypes", "value": "SCSI, NVMe"},
                ],
                "osDiskImage": {
                    "operatingSystem": "Windows" if windows else "Linux",
                    "sizeInGb": 127 if windows else 30,
                },
                "dataDiskImages": [],
            },
            "location": request.params["location"],
            "name": request.params["version"],
            "id": request.path,
        },
        indented=True,
    )


def _of_place(emulator: Emulator, place: regions.Region) -> list[dict[str, object]]:
    offered = sizes_in(place, emulator.region.scenario)
    rows = [_size(place, facts) for facts in offered.values()]
    aligned = {"MaximumPlatformFaultDomainCount": str(place.max_fault_domains)}
    availability_sets: list[dict[str, object]] = [
        {
            "resourceType": "availabilitySets",
            "name": name,
            "locations": [place.location],
            "locationInfo": [{"location": place.location, "zones": [], "zoneDetails": []}],
            "capabilities": _capabilities(aligned),
            "restrictions": [],
        }
        for name in ("Classic", "Aligned")
    ]
    return rows + availability_sets


def _size(place: regions.Region, facts: SizeFacts) -> dict[str, object]:
    capabilities = {
        "MaxResourceVolumeMB": "0",
        "OSVhdSizeMB": "1047552",
        "vCPUs": str(facts.vcpus),
        "vCPUsAvailable": str(facts.vcpus),
        "MemoryPreservingMaintenanceSupported": str(facts.memory_preserving),
        "HyperVGenerations": "V1,V2",
        "MemoryGB": f"{facts.memory_gib:g}",
        "MaxDataDiskCount": str(_disks(facts)),
        "CpuArchitectureType": "Arm64" if facts.architecture.lower() == "arm64" else "x64",
        "LowPriorityCapable": str(facts.spot),
        "PremiumIO": str(facts.premium_storage),
        "VMDeploymentTypes": "IaaS",
        "EphemeralOSDiskSupported": "False",
        "EncryptionAtHostSupported": "True",
        "AcceleratedNetworkingEnabled": str(facts.accelerated_networking),
        "MaxNetworkInterfaces": str(min(8, max(2, facts.vcpus))),
    }
    tier, _, short = facts.name.partition("_")
    return {
        "resourceType": "virtualMachines",
        "name": facts.name,
        "tier": tier,
        "size": short,
        "family": facts.family,
        "locations": [place.location],
        "locationInfo": [
            # Recorded: the zones stand in no order.
            {
                "location": place.location,
                "zones": sorted(facts.zones, reverse=True),
                "zoneDetails": [],
            }
        ],
        "capabilities": _capabilities(capabilities),
        "restrictions": _restrictions(place, facts),
    }


def _restrictions(place: regions.Region, facts: SizeFacts) -> list[dict[str, object]]:
    if facts.unavailable is not None:
        return [
            {
                "type": "Location",
                "values": [place.location],
                "restrictionInfo": {"locations": [place.location]},
                "reasonCode": facts.unavailable,
            }
        ]
    if not facts.restricted_zones:
        return []
    return [
        {
            "type": "Zone",
            "values": [place.location],
            "restrictionInfo": {
                "locations": [place.location],
                "zones": sorted(facts.restricted_zones),
            },
            "reasonCode": "NotAvailableForSubscription",
        }
    ]


def _capabilities(found: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in found.items()]


def _disks(facts: SizeFacts) -> int:
    return min(64, facts.vcpus * 2)


def _usage(quota: Quota) -> dict[str, object]:
    return {
        "limit": quota.limit,
        "unit": "Count",
        "currentValue": quota.used,
        "name": {
            "value": quota.name,
            "localizedValue": _NAMES.get(quota.name, f"{quota.name} vCPUs"),
        },
    }


_OWN = "/subscriptions/{subscription}/providers/Microsoft.Compute"
_IN = f"{_OWN}/locations/{{location}}"
_VERSIONS = (
    f"{_IN}/publishers/{{publisher}}/artifacttypes/vmimage/offers/{{offer}}/skus/{{sku}}/versions"
)

ROUTES = (
    Route("GET", f"{_OWN}/skus", skus, call=Call.CATALOG),
    Route("GET", f"{_IN}/usages", usages, ("GetSubscriptionInfo",), call=Call.CATALOG),
    Route("GET", f"{_IN}/vmSizes", sizes, ("GetSubscriptionInfo",), call=Call.CATALOG),
    Route("GET", _VERSIONS, image_versions, ("ListImages",)),
    Route("GET", f"{_VERSIONS}/{{version}}", image_version, ("GetImage",)),
)
