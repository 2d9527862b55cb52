"""Commands with ``--provider azure``, in front of an emulated ARM on a socket of this machine."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import pytest

from providers.arm.emulator import Emulator, Settings
from providers.arm.messages import Reply, Request
from providers.arm.server import Pace, Server
from providers.base import LockLevel
from providers.simulated.scenario import KnownSubnet, Scenario
from tests.cli.shell import Shell
from tests.providers.worlds import REF, an_empty_region, names_in

pytestmark = pytest.mark.slow

SPEED = 200.0
"""Seconds in the region for each one here: a VM is there before a command has ended."""


@dataclass
class Arm:
    """An emulated ARM: its address, its region, and the methods and paths it was asked."""

    url: str
    emulator: Emulator
    asked: list[tuple[str, str]]

    def options(self) -> tuple[str, ...]:
        """What leads a command here."""
        return ("--provider", "azure", "--arm-url", self.url)

    @property
    def members(self) -> list[str]:
        """Names of the members, by the region itself."""
        return names_in(self.emulator.region)


class Heard:
    """Takes the place of the recorder of traffic."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def record(self, request: Request, _url: str, _reply: Reply) -> None:
        self.asked.append((request.method, request.path))


@contextmanager
def serving() -> Iterator[Arm]:
    """Serve in a thread, because a command has an event loop of its own."""
    emulator, heard = Emulator(an_empty_region(), Settings(throttle=False, speed=SPEED)), Heard()
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = Server(emulator, pace=Pace(emulator, time.monotonic), traffic=heard)  # type: ignore[arg-type]  # a listener instead of a recorder
    runner, port = asyncio.run_coroutine_threadsafe(
        server.start("127.0.0.1", 0, None), loop
    ).result()
    try:
        yield Arm(f"http://127.0.0.1:{port}", emulator, heard.asked)
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture
def arm() -> Iterator[Arm]:
    """An ARM with nothing in it."""
    with serving() as emulated:
        yield emulated


def test_dry_run_only_reads(shell: Shell, arm: Arm) -> None:
    """A dry run shows the plan and sends nothing but GETs; the first line says where it looked."""
    ran = shell.run("reconcile", shell.spec(), "--dry-run", *arm.options())
    assert ran.code == 0
    assert ran.err.startswith(f"evenkeel: provider azure at {arm.url}\n")
    assert "Plan: 6 to add, 0 to change, 0 to destroy." in ran.out
    assert {method for method, _path in arm.asked} == {"GET"}


def test_pass_makes_the_fleet(shell: Shell, arm: Arm) -> None:
    """A pass creates the set and its members, each by one PUT; the next one has nothing to do."""
    spec = shell.spec()
    assert shell.run("reconcile", spec, *arm.options()).code == 0
    assert arm.members == [f"web-{number:06d}" for number in range(1, 7)]
    puts = [path for method, path in arm.asked if method == "PUT"]
    assert len(puts) == len(set(puts)) == 7
    shell.run("reconcile", spec, *arm.options())
    again = shell.run("reconcile", spec, "--dry-run", "--detailed-exitcode", *arm.options())
    assert (again.code, "nothing to do" in again.out) == (0, True)


def test_missing_way_out_is_told(shell: Shell, arm: Arm) -> None:
    """Without a way out the plan blocks every creation, and a pass sends nothing but GETs."""
    group = f"/subscriptions/{REF.subscription}/resourceGroups/net"
    own = f"{group}/providers/Microsoft.Network/virtualNetworks/v/subnets/s"
    subnet = KnownSubnet(own, nat_gateway=False)
    region = arm.emulator.region
    region.use(Scenario(strict=True, resources=(REF.group_scope,), subnets=(subnet,)))
    for words in (("--dry-run",), ()):
        ran = shell.run("reconcile", shell.spec(), "--detailed-exitcode", *words, *arm.options())
        assert ran.code == 3
    planned = shell.run("reconcile", shell.spec(), "--dry-run", "-o", "json", *arm.options())
    (fleet,) = planned.document["fleets"]
    assert (fleet["steps"], {one["reason"] for one in fleet["blocked"]}) == ([], {"NoOutbound"})
    assert {method for method, _path in arm.asked} == {"GET"}


def test_passes_install_extensions(shell: Shell, arm: Arm) -> None:
    """Health and two extensions come one by one over HTTP; when all are there, a pass sends nothing but GETs."""
    wanted = (
        "    health: {protocol: tcp, port: 22}\n"
        "    extensions:\n"
        "    - {name: a, publisher: P, type: T, typeHandlerVersion: '1.0'}\n"
        "    - {name: b, publisher: P, type: U, typeHandlerVersion: '1.0'}\n"
    )
    text = (shell.folder / shell.spec(replicas=2)).read_text() + wanted
    spec = shell.write("specs/wishing.yaml", text)
    for _ in range(20):
        assert shell.run("reconcile", spec, *arm.options()).code == 0
        found = arm.emulator.region.observe(REF).instances
        states = [str(one.state) for each in found for one in each.extensions or ()]
        if states == ["Succeeded"] * 6:
            break
    asked = len(arm.asked)
    assert shell.run("reconcile", spec, *arm.options()).code == 0
    assert {method for method, _path in arm.asked[asked:]} == {"GET"}
    planned = shell.run("reconcile", spec, "--dry-run", "--detailed-exitcode", *arm.options())
    assert (planned.code, "nothing to do" in planned.out) == (0, True)
    for member in arm.members:
        own = f"/virtualMachines/{member}/extensions/"
        puts = [path.partition(own)[2] for _method, path in arm.asked if own in path]
        assert puts == ["a", "b", "HealthExtension"]


def test_lock_holds_its_member(shell: Shell, arm: Arm) -> None:
    """A scale-in is one batch that goes around a locked member."""
    assert shell.run("reconcile", shell.spec(), *arm.options()).code == 0
    for name in ("web-000001", "web-000002", "web-000003"):
        arm.emulator.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(name))
    assert shell.run("reconcile", shell.spec(replicas=3), *arm.options()).code == 0
    posts = [path for method, path in arm.asked if method == "POST"]
    assert posts == [f"{REF.id}/delete"]
    assert {"web-000001", "web-000002", "web-000003"} <= set(arm.members)


def test_observation_is_whole(shell: Shell, arm: Arm) -> None:
    """What observe prints over ARM is enough to plan from."""
    spec = shell.spec()
    assert shell.run("reconcile", spec, *arm.options()).code == 0
    saved = shell.run("observe", spec, "-o", "json", *arm.options())
    shell.write("seen.json", saved.out)
    planned = shell.run("reconcile", spec, "--dry-run", "--observed", "seen.json", "-o", "json")
    assert len(saved.document["fleets"]["web"]["instances"]) == 6
    assert planned.document["summary"]["create"] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--arm-url", "https://localhost:1"),
        ("--provider", "azure", "--arm-url", "localhost:8443"),
        ("--provider", "azure", "--arm-url", "https://localhost/subscriptions"),
        ("--provider", "azure", "--arm-url", "ftp://localhost"),
        ("--provider", "azure", "--arm-url", "https://localhost", "--arm-ca", "no-such-file"),
    ],
)
def test_wrong_addresses_are_usage(shell: Shell, words: tuple[str, ...]) -> None:
    """An address without provider, scheme or host, or a missing CA file, is wrong usage."""
    assert shell.run("reconcile", shell.spec(), "--dry-run", *words).code == 64


def test_approval_command_leads_back(shell: Shell, arm: Arm) -> None:
    """The command that approves a large deletion leads to the same ARM."""
    assert shell.run("reconcile", shell.spec(replicas=30), *arm.options()).code == 0
    ran = shell.run("reconcile", shell.spec(replicas=2), "--dry-run", *arm.options())
    assert f"--provider azure --arm-url {arm.url} --approve" in ran.out
