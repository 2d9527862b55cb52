"""What can be had: sizes, zones, restrictions and quota out of Azure's two reports."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.base import Catalog, Quota, SizeFacts
from providers.errors import Transient
from tests.providers.azure.fake_arm import Reply, Sent, Stage, a_stage
from tests.providers.worlds import SUBSCRIPTION, run

FACTS = {
    "vCPUs": "2",
    "MemoryGB": "8",
    "CpuArchitectureType": "x64",
    "LowPriorityCapable": "True",
    "PremiumIO": "True",
    "AcceleratedNetworkingEnabled": "True",
    "MemoryPreservingMaintenanceSupported": "True",
}


def a_sku(name: str = "Standard_D2s_v5", facts: dict[str, str] | None = None, **over: Any) -> Any:
    """A row of the Resource SKUs list: a size in three zones."""
    capabilities = (FACTS | (facts or {})).items()
    return {
        "resourceType": "virtualMachines",
        "name": name,
        "family": "StandardDSv5Family",
        "locationInfo": [{"location": "westeurope", "zones": ["3", "1", "2"]}],
        "capabilities": [{"name": key, "value": value} for key, value in capabilities],
        "restrictions": [],
    } | over


ALIGNED = {
    "resourceType": "availabilitySets",
    "name": "Aligned",
    "capabilities": [{"name": "MaximumPlatformFaultDomainCount", "value": "3"}],
}
USAGE = {
    "value": [
        {"name": {"value": "cores"}, "limit": 100, "currentValue": 12, "unit": "Count"},
        {"name": {"value": "standardDSv5Family"}, "limit": 50, "currentValue": 4, "unit": "Count"},
    ]
}


def a_catalogue(*pages: list[Any]) -> Stage:
    """An ARM whose list of sizes is each of these in turn, the last for ever."""
    left = list(pages)

    def answer(sent: Sent) -> Reply:
        if sent.path.endswith("/usages"):
            return Reply(200, USAGE)
        return Reply(200, {"value": left.pop(0) if len(left) > 1 else left[0]})

    return a_stage(answer)


def catalog(stage: Stage) -> Catalog:
    """The catalogue of westeurope."""
    return run(stage.provider.catalog(SUBSCRIPTION, "westeurope"))


def the_size(**over: Any) -> SizeFacts:
    """What the catalogue says of one size."""
    (facts,) = catalog(a_catalogue([a_sku(**over)])).sizes.values()
    return facts


def test_size_facts_are_read() -> None:
    """A size has its facts, and its family in the spelling of the usage report."""
    assert the_size() == SizeFacts(
        name="Standard_D2s_v5",
        family="standardDSv5Family",
        vcpus=2,
        memory_gib=8.0,
        zones=frozenset({"1", "2", "3"}),
    )


def test_limits_are_read() -> None:
    """Fault domains come from the Aligned row, quotas from the usage report; other rows are left out."""
    disk = {"resourceType": "disks", "name": "Premium_LRS"}
    found = catalog(a_catalogue([a_sku(), ALIGNED, disk]))
    assert (found.max_fault_domains, list(found.sizes)) == (3, ["Standard_D2s_v5"])
    assert found.quotas["cores"] == Quota("cores", 100, 12)


def test_restrictions_are_read() -> None:
    """A zone restriction bars zones, a location restriction the size, with Azure's reason."""
    zone = {
        "type": "Zone",
        "reasonCode": "NotAvailableForSubscription",
        "restrictionInfo": {"locations": ["westeurope"], "zones": ["2"]},
    }
    place = {"type": "Location", "reasonCode": "QuotaId", "restrictionInfo": {}}
    assert the_size(restrictions=[zone]).restricted_zones == frozenset({"2"})
    assert the_size(restrictions=[zone]).unavailable is None
    assert the_size(restrictions=[place]).unavailable == "QuotaId"


def test_capabilities_are_read() -> None:
    """Capabilities are texts; those that are missing or odd count as not there."""
    found = the_size(facts={"LowPriorityCapable": "False", "PremiumIO": "", "MemoryGB": "0.75"})
    assert (found.spot, found.premium_storage, found.memory_gib) == (False, False, 0.75)
    assert the_size(capabilities=None).vcpus == 0


def test_sizes_are_kept_a_while() -> None:
    """The long list is read twice an hour, usage each time."""
    stage = a_catalogue([a_sku()])
    for _ in range(3):
        catalog(stage)
    stage.clock.now += timedelta(minutes=31)
    catalog(stage)
    paths = [sent.path.rpartition("/")[2] for sent in stage.transport.sent]
    assert (paths.count("skus"), paths.count("usages")) == (2, 4)


@pytest.mark.parametrize("later", [[], [a_sku()]])
def test_shrunk_list_raises(later: list[Any]) -> None:
    """A list of sizes that lost more than half of what it had is not believed."""
    stage = a_catalogue([a_sku(f"Standard_D{count}s_v5") for count in (2, 4, 8)], later)
    catalog(stage)
    stage.clock.now += timedelta(hours=1)
    with pytest.raises(Transient, match="3 were there before"):
        catalog(stage)


def test_empty_list_raises() -> None:
    """A location without any size is an answer that went wrong."""
    with pytest.raises(Transient):
        catalog(a_catalogue([ALIGNED]))


def test_sku_pages_are_followed() -> None:
    """Both reports are read to their last page."""

    def answer(sent: Sent) -> Reply:
        if "page" in sent.query:
            rows = [a_sku("Standard_D4s_v5")] if "skus" in sent.path else []
            return Reply(200, {"value": rows})
        link = f"https://management.azure.com{sent.path}?page=2"
        rows = [a_sku()] if "skus" in sent.path else USAGE["value"]
        return Reply(200, {"value": rows, "nextLink": link})

    found = catalog(a_stage(answer))
    assert sorted(found.sizes) == ["Standard_D2s_v5", "Standard_D4s_v5"]
    assert sorted(found.quotas) == ["cores", "standardDSv5Family"]
