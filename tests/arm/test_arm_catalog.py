"""Sizes, quota, images: what a subscription can have."""

from __future__ import annotations

from typing import Any

from providers.simulated.scenario import NotOffered
from tests.arm.clients import GROUP, OWN, VM, a_client, a_client_with_set, a_vm

COMPUTE = f"{OWN}/providers/Microsoft.Compute"


def sizes_in(location: str, **scenario: Any) -> dict[str, dict[str, Any]]:
    """The rows of the Resource SKUs answer of a location, by name."""
    answer = a_client(**scenario).get(f"{COMPUTE}/skus", filter=f"location eq '{location}'")
    return {row["name"]: row for row in answer.json["value"]}


def test_size_with_its_facts() -> None:
    """A size has zones, family and capabilities, all as texts."""
    row = sizes_in("westeurope")["Standard_D2s_v5"]
    facts = {entry["name"]: entry["value"] for entry in row["capabilities"]}
    assert (row["family"], row["size"], row["tier"]) == ("standardDSv5Family", "D2s_v5", "Standard")
    assert sorted(row["locationInfo"][0]["zones"]) == ["1", "2", "3"]
    wanted = {"vCPUs": "2", "MemoryGB": "8", "PremiumIO": "True", "CpuArchitectureType": "x64"}
    assert {name: facts[name] for name in wanted} == wanted
    assert row["restrictions"] == []


def test_restricted_sizes() -> None:
    """A size may be restricted in zones or in the whole location."""
    offers = (NotOffered("Standard_D2s_v5", ("2",)), NotOffered("Standard_D4s_v5"))
    found = sizes_in("westeurope", not_offered=offers)
    (zonal,) = found["Standard_D2s_v5"]["restrictions"]
    assert (zonal["type"], zonal["restrictionInfo"]["zones"]) == ("Zone", ["2"])
    (regional,) = found["Standard_D4s_v5"]["restrictions"]
    assert (regional["type"], regional["reasonCode"]) == ("Location", "NotAvailableForSubscription")
    assert "zones" not in regional["restrictionInfo"]


def test_fault_domains_of_a_location() -> None:
    """The aligned availability set tells how many fault domains a location has, as a text."""
    counts = {}
    for location in ("westeurope", "swedencentral"):
        (entry,) = sizes_in(location)["Aligned"]["capabilities"]
        counts[location] = entry
    assert counts == {
        "westeurope": {"name": "MaximumPlatformFaultDomainCount", "value": "3"},
        "swedencentral": {"name": "MaximumPlatformFaultDomainCount", "value": "2"},
    }


def test_sizes_without_zones() -> None:
    """In a location without zones sizes have none."""
    assert sizes_in("westus")["Standard_D2s_v5"]["locationInfo"][0]["zones"] == []


def test_sizes_without_a_filter() -> None:
    """Without a filter the sizes of the own location come, and of those where a group or VM is."""
    client = a_client()
    client.send("PUT", GROUP.replace("web", "west"), {"location": "westus"})
    client.send("PUT", VM, a_vm(member=False, zone=None) | {"location": "eastus"})
    rows = client.get(f"{COMPUTE}/skus").json["value"]
    locations = {row["locations"][0] for row in rows}
    assert {location.lower() for location in locations} == {"westeurope", "westus", "eastus"}


def test_other_filters_of_sizes() -> None:
    """Only the location can be filtered by."""
    refused = a_client().get(f"{COMPUTE}/skus", filter="name eq 'x'")
    assert (refused.status, refused.code) == (400, "InvalidParameter")


def test_quota_in_use() -> None:
    """The usage report counts cores by family, for the region, and for Spot."""
    client = a_client_with_set(members=1, quotas={"cores": 64})
    client.send("PUT", f"{VM}-spot", a_vm(priority="Spot"))
    rows = client.get(f"{COMPUTE}/locations/westeurope/usages").json["value"]
    used = {row["name"]["value"]: (row["currentValue"], row["limit"]) for row in rows}
    assert used["cores"] == (2, 64)
    assert used["lowPriorityCores"] == (2, 100_000)
    assert used["standardDSv5Family"] == (2, 100_000)


def test_usages_of_nowhere() -> None:
    """A location that does not exist has no usage report."""
    assert a_client().get(f"{COMPUTE}/locations/atlantis/usages").status == 400


def test_older_size_list() -> None:
    """The older list of sizes has numbers, and leaves out what cannot be had."""
    client = a_client(not_offered=(NotOffered("Standard_D4s_v5"),))
    rows = client.get(f"{COMPUTE}/locations/westeurope/vmSizes").json["value"]
    found = {row["name"]: row["memoryInMB"] for row in rows}
    assert (found["Standard_D2s_v5"], "Standard_D4s_v5" in found) == (8192, False)


def test_versions_of_an_image() -> None:
    """The newest version of an image is the one that ``latest`` stands for in a VM."""
    client = a_client_with_set(members=1)
    image = client.get(VM).json["properties"]["storageProfile"]["imageReference"]
    versions = (
        f"{COMPUTE}/locations/westeurope/publishers/Canonical/artifacttypes/vmimage/offers/ubuntu-24_04-lts"
        "/skus/server/versions"
    )
    (newest,) = client.get(versions).json
    assert newest["name"] == image["exactVersion"]
    shown = client.get(f"{versions}/{newest['name']}").json
    assert shown["properties"]["osDiskImage"]["operatingSystem"] == "Linux"
