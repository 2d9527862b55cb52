"""What Azure accepts of a VM, what it makes of the request, and how it shows the result."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from providers.base import (
    Document,
    Failure,
    Health,
    Instance,
    PowerState,
    Priority,
    ProvisioningState,
)
from providers.simulated import extensions, failures, resources, scale_sets
from providers.simulated.capacity import not_offered, zone_is_down
from providers.simulated.documents import mapping_in, plain_document
from providers.simulated.lifecycle import SHOWN, Phase
from providers.simulated.records import InstanceRecord, Life
from providers.sizes import size_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.base import GroupRef, InstanceRequest, SizeFacts
    from providers.simulated.clock import VirtualClock
    from providers.simulated.dice import Dice
    from providers.simulated.records import ScaleSetRecord
    from providers.simulated.scenario import Scenario

# What Azure takes and never gives back; so it is not kept either.
_SECRETS = ("adminPassword", "customData")


def check_request(record: ScaleSetRecord, request: InstanceRequest) -> SizeFacts:
    """Raise ``Rejected`` for a VM that is wrong in itself or in this set; give its size's facts."""
    facts = size_facts(request.size)
    if facts is not None and not facts.memory_preserving:
        raise failures.size_not_for_flexible(facts.name, record.ref.name)
    if facts is not None:
        scale_sets.check_place(record, request)
    return check_alone(request)


def check_alone(request: InstanceRequest) -> SizeFacts:
    """Raise ``Rejected`` for a VM that is wrong in itself; give its size's facts."""
    facts = size_facts(request.size)
    if facts is None:
        raise failures.size_unknown(request.size)
    scale_sets.check_tags(request.tags)
    _check_spot(request, facts)
    return facts


def _check_spot(request: InstanceRequest, facts: SizeFacts) -> None:
    if request.priority is Priority.REGULAR:
        if request.eviction_policy is not None:
            raise failures.spot_rule(
                "EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines",
                "Eviction policy can be set only on Azure Spot Virtual Machines.",
            )
        return
    if not facts.spot:
        raise failures.spot_rule(
            "AzureSpotIsNotSupportedForThisVMSize", "Azure Spot isn't supported for this VM size."
        )
    price = request.max_price
    if price is not None and price != -1 and price <= 0:
        raise failures.spot_rule(
            "MaxPriceValueInvalid",
            "Please set the max price to -1 or a value greater than zero.",
        )


def check_room(record: ScaleSetRecord, request: InstanceRequest, members: int) -> None:
    """Raise ``Rejected`` if the set is full already."""
    limit = _member_limit(request.document)
    if members >= limit:
        raise failures.not_allowed(
            f"The Virtual Machine Scale Set '{record.ref.name}' cannot have more than {limit} Virtual "
            "Machines."
        )


def _member_limit(document: Mapping[str, object]) -> int:
    image = mapping_in(mapping_in(document, "storageProfile"), "imageReference")
    if "/microsoft.compute/images/" in str(image.get("id", "")).lower():
        return scale_sets.MAX_MEMBERS_MANAGED_IMAGE
    return scale_sets.MAX_MEMBERS


def check_offered(ref: GroupRef, request: InstanceRequest, scenario: Scenario) -> None:
    """Raise ``NotOffered`` if the subscription does not have the size there."""
    if not_offered(scenario, request.size, request.zone):
        raise failures.sku_not_available(request.size, ref.location)


def accepted(
    ref: GroupRef, request: InstanceRequest, *, at: float, lag: float, dice: Dice
) -> InstanceRecord:
    """Make the record of a VM whose creation was accepted; its life has not begun yet."""
    facts = size_facts(request.size)
    document = _without_secrets(request.document)
    return InstanceRecord(
        ref=ref,
        name=request.name,
        zone=request.zone,
        fault_domain=request.fault_domain,
        size=facts.name if facts is not None else request.size,
        priority=request.priority,
        created_at=at,
        listed_from=at + lag,
        life=Life(Phase.CREATING),
        document=document,
        tags=dict(request.tags),
        resources=resources.made_for(ref, request, dice),
        eviction_policy=_eviction_policy(request),
        identity_ids=request.identity_ids,
    )


def _eviction_policy(request: InstanceRequest) -> str | None:
    # Azure: Deallocate is the default for a Spot VM.
    if request.priority is Priority.REGULAR:
        return None
    return request.eviction_policy or "Deallocate"


def _without_secrets(document: Document) -> dict[str, object]:
    kept = plain_document(document)
    # Azure: extensions are resources of their own, and no part of a VM's properties.
    kept.pop("extensions", None)
    os_profile = mapping_in(kept, "osProfile")
    if os_profile:
        kept["osProfile"] = {
            name: value for name, value in os_profile.items() if name not in _SECRETS
        }
    return kept


def shown(record: InstanceRecord, clock: VirtualClock, scenario: Scenario) -> Instance:
    """The VM as the contract shows it at the clock's time."""
    provisioning, power = SHOWN[record.life.phase]
    up = record.life.phase in {Phase.RUNNING, Phase.DEGRADED}
    known = up and extensions.reports_health(record, clock.elapsed)
    health = record.health if known else Health.UNKNOWN
    if provisioning is ProvisioningState.SUCCEEDED and extensions.is_busy(record, clock.elapsed):
        provisioning = ProvisioningState.UPDATING
    if zone_is_down(scenario, record.zone, clock.elapsed):
        power, health = PowerState.UNKNOWN, Health.UNKNOWN
    problem = record.problem
    return Instance(
        name=record.name,
        zone=record.zone,
        fault_domain=record.fault_domain,
        size=record.size,
        priority=record.priority,
        provisioning_state=provisioning,
        power_state=power,
        health=health,
        created_at=clock.at(record.created_at),
        tags=dict(record.tags),
        resources=tuple(resource.id for resource in record.resources),
        failure=Failure(problem.code, problem.message, clock.at(problem.at)) if problem else None,
        document=cast("Document", _shown_document(record)),
        extensions=extensions.shown(record, clock),
    )


def _shown_document(record: InstanceRecord) -> dict[str, object]:
    document = dict(record.document)
    document["hardwareProfile"] = {"vmSize": record.size}
    document["priority"] = record.priority.value
    if record.ref.name:
        document["virtualMachineScaleSet"] = {"id": record.ref.id}
    document["provisioningState"] = SHOWN[record.life.phase][0].value
    if record.fault_domain is not None:
        document["platformFaultDomain"] = record.fault_domain
    if record.eviction_policy is not None:
        document["evictionPolicy"] = record.eviction_policy
    return document
