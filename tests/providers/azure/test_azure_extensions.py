"""Extensions and models over ARM: what is sent, what is read, and a fleet that gets all it should have."""

from __future__ import annotations

import base64
import gc
import json
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.core.drift import find_drift
from controller.core.observed import Memory
from controller.core.scene import read_scene
from controller.engine.converge import End, converge
from controller.engine.look import look
from controller.engine.reconcile import run_pass
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from providers.azure.charges import limits_of
from providers.azure.views import Vm, VmPage, decoded, instance_of
from providers.base import (
    Extension,
    Failure,
    InstallExtension,
    ProvisioningState,
)
from providers.simulated.scenario import ExtensionFault
from tests.providers.azure.arm_documents import a_view, a_vm, a_world
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.azure.fake_arm import Reply, Sent, a_stage
from tests.providers.worlds import REF, an_empty_region, run

if TYPE_CHECKING:
    from controller.engine.converge import Convergence
    from controller.spec.values import Fleet
    from providers.base import Document

SPEC = """
apiVersion: evenkeel/v1alpha1
kind: Fleet
metadata: {name: web}
spec:
  azure: {subscription: 00000000-0000-0000-0000-000000000000, resourceGroup: web-rg, location: westeurope}
  replicas: 3
  placement: {zones: ["1", "2", "3"]}
  sizes: [Standard_D2s_v5]
  template:
    image: {publisher: Canonical, offer: ubuntu-24_04-lts, sku: server, version: latest}
    adminUsername: azureuser
    sshPublicKeys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGV2ZW5rZWVsLWV4YW1wbGUta2V5LW5vdC1yZWFs ops"]
    osDisk: {storageAccountType: Premium_LRS, sizeGiB: 64, caching: ReadWrite}
    dataDisks: [{lun: 0, sizeGiB: 128, storageAccountType: Premium_LRS}]
    patching: {mode: AutomaticByPlatform, assessment: AutomaticByPlatform, reboot: IfRequired}
    security: {type: TrustedLaunch, secureBoot: true, vTpm: true, encryptionAtHost: true}
    terminateNotification: {timeoutMinutes: 5}
    userData: {inline: "hello"}
    network:
      subnet: /subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/web-rg/providers/Microsoft.Network/virtualNetworks/n/subnets/web
      outbound: natGateway
    extensions:
    - {name: agent, publisher: Example.Agents, type: AgentLinux, typeHandlerVersion: "1.0", settings: {level: info}}
    - {name: backup, publisher: Example.Agents, type: BackupLinux, typeHandlerVersion: "2.1"}
    health: {protocol: http, port: 8080, path: /healthz}
"""
ODD_STATUS = {"code": "ProvisioningState/failed/1", "message": {"a": 1}, "time": 7}
ORDER = ["agent", "backup", "HealthExtension"]


def the_fleet() -> Fleet:
    """The fleet of the spec."""
    compiled = compile_specs([SourceFile("web.yaml", SPEC.encode())])
    assert compiled.errors == ()
    (fleet,) = compiled.fleets
    return fleet


def converged(cloud: EmulatedCloud) -> Convergence:
    """Passes to the end, over the adapter and the emulated ARM."""
    return run(
        converge(
            [the_fleet()],
            cloud.provider,
            cloud.region.clock,
            timeout_seconds=3600,
            on_pass=lambda _report: None,
        )
    )


def puts(cloud: EmulatedCloud) -> list[str]:
    """The extensions that were asked for, as ``<vm>/<extension>``, in order."""
    paths = [sent.path for sent in cloud.transport.sent if sent.method == "PUT"]
    found = [path.partition("/virtualMachines/")[2].split("/") for path in paths]
    return [f"{parts[0]}/{parts[2]}" for parts in found if len(parts) == 3]


def test_fleet_gets_its_extensions() -> None:
    """A spec with health and two extensions ends with all three, in order; a second pass sends only reads."""
    cloud = EmulatedCloud()
    assert converged(cloud).end is End.CONVERGED
    for number in (1, 2, 3):
        name = f"web-{number:06d}"
        assert [one for one in puts(cloud) if one.startswith(name)] == [
            f"{name}/{extension}" for extension in ORDER
        ]
    members = run(cloud.provider.observe(REF)).instances
    done = tuple(Extension(name, ProvisioningState.SUCCEEDED) for name in ORDER)
    assert [one.extensions for one in members] == [done] * 3
    assert [one.health.value for one in members] == ["Healthy"] * 3
    cloud.transport.sent.clear()
    report = run(run_pass(the_fleet(), cloud.provider, cloud.region.clock))
    assert report.converged
    assert {sent.method for sent in cloud.transport.sent} == {"GET"}
    lists = [sent for sent in cloud.transport.sent if sent.path.endswith("/virtualMachines")]
    assert len(lists) == 1
    assert not any("/virtualMachines/" in sent.path for sent in cloud.transport.sent)


def test_failed_extension_is_told() -> None:
    """A failed extension comes with Azure's code and text; its member stays and nothing is asked again."""
    region = an_empty_region(extensions=(ExtensionFault("backup", instance="web-000002"),))
    cloud = EmulatedCloud(region)
    converged(cloud)
    before = len(puts(cloud))
    report = run(run_pass(the_fleet(), cloud.provider, cloud.region.clock))
    assert len(puts(cloud)) == before == 8
    assert report.plan is not None
    assert any("extension backup failed" in note for note in report.plan.notes)
    assert report.observed is not None
    member = next(one for one in report.observed.members if one.name == "web-000002")
    bad = (member.instance.extensions or ())[-1]
    assert bad.failure is not None
    assert bad.failure.code == "VMExtensionProvisioningError"
    assert "exited with code 1" in bad.failure.message


def test_installation_is_one_put() -> None:
    """The request is a PUT under the VM with the location and the properties as they are in the spec."""
    stage = a_stage(a_world(a_vm()))
    document: Document = {
        "publisher": "P",
        "type": "T",
        "typeHandlerVersion": "1.0",
        "settings": {"a": 1},
    }
    run(stage.provider.operate(REF, "web-000001", InstallExtension("agent", document)))
    (sent,) = stage.transport.sent
    path = f"{REF.instance_id('web-000001')}/extensions/agent"
    assert (sent.method, sent.path) == ("PUT", path)
    assert json.loads(sent.content) == {"location": "westeurope", "properties": document}
    assert sent.query["api-version"] == "2024-07-01"


def test_secrets_are_in_no_text() -> None:
    """Neither the operation nor the record behind it shows what an extension is told in secret."""
    secret: Document = {"protectedSettings": {"password": "hunter2"}, "settings": {"a": 1}}
    assert "hunter2" not in repr(InstallExtension("agent", secret))


def test_installation_counts_as_update() -> None:
    """An installation draws on ARM's writes and on Compute's updates of VMs."""
    path = f"{REF.instance_id('web-000001')}/extensions/agent"
    assert [limit.name for limit in limits_of("PUT", path)] == [
        "subscription-writes",
        "Microsoft.Compute/UpdateVMSubscriptionMaximum",
    ]


def shown(**over: Any) -> tuple[Extension, ...] | None:
    """The extensions of a VM whose document has these parts."""
    return instance_of(decoded(json.dumps(a_vm() | over).encode(), Vm)).extensions


def a_row(name: str, state: str | None = None) -> dict[str, Any]:
    """An extension as a resource; without a state as lists show it."""
    row: dict[str, Any] = {"id": f"{REF.instance_id('web-000001')}/extensions/{name}"}
    return row | ({"properties": {"provisioningState": state}} if state else {})


def viewed(*told: dict[str, Any]) -> dict[str, Any]:
    """The properties of a VM whose guest agent tells this of extensions."""
    properties: dict[str, Any] = a_vm()["properties"]
    return {"properties": properties | {"instanceView": a_view(extensions=list(told))}}


def status(code: str, **more: str) -> dict[str, Any]:
    """What the agent tells of one extension."""
    return {"name": "agent", "statuses": [{"code": code} | more]}


@pytest.mark.parametrize(
    ("over", "found"),
    [
        ({}, ()),
        ({"resources": [a_row("agent")]}, (Extension("agent"),)),
        (
            {"resources": [a_row("agent", "Succeeded")]},
            (Extension("agent", ProvisioningState.SUCCEEDED),),
        ),
        (
            {"resources": [a_row("agent", "Wobbling")]},
            (Extension("agent", ProvisioningState.UPDATING),),
        ),
        (
            {"resources": [a_row("agent")], **viewed(status("ProvisioningState/succeeded"))},
            (Extension("agent", ProvisioningState.SUCCEEDED),),
        ),
        (
            {"resources": [a_row("Agent")], **viewed({"name": "agent"})},
            (Extension("Agent"),),
        ),
        (
            {"resources": [a_row("agent", "Failed")], **viewed({"name": "agent"})},
            (Extension("agent", ProvisioningState.FAILED),),
        ),
        (
            viewed(status("ProvisioningState/failed/-5", message="no disk")),
            (
                Extension(
                    "agent",
                    ProvisioningState.FAILED,
                    Failure("VMExtensionProvisioningError", "no disk"),
                ),
            ),
        ),
        (
            {"resources": [{"id": f"{REF.instance_id('web-000001')}/runCommands/x"}]},
            (),
        ),
    ],
)
def test_extensions_are_read(over: dict[str, Any], found: tuple[Extension, ...]) -> None:
    """Names come from resources and agent, the state from the resource or else the agent, or is not known."""
    assert shown(**over) == found


def test_silent_failure_is_asked_for() -> None:
    """A failed extension of which the agent tells nothing has the words of our own operation, asked for once."""
    silent = a_vm() | {"resources": [a_row("agent", "Failed")]}
    world = a_world(silent)
    said = {"code": "VMExtensionProvisioningTimeout", "message": "It did not finish in time."}

    def failing(sent: Sent) -> Reply:
        failed = "/operations/" in sent.path
        return Reply(200, {"status": "Failed", "error": said}) if failed else world(sent)

    stage = a_stage(failing)
    (before,) = run(stage.provider.observe(REF)).instances
    run(stage.provider.operate(REF, "web-000001", InstallExtension("agent", {})))
    found = [run(stage.provider.observe(REF)).instances[0] for _ in range(3)]
    assert before.extensions == (Extension("agent", ProvisioningState.FAILED),)
    failure = Failure("VMExtensionProvisioningTimeout", "It did not finish in time.")
    assert {one.extensions for one in found} == {
        (Extension("agent", ProvisioningState.FAILED, failure),)
    }
    assert sum("/operations/" in sent.path for sent in stage.transport.sent) == 1


def test_unreadable_parts_are_unknown() -> None:
    """A part of the model that has another shape than documented is left out, and the member is shown."""
    odd: dict[str, Any] = {"securityProfile": ["what"], "licenseType": "RHEL_BYOS"}
    vm = decoded(json.dumps(a_vm(**odd)).encode(), Vm)
    assert instance_of(vm).document == {
        "storageProfile": {"osDisk": {"managedDisk": {}}},
        "licenseType": "RHEL_BYOS",
    }
    told = viewed(status("ProvisioningState/failed/1") | {"statuses": [ODD_STATUS]})
    (extension,) = shown(**told) or ()
    assert extension == Extension("agent")


@pytest.mark.slow
def test_thousand_members_share_their_model() -> None:
    """Members that are alike keep one document and one list of extensions: under 4 KiB for each of a thousand."""
    page = json.dumps({"value": [_a_thousandth(number) for number in range(1000)]}).encode()
    gc.collect()
    tracemalloc.start()
    try:
        members = [instance_of(vm) for vm in decoded(page, VmPage).value]
        gc.collect()
        kept = tracemalloc.get_traced_memory()[0] / len(members)
    finally:
        tracemalloc.stop()
    assert kept < 4096
    assert len({id(one.document) for one in members}) == 1
    assert len({id(one.extensions) for one in members}) == 1


def _a_thousandth(number: int) -> dict[str, Any]:
    name = f"web-{number:06d}"
    row = {"id": f"{REF.instance_id(name)}/extensions/agent"}
    view = {"name": "agent", "statuses": [{"code": "ProvisioningState/succeeded"}]}
    return a_vm(name, instanceView=a_view(extensions=[view])) | {"resources": [row]}


def test_model_equals_its_template() -> None:
    """Members as Azure shows them do not differ from the template that they were made from, in any field."""
    cloud = EmulatedCloud()
    converged(cloud)
    fleet = the_fleet()
    seen = run(look(fleet, cloud.provider, cloud.region.clock))
    scene = read_scene(fleet, seen.observed, Memory(), seen.observed.observed_at)
    assert find_drift(scene) == ()
    documents = {id(one.instance.document) for one in seen.observed.members}
    assert len(documents) == 1


def test_guest_settings_reach_azure() -> None:
    """Patching, user data and the terminate notice of the spec are in the request that makes the VM."""
    cloud = EmulatedCloud()
    converged(cloud)
    own = REF.instance_id("web-000001")
    (made,) = [sent for sent in cloud.transport.sent if (sent.method, sent.path) == ("PUT", own)]
    properties = json.loads(made.content)["properties"]
    assert base64.b64decode(properties["userData"]) == b"hello"
    assert properties["osProfile"]["linuxConfiguration"]["patchSettings"] == {
        "patchMode": "AutomaticByPlatform",
        "assessmentMode": "AutomaticByPlatform",
        "automaticByPlatformSettings": {"rebootSetting": "IfRequired"},
    }
    notice = properties["scheduledEventsProfile"]["terminateNotificationProfile"]
    assert notice == {"enable": True, "notBeforeTimeout": "PT5M"}
    assert "extensions" not in properties


def test_change_by_hand_is_drift() -> None:
    """What somebody changes on one VM is told by field, with what was wanted and what was found."""
    cloud = EmulatedCloud()
    converged(cloud)
    record = cloud.region.world.roster.member(REF, "web-000002")
    assert record is not None
    document: Any = json.loads(json.dumps(record.document))
    document["storageProfile"]["osDisk"]["diskSizeGB"] = 256
    document["storageProfile"]["dataDisks"][0]["caching"] = "ReadOnly"
    document["licenseType"] = "RHEL_BYOS"
    cloud.region.world.store(replace(record, document=document))
    report = run(run_pass(the_fleet(), cloud.provider, cloud.region.clock, dry_run=True))
    assert report.plan is not None
    (drifted,) = report.plan.drift
    assert drifted.instance == "web-000002"
    assert [(one.path, one.found) for one in drifted.fields] == [
        ("storageProfile.dataDisks[0].caching", "ReadOnly"),
        ("storageProfile.osDisk.diskSizeGB", "256"),
    ]
