"""What is measured: each workload prepares its values, then returns the call whose CPU time counts."""

from __future__ import annotations

import json
import re
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from controller.core import tags
from controller.core.observed import Memory, Observed, Serials, member_of
from controller.core.plan import plan
from controller.core.standings import Accepted, Standing, key_of
from controller.core.status import compute_status
from controller.engine.board import Board
from controller.engine.report import PassReport
from controller.spec.values import Fleet, Placement, Pool, SizeChoice, Template
from controller.web.pages import Pages
from providers.base import (
    GroupRef,
    Instance,
    PowerState,
    Priority,
    ProvisioningState,
)

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SIZE = "Standard_D2s_v5"
ZONES = ("1", "2", "3")
Work = Callable[[], object]


def yardstick() -> Work:
    """Plain Python that never changes: what the other figures are compared with on any machine."""

    def work() -> int:
        total = 0
        for number in range(400_000):
            total = (total * 31 + number) % 1_000_003
        return total

    return work


def plan_1000_creations() -> Work:
    """An empty fleet of 1,000: every creation with its reason and runner-up."""
    fleet = a_fleet("web", 1000)
    empty = observed_fleet(fleet, 0)
    return lambda: plan(fleet, empty, Memory(), NOW)


def plan_nothing_for_1000() -> Work:
    """1,000 members as they should be."""
    fleet = a_fleet("web", 1000)
    full = observed_fleet(fleet, 1000)
    return lambda: plan(fleet, full, Memory(), NOW)


def plan_500_deletions() -> Work:
    """A scale-in of 1,000 members to 500."""
    fleet = a_fleet("web", 500)
    full = observed_fleet(fleet, 1000)
    return lambda: plan(fleet, full, Memory(), NOW)


def plan_10000_members() -> Work:
    """Ten fleets of 1,000, nothing to do."""
    fleets = [a_fleet(f"fleet{number}", 1000) for number in range(10)]
    seen = [observed_fleet(fleet, 1000) for fleet in fleets]
    return lambda: [plan(f, o, Memory(), NOW) for f, o in zip(fleets, seen, strict=True)]


def plan_1000_fleets() -> Work:
    """1,000 fleets of 100, nothing to do."""
    fleets = [a_fleet(f"fleet{number}", 100) for number in range(1000)]
    seen = [observed_fleet(fleet, 100) for fleet in fleets]
    return lambda: [plan(f, o, Memory(), NOW) for f, o in zip(fleets, seen, strict=True)]


def render_50_fleets() -> Work:
    """The status page of 50 fleets of 100, all of whose instances are drawn."""
    board = Board(NOW)
    standings, reports = [], {}
    for number in range(50):
        fleet = a_fleet(f"fleet{number:02d}", 100)
        seen = observed_fleet(fleet, 100)
        decided = plan(fleet, seen, Memory(), NOW)
        status = compute_status(fleet, seen, decided)
        standing = Standing(key_of(fleet), fleet.name, "specs", fleet, None, "git:0", NOW)
        standings.append(standing)
        reports[standing.key] = PassReport(
            fleet.name, 1, NOW, 60, observed=seen, plan=decided, status=status
        )
    board.stand(Accepted(tuple(standings)))
    for key, report in reports.items():
        board.note(key, report=report, seen=report, passes=1)
    pages, view = Pages(), board.view()
    pages.index(view, NOW)
    # Every fleet has been seen anew since, so that no picture is left to be shown again.
    for key, report in reports.items():
        fresh = replace(report, number=2)
        board.note(key, report=fresh, seen=fresh, passes=2)
    return lambda: pages.index(board.view(), NOW)


def validate_500_specs() -> Work:
    """500 files, from bytes to checked values; the import of the language is not counted."""
    from controller.sources.directory import read_sources
    from controller.spec.compile import compile_specs

    folder = many_specs(500)

    def work() -> object:
        read = read_sources([str(folder)])
        checked = compile_specs(read.files)
        if len(checked.fleets) != 500:
            sys.exit(f"expected 500 fleets, got {len(checked.fleets)}")
        return checked

    return work


def many_specs(count: int) -> Path:
    """A new directory with so many copies of the example, each with a name of its own, which is also its set's."""
    text = Path("specs/web.yaml").read_text(encoding="utf-8")
    folder = Path(mkdtemp(prefix="evenkeel-bench-"))
    for number in range(count):
        named = re.sub(r"^  name: web\b", f"  name: web{number}", text, count=1, flags=re.MULTILINE)
        (folder / f"web{number}.yaml").write_text(named, encoding="utf-8")
    return folder


def a_fleet(name: str, replicas: int) -> Fleet:
    """A fleet over three zones."""
    template = Template(document={"osProfile": {"adminUsername": "ops"}}, fingerprint="v1:0")
    return Fleet(
        name=name,
        ref=GroupRef("00000000-0000-0000-0000-000000000000", "rg", name, "westeurope"),
        placement=Placement(zones=ZONES),
        pools=(Pool("", replicas, (SizeChoice(SIZE, 0),), template),),
        spec_digest="0" * 64,
    )


def observed_fleet(fleet: Fleet, members: int) -> Observed:
    """So many running members, one after the other in each zone."""
    first = Instance(
        name="",
        zone="1",
        fault_domain=None,
        size=SIZE,
        priority=Priority.REGULAR,
        provisioning_state=ProvisioningState.SUCCEEDED,
        power_state=PowerState.RUNNING,
        created_at=NOW - timedelta(days=1),
        tags={tags.OWNER: tags.owner_mark(fleet.ref), tags.TEMPLATE: "v1:0"},
    )
    instances = (
        replace(first, name=f"{fleet.name}-{serial:06d}", zone=ZONES[serial % 3])
        for serial in range(1, members + 1)
    )
    return Observed(
        observed_at=NOW,
        exists=True,
        members=tuple(member_of(fleet.ref, instance) for instance in instances),
        locks=(),
        serials=Serials(members + 1, members + 1),
    )


def decode_1000_members() -> Work:
    """One page of a member list with instance views, as Compute indents it, into values of our own."""
    body = page_of_members(1000)
    # The first call imports the adapter, which is not what is measured here.
    _members_on(page_of_members(1))
    return lambda: _members_on(body)


def kept_of_members(count: int) -> float:
    """KiB that are still held for each member when a page of them has been decoded."""
    body = page_of_members(count)
    _members_on(body)
    tracemalloc.start()
    kept = _members_on(body)
    held, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return held / 1024 / len(kept)


def page_of_members(count: int) -> bytes:
    """A page of a member list with instance views, indented as Compute does."""
    return json.dumps({"value": [_listed_vm(n) for n in range(count)]}, indent=2).encode()


def _members_on(body: bytes) -> list[Instance]:
    from providers.azure.views import VmPage, decoded, instances_of

    return list(instances_of(decoded(body, VmPage).value, {}))


_EXTENSIONS = ("AzureMonitorLinuxAgent", "HealthExtension")


def _os_profile(name: str) -> dict[str, object]:
    key = {"path": "/home/azureuser/.ssh/authorized_keys", "keyData": "ssh-rsa " + "A" * 550}
    return {
        "computerName": name,
        "adminUsername": "azureuser",
        "linuxConfiguration": {
            "disablePasswordAuthentication": True,
            "provisionVMAgent": True,
            "ssh": {"publicKeys": [key]},
            "patchSettings": {"patchMode": "ImageDefault", "assessmentMode": "ImageDefault"},
        },
        "secrets": [],
        "allowExtensionOperations": True,
    }


def _disk(group: str, name: str) -> dict[str, object]:
    own = f"{group}/Microsoft.Compute/disks/{name}_Disk_1"
    return {
        "createOption": "FromImage",
        "caching": "ReadWrite",
        "managedDisk": {"storageAccountType": "Premium_LRS", "id": own},
        "deleteOption": "Delete",
        "diskSizeGB": 64,
    }


def _listed_vm(number: int) -> dict[str, object]:
    """A VM as Compute lists it: most of it is never decoded."""
    name = f"web-{number:06d}"
    group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/WEB-RG/providers"
    code = {"code": "ProvisioningState/succeeded", "level": "Info", "time": f"{NOW:%FT%T}+00:00"}
    message = {"displayStatus": "Ready", "message": "m" * 300}
    return {
        "name": name,
        "id": f"{group}/Microsoft.Compute/virtualMachines/{name}",
        "location": "westeurope",
        "zones": [str(1 + number % 3)],
        "tags": {f"evenkeel-{key}": "x" * 20 for key in ("owner", "fleet", "serial", "place")},
        "etag": '"3"',
        "resources": [
            {"id": f"{group}/Microsoft.Compute/virtualMachines/{name}/extensions/{extension}"}
            for extension in _EXTENSIONS
        ],
        "properties": {
            "hardwareProfile": {"vmSize": SIZE},
            "provisioningState": "Succeeded",
            "virtualMachineScaleSet": {
                "id": f"{group}/Microsoft.Compute/virtualMachineScaleSets/web"
            },
            "osProfile": _os_profile(name),
            "storageProfile": {
                "imageReference": {
                    "publisher": "Canonical",
                    "offer": "ubuntu-24_04-lts",
                    "sku": "server",
                    "version": "latest",
                    "exactVersion": "24.04.202611200",
                },
                "osDisk": {"osType": "Linux", "name": f"{name}_OsDisk_1", **_disk(group, name)},
                "dataDisks": [{"lun": 0, "name": f"{name}_lun_0", **_disk(group, name)}],
            },
            "securityProfile": {
                "uefiSettings": {"secureBootEnabled": True, "vTpmEnabled": True},
                "securityType": "TrustedLaunch",
            },
            "diagnosticsProfile": {"bootDiagnostics": {"enabled": True}},
            "networkProfile": {
                "networkInterfaces": [{"id": f"{group}/Microsoft.Network/networkInterfaces/{name}"}]
            },
            "timeCreated": "2026-11-21T11:28:49.0518122+00:00",
            "instanceView": {
                "vmAgent": {"statuses": [code | message]},
                "disks": [{"name": f"{name}_OsDisk_1", "statuses": [code]}] * 2,
                "extensions": [
                    {"name": extension, "statuses": [code | message]} for extension in _EXTENSIONS
                ],
                "vmHealth": {"status": {"code": "HealthState/healthy", "level": "Info"}},
                "statuses": [code | message, {"code": "PowerState/running", "level": "Info"}],
            },
        },
    }
