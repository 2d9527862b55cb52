"""What Azure refuses at once when a member is created, word for word."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from providers.base import LockLevel
from providers.errors import (
    Conflict,
    Locked,
    NotFound,
    NotOffered,
    ProviderError,
    QuotaExceeded,
    Rejected,
)
from providers.simulated.scenario import (
    Allocation,
    CapacityLimit,
    KnownSubnet,
)
from providers.simulated.scenario import (
    NotOffered as Missing,
)
from tests.providers.worlds import (
    FIXED_SPREAD,
    MAX_SPREAD,
    REF,
    TIDY,
    ZONAL,
    a_region,
    a_request,
    a_spot,
    named,
    names_in,
)

if TYPE_CHECKING:
    from providers.base import GroupRequest, InstanceRequest

SUBNET = f"{REF.group_scope}/providers/Microsoft.Network/virtualNetworks/net/subnets/web"
IN_SUBNET = {
    **TIDY,
    "networkProfile": {"networkInterfaceConfigurations": [{"subnet": {"id": SUBNET}}]},
}

REFUSED = [
    (
        ZONAL,
        a_request(size="Standard_D3s_v99"),
        "InvalidParameter: The requested VM size Standard_D3s_v99 is not available in the current region.",
    ),
    (
        ZONAL,
        a_request(size="Standard_M8ms"),
        (
            "OperationNotAllowed: Virtual Machine Scale Set 'web' with Flexible Orchestration Mode and single "
            "placement group set to false cannot use VM Size 'Standard_M8ms'."
        ),
    ),
    (
        ZONAL,
        a_request(zone=None),
        "InvalidParameter: Required parameter 'zones' is missing (null).",
    ),
    (
        replace(ZONAL, zones=("1", "2")),
        a_request(zone="3"),
        (
            "InvalidParameter: Virtual Machine 'web-000001' cannot be in zone '3': the zones of the Virtual "
            "Machine Scale Set 'web' are 1, 2."
        ),
    ),
    (
        FIXED_SPREAD,
        a_request(zone="1"),
        (
            "InvalidParameter: Virtual Machine 'web-000001' cannot be in zone '1': the zones of the Virtual "
            "Machine Scale Set 'web' are none: it is regional."
        ),
    ),
    (
        MAX_SPREAD,
        a_request(zone=None, fault_domain=0),
        (
            "InvalidParameter: Cannot set 'platformFaultDomain' on Virtual Machine 'web-000001' because the "
            "Virtual Machine Scale Set 'web' that it references has 'platformFaultDomainCount' = 1."
        ),
    ),
    (
        FIXED_SPREAD,
        a_request(zone=None, fault_domain=3),
        "InvalidParameter: The value '3' of parameter 'platformFaultDomain' must fall in the range 0 to 2.",
    ),
    (
        ZONAL,
        a_request(eviction_policy="Delete"),
        (
            "EvictionPolicyCanBeSetOnlyOnAzureSpotVirtualMachines: Eviction policy can be set only on Azure Spot "
            "Virtual Machines."
        ),
    ),
    (
        ZONAL,
        a_spot(size="Standard_B2s"),
        "AzureSpotIsNotSupportedForThisVMSize: Azure Spot isn't supported for this VM size.",
    ),
    (
        ZONAL,
        a_spot(max_price=0.0),
        "MaxPriceValueInvalid: Please set the max price to -1 or a value greater than zero.",
    ),
]


@pytest.mark.parametrize(("group", "request_", "text"), REFUSED)
def test_member_refused(group: GroupRequest, request_: InstanceRequest, text: str) -> None:
    """A member that is wrong in itself or in its set is refused, and nothing is left of it."""
    region = a_region(group)
    with pytest.raises(Rejected) as refusal:
        region.create(REF, request_)
    assert str(refusal.value) == text
    assert names_in(region) == []


@pytest.mark.parametrize(
    ("quotas", "request_", "name", "shown"),
    [
        (
            {"standardDSv5Family": 3},
            a_request("web-2"),
            "standardDSv5Family",
            "standardDSv5Family Cores",
        ),
        ({"cores": 3}, a_request("web-2"), "cores", "Total Regional Cores"),
        ({"LOWPRIORITYCORES": 3}, a_spot("web-2"), "lowPriorityCores", "LowPriorityCores"),
    ],
)
def test_quota_text(
    quotas: dict[str, int], request_: InstanceRequest, name: str, shown: str
) -> None:
    """A request above a quota is refused with limit, usage, need and the limit it would take."""
    region = a_region(quotas=quotas)
    region.create(REF, replace(request_, name="web-1"))
    with pytest.raises(QuotaExceeded) as refusal:
        region.create(REF, request_)
    assert refusal.value.quota == name
    assert str(refusal.value).startswith(
        "OperationNotAllowed: Operation could not be completed as it results in exceeding approved "
        f"{shown} quota. Additional details - Deployment Model: Resource Manager, Location: westeurope, "
        "Current Limit: 3, Current Usage: 2, Additional Required: 2, (Minimum) New Limit Required: 4. "
        "Submit a request for Quota increase at"
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"not_offered": (Missing("Standard_D2s_v5"),)},
        {"not_offered": (Missing("standard_d2s_v5", ("1",)),)},
        {"capacity": (CapacityLimit(0, zone="1", failure=Allocation.SKU_NOT_AVAILABLE),)},
    ],
)
def test_sku_not_available_text(settings: dict[str, Any]) -> None:
    """A size that the subscription cannot have there is refused at once, in Azure's words."""
    region = a_region(**settings)
    with pytest.raises(NotOffered) as refusal:
        region.create(REF, a_request())
    assert str(refusal.value) == (
        "SkuNotAvailable: The requested VM size for resource 'Following SKUs have failed for Capacity "
        "Restrictions: Standard_D2s_v5' is currently not available in location 'westeurope'. Please try "
        "another size or deploy to a different location or different zone. See "
        "https://aka.ms/azureskunotavailable for details."
    )


def test_other_zone_is_offered() -> None:
    """A size that is missing in one zone only can be had in the others."""
    region = a_region(not_offered=(Missing("Standard_D2s_v5", ("1",)),))
    region.create(REF, a_request(zone="2"))
    assert names_in(region) == ["web-000001"]


def test_read_only_lock_text() -> None:
    """A ReadOnly lock above refuses a creation, in Azure's words."""
    region = a_region()
    region.add_lock(LockLevel.READ_ONLY, REF.group_scope)
    with pytest.raises(Locked) as refusal:
        region.create(REF, a_request())
    target, scope = REF.instance_id("web-000001"), REF.group_scope
    assert str(refusal.value) == (
        f"ScopeLocked: The scope '{target}' cannot perform write operation because following scope(s) are "
        f"locked: '{scope}'. Please remove the lock and try again."
    )


def test_cannot_delete_lock_admits() -> None:
    """A CanNotDelete lock does not keep a member from being created."""
    region = a_region()
    region.add_lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
    region.create(REF, a_request())
    assert names_in(region) == ["web-000001"]


def test_existing_name_conflicts() -> None:
    """A name is taken while a VM of it exists, even one that is being deleted."""
    region = a_region(members=1)
    region.delete_members(REF, ["web-000001"])
    with pytest.raises(Conflict, match="exists already"):
        region.create(REF, a_request())


def test_thousand_and_no_more() -> None:
    """A set takes 1,000 members and refuses the next."""
    region = a_region(members=1000)
    with pytest.raises(Rejected, match="cannot have more than 1000 Virtual Machines"):
        region.create(REF, a_request("web-001001"))


def test_managed_image_limit() -> None:
    """With a managed image a set takes 600 members."""
    image = f"{REF.group_scope}/providers/Microsoft.Compute/images/golden"
    region = a_region(members=600)
    document = {"storageProfile": {"imageReference": {"id": image}}}
    with pytest.raises(Rejected, match="cannot have more than 600 Virtual Machines"):
        region.create(REF, a_request("web-000601", document=document))


@pytest.mark.parametrize(
    ("settings", "error", "code"),
    [
        ({}, NotFound, "ResourceGroupNotFound"),
        ({"resources": (REF.group_scope,)}, Rejected, "InvalidResourceReference"),
        (
            {"subnets": (KnownSubnet(SUBNET, nat_gateway=False),)},
            Rejected,
            "OutboundConnectivityNotEnabledOnVM",
        ),
    ],
)
def test_strict_region_refuses(
    settings: dict[str, Any], error: type[ProviderError], code: str
) -> None:
    """A strict region knows only what is listed, and wants a way out to the internet."""
    region = a_region()
    region.use(replace(region.scenario, strict=True, **settings))
    with pytest.raises(error) as refusal:
        region.create(REF, a_request(document=IN_SUBNET))
    assert refusal.value.code == code


def test_strict_region_accepts() -> None:
    """A strict region takes a member whose subnet is listed and has a NAT gateway."""
    region = a_region()
    region.use(replace(region.scenario, strict=True, subnets=(KnownSubnet(SUBNET),)))
    region.create(REF, a_request(document=IN_SUBNET))
    assert names_in(region) == ["web-000001"]


def test_fault_domain_is_kept() -> None:
    """With fixed spreading the fault domain shown is the one that was asked for; otherwise none is."""
    fixed, spread = a_region(FIXED_SPREAD), a_region(MAX_SPREAD)
    fixed.create(REF, a_request(zone=None, fault_domain=2))
    spread.create(REF, a_request(zone=None))
    assert (named(fixed).fault_domain, named(spread).fault_domain) == (2, None)


def test_secrets_are_not_kept() -> None:
    """The document is kept whole but for the password and custom data, which Azure never gives back."""
    region = a_region()
    profile = {"adminUsername": "azureuser", "adminPassword": "hunter2", "customData": "IyE="}
    region.create(REF, a_request(document={**TIDY, "osProfile": profile}))
    document = named(region).document
    assert document is not None
    assert document["osProfile"] == {"adminUsername": "azureuser"}
    assert document["networkProfile"] == TIDY["networkProfile"]
