"""What the adapter shows: the whole list or an error, names without lag, locks or None."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from providers.base import (
    Health,
    Instance,
    Lock,
    LockLevel,
    PowerState,
    Priority,
    ProvisioningState,
)
from providers.errors import CallError, Rejected, Transient
from tests.providers.azure.arm_documents import (
    LOCKS_PATH,
    OPERATION,
    a_bare_view,
    a_lock,
    a_set,
    a_view,
    a_vm,
    a_world,
)
from tests.providers.azure.fake_arm import ARM, Answering, Reply, Sent, a_stage, an_error
from tests.providers.worlds import REF, a_request, run

LIST = "/providers/Microsoft.Compute/virtualMachines"


def shown(answer: Answering, names: list[str] | None = None) -> Any:
    """The snapshot behind a fake ARM."""
    return run(a_stage(answer).provider.observe(REF, names))


def seen(**properties: Any) -> Instance:
    """One member with these properties, as the list shows it."""
    (instance,) = shown(a_world(a_vm(**properties))).instances
    return instance  # type: ignore[no-any-return]  # observe gives instances


def listing(*pages: Any) -> Callable[[Sent], Reply]:
    """A world whose member list comes in these pages, whatever their bodies."""
    world, left = a_world(), list(pages)

    def answer(sent: Sent) -> Reply:
        if sent.path.endswith(LIST):
            page = left.pop(0)
            return page if isinstance(page, Reply) else Reply(200, page)
        return world(sent)

    return answer


def test_list_asks_by_filter() -> None:
    """One request reads the member list: the filter on the set's id, with instance views."""
    stage = a_stage(a_world(a_vm()))
    run(stage.provider.observe(REF))
    (asked,) = [sent for sent in stage.transport.sent if sent.path.endswith(LIST)]
    assert asked.query == {
        "api-version": "2024-07-01",
        "$filter": f"'virtualMachineScaleSet/id' eq '{REF.id}'",
        "$expand": "instanceView",
    }


def test_member_in_our_words() -> None:
    """A member of the list is shown whole: place, size, states, age, tags, NIC, disk, model."""
    snapshot = shown(a_world(a_vm()))
    assert snapshot.complete
    assert snapshot.instances == (
        Instance(
            name="web-000001",
            zone="1",
            fault_domain=None,
            size="Standard_D2s_v5",
            priority=Priority.REGULAR,
            provisioning_state=ProvisioningState.SUCCEEDED,
            power_state=PowerState.RUNNING,
            created_at=datetime(2026, 11, 21, 11, 28, 49, 51812, tzinfo=UTC),
            tags={"evenkeel-fleet": "web"},
            resources=(f"{REF.group_scope}/nics/web-000001", f"{REF.group_scope}/disks/web-000001"),
            document={"storageProfile": {"osDisk": {"managedDisk": {}}}},
            extensions=(),
        ),
    )


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("PowerState/running", PowerState.RUNNING),
        ("PowerState/deallocated", PowerState.DEALLOCATED),
        ("PowerState/hibernated", PowerState.UNKNOWN),
        ("ProvisioningState/succeeded", PowerState.UNKNOWN),
    ],
)
def test_power_state_is_read(code: str, state: PowerState) -> None:
    """The power state is that of the instance view; one that is new to us, or missing, is unknown."""
    assert seen(instanceView=a_view(code)).power_state is state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Creating", ProvisioningState.CREATING),
        ("deleting", ProvisioningState.DELETING),
        ("Accepted", ProvisioningState.UPDATING),
    ],
)
def test_unknown_state_is_busy(text: str, state: ProvisioningState) -> None:
    """States are read in any case; one that is new to us counts as busy, so it is let alone."""
    assert seen(provisioningState=text).provisioning_state is state


def test_health_and_domain_are_read() -> None:
    """Health and fault domain come from the instance view; Low is the old word for Spot."""
    view = a_view(
        platformFaultDomain=2,
        vmHealth={"status": {"code": "HealthState/unhealthy", "level": "Info"}},
    )
    instance = seen(instanceView=view, priority="Low")
    assert (instance.health, instance.fault_domain) == (Health.UNHEALTHY, 2)
    assert instance.priority is Priority.SPOT


def test_failure_names_its_code() -> None:
    """A failed member's reason is the code behind ProvisioningState/failed in its instance view."""
    status = {
        "code": "ProvisioningState/failed/ZonalAllocationFailed",
        "message": "Allocation failed.",
        "time": "2026-11-21T11:30:00.1234567-08:00",
    }
    failure = seen(provisioningState="Failed", instanceView={"statuses": [status]}).failure
    assert failure is not None
    assert (failure.code, failure.message) == ("ZonalAllocationFailed", "Allocation failed.")
    assert failure.at == datetime(2026, 11, 21, 19, 30, 0, 123457, tzinfo=UTC)


def test_silent_failure_asks_operation() -> None:
    """A failed member that does not say why: the operation that made it is asked, once."""
    failed = a_vm(provisioningState="Failed", instanceView=a_view("ProvisioningState/failed"))
    world = a_world(failed)
    error = {"code": "AllocationFailed", "message": "No capacity."}

    def answer(sent: Sent) -> Reply:
        if "/operations/" in sent.path:
            return Reply(200, {"status": "Failed", "error": error})
        return world(sent)

    stage = a_stage(answer)
    run(stage.provider.create(REF, a_request()))
    reasons = [run(stage.provider.observe(REF)).instances[0].failure for _ in range(2)]
    assert [reason.code for reason in reasons if reason] == ["AllocationFailed"] * 2
    asked = [sent for sent in stage.transport.sent if "/operations/" in sent.path]
    assert [sent.query["s"] for sent in asked] == ["sig"]


def test_unknown_operation_says_so() -> None:
    """A failed member of another process, without a code, still counts as failed."""
    failed = a_vm(provisioningState="Failed", instanceView=a_view("ProvisioningState/failed"))
    (instance,) = shown(a_world(failed)).instances
    assert instance.failure.code == "ProvisioningFailed"


def test_missing_set_is_none() -> None:
    """Without a resource group there is no set, no member and no lock, and that is no error."""
    snapshot = shown(lambda _sent: an_error(404, "ResourceGroupNotFound", "Not found."))
    assert (snapshot.group, snapshot.instances, snapshot.locks) == (None, (), ())


def test_foreign_rows_are_left_out() -> None:
    """A row that says it is of another set is not a member, whatever the filter let through."""
    other = a_vm("api-000001", virtualMachineScaleSet={"id": REF.id.replace("/web", "/api")})
    assert [each.name for each in shown(a_world(other, a_vm())).instances] == ["web-000001"]


def test_uniform_set_is_seen() -> None:
    """A Uniform set is shown as not Flexible."""
    uniform = a_set(properties={"provisioningState": "Succeeded", "orchestrationMode": "Uniform"})
    world = a_world()
    snapshot = shown(lambda sent: Reply(200, uniform) if sent.path == REF.id else world(sent))
    assert snapshot.group is not None
    assert not snapshot.group.flexible


def test_pages_are_followed() -> None:
    """Pages are followed through their links, unchanged, through empty pages, to the end."""
    link = f"{ARM}{REF.group_scope}{LIST}?$skiptoken=a%2fb%3d"
    stage = a_stage(
        listing(
            {"value": [a_vm("web-000001")], "nextLink": link},
            {"value": [], "nextLink": link},
            {"value": [a_vm("web-000002")]},
        )
    )
    snapshot = run(stage.provider.observe(REF))
    assert [each.name for each in snapshot.instances] == ["web-000001", "web-000002"]
    asked = [
        sent.query.get("$skiptoken") for sent in stage.transport.sent if sent.path.endswith(LIST)
    ]
    assert asked == [None, "a/b=", "a/b="]


@pytest.mark.parametrize(
    "link", ["https://evil.example/next", "http://management.azure.com/next", "https://[x"]
)
def test_foreign_links_are_refused(link: str) -> None:
    """A link to another host or scheme is not followed, and no token is sent there."""
    stage = a_stage(listing({"value": [], "nextLink": link}))
    with pytest.raises((Rejected, Transient)):
        run(stage.provider.observe(REF))
    assert {sent.headers["Authorization"] for sent in stage.transport.sent} == {"Bearer emulator"}
    assert len([sent for sent in stage.transport.sent if sent.path == "/next"]) == 0


@pytest.mark.parametrize(
    "page",
    [
        pytest.param({}, id="no value"),
        pytest.param({"value": None}, id="null value"),
        pytest.param({"value": [{"name": "web-000001"}]}, id="row without id"),
        pytest.param({"value": [a_vm(), a_vm("WEB-000001")]}, id="named twice"),
        pytest.param(b"", id="empty body"),
        pytest.param(b'{"value": [{"name": "web', id="cut off"),
        pytest.param(b"<html>busy</html>", id="not JSON"),
        pytest.param(Reply(200, {"value": []}, torn=True), id="torn connection"),
    ],
)
def test_torn_list_raises(page: Any) -> None:
    """A list that is not whole is an error, never a shorter list."""
    with pytest.raises(Transient):
        shown(listing(page))


@pytest.mark.parametrize("status", [404, 500, 429])
def test_missing_page_raises(status: int) -> None:
    """A later page that cannot be had makes the whole list an error."""
    link = f"{ARM}{REF.group_scope}{LIST}?p=2"
    pages = listing({"value": [a_vm()], "nextLink": link}, an_error(status, "Any"))
    with pytest.raises(CallError):
        shown(pages)


def test_endless_list_raises() -> None:
    """A list whose pages lead in a circle ends with an error."""
    link = f"{ARM}{REF.group_scope}{LIST}?p=2"
    world = a_world()

    def answer(sent: Sent) -> Reply:
        endless = Reply(200, {"value": [], "nextLink": link})
        return endless if sent.path.endswith(LIST) else world(sent)

    with pytest.raises(Transient, match="did not end"):
        shown(answer)


def test_bare_views_are_merged() -> None:
    """When the expanded list holds views alone, models are listed, too, and both are put together."""
    snapshot = shown(
        listing(
            {"value": [a_bare_view("WEB-000001")]},
            {"value": [a_vm("web-000001", view=False)]},
        )
    )
    (instance,) = snapshot.instances
    assert (instance.size, instance.power_state) == ("Standard_D2s_v5", PowerState.RUNNING)


def test_unmatched_rows_are_asked() -> None:
    """Rows that only one of the two lists shows are asked for by name; what is gone is left out."""
    world = a_world(a_vm("web-000002"))
    lists = listing(
        {"value": [a_bare_view("web-000001"), a_bare_view("web-000002")]},
        {"value": [a_vm("web-000001", view=False), a_vm("web-000003", view=False)]},
    )
    snapshot = shown(lambda sent: (lists if sent.path.endswith(LIST) else world)(sent))
    assert [each.name for each in snapshot.instances] == ["web-000001", "web-000002"]


def test_lists_far_apart_raise() -> None:
    """Two lists that differ in many rows are not both whole."""
    views = [a_bare_view(f"web-{number:06d}") for number in range(60)]
    with pytest.raises(Transient, match="one of two lists"):
        shown(listing({"value": views}, {"value": []}))


def test_names_are_asked_singly() -> None:
    """With names each member is asked for by itself, once; those that do not exist are absent."""
    stage = a_stage(a_world(a_vm()))
    snapshot = run(stage.provider.observe(REF, ["web-000001", "WEB-000001", "web-000009"]))
    asked = [sent for sent in stage.transport.sent if f"{LIST}/" in sent.path]
    assert {sent.query["$expand"] for sent in asked} == {"instanceView"}
    assert len(asked) == 2
    assert [each.name for each in snapshot.instances] == ["web-000001"]
    assert not snapshot.complete


def test_detached_vm_is_absent() -> None:
    """A VM of the name that is not of this set is not a member: it was detached, or is somebody else's."""
    assert shown(a_world(a_vm(virtualMachineScaleSet=None)), ["web-000001"]).instances == ()


def test_locks_keep_their_scope() -> None:
    """Locks on subscription, group and member are shown with the scope that they lock."""
    member = REF.instance_id("web-000001")
    scopes = (f"/subscriptions/{REF.subscription}", REF.group_scope, member)
    snapshot = shown(a_world(locks=tuple(a_lock(scope) for scope in scopes)))
    assert snapshot.locks == tuple(Lock(LockLevel.CAN_NOT_DELETE, scope) for scope in scopes)


@pytest.mark.parametrize(
    ("level", "levels"),
    [
        ("ReadOnly", [LockLevel.READ_ONLY]),
        ("canNotDelete", [LockLevel.CAN_NOT_DELETE]),
        ("NotSpecified", []),
        ("CanNotBreathe", [LockLevel.CAN_NOT_DELETE]),
    ],
)
def test_lock_levels_are_read(level: str, levels: list[LockLevel]) -> None:
    """A level that is new to us forbids deletion; one that is not specified locks nothing."""
    assert [lock.level for lock in shown(a_world(locks=(a_lock(level=level),))).locks] == levels


def test_unreadable_locks_are_none() -> None:
    """Without the permission to read locks they are None; the rest is shown."""
    world = a_world(a_vm())
    refused = an_error(403, "AuthorizationFailed", "No.")
    snapshot = shown(lambda sent: refused if sent.path.endswith(LOCKS_PATH) else world(sent))
    assert snapshot.locks is None
    assert len(snapshot.instances) == 1


def test_failing_locks_raise() -> None:
    """Locks that could not be read for any other reason make the look fail, so it is repeated."""
    world = a_world()
    busy = an_error(503, "ServiceUnavailable")
    with pytest.raises(Transient):
        shown(lambda sent: busy if sent.path.endswith(LOCKS_PATH) else world(sent))


def test_operation_link_is_pinned() -> None:
    """The link to an operation is followed on the pinned host only."""
    assert OPERATION.startswith(ARM)
    failed = a_vm(provisioningState="Failed", instanceView=a_view("ProvisioningState/failed"))
    world = a_world(failed)

    def answer(sent: Sent) -> Reply:
        if sent.method == "PUT":
            return Reply(201, a_vm(), {"Azure-AsyncOperation": "https://evil.example/operations/1"})
        return world(sent)

    stage = a_stage(answer)
    run(stage.provider.create(REF, a_request()))
    (instance,) = run(stage.provider.observe(REF)).instances
    assert instance.failure is not None
    assert instance.failure.code == "ProvisioningFailed"
    assert all("evil" not in sent.path for sent in stage.transport.sent)
