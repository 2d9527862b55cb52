"""The region's refusals mean over HTTP what they mean in process, but for what HTTP cannot tell."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from providers.arm.errors import refusal_of
from providers.azure.answers import Answer
from providers.azure.failures import error_of
from providers.errors import OutcomeUnknown, ProviderError, QuotaExceeded
from providers.simulated import failures
from providers.simulated.quota import Shortage
from tests.providers.worlds import REF, START

SAME: dict[str, ProviderError] = {
    "fault domain count": failures.fault_domain_count(5, 3),
    "zones with fault domains": failures.zones_with_fault_domains(),
    "placement group": failures.single_placement_group(),
    "set has members": failures.set_has_members(),
    "no outbound": failures.no_outbound(),
    "required": failures.required("platformFaultDomainCount"),
    "property fixed": failures.property_fixed("properties.osProfile"),
    "location unknown": failures.location_unknown("mars", "virtualMachines", ["westeurope"]),
    "location fixed": failures.location_fixed(REF, "northeurope"),
    "zones unsupported": failures.zones_unsupported("westus", "virtualMachines"),
    "size unknown": failures.size_unknown("Standard_X1"),
    "size not for Flexible": failures.size_not_for_flexible("Standard_M8ms", "web"),
    "spot rule": failures.spot_rule("MaxPriceValueInvalid", "Not a price."),
    "SKU not available": failures.sku_not_available("Standard_D2s_v5", "westeurope"),
    "locked": failures.scope_locked(REF.id, "delete", [REF.group_scope]),
    "exists": failures.exists(REF.instance_id("web-000001")),
    "etag mismatch": failures.etag_mismatch('"1"', '"2"'),
    "concurrent request": failures.concurrent_request(),
    "marked for deletion": failures.marked_for_deletion("Update VM", "web-000001"),
    "another operation": failures.another_operation("start", "web-000001"),
    "set missing": failures.set_missing(REF.id),
    "VM missing": failures.resource_missing("virtualMachines", "web-000001", "web-rg"),
    "group missing": failures.group_missing("web-rg"),
    "reference missing": failures.reference_missing("/x", "/y"),
    "NIC reserved": failures.nic_reserved("/x"),
    "NIC in use": failures.resource_in_use("/x", "/y"),
    "throttled": failures.throttled(START + timedelta(seconds=7)),
    "no answer": failures.no_answer(),
    "forbidden": failures.forbidden("create"),
}


def over_http(error: ProviderError) -> ProviderError:
    """What the adapter makes of the region's refusal of a mutation."""
    refusal = refusal_of(error, START)
    seconds = refusal.retry_after
    headers = {} if seconds is None else {"retry-after": str(seconds)}
    answer = Answer(refusal.status, headers, json.dumps(refusal.body()).encode())
    return error_of(answer, mutation=True, now=START)


@pytest.mark.parametrize("name", SAME)
def test_refusals_keep_their_meaning(name: str) -> None:
    """A refusal has the same class and the same text on both ways."""
    told, heard = SAME[name], over_http(SAME[name])
    assert type(heard) is type(told)
    assert heard.message == told.message


@pytest.mark.parametrize("quota", ["cores", "lowPriorityCores", "standardDSv5Family"])
def test_quota_keeps_its_name(quota: str) -> None:
    """The name of a quota survives its way through Azure's text."""
    told = failures.quota_exceeded(Shortage(quota, limit=10, used=8, required=4), "westeurope")
    heard = over_http(told)
    assert isinstance(heard, QuotaExceeded)
    assert heard.quota == quota


@pytest.mark.parametrize("error", [failures.transient(), failures.server_error()])
def test_5xx_prove_nothing(error: ProviderError) -> None:
    """The region knows that it did nothing; over HTTP a 5xx to a mutation leaves that open."""
    assert type(over_http(error)) is OutcomeUnknown
