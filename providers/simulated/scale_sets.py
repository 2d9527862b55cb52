"""What Azure accepts of a Flexible scale set, and of a VM's place in one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers import regions
from providers.base import Group, ProvisioningState
from providers.simulated import failures

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.base import GroupRef, GroupRequest, InstanceRequest
    from providers.simulated.records import ScaleSetRecord

# Azure: 1,000 VMs in a Flexible set, 600 when their image is a managed image.
MAX_MEMBERS = 1000
MAX_MEMBERS_MANAGED_IMAGE = 600

# Azure: 50 tags on a resource, names up to 512 characters, values up to 256.
_MAX_TAGS = 50
_MAX_TAG_NAME = 512
_MAX_TAG_VALUE = 256

# Seconds from the acceptance of a set to Succeeded, and of its deletion to nothing; ours.
CREATE_SECONDS = (2.0, 5.0)
DELETE_SECONDS = (3.0, 8.0)


def check_request(ref: GroupRef, request: GroupRequest) -> None:
    """Raise ``Rejected`` for a set that Azure would refuse, whether it exists or not."""
    known = regions.region(ref.location)
    if known is None:
        kind = "virtualMachineScaleSets"
        raise failures.location_unknown(ref.location, kind, regions.known_locations())
    if request.zones:
        _check_zones(request, known)
    elif not 1 <= request.fault_domain_count <= known.max_fault_domains:
        raise failures.fault_domain_count(request.fault_domain_count, known.max_fault_domains)
    check_tags(request.tags)


def _check_zones(request: GroupRequest, known: regions.Region) -> None:
    if not known.zones:
        raise failures.zones_unsupported(known.location, "virtualMachineScaleSets")
    if request.fault_domain_count > 1:
        raise failures.zones_with_fault_domains()
    if request.fault_domain_count < 1:
        raise failures.fault_domain_count(request.fault_domain_count, 1)
    wrong = sorted(set(request.zones) - set(known.zones))
    if wrong or len(set(request.zones)) != len(request.zones):
        shown = ", ".join(wrong) or "one of them twice"
        raise failures.invalid(
            f"The zones {shown} are not valid at location '{known.location}'. "
            f"Valid zones are: {', '.join(known.zones)}."
        )


def check_single_placement_group(value: object) -> None:
    """Raise ``Rejected`` unless ``singlePlacementGroup`` is false or absent."""
    if value:
        raise failures.single_placement_group()


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise ``Rejected`` for more or longer tags than Azure stores."""
    if len(tags) > _MAX_TAGS:
        raise failures.invalid(f"A resource has at most {_MAX_TAGS} tags; {len(tags)} were given.")
    for name, value in tags.items():
        if len(name) > _MAX_TAG_NAME or len(value) > _MAX_TAG_VALUE:
            raise failures.invalid(
                f"The tag '{name[:60]}' is too long: names have at most {_MAX_TAG_NAME} characters, "
                f"values at most {_MAX_TAG_VALUE}."
            )


def changed(record: ScaleSetRecord, request: GroupRequest) -> ScaleSetRecord:
    """Apply a write to a set. Zones may be added, never taken away; the rest of the place is fixed."""
    if request.fault_domain_count != record.fault_domain_count:
        raise failures.property_fixed("platformFaultDomainCount")
    if bool(request.zones) != bool(record.zones) or not set(record.zones) <= set(request.zones):
        raise failures.property_fixed("zones")
    return replace(record, zones=request.zones, tags=dict(request.tags), etag=record.etag + 1)


def check_place(record: ScaleSetRecord, request: InstanceRequest) -> None:
    """Raise ``Rejected`` if a VM cannot stand where it wants to, given its set."""
    if request.zone is None and record.zones:
        raise failures.required("zones")
    if request.zone is not None and request.zone not in record.zones:
        shown = ", ".join(record.zones) or "none: it is regional"
        raise failures.invalid(
            f"Virtual Machine '{request.name}' cannot be in zone '{request.zone}': the zones of the Virtual "
            f"Machine Scale Set '{record.ref.name}' are {shown}."
        )
    if request.fault_domain is None:
        return
    if record.fault_domain_count <= 1:
        raise failures.fault_domain_on_spread_set(request.name, record.ref.name)
    if not 0 <= request.fault_domain < record.fault_domain_count:
        raise failures.invalid(
            f"The value '{request.fault_domain}' of parameter 'platformFaultDomain' must fall in the range "
            f"0 to {record.fault_domain_count - 1}."
        )


def shown(record: ScaleSetRecord) -> Group:
    """The set as the contract shows it."""
    return Group(
        etag=record.shown_etag,
        provisioning_state=record.state,
        zones=record.zones,
        fault_domain_count=record.fault_domain_count,
        tags=dict(record.tags),
    )


def is_settled(record: ScaleSetRecord) -> bool:
    """Whether nothing is under way with the set itself."""
    return record.state is ProvisioningState.SUCCEEDED


def check_location(record: ScaleSetRecord, ref: GroupRef) -> None:
    """Raise ``Rejected`` if a set is asked for in another location than it is in."""
    if _plain(record.ref.location) != _plain(ref.location):
        raise failures.location_fixed(record.ref, ref.location)


def _plain(location: str) -> str:
    return "".join(location.split()).casefold()
