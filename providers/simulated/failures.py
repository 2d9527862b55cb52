"""Every error of the region: Azure's code, Azure's text, and where it stands in the provider's error tree.

This is the only module that holds texts. Those marked "ours" are worded here because no source shows
what Azure says; all others are quoted from documentation, recordings or reports, with names put in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.errors import (
    Conflict,
    Forbidden,
    Locked,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    QuotaExceeded,
    Rejected,
    Throttled,
    Transient,
)
from providers.simulated.records import Problem
from providers.simulated.scenario import Allocation

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from providers.base import GroupRef
    from providers.simulated.quota import Shortage

_GUIDANCE = "Read more about improving likelihood of allocation success at http://aka.ms/allocation-guidance"
_TOO_RESTRICTIVE = (
    "Allocation failed. VM(s) with the following constraints cannot be allocated, because the condition "
    "is too restrictive. Please remove some constraints and try again. Constraints applied are:\n"
)


def fault_domain_count(count: int, maximum: int) -> Rejected:
    """The count is more (or less) than the region has."""
    text = f"The specified fault domain count {count} must fall in the range 1 to {maximum}."
    return Rejected("InvalidParameter", text)


def zones_with_fault_domains() -> Rejected:
    """A set over zones has one fault domain. The report of this text shows no code."""
    return Rejected(
        "InvalidParameter",
        "Specifying Availability Zones is not allowed when Virtual Machine Scale Set has "
        "platformFaultDomainCount higher than 1 with OrchestrationMode: 'Flexible'.",
    )


def single_placement_group() -> Rejected:
    """``singlePlacementGroup`` was asked for."""
    return Rejected(
        "InvalidParameter",
        "The value 'True' of parameter 'singlePlacementGroup' is not allowed. Allowed values are: False.",
    )


def set_has_members() -> Rejected:
    """A set goes only when its VMs are gone."""
    return Rejected(
        "OperationNotAllowed",
        "Deletion of Virtual Machine Scale Set is not allowed as it contains one or more VMs. "
        "Please delete or detach the VM(s) before deleting the Virtual Machine Scale Set.",
    )


def no_outbound() -> Rejected:
    """The VM would have no way out to the internet."""
    return Rejected(
        "OutboundConnectivityNotEnabledOnVM",
        "No outbound connectivity configured for virtual machine.",
    )


def required(parameter: str) -> Rejected:
    """A parameter is missing or empty."""
    return Rejected("InvalidParameter", f"Required parameter '{parameter}' is missing (null).")


def property_fixed(path: str) -> Rejected:
    """A property that cannot change after creation."""
    return Rejected("PropertyChangeNotAllowed", f"Changing property '{path}' is not allowed.")


def location_unknown(location: str, kind: str, known: Iterable[str]) -> Rejected:
    """There is no such region."""
    return Rejected(
        "LocationNotAvailableForResourceType",
        f"The provided location '{location}' is not available for resource type "
        f"'Microsoft.Compute/{kind}'. List of available regions for the resource type is "
        f"'{','.join(known)}'.",
    )


def location_fixed(ref: GroupRef, wanted: str) -> Rejected:
    """The set is somewhere else."""
    return Rejected(
        "InvalidResourceLocation",
        f"The resource '{ref.name}' already exists in location '{ref.location}' in resource group "
        f"'{ref.resource_group}'. A resource with the same name cannot be created in location '{wanted}'. "
        "Please select a new resource name.",
    )


def zones_unsupported(location: str, kind: str) -> Rejected:
    """The region has no zones."""
    return Rejected(
        "ResourceTypeNotSupportAvailabilityZones",
        f"The resource type 'Microsoft.Compute/{kind}' does not support availability zones at "
        f"location '{location}'.",
    )


def invalid(message: str) -> Rejected:
    """A wrong value for which only a wording of ours exists."""
    return Rejected("InvalidParameter", message)


def not_allowed(message: str) -> Rejected:
    """A combination that is refused, in a wording of ours."""
    return Rejected("OperationNotAllowed", message)


def size_unknown(size: str) -> Rejected:
    """No such size in the region."""
    text = f"The requested VM size {size} is not available in the current region."
    return Rejected("InvalidParameter", text)


def size_not_for_flexible(size: str, scale_set: str) -> Rejected:
    """A size without memory preserving updates; the sentence is pieced together from two reports."""
    return Rejected(
        "OperationNotAllowed",
        f"Virtual Machine Scale Set '{scale_set}' with Flexible Orchestration Mode and single placement "
        f"group set to false cannot use VM Size '{size}'.",
    )


def fault_domain_on_spread_set(instance: str, scale_set: str) -> Rejected:
    """A fault domain was named in a set that spreads by itself (ours, after the text for placement groups)."""
    return Rejected(
        "InvalidParameter",
        f"Cannot set 'platformFaultDomain' on Virtual Machine '{instance}' because the Virtual Machine "
        f"Scale Set '{scale_set}' that it references has 'platformFaultDomainCount' = 1.",
    )


def spot_rule(code: str, message: str) -> Rejected:
    """One of the rules of Azure's page of Spot error codes."""
    return Rejected(code, message)


def sku_not_available(size: str, location: str) -> NotOffered:
    """The subscription cannot have this size here, now."""
    return NotOffered(
        "SkuNotAvailable",
        f"The requested VM size for resource 'Following SKUs have failed for Capacity Restrictions: "
        f"{size}' is currently not available in location '{location}'. Please try another size or deploy "
        "to a different location or different zone. See https://aka.ms/azureskunotavailable for details.",
    )


def quota_exceeded(shortage: Shortage, location: str) -> QuotaExceeded:
    """The approved vCPUs are used up."""
    named = {"cores": "Total Regional Cores", "lowPriorityCores": "LowPriorityCores"}
    shown = named.get(shortage.name, f"{shortage.name} Cores")
    wanted = shortage.used + shortage.required
    return QuotaExceeded(
        "OperationNotAllowed",
        f"Operation could not be completed as it results in exceeding approved {shown} quota. Additional "
        f"details - Deployment Model: Resource Manager, Location: {location}, Current Limit: "
        f"{shortage.limit}, Current Usage: {shortage.used}, Additional Required: {shortage.required}, "
        f"(Minimum) New Limit Required: {wanted}. Submit a request for Quota increase at "
        "https://aka.ms/ProdportalCRP/ by specifying parameters listed in the 'Details' section for "
        "deployment to succeed.",
        quota=shortage.name,
    )


def scope_locked(target: str, verb: str, scopes: Iterable[str]) -> Locked:
    """A lock is in the way of ``verb``, which is ``delete`` or ``write``."""
    shown = ",".join(f"'{scope}'" for scope in scopes)
    return Locked(
        "ScopeLocked",
        f"The scope '{target}' cannot perform {verb} operation because following scope(s) are locked: "
        f"{shown}. Please remove the lock and try again.",
    )


def exists(resource_id: str) -> Conflict:
    """``If-None-Match: *`` met something that is there (ours)."""
    return Conflict(
        "PreconditionFailed",
        f"The resource '{resource_id}' exists already and if-none-match header \"*\" forbids to change it.",
    )


def etag_mismatch(given: str, actual: str) -> Conflict:
    """Somebody wrote in between."""
    return Conflict(
        "PreconditionFailed",
        f"Etag provided in if-match header {given} does not match etag {actual} of resource.",
    )


def concurrent_request() -> Conflict:
    """The resource is being changed by another request."""
    return Conflict(
        "Conflict",
        "The request failed due to conflict with a concurrent request. To resolve it, please refer to "
        "https://aka.ms/activitylog to get more details on the conflicting requests.",
    )


def marked_for_deletion(operation: str, instance: str) -> Conflict:
    """The VM is on its way out."""
    return Conflict(
        "OperationNotAllowed",
        f"Operation '{operation}' is not allowed on VM '{instance}' since the VM is marked for deletion. "
        "You can only retry the Delete operation (or wait for an ongoing one to complete).",
    )


def another_operation(operation: str, instance: str) -> Conflict:
    """The VM is busy or in a state that does not admit the operation."""
    return Conflict(
        "OperationNotAllowed",
        f"Operation '{operation}' is not allowed on VM '{instance}' since another operation is in progress.",
    )


def not_in_state(operation: str, instance: str, shown: str) -> Conflict:
    """The VM's power state does not admit the operation (ours)."""
    return Conflict(
        "OperationNotAllowed",
        f"Operation '{operation}' is not allowed on VM '{instance}' since it is {shown}.",
    )


def set_missing(set_id: str) -> NotFound:
    """A VM refers to a set that is not there."""
    return NotFound(
        "InvalidParameter",
        f"The Virtual Machine Scale Set '{set_id}' referenced by the Virtual Machine does not exist.",
    )


def resource_missing(kind: str, name: str, resource_group: str) -> NotFound:
    """There is nothing under this id."""
    return NotFound(
        "ResourceNotFound",
        f"The Resource 'Microsoft.Compute/{kind}/{name}' under resource group '{resource_group}' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def leftover_missing(resource_id: str) -> NotFound:
    """There is no NIC, disk or address of this id."""
    scope, _, kind_and_name = resource_id.partition("/providers/")
    return NotFound(
        "ResourceNotFound",
        f"The Resource '{kind_and_name}' under resource group '{scope.rpartition('/')[2]}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def group_missing(resource_group: str) -> NotFound:
    """The resource group does not exist (only in a strict region)."""
    text = f"Resource group '{resource_group}' could not be found."
    return NotFound("ResourceGroupNotFound", text)


def reference_missing(reference: str, instance_id: str) -> Rejected:
    """The request refers to something that is not there (only in a strict region)."""
    return Rejected(
        "InvalidResourceReference",
        f"Resource {reference} referenced by resource {instance_id} was not found. Please make sure that "
        "the referenced resource exists, and that both resources are in the same region.",
    )


def nic_reserved(instance_id: str) -> Conflict:
    """The NIC of a failed creation waits for its VM for three minutes."""
    return Conflict(
        "NicReservedForAnotherVm",
        "Nic(s) in request is reserved for another Virtual Machine for 180 seconds. Please provide "
        f"another nic(s) or retry after 180 seconds. Reserved VM: {instance_id}",
    )


def resource_in_use(resource_id: str, instance_id: str) -> Conflict:
    """A NIC or disk belongs to a VM that is there; the code is the NIC's."""
    return Conflict(
        "NicInUse",
        f"Network Interface {resource_id} is used by existing resource {instance_id}. In order to delete "
        "the network interface, it must be dissociated from the resource.",
    )


def throttled(until: datetime) -> Throttled:
    """Too many requests."""
    return Throttled(
        "TooManyRequests",
        "The server rejected the request because too many requests have been received for this "
        "subscription.",
        until=until,
    )


def transient() -> Transient:
    """The front door failed before anything was done."""
    return Transient("ServiceUnavailable", "The service is unavailable.")


def server_error() -> Transient:
    """The platform failed inside and did nothing."""
    return Transient("InternalServerError", "Encountered internal server error.")


def no_answer() -> OutcomeUnknown:
    """The gateway gave up waiting; what it had passed on may have been carried out."""
    return OutcomeUnknown(
        "GatewayTimeout",
        "The gateway did not receive a response from 'Microsoft.Compute' within the specified time period.",
    )


def forbidden(call: str) -> Forbidden:
    """The identity lacks the permission that a call of the contract needs."""
    kind = "virtualMachines" if call in {"create", "operate"} else "virtualMachineScaleSets"
    verb = {"observe": "read", "catalog": "read", "delete": "delete/action"}.get(call, "write")
    return Forbidden(
        "AuthorizationFailed",
        f"The client does not have authorization to perform action 'Microsoft.Compute/{kind}/{verb}' or "
        "the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def allocation_problem(code: Allocation) -> Problem:
    """Why a VM that was accepted did not get a host. ``SKU_NOT_AVAILABLE`` is never one of these."""
    where = "zone" if code is Allocation.ZONAL else "region"
    plain = (
        "Allocation failed. We do not have sufficient capacity for the requested VM size in this "
        f"{where}. {_GUIDANCE}"
    )
    networking = "  - Networking Constraints (such as Accelerated Networking or IPv6)\n"
    preemptible = (
        "  - Preemptible VMs (VM might be preempted by another VM with a higher priority)\n"
    )
    texts = {
        Allocation.OVERCONSTRAINED: f"{_TOO_RESTRICTIVE}{networking}{preemptible}  - VM Size\n",
        Allocation.OVERCONSTRAINED_ZONAL: (
            f"{_TOO_RESTRICTIVE}  - Availability Zone\n  - Low Priority VMs\n{networking}{preemptible}"
            "  - VM Size\n"
        ),
    }
    return Problem(code.value, texts.get(code, plain))


def os_timed_out(instance: str) -> Problem:
    """The guest never reported; the VM runs."""
    return Problem(
        "OSProvisioningTimedOut",
        f"OS Provisioning for VM '{instance}' did not finish in the allotted time. The VM may still "
        "finish provisioning successfully. Please check provisioning state later.",
    )


def extensions_need_power() -> Conflict:
    """Extensions are the guest agent's business, which is not there while the VM is off."""
    return Conflict(
        "OperationNotAllowed", "Cannot modify extensions in the VM when the VM is not running."
    )


def extension_failed(instance: str, extension: str = "HealthExtension") -> Problem:
    """An extension failed; the VM runs."""
    return Problem(
        "VMExtensionProvisioningError",
        f"VM has reported a failure when processing extension '{extension}' of VM '{instance}'. "
        'Error message: "Enable failed: the handler exited with code 1".',
    )
