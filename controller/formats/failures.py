"""Platform errors explained: Azure's own words, what they mean here, and what to do.

The texts of Azure stand in front unchanged, so that they can be searched for.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Remedy:
    """Why the platform said no, and what a person can do. ``code`` and ``fragment`` select it.

    An empty ``fragment`` matches every text of the code; an empty ``code`` every code.
    """

    code: str
    fragment: str
    cause: str
    cure: str


REMEDIES = (
    Remedy(
        "InvalidParameter",
        "fault domain count",
        "the region has fewer fault domains than the spec asks for",
        "lower placement.faultDomains, or use max and let the platform spread",
    ),
    Remedy(
        "",
        "platformFaultDomainCount higher than 1",
        "a scale set over zones has exactly one fault domain in each",
        "use placement.zones or placement.faultDomains, never both",
    ),
    Remedy(
        "",
        "'singlePlacementGroup' is not allowed",
        "a Flexible scale set never is a single placement group",
        "take singlePlacementGroup out of whatever wrote the set; evenkeel always sends false",
    ),
    Remedy(
        "",
        "contains one or more VMs",
        "a scale set goes only when its members are gone",
        "end the fleet by state: Absent and deletionPolicy: Delete, or scale the fleet to 0 first; members that are not evenkeel's must be removed by their owner",
    ),
    Remedy(
        "",
        "No outbound connectivity",
        "VMs of a Flexible scale set have no way out to the internet by themselves",
        "attach a NAT gateway to the subnet (network.outbound: natGateway), or use a load balancer "
        "with an outbound rule, a public IP, or a route",
    ),
    Remedy(
        "",
        "exceeding approved",
        "the subscription's approved number of cores is used up",
        "ask for more quota, name a size of another family in sizes, or lower replicas",
    ),
    Remedy(
        "QuotaExceeded",
        "",
        "the subscription's approved number of cores is used up",
        "ask for more quota, name a size of another family in sizes, or lower replicas",
    ),
    Remedy(
        "SkuNotAvailable",
        "",
        "the subscription cannot have this size in this place now",
        "name more sizes or zones; evenkeel tries the others and comes back to this one later",
    ),
    Remedy(
        "ZonalAllocationFailed",
        "",
        "the zone has no capacity for the size just now",
        "name more sizes or zones; evenkeel tries again within the hour",
    ),
    Remedy(
        "AllocationFailed",
        "",
        "the region has no capacity for the size just now",
        "name more sizes; evenkeel tries again within the hour",
    ),
    Remedy(
        "OverconstrainedAllocationRequest",
        "",
        "no host meets all constraints of the VM at once",
        "name more sizes, or give up Spot or accelerated networking",
    ),
    Remedy(
        "OverconstrainedZonalAllocationRequest",
        "",
        "no host in the zone meets all constraints of the VM at once",
        "name more sizes or zones, or give up Spot",
    ),
    Remedy(
        "ScopeLocked",
        "",
        "an Azure resource lock forbids it, and evenkeel never removes a lock",
        "let the lock's owner remove it, or leave the fleet as it is",
    ),
    Remedy(
        "",
        "virtualMachineScaleSets/delete'",
        "the fleet has ended and its members are gone; the role of deploy/azure cannot delete the empty set",
        "delete the scale set yourself, or assign deploy/azure/ending-role.json beside the role",
    ),
    Remedy(
        "AuthorizationFailed",
        "",
        "the identity lacks the permission that the text names",
        "assign the role of deploy/azure to the identity at the resource group",
    ),
    Remedy(
        "ConnectionFailed",
        "certificate verify failed",
        "nobody that this machine trusts has signed the server's certificate",
        "name the authority that signed it with --arm-ca; an emulator prints its own as caFile",
    ),
    Remedy(
        "ConnectionFailed",
        "",
        "ARM could not be reached, so nothing was sent",
        "check --arm-url, the cloud in AZURE_SDK_CLOUD_CONF, the proxy and the network",
    ),
    Remedy(
        "NoCredential",
        "",
        "the identity got no token, so nothing was sent",
        "check the variables AZURE_*; for AzureCliCredential run az login first",
    ),
    Remedy(
        "NoToken",
        "",
        "whoever gives tokens could not be reached, so nothing was sent",
        "check the network and the proxy, and on a VM its managed identity",
    ),
    Remedy(
        "PublicIPCountLimitReached",
        "",
        "the subscription has as many public addresses in the region as it may have",
        "ask for more quota, or reach the members through a load balancer or a NAT gateway instead "
        "of addresses of their own",
    ),
    Remedy(
        "SpotPriceGreaterThanProvidedMaxPrice",
        "",
        "Spot costs more just now than spot.maxPrice allows",
        "raise spot.maxPrice or leave it out, or name more sizes; evenkeel tries again within the "
        "hour",
    ),
    Remedy(
        "AzureSpotIsNotSupportedForThisVMSize",
        "",
        "the size is not sold as Spot",
        "name another size, or make these members Regular",
    ),
    Remedy(
        "AzureSpotFeatureNotEnabledForSubscription",
        "",
        "the subscription's offer has no Spot",
        "use a subscription that has, or make these members Regular",
    ),
    Remedy(
        "RequestDisallowedByPolicy",
        "",
        "an Azure Policy of the subscription forbids what the spec asks for",
        "read the policy's name in the text, and change the spec or have the policy's owner exempt "
        "the resource group",
    ),
    Remedy(
        "LinkedAuthorizationFailed",
        "",
        "the identity may not use a resource that the spec refers to, such as the subnet, in "
        "another resource group",
        "assign the role of deploy/azure at the resource group of that resource, too",
    ),
    Remedy(
        "LinkedAccessCheckFailed",
        "",
        "the identity may not use a resource that the spec refers to, such as the subnet, in "
        "another resource group",
        "assign the role of deploy/azure at the resource group of that resource, too",
    ),
    Remedy(
        "SubscriptionNotFound",
        "",
        "the subscription does not exist for this identity",
        "check spec.azure.subscription and the identity's tenant",
    ),
    Remedy(
        "ReadOnlyDisabledSubscription",
        "",
        "the subscription is disabled and can only be read",
        "have its owner enable it again; until then nothing changes",
    ),
    Remedy(
        "MissingSubscriptionRegistration",
        "",
        "the subscription does not use this kind of resource yet",
        "have its owner run az provider register --namespace Microsoft.Compute (and "
        "Microsoft.Network)",
    ),
    Remedy(
        "InsufficientSubnetSize",
        "",
        "the subnet has no free addresses left",
        "use a larger subnet, or remove what else is in this one",
    ),
    Remedy(
        "SubnetIsFull",
        "",
        "the subnet has no free addresses left",
        "use a larger subnet, or remove what else is in this one",
    ),
    Remedy(
        "PropertyChangeNotAllowed",
        "",
        "what was to be changed is fixed when the resource is made",
        "leave it: a member keeps what it was made with; a set that is to differ is made anew",
    ),
    Remedy(
        "VMStartTimedOut",
        "",
        "the VM did not start in time; it may still come up",
        "wait; a member that never came up is replaced",
    ),
    Remedy(
        "OSProvisioningClientError",
        "",
        "the guest could not be set up",
        "look at the boot diagnostics; if every member ends so, the image or its userData is wrong",
    ),
    Remedy(
        "OSProvisioningInternalError",
        "",
        "the guest could not be set up",
        "look at the boot diagnostics; if every member ends so, the image or its userData is wrong",
    ),
    Remedy(
        "VMExtensionHandlerNonTransientError",
        "",
        "the VM runs, but one of its extensions failed",
        "read the extension's log on the VM; the instance is kept and counted as degraded",
    ),
    Remedy(
        "VMExtensionProvisioningTimeout",
        "",
        "the VM runs, but one of its extensions did not end in time",
        "read the extension's log on the VM; the instance is kept and counted as degraded",
    ),
    Remedy(
        "ResourceGroupNotFound",
        "",
        "the resource group does not exist, or the identity cannot see it",
        "make the resource group; evenkeel never makes one",
    ),
    Remedy(
        "ParentResourceNotFound",
        "",
        "something that the request builds on is gone",
        "look what of the network or the set was removed",
    ),
    Remedy(
        "NicReservedForAnotherVm",
        "",
        "the NIC of a failed creation is kept for its VM for three minutes",
        "wait; the next pass deals with it",
    ),
    Remedy(
        "OSProvisioningTimedOut",
        "",
        "the guest did not report in time; it may still come up",
        "look at the boot diagnostics; an image without the Azure agent never reports",
    ),
    Remedy(
        "VMExtensionProvisioningError",
        "",
        "the VM runs, but one of its extensions failed",
        "read the extension's log on the VM; the instance is kept and counted as degraded",
    ),
)


def remedy_for(code: str, message: str = "") -> Remedy | None:
    """What is known about an error of the platform; the more specific entries stand first."""
    folded = message.lower()
    for remedy in REMEDIES:
        if remedy.code in {"", code} and remedy.fragment.lower() in folded:
            return remedy
    return None


def explain_failure(code: str, message: str) -> tuple[str, ...]:
    """Azure's words, then cause and cure where they are known; one sentence each."""
    words = f"{code}: {' '.join(message.split())}"
    remedy = remedy_for(code, message)
    if remedy is None:
        return (words,)
    return (words, f"cause: {remedy.cause}", f"what to do: {remedy.cure}")
