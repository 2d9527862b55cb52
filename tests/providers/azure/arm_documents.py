"""ARM documents as Compute answers them: complete, in its shape, overridden by keyword."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.providers.azure.fake_arm import Reply, Sent, an_error
from tests.providers.worlds import REF

SHOUTED = REF.group_scope.replace("web-rg", "WEB-RG")
"""The resource group as Compute writes it in lists."""

LOCKS_PATH = "/providers/Microsoft.Authorization/locks"


def a_vm(name: str = "web-000001", *, view: bool = True, **properties: Any) -> dict[str, Any]:
    """A running member in zone 1, as a list with ``$expand=instanceView`` shows it."""
    compute = f"{SHOUTED}/providers/Microsoft.Compute"
    shown = {
        "hardwareProfile": {"vmSize": "Standard_D2s_v5"},
        "provisioningState": "Succeeded",
        "vmId": "e2f9a5a5-9da8-4679-928d-278f91502214",
        "virtualMachineScaleSet": {"id": f"{compute}/virtualMachineScaleSets/web"},
        "storageProfile": {
            "osDisk": {"managedDisk": {"id": f"{REF.group_scope}/disks/{name}"}},
            "dataDisks": [],
        },
        "networkProfile": {"networkInterfaces": [{"id": f"{REF.group_scope}/nics/{name}"}]},
        "timeCreated": "2026-11-21T11:28:49.0518122+00:00",
    }
    if view:
        shown["instanceView"] = a_view()
    return {
        "name": name,
        "id": f"{compute}/virtualMachines/{name}",
        "type": "Microsoft.Compute/virtualMachines",
        "location": "westeurope",
        "zones": ["1"],
        "tags": {"evenkeel-fleet": "web"},
        "etag": '"3"',
        "properties": shown | properties,
    }


def a_view(*codes: str, **over: Any) -> dict[str, Any]:
    """An instance view with these status codes; without any: succeeded and running."""
    shown = codes or ("ProvisioningState/succeeded", "PowerState/running")
    return {"statuses": [{"code": code, "level": "Info"} for code in shown]} | over


def a_bare_view(name: str = "web-000001") -> dict[str, Any]:
    """A row of an expanded list that holds the instance view alone."""
    whole = a_vm(name)
    return {"name": name, "id": whole["id"], "properties": {"instanceView": a_view()}}


def a_set(**over: Any) -> dict[str, Any]:
    """The set ``web`` over three zones."""
    return {
        "name": "web",
        "id": REF.id,
        "location": "westeurope",
        "zones": ["1", "2", "3"],
        "tags": {"evenkeel-serials": "1/1"},
        "etag": '"7"',
        "properties": {
            "provisioningState": "Succeeded",
            "orchestrationMode": "Flexible",
            "platformFaultDomainCount": 1,
            "singlePlacementGroup": False,
        },
    } | over


def a_lock(scope: str = REF.group_scope, level: str = "CanNotDelete") -> dict[str, Any]:
    """A lock on a scope."""
    return {"id": f"{scope}{LOCKS_PATH}/keep", "properties": {"level": level}, "name": "keep"}


def a_world(
    *vms: dict[str, Any], locks: tuple[dict[str, Any], ...] = ()
) -> Callable[[Sent], Reply]:
    """An ARM that knows the set ``web`` and these members, and takes on every mutation."""
    by_name = {vm["name"].lower(): vm for vm in vms}

    def answer(sent: Sent) -> Reply:
        if sent.method != "GET":
            return _accepted(sent)
        if sent.path.endswith(LOCKS_PATH):
            return Reply(200, {"value": list(locks)})
        kind, _, name = sent.path.rpartition("/providers/Microsoft.Compute/")[2].partition("/")
        if kind == "virtualMachineScaleSets":
            return Reply(200, a_set())
        if not name:
            return Reply(200, {"value": list(vms)})
        found = by_name.get(name.lower())
        return Reply(200, found) if found else not_found()

    return answer


def not_found() -> Reply:
    """A 404 of ARM itself."""
    return an_error(404, "ResourceNotFound", "The Resource was not found.")


def _accepted(sent: Sent) -> Reply:
    if "virtualMachineScaleSets/" in sent.path and sent.method in {"PUT", "PATCH"}:
        return Reply(201 if sent.method == "PUT" else 200, a_set())
    if sent.method == "PUT":
        return Reply(201, a_vm(view=False), {"Azure-AsyncOperation": OPERATION})
    return Reply(200 if sent.method == "PATCH" else 202, a_vm() if sent.method == "PATCH" else None)


OPERATION = (
    "https://management.azure.com/subscriptions/00000000-0000-0000-0000-000000000000"
    "/providers/Microsoft.Compute/locations/westeurope/operations/11111111?t=1&s=sig"
)
