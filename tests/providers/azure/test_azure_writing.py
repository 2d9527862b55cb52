"""What the adapter sends when something is to change."""

from __future__ import annotations

from typing import Any

import pytest

from providers.base import PowerOperation, Priority, SingleDelete, TagChange
from providers.errors import Conflict, NotFound, Rejected
from tests.providers.azure.arm_documents import a_set, a_vm, a_world, not_found
from tests.providers.azure.fake_arm import Reply, Sent, Stage, a_stage, an_error
from tests.providers.worlds import REF, ZONAL, a_request, a_spot, run


def sent_by(stage: Stage) -> Sent:
    """The one mutation that reached the network."""
    (sent,) = [each for each in stage.transport.sent if each.method != "GET"]
    return sent


def body_of(request: Any) -> Any:
    """The body of the PUT that creates a member."""
    stage = a_stage(a_world())
    run(stage.provider.create(REF, request))
    return sent_by(stage).body


def test_creation_is_create_only() -> None:
    """A creation is one PUT with If-None-Match: *, at the pinned api-version."""
    stage = a_stage(a_world())
    run(stage.provider.create(REF, a_request()))
    sent = sent_by(stage)
    assert sent.verb == "PUT virtualMachines/web-000001"
    assert (sent.headers["If-None-Match"], sent.query["api-version"]) == ("*", "2024-07-01")


def test_member_joins_its_set() -> None:
    """The body names set, zone, size and priority beside the template's properties."""
    body = body_of(a_request(zone="2", tags={"a": "b"}))
    properties = body["properties"]
    assert (body["location"], body["zones"], body["tags"]) == ("westeurope", ["2"], {"a": "b"})
    assert properties["virtualMachineScaleSet"] == {"id": REF.id}
    assert properties["hardwareProfile"] == {"vmSize": "Standard_D2s_v5"}
    assert properties["priority"] == "Regular"
    assert properties["storageProfile"]["osDisk"]["deleteOption"] == "Delete"


def test_spot_terms_are_sent() -> None:
    """A Spot member carries its eviction policy and highest price; a Regular one neither."""
    spot = body_of(a_spot(eviction_policy="Delete", max_price=0.25))["properties"]
    assert (spot["priority"], spot["evictionPolicy"]) == ("Spot", "Delete")
    assert spot["billingProfile"] == {"maxPrice": 0.25}
    regular = body_of(a_request(eviction_policy="Delete", max_price=0.25))["properties"]
    assert {"evictionPolicy", "billingProfile"}.isdisjoint(regular)


def test_fault_domain_replaces_zone() -> None:
    """A member of a regional set names its fault domain and no zone."""
    body = body_of(a_request(zone=None, fault_domain=2))
    assert body["properties"]["platformFaultDomain"] == 2
    assert "zones" not in body


def test_plan_leaves_properties() -> None:
    """The purchase plan stands beside the properties, extensions are not in a VM's PUT at all."""
    document = {"plan": {"name": "p"}, "extensions": [{"name": "e"}], "licenseType": "None"}
    body = body_of(a_request(document=document))
    assert body["plan"] == {"name": "p"}
    assert {"plan", "extensions"}.isdisjoint(body["properties"])
    assert body["properties"]["licenseType"] == "None"


def test_identities_are_user_assigned() -> None:
    """Identities are sent as user-assigned ones, keyed by their id."""
    body = body_of(a_request(identity_ids=("/subscriptions/s/id-1",)))
    assert body["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {"/subscriptions/s/id-1": {}},
    }


def test_new_set_has_no_profile() -> None:
    """A new set is Flexible, never a single placement group, and has no VM profile and no capacity."""
    stage = a_stage(a_world())
    group = run(stage.provider.put_group(REF, ZONAL, etag=None))
    sent = sent_by(stage)
    assert sent.headers["If-None-Match"] == "*"
    assert sent.body == {
        "location": "westeurope",
        "tags": {},
        "zones": ["1", "2", "3"],
        "properties": {
            "orchestrationMode": "Flexible",
            "platformFaultDomainCount": 1,
            "singlePlacementGroup": False,
        },
    }
    assert (group.etag, group.zones) == ('"7"', ("1", "2", "3"))


def test_set_changes_under_etag() -> None:
    """An existing set is patched with its tags and zones alone, under the etag that was read."""
    stage = a_stage(a_world())
    run(stage.provider.put_group(REF, ZONAL, etag='"7"'))
    sent = sent_by(stage)
    assert (sent.method, sent.headers["If-Match"]) == ("PATCH", '"7"')
    assert sent.body == {"tags": {}, "zones": ["1", "2", "3"]}


@pytest.mark.parametrize("etag", [None, '"7"'])
def test_failed_precondition_conflicts(etag: str | None) -> None:
    """412 on a write of the set is a Conflict, whichever precondition it was."""
    stage = a_stage(lambda _sent: an_error(412, "PreconditionFailed", "Etag does not match."))
    with pytest.raises(Conflict):
        run(stage.provider.put_group(REF, ZONAL, etag=etag))


def test_batch_names_its_victims() -> None:
    """A batch deletion is one POST with exactly the names, and without force."""
    stage = a_stage(a_world())
    run(stage.provider.delete(REF, ["web-000001", "web-000002"]))
    sent = sent_by(stage)
    assert sent.verb == "POST virtualMachineScaleSets/web/delete"
    assert sent.body == {"instanceIds": ["web-000001", "web-000002"]}
    assert sent.query["forceDeletion"] == "false"


@pytest.mark.parametrize("names", [[], [""], [" \n"], ["*"], ["web-000001", "*"]])
def test_vague_deletion_stays_here(names: list[str]) -> None:
    """A deletion without names, or with a wildcard, is refused before anything is sent."""
    stage = a_stage(a_world())
    with pytest.raises(Rejected):
        run(stage.provider.delete(REF, names))
    assert stage.verbs == []


def test_names_lose_line_ends() -> None:
    """A name with a stray line end is sent without it: Azure would not find it and say nothing."""
    stage = a_stage(a_world())
    run(stage.provider.delete(REF, ["web-000001\n"]))
    assert sent_by(stage).body == {"instanceIds": ["web-000001"]}


def test_single_deletion_is_delete() -> None:
    """A single deletion is a DELETE of the VM, without force."""
    stage = a_stage(a_world())
    run(stage.provider.operate(REF, "web-000001", SingleDelete()))
    sent = sent_by(stage)
    assert (sent.verb, sent.query["forceDeletion"]) == (
        "DELETE virtualMachines/web-000001",
        "false",
    )


@pytest.mark.parametrize("reply", [Reply(204), Reply(202), not_found()])
def test_gone_is_accepted(reply: Reply) -> None:
    """A single deletion of what is gone is accepted, whichever way Azure says so."""
    stage = a_stage(lambda _sent: reply)
    run(stage.provider.operate(REF, "web-000001", SingleDelete()))
    assert stage.verbs == ["DELETE virtualMachines/web-000001"]


@pytest.mark.parametrize("operation", list(PowerOperation))
def test_power_operations_post(operation: PowerOperation) -> None:
    """Each power operation is one POST to Azure's action of that name."""
    stage = a_stage(a_world())
    run(stage.provider.operate(REF, "web-000001", operation))
    assert stage.verbs == [f"POST virtualMachines/web-000001/{operation}"]


def test_tag_change_keeps_others() -> None:
    """A tag change sends the merged tags under the etag just read: a PATCH replaces them all."""
    stage = a_stage(a_world(a_vm() | {"tags": {"keep": "1", "gone": "2"}}))
    change = TagChange({"gone": None, "new": "3"})
    run(stage.provider.operate(REF, "web-000001", change))
    sent = sent_by(stage)
    assert (sent.method, sent.headers["If-Match"]) == ("PATCH", '"3"')
    assert sent.body == {"tags": {"keep": "1", "new": "3"}}


def test_tag_needs_a_member() -> None:
    """Tagging a VM that is not there is NotFound and changes nothing."""
    stage = a_stage(a_world())
    with pytest.raises(NotFound):
        run(stage.provider.operate(REF, "web-000001", TagChange({"a": "b"})))
    assert {sent.method for sent in stage.transport.sent} == {"GET"}


def test_set_with_members_stays() -> None:
    """A set with members is not even asked to go."""
    stage = a_stage(a_world(a_vm()))
    with pytest.raises(Rejected):
        run(stage.provider.delete_group(REF))
    assert {sent.method for sent in stage.transport.sent} == {"GET"}


def test_empty_set_goes() -> None:
    """An empty set is deleted by one DELETE without force."""
    stage = a_stage(a_world())
    run(stage.provider.delete_group(REF))
    sent = sent_by(stage)
    assert sent.verb == "DELETE virtualMachineScaleSets/web"
    assert sent.query["forceDeletion"] == "false"


def test_placement_of_new_set_shown() -> None:
    """The set that a write answers with is given back in our own words."""
    shown = a_set() | {"zones": None, "etag": None}
    shown["properties"] = shown["properties"] | {"platformFaultDomainCount": 3}
    stage = a_stage(lambda _sent: Reply(201, shown, {"ETag": '"9"'}))
    group = run(stage.provider.put_group(REF, ZONAL, etag=None))
    assert (group.etag, group.zones, group.fault_domain_count) == ('"9"', (), 3)


def test_requests_carry_their_origin() -> None:
    """Each request carries the correlation id of the run, a request id of its own, and our name."""
    stage = a_stage(a_world())
    run(stage.provider.create(REF, a_request()))
    headers = sent_by(stage).headers
    assert headers["x-ms-correlation-request-id"] == "c-1"
    assert headers["x-ms-client-request-id"]
    assert headers["User-Agent"].startswith("evenkeel")


def test_reading_run_sends_nothing() -> None:
    """A run that only reads refuses every mutation before it reaches the network."""
    stage = a_stage(a_world(), read_only=True)
    with pytest.raises(Rejected, match="only reads"):
        run(stage.provider.create(REF, a_request(priority=Priority.REGULAR)))
    with pytest.raises(Rejected):
        run(stage.provider.delete(REF, ["web-000001"]))
    assert stage.verbs == []
