"""Ours beside other clients of Azure, in front of the emulator: seconds, CPU and requests.

All are whole processes on one machine, one after the other. Time is measured in front of an emulator that
keeps no traffic, requests are counted in front of a second one that does. Clients that are not installed
(`make clients` installs them) are left out, and said to be.

    python benchmarks/clients.py            print the table
    python benchmarks/clients.py DATE       put it into docs/benchmarks.md, under this date
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
AZ = Path(os.environ.get("AZ_VENV", ROOT / ".venv-az")) / "bin" / "az"
NODE = ROOT / "tests" / "clients" / "node"
MARK = "<!-- clients -->"

SPEED = 60
"""Seconds in the region for each one here: a VM is there after a second, so that clients are measured."""

FEW, MANY = 50, 1000
LOOKS = 2
"""A look is timed so often, and the fastest counts; ``az vm list -d``, which asks for each VM, is timed once."""


@dataclass(frozen=True, slots=True)
class Figure:
    """Wall clock and CPU seconds of a client's processes, and what it asked of ARM by method."""

    seconds: float
    cpu: float
    asked: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Arm:
    """A running emulator, and where it keeps traffic, if it does."""

    url: str
    ca_file: str
    subscription: str
    folder: Path
    traffic: Path | None

    def run(self, *commands: list[str], times: int = 1) -> Figure:
        """Run commands one after the other; the fastest of so many runs counts."""
        repeated = 1 if self.traffic else times
        return min((self._once(commands) for _ in range(repeated)), key=lambda each: each.seconds)

    def _once(self, commands: tuple[list[str], ...]) -> Figure:
        seen, before = self._kept(), resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        for command in commands:
            ran = subprocess.run(
                command,
                check=False,
                capture_output=True,
                text=True,
                cwd=self.folder,
                env=self._environment(),
            )
            if ran.returncode:
                sys.exit(f"{' '.join(command)}\n{ran.stdout[-2000:]}\n{ran.stderr[-2000:]}")
        seconds = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Figure(seconds, cpu, Counter(name.split("-")[1] for name in self._kept() - seen))

    def _kept(self) -> set[str]:
        return {path.name for path in self.traffic.iterdir()} if self.traffic else set()

    def _environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
        return plain | {
            "HOME": str(self.folder),
            "NO_COLOR": "1",
            "NODE_EXTRA_CA_CERTS": self.ca_file,
            "REQUESTS_CA_BUNDLE": self.ca_file,
            "AZURE_CONFIG_DIR": str(self.folder / "az"),
            "AZURE_CORE_INSTANCE_DISCOVERY": "false",
            "AZURE_CORE_COLLECT_TELEMETRY": "false",
            "AZURE_CORE_ENCRYPT_TOKEN_CACHE": "false",
            "AZURE_CORE_DISPLAY_REGION_IDENTIFIED": "false",
        }


@contextmanager
def emulator(*, traffic: bool) -> Iterator[Arm]:
    """Run an emulator of its own for as long as the block lasts."""
    with TemporaryDirectory(prefix="evenkeel-clients-") as name:
        folder = Path(name)
        kept = folder / "traffic" if traffic else None
        command = [str(BIN / "evenkeel"), "emulator", "--port", "0", "--state", "none"]
        command += ["--speed", str(SPEED), "--throttle", "off"]
        command += ["--traffic", str(kept)] if kept else []
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=folder
        ) as process:
            try:
                told = json.loads(process.stdout.readline() if process.stdout else "")
                ca_file = str(folder / told["caFile"])
                yield Arm(told["url"], ca_file, told["subscription"], folder, kept)
            finally:
                process.terminate()


def main() -> None:
    """Measure, count, print or write."""
    with emulator(traffic=False) as arm:
        timed = dict(measured(arm))
    print(f"timed: {len(timed)} rows; now the requests are counted", file=sys.stderr)
    with emulator(traffic=True) as arm:
        counted = dict(measured(arm))
    rows = [
        "| what | client | seconds | x ours | CPU | requests |",
        "|---|---|---:|---:|---:|---:|",
    ]
    ours: dict[str, Figure] = {}
    for (what, client), figure in timed.items():
        first = ours.setdefault(what, figure)
        asked = ", ".join(f"{n:,} {m}" for m, n in sorted(counted[what, client].asked.items()))
        ratio = figure.seconds / first.seconds
        rows.append(
            f"| {what} | {client} | {figure.seconds:.2f} | {ratio:.1f} | {figure.cpu:.2f} s | {asked} |"
        )
    table = "\n".join(rows)
    print(table)
    if len(sys.argv) > 1:
        _write(f"{sys.argv[1]}, {_versions()}.\n\n{table}")


def measured(arm: Arm) -> Iterator[tuple[tuple[str, str], Figure]]:
    """Everything, in the order of the table; within each part ours comes first."""
    az, node = AZ.exists(), (NODE / "node_modules").is_dir()
    for what, there in (("az", az), ("the JavaScript SDK", node)):
        if not there:
            print(
                f"{what} is not installed and left out; make clients installs it", file=sys.stderr
            )
    accepted, running = f"0 → {FEW}, accepted", f"0 → {FEW}, seen running"
    yield (accepted, "evenkeel reconcile"), arm.run(ours(arm, "quick-rg", FEW))
    yield (accepted, "plain SDK loop"), arm.run(plain(arm, "accept", "loop-rg", FEW))
    converging = ours(arm, "web-rg", FEW, "--until-converged")
    yield (running, "evenkeel reconcile --until-converged"), arm.run(converging)
    yield (running, "plain SDK loop"), arm.run(plain(arm, "run", "sdk-rg", FEW))
    if az:
        _log_in(arm)
        yield (running, "az vmss create, az vm create --count"), arm.run(*_az_creations())
    if node:
        yield (running, "JavaScript SDK, all at once"), arm.run(script(arm, "run", "node-rg", FEW))
    arm.run(ours(arm, "big-rg", MANY))
    arm.run(ours(arm, "big-rg", MANY, "--until-converged"))
    for count, group in ((FEW, "web-rg"), (MANY, "big-rg")):
        yield from _looks(arm, count, group, az=az, node=node)


def _looks(
    arm: Arm, count: int, group: str, *, az: bool, node: bool
) -> Iterator[tuple[tuple[str, str], Figure]]:
    what = f"nothing to do, {count:,}"
    checked = ours(arm, group, count, "--detailed-exitcode")
    yield (what, "evenkeel reconcile"), arm.run(checked, times=LOOKS)
    yield (what, "plain SDK loop"), arm.run(plain(arm, "look", group, count), times=LOOKS)
    if az:
        listing = [str(AZ), "vm", "list", "--resource-group", group, "--output", "none"]
        yield (what, "az vm list"), arm.run(listing, times=LOOKS)
        yield (what, "az vm list -d"), arm.run([*listing, "--show-details"])
    if node:
        yield (what, "JavaScript SDK"), arm.run(script(arm, "look", group, count), times=LOOKS)


def ours(arm: Arm, group: str, replicas: int, *options: str) -> list[str]:
    """A pass over a fleet of so many, in a resource group of its own."""
    text = (ROOT / "specs" / "web.yaml").read_text(encoding="utf-8")
    text = text.replace("web-rg", group).replace("replicas: 6", f"replicas: {replicas}")
    # The others make Regular members without extensions.
    text = re.sub(r"(?m)^  spot:\n(    .*\n)+", "", text)
    text = re.sub(r"(?m)^    health:.*\n", "", text)
    spec = arm.folder / f"{group}.yaml"
    spec.write_text(text, encoding="utf-8")
    where = ["--provider", "azure", "--arm-url", arm.url, "--arm-ca", arm.ca_file]
    return [str(BIN / "evenkeel"), "reconcile", str(spec), *where, *options]


def plain(arm: Arm, verb: str, group: str, count: int) -> list[str]:
    """The loop over Python's SDK."""
    script_file = str(ROOT / "benchmarks" / "plain_sdk.py")
    place = [arm.url, arm.ca_file, arm.subscription, group, str(count)]
    return [sys.executable, script_file, verb, *place]


def script(arm: Arm, verb: str, group: str, count: int) -> list[str]:
    """The same with the JavaScript SDK."""
    place = [arm.url, arm.subscription, group, str(count)]
    return ["node", str(NODE / "loop.mjs"), verb, *place]


def _log_in(arm: Arm) -> None:
    az, group = str(AZ), ["--resource-group", "az-rg"]
    login = [az, "login", "--service-principal", "--username", "any", "--password", "any"]
    arm.run(
        [az, "cloud", "register", "--name", "LOCAL", "--endpoint-resource-manager", arm.url],
        [az, "cloud", "set", "--name", "LOCAL"],
        [*login, "--tenant", "11111111-1111-1111-1111-111111111111"],
        [az, "group", "create", "--name", "az-rg", "--location", "westeurope"],
        [az, "network", "vnet", "create", "--name", "net", "--subnet-name", "web", *group],
    )


def _az_creations() -> Iterator[list[str]]:
    """A set, then a third of the members in each zone: ``--count`` knows one zone."""
    group = ["--resource-group", "az-rg"]
    make_set = [str(AZ), "vmss", "create", "--name", "web", "--orchestration-mode", "Flexible"]
    yield [*make_set, "--zones", "1", "2", "3", "--platform-fault-domain-count", "1", *group]
    make_vm = [str(AZ), "vm", "create", "--vmss", "web", "--image", "Ubuntu2204", *group]
    make_vm += ["--size", "Standard_D2s_v5", "--vnet-name", "net", "--subnet", "web"]
    make_vm += ["--admin-username", "azureuser", "--generate-ssh-keys", "--nsg-rule", "NONE"]
    make_vm += ["--public-ip-address", ""]
    for zone, count in (("1", 17), ("2", 17), ("3", 16)):
        yield [*make_vm, "--name", f"web{zone}", "--zone", zone, "--count", str(count)]


def _versions() -> str:
    found = [f"Python {platform.python_version()}"]
    found.append(f"azure-mgmt-compute {version('azure-mgmt-compute')}")
    if AZ.exists():
        told = subprocess.run([str(AZ), "version"], capture_output=True, text=True, check=True)
        found.append(f"azure-cli {json.loads(told.stdout)['azure-cli']}")
    package = NODE / "node_modules" / "@azure" / "arm-compute" / "package.json"
    if package.exists():
        found.append(f"@azure/arm-compute {json.loads(package.read_text())['version']}")
    return f"{os.cpu_count()} cores, " + ", ".join(found)


def _write(text: str) -> None:
    page = ROOT / "docs" / "benchmarks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    _, _, after = rest.partition(MARK)
    page.write_text(f"{before}{MARK}\n{text}\n{MARK}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
