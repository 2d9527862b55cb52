"""Deployments: what Azure's command line sends becomes resources, in order, and failures are wrapped."""

from __future__ import annotations

import json
from typing import Any

import pytest

from providers.arm.emulator import Emulator
from providers.simulated.scenario import Call, CallFailure, CallFault, CapacityLimit
from tests.arm.clients import (
    GROUP,
    LOCKS,
    SET,
    VM,
    VMS,
    Client,
    a_client,
    a_client_with_set,
    a_profile_set,
)
from tests.arm.network_bodies import CARDS, SUBNET, VNET
from tests.arm.templates import (
    DEPLOYMENT,
    DEPLOYMENTS,
    VERSION,
    a_card_resource,
    a_network_resource,
    a_resource,
    a_set_resource,
    a_template,
    a_vm_resource,
    deploy,
    finish,
    shown,
)

WHOLE = a_template(a_vm_resource(), a_card_resource(), a_network_resource())


def test_vm_with_its_network() -> None:
    """A VM, its NIC and its network come in the order of their needs, whatever their order in the template."""
    client = a_client_with_set()
    started = deploy(client, WHOLE)
    assert started.json["properties"]["provisioningState"] == "Accepted"
    assert finish(client, started) == {"status": "Succeeded"}
    assert client.state_of(VM.replace("web-000001", "vm1")) == "Succeeded"
    assert (
        client.get(f"{CARDS}/vm1VMNic").json["properties"]["virtualMachine"]["id"] == f"{VMS}/vm1"
    )
    ids = [entry["id"] for entry in shown(client)["outputResources"]]
    assert ids == [f"{VMS}/vm1", f"{CARDS}/vm1VMNic", VNET]


def test_deployment_as_recorded() -> None:
    """A deployment shows its providers and dependencies, and its operation is a number of 20 digits."""
    client = a_client_with_set()
    started = deploy(client, WHOLE)
    operation = started.headers["azure-asyncoperation"].partition("?")[0].rpartition("/")[2]
    assert (len(operation), operation.isdigit()) == (20, True)
    properties = started.json["properties"]
    assert [entry["namespace"] for entry in properties["providers"]] == [
        "Microsoft.Compute",
        "Microsoft.Network",
    ]
    needs = {
        entry["resourceName"]: [need["id"] for need in entry["dependsOn"]]
        for entry in properties["dependencies"]
    }
    assert needs == {"vm1": [f"{CARDS}/vm1VMNic"], "vm1VMNic": [VNET]}


def test_states_of_a_deployment() -> None:
    """Polls say Running until everything is there, and the VM is not put before its network is."""
    client = a_client_with_set()
    started = deploy(client, WHOLE)
    first = client.poll(started)
    assert (first.json, first.headers["retry-after"]) == ({"status": "Running"}, "5")
    assert client.get(VNET).status == 200
    assert client.get(f"{CARDS}/vm1VMNic").status == 404
    client.wait(5)
    client.poll(started)
    assert client.get(f"{VMS}/vm1").json["properties"]["provisioningState"] == "Creating"


def test_set_with_output() -> None:
    """``az vmss create`` reads the set from the output, whose name Azure's serializer writes in small letters."""
    version = "providers('Microsoft.Compute', 'virtualMachineScaleSets').apiVersions[0]"
    kind = "Microsoft.Compute/virtualMachineScaleSets"
    value = f"[reference(resourceId('{kind}', 'web'),{version})]"
    outputs = {"VMSS": {"type": "object", "value": value}}
    client = a_client()
    finish(client, deploy(client, a_template(a_set_resource(), outputs=outputs)))
    output = shown(client)["outputs"]["vmss"]
    assert output["type"] == "Object"
    assert output["value"]["orchestrationMode"] == "Flexible"
    assert output["value"]["provisioningState"] == "Succeeded"


def test_set_with_members() -> None:
    """A set with a profile has succeeded when its members are there."""
    body = a_profile_set(2)
    resource = a_set_resource(sku=body["sku"]) | {"properties": body["properties"]}
    client = a_client()
    assert finish(client, deploy(client, a_template(resource))) == {"status": "Succeeded"}
    rows = client.get(VMS).json["value"]
    assert [row["properties"]["provisioningState"] for row in rows] == ["Succeeded", "Succeeded"]


def test_copies_of_vms() -> None:
    """``az vm create --count 3`` is one template with copy loops, indices counted from 0."""
    loop = {"name": "vmcopy", "mode": "parallel", "count": "[parameters('count')]"}
    cards = a_card_resource(
        "[concat('vmVMNic', copyIndex())]",
        "Microsoft.Network/virtualNetworks/net",
        copy=loop | {"name": "niccopy"},
    )
    machines = a_vm_resource(
        "[concat('vm', copyIndex())]",
        "niccopy",
        card=f"[concat('{CARDS}/vmVMNic', copyIndex())]",
        copy=loop,
    )
    parameters = {"count": {"type": "int"}}
    template = a_template(machines, cards, a_network_resource(), parameters=parameters)
    client = a_client_with_set()
    assert finish(client, deploy(client, template, count=3)) == {"status": "Succeeded"}
    names = sorted(row["name"] for row in client.get(VMS).json["value"])
    assert names == ["vm0", "vm1", "vm2"]
    owner = client.get(f"{CARDS}/vmVMNic2").json["properties"]["virtualMachine"]["id"]
    assert owner == f"{VMS}/vm2"


@pytest.mark.parametrize(
    ("kind", "name"),
    [("subnets", "inner"), ("microsoft.network/virtualNetworks/subnets", "net/inner")],
)
def test_children_inside_resources(kind: str, name: str) -> None:
    """A child written inside its parent, by its whole name or not, is a resource of its own."""
    inner = {
        "type": kind,
        "name": name,
        "apiVersion": "2024-05-01",
        "properties": {"addressPrefix": "10.0.1.0/24"},
    }
    outer = a_resource(
        "Microsoft.Network/virtualNetworks/subnets",
        "net/outer",
        "[resourceId('Microsoft.Network/virtualNetworks', 'net')]",
        properties={"addressPrefix": "10.0.2.0/24"},
    )
    client = a_client()
    template = a_template(outer, a_network_resource() | {"resources": [inner]})
    assert finish(client, deploy(client, template)) == {"status": "Succeeded"}
    names = {entry["name"] for entry in client.get(f"{VNET}/subnets").json["value"]}
    assert names == {"web", "inner", "outer"}


def test_reference_waits() -> None:
    """A resource that refers to another one's properties is put when these are known."""
    kind = "Microsoft.Network/networkSecurityGroups"
    place = "[reference(resourceId('Microsoft.Network/virtualNetworks', 'net')).provisioningState]"
    template = a_template(a_resource(kind, "nsg", tags={"seen": place}), a_network_resource())
    client = a_client()
    assert finish(client, deploy(client, template)) == {"status": "Succeeded"}
    assert client.get(f"{GROUP}/providers/{kind}/nsg").json["tags"]["seen"] in {
        "Updating",
        "Succeeded",
    }


def test_secrets_stay_secret() -> None:
    """A secure parameter is used and shown nowhere, neither by ARM nor in what the region keeps."""
    parameters = {"adminPassword": {"type": "securestring"}}
    profile = {"computerName": "vm1", "adminPassword": "[parameters('adminPassword')]"}
    machine = a_vm_resource(properties={"osProfile": profile})
    template = a_template(machine, a_card_resource(), a_network_resource(), parameters=parameters)
    client = a_client_with_set()
    started = deploy(client, template, adminPassword="not to be shown")
    assert finish(client, started) == {"status": "Succeeded"}
    assert shown(client)["parameters"] == {"adminPassword": {"type": "SecureString"}}
    kept = json.dumps(dict(client.emulator.world.documents), default=str)
    assert "not to be shown" not in kept


def test_failure_is_wrapped() -> None:
    """A refused resource fails the deployment: recorded for a set without its number of fault domains."""
    properties = {"orchestrationMode": "Flexible"}
    client = a_client()
    template = a_template(a_set_resource() | {"properties": properties})
    found = finish(client, deploy(client, template))
    assert found["error"] == {
        "code": "DeploymentFailed",
        "target": DEPLOYMENT,
        "message": "At least one resource deployment operation failed. Please list deployment operations for "
        "details. Please see https://aka.ms/arm-deployment-operations for usage details.",
        "details": [
            {
                "code": "InvalidParameter",
                "target": "platformFaultDomainCount",
                "message": "Required parameter 'platformFaultDomainCount' is missing (null).",
            }
        ],
    }
    rows = client.get(f"{DEPLOYMENT}/operations").json["value"]
    assert [row["properties"]["statusCode"] for row in rows] == ["BadRequest"]


def test_failure_after_acceptance() -> None:
    """A VM that cannot be allocated fails the deployment with the error of its operation."""
    client = a_client_with_set(capacity=(CapacityLimit(0, zone="1"),))
    machine = a_vm_resource()
    template = a_template(machine, a_card_resource(), a_network_resource())
    found = finish(client, deploy(client, template))
    assert [entry["code"] for entry in found["error"]["details"]] == ["ZonalAllocationFailed"]
    assert shown(client)["provisioningState"] == "Failed"


@pytest.mark.parametrize(
    ("location", "zones", "code", "inner"),
    [
        ("westus", ["1"], "InvalidTemplateDeployment", None),
        ("westeurope", ["1"], "InvalidTemplateDeployment", "QuotaExceeded"),
    ],
)
def test_refused_beforehand(location: str, zones: list[str], code: str, inner: str | None) -> None:
    """Zones that a region lacks, and quota, are refused before anything of the template is made."""
    client = a_client_with_set(quotas={"cores": 1})
    machine = a_vm_resource(location=location, zones=zones)
    answer = deploy(client, a_template(machine, a_card_resource(), a_network_resource()))
    assert (answer.status, answer.code) == (400, code)
    details = answer.json["error"].get("details", [])
    assert [entry["code"] for entry in details] == ([] if inner is None else [inner])
    assert client.get(VNET).status == 404


@pytest.mark.parametrize(
    ("template", "needle"),
    [
        (a_template(a_network_resource(), a_network_resource()), "defined multiple times"),
        (a_template(a_card_resource()), "is not defined in the template"),
        (a_template(a_resource("Microsoft.Network/x", "[nope('a')]")), "function 'nope'"),
        (a_template(a_resource("Microsoft.Network/x", "[concat('a']")), "ends too early"),
        (a_template(a_resource("Microsoft.Network/x/y", "one")), "incorrect segment length"),
        (a_template(a_resource("Microsoft.Network/x", "n", apiVersion="")), "no apiVersion"),
        (a_template(a_resource("Microsoft.Resources/deployments", "n")), "not served here"),
        (a_template(parameters={"a": {"type": "string"}}), "'a' is not provided"),
        (
            a_template(
                a_resource("Microsoft.Network/routeTables", "a", "b"),
                a_resource("Microsoft.Network/routeTables", "b", "a"),
            ),
            "Circular dependency",
        ),
        (a_template(variables={"a": "[variables('a')]"}), "need each other"),
    ],
)
def test_bad_templates(template: dict[str, Any], needle: str) -> None:
    """A template that cannot be carried out is refused as a whole, with the reason."""
    client = a_client()
    answer = deploy(client, template)
    assert (answer.status, answer.code) == (400, "InvalidTemplate")
    assert needle in answer.message
    assert client.get(DEPLOYMENT).code == "DeploymentNotFound"


@pytest.mark.parametrize(
    "properties",
    [
        {"template": {}, "mode": "Complete"},
        {"templateLink": {"uri": "x"}},
        {"template": "text"},
        {},
    ],
)
def test_modes_not_served(properties: dict[str, Any]) -> None:
    """Complete deployments, which delete, and linked templates are refused in words."""
    answer = a_client().send("PUT", DEPLOYMENT, {"properties": properties}, version=VERSION)
    assert (answer.status, answer.code) == (400, "InvalidDeployment")


def test_validation_makes_nothing() -> None:
    """``validate`` names the resources that a template wants and makes none of them."""
    client = a_client_with_set()
    body = {"properties": {"template": WHOLE, "parameters": {}, "mode": "Incremental"}}
    answer = client.send("POST", f"{DEPLOYMENT}/validate", body, version=VERSION)
    ids = [entry["id"] for entry in answer.json["properties"]["validatedResources"]]
    assert (answer.status, len(ids)) == (200, 3)
    assert client.get(VNET).status == 404


def test_again_changes_nothing() -> None:
    """The same template deployed again succeeds and leaves everything as it is."""
    client = a_client_with_set()
    finish(client, deploy(client, WHOLE))
    before = client.get(f"{VMS}/vm1").json["properties"]["vmId"]
    again = deploy(client, WHOLE)
    assert again.status == 200
    assert finish(client, again) == {"status": "Succeeded"}
    assert client.get(f"{VMS}/vm1").json["properties"]["vmId"] == before


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (CallFailure.THROTTLED, "Succeeded"),
        (CallFailure.TRANSIENT, "Succeeded"),
        (CallFailure.OUTCOME_UNKNOWN, "Succeeded"),
        (CallFailure.FORBIDDEN, "Failed"),
    ],
)
def test_passing_failures_are_tried_again(failure: CallFailure, status: str) -> None:
    """What is refused for the moment is put again later; what is forbidden fails the deployment."""
    client = a_client_with_set(failures=(CallFault(Call.CREATE, failure, times=2),))
    assert finish(client, deploy(client, WHOLE))["status"] == status


def test_cancel_and_delete() -> None:
    """A deployment under way can be canceled and not deleted; what it began goes on."""
    client = a_client_with_set()
    started = deploy(client, WHOLE)
    client.poll(started)
    assert client.send("DELETE", DEPLOYMENT).code == "DeploymentBeingActive"
    assert client.send("POST", f"{DEPLOYMENT}/cancel").status == 204
    assert client.poll(started).json == {"status": "Canceled"}
    assert client.send("POST", f"{DEPLOYMENT}/cancel").code == "DeploymentCannotBeCancelled"
    assert client.send("DELETE", DEPLOYMENT).status == 204
    assert client.send("HEAD", DEPLOYMENT).status == 404
    assert client.get(VNET).status == 200


def test_list_and_head() -> None:
    """Deployments are listed with their states, and are no resources of their group."""
    client = a_client()
    finish(client, deploy(client, a_template(a_network_resource())))
    assert client.send("HEAD", DEPLOYMENT).status == 204
    rows = client.get(DEPLOYMENTS).json["value"]
    assert [(row["name"], row["properties"]["provisioningState"]) for row in rows] == [
        ("deploy", "Succeeded")
    ]
    assert [row["name"] for row in client.get(f"{GROUP}/resources").json["value"]] == ["net"]


def test_interrupted_deployment_is_canceled() -> None:
    """A deployment that an earlier process began has come to nothing, and says so; an ended one stands."""
    client = a_client_with_set()
    finish(client, deploy(client, a_template(a_network_resource())))
    deploy(client, WHOLE, path=f"{DEPLOYMENTS}/late")
    after = Client(Emulator(client.emulator.region))
    assert shown(after)["provisioningState"] == "Succeeded"
    assert shown(after, f"{DEPLOYMENTS}/late")["provisioningState"] == "Canceled"


def test_locked_group_is_not_deployed_to() -> None:
    """A ReadOnly lock over a group refuses a deployment to it."""
    client = a_client_with_set()
    client.send("PUT", f"{GROUP}/{LOCKS}/keep", {"properties": {"level": "ReadOnly"}})
    answer = deploy(client, WHOLE)
    assert (answer.status, answer.code) == (409, "ScopeLocked")


def test_subnet_and_set_are_named() -> None:
    """Ids in a template reach the resource unchanged: the VM is a member of its set, its NIC in its subnet."""
    client = a_client_with_set()
    finish(client, deploy(client, WHOLE))
    vm = client.get(f"{VMS}/vm1").json["properties"]
    card = client.get(f"{CARDS}/vm1VMNic").json["properties"]
    assert vm["virtualMachineScaleSet"] == {"id": SET}
    assert card["ipConfigurations"][0]["properties"]["subnet"] == {"id": SUBNET}
