"""The custom role allows exactly what the adapter sends, and what Azure checks along with it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from providers.base import (
    InstallExtension,
    LeftoverSearch,
    NetworkQuestion,
    PowerOperation,
    SingleDelete,
    TagChange,
)
from tests.providers.azure.arm_documents import a_view, a_vm, a_world
from tests.providers.azure.fake_arm import Reply, Sent, a_stage
from tests.providers.worlds import REF, SUBSCRIPTION, ZONAL, a_request, run

ROLE = Path(__file__).parents[3] / "deploy" / "azure" / "role.json"
NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"

LEFTOVERS = (
    f"{NETWORK}/networkInterfaces/web-000001-nic",
    f"{NETWORK}/publicIPAddresses/web-000001-ip",
    f"{REF.group_scope}/providers/Microsoft.Compute/disks/web-000001_OsDisk_1_0",
)

LINKED = {
    "Microsoft.Compute/capacityReservationGroups/deploy/action": "a VM in a capacity reservation",
    "Microsoft.Compute/disks/write": "the OS disk and data disks of a VM",
    "Microsoft.Compute/diskEncryptionSets/read": "disks under a key of the customer's",
    "Microsoft.Compute/galleries/images/read": "an image of a gallery",
    "Microsoft.Compute/galleries/images/versions/read": "an image of a gallery",
    "Microsoft.Compute/images/read": "a managed image",
    "Microsoft.Compute/proximityPlacementGroups/write": "a VM in a placement group",
    "Microsoft.KeyVault/vaults/deploy/action": "an extension with settings from a key vault",
    "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action": "a VM with an identity",
    "Microsoft.Network/applicationGateways/backendAddressPools/join/action": "a NIC in its pool",
    "Microsoft.Network/applicationSecurityGroups/joinIpConfiguration/action": "a NIC in the group",
    "Microsoft.Network/loadBalancers/backendAddressPools/join/action": "a NIC in its pool",
    "Microsoft.Network/networkInterfaces/join/action": "a VM with its NIC",
    "Microsoft.Network/networkInterfaces/write": "the NIC that is declared inside a VM",
    "Microsoft.Network/networkSecurityGroups/join/action": "a NIC with a security group",
    "Microsoft.Network/publicIPAddresses/join/action": "a NIC with a public address",
    "Microsoft.Network/publicIPAddresses/write": "the public address inside a NIC",
    "Microsoft.Network/publicIPPrefixes/join/action": "a public address of a prefix",
    "Microsoft.Network/virtualNetworks/subnets/join/action": "a NIC in a subnet",
}
"""Never sent by us: Azure checks them when it makes what a VM's PUT declares or refers to."""

ENDING_ROLE = ROLE.with_name("ending-role.json")
"""Beside the role, on purpose: only the end of a fleet needs it, for an empty set."""


def action_of(sent: Sent) -> str:
    """The Azure RBAC action behind a method and a path."""
    tail = re.split("/providers/", sent.path)[-1].strip("/")
    if sent.path.endswith("/resources"):
        return "Microsoft.Resources/subscriptions/resourceGroups/resources/read"
    namespace, *parts = tail.split("/")
    kind = "/".join([namespace, *parts[::2]])
    if sent.method == "POST":
        return f"{kind}/action"
    return f"{kind}/" + {"GET": "read", "DELETE": "delete"}.get(sent.method, "write")


def everything_sent() -> set[str]:
    """The actions behind all calls of the provider."""
    return {action_of(sent) for sent in all_requests()}


def all_requests() -> list[Sent]:
    """One request of each kind that the provider sends."""
    failed = a_vm(provisioningState="Failed", instanceView=a_view("ProvisioningState/failed"))
    stage = a_stage(_generous(a_world(failed)))
    provider = stage.provider
    operations: list[Any] = [
        *PowerOperation,
        SingleDelete(),
        TagChange({"a": "b"}),
        InstallExtension("agent", {}),
    ]
    calls = [
        provider.put_group(REF, ZONAL, etag=None),
        provider.put_group(REF, ZONAL, etag='"7"'),
        provider.create(REF, a_request()),
        provider.observe(REF),
        provider.observe(REF, ["web-000001"]),
        provider.catalog(SUBSCRIPTION, "westeurope", _network()),
        provider.delete(REF, ["web-000001"]),
        provider.observe(REF, (), LeftoverSearch("web-")),
        provider.observe(REF, (), LeftoverSearch(named=dict.fromkeys(LEFTOVERS, "web-000001"))),
        *(provider.sweep(REF, one, TagChange({"a": "b"})) for one in LEFTOVERS),
        *(provider.sweep(REF, one, SingleDelete()) for one in LEFTOVERS),
        *(provider.operate(REF, "web-000001", operation) for operation in operations),
    ]
    for call in calls:
        run(call)
    empty = a_stage(_generous(a_world()))
    run(empty.provider.delete_group(REF))
    return [*stage.transport.sent, *empty.transport.sent]


def _network() -> NetworkQuestion:
    subnet = f"{NETWORK}/virtualNetworks/net/subnets/web"
    pool = f"{NETWORK}/loadBalancers/lb/backendAddressPools/web"
    return NetworkQuestion((subnet,), (pool,))


def _generous(world: Any) -> Any:
    size = {"resourceType": "virtualMachines", "name": "Standard_D2s_v5"}
    pages = {"skus": {"value": [size]}, "usages": {"value": []}}

    def answer(sent: Sent) -> Reply | Exception:
        last = sent.path.rpartition("/")[2]
        if last in pages:
            return Reply(200, pages[last])
        if last == "resources":
            return Reply(200, {"value": []})
        if last == "default" or "/disks/" in sent.path:
            return Reply(200, {"id": sent.path})
        if "/operations/" in sent.path or "Microsoft.Network" in sent.path:
            return Reply(200, {"id": sent.path, "properties": {}})
        reply: Reply | Exception = world(sent)
        return reply

    return answer


def test_role_is_exact() -> None:
    """What is sent is allowed, and what is allowed is sent or checked along with what is sent."""
    allowed = json.loads(ROLE.read_text())["Actions"]
    ending = json.loads(ENDING_ROLE.read_text())["Actions"]
    assert sorted({*allowed, *ending}) == sorted([*allowed, *ending])
    assert {*allowed, *ending} == everything_sent() | set(LINKED)
    assert ending == ["Microsoft.Compute/virtualMachineScaleSets/delete"]


def test_role_grants_nothing_wide() -> None:
    """The role has no wildcard, removes no lock, grants nothing and deletes no set and no group."""
    role = json.loads(ROLE.read_text())
    assert not any("*" in action for action in role["Actions"])
    touching = [
        action for action in role["Actions"] if action.startswith("Microsoft.Authorization")
    ]
    assert touching == ["Microsoft.Authorization/locks/read"]
    groups = [action for action in role["Actions"] if "resourceGroups" in action]
    assert groups == ["Microsoft.Resources/subscriptions/resourceGroups/resources/read"]
    assert "Microsoft.Compute/virtualMachineScaleSets/delete" not in role["Actions"]
    assert (role["IsCustom"], role["DataActions"]) == (True, [])


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [
        ("GET", "/subscriptions/s/providers/Microsoft.Compute/skus", "Microsoft.Compute/skus/read"),
        (
            "POST",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/a/start",
            "Microsoft.Compute/virtualMachines/start/action",
        ),
        (
            "GET",
            "/subscriptions/s/providers/Microsoft.Compute/locations/l/operations/1",
            "Microsoft.Compute/locations/operations/read",
        ),
    ],
)
def test_actions_are_read_from_paths(method: str, path: str, action: str) -> None:
    """The mapping from path to action follows Azure's own naming."""
    assert action_of(Sent(method, path, {}, {})) == action
