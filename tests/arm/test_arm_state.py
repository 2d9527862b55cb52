"""An emulator that is stopped and started again on the same file goes on where it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from providers.arm.emulator import Emulator, Settings
from providers.arm.hosting import Hosting, hosted
from providers.simulated.scenario import Scenario
from providers.simulated.state import RegionFileError, decode, encode
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
    a_vm,
)
from tests.providers.worlds import REF, START

if TYPE_CHECKING:
    from pathlib import Path


def restarted(client: Client) -> Client:
    """A client of another emulator on what would stand in the first one's file."""
    region = decode(encode(client.emulator.region))
    return Client(Emulator(region, client.emulator.settings))


def test_everything_comes_back() -> None:
    """VMs, sets with their profile, groups, extensions, disks and locks are shown as before."""
    client = a_client(Settings(throttle=False))
    client.send("PUT", SET, a_profile_set(1))
    client.send("PUT", VM, a_vm(priority="Regular", tags={"a": "b"}))
    client.wait()
    client.send("PUT", f"{VM}/extensions/x", {"properties": {"type": "CustomScript"}})
    disk = f"{GROUP}/providers/Microsoft.Compute/disks/mine"
    client.send("PUT", disk, {"location": "westeurope"})
    client.send("PUT", f"{VM}/{LOCKS}/keep", {"properties": {"level": "ReadOnly", "notes": "n"}})
    paths = (VM, SET, GROUP, VMS, f"{VM}/extensions/x", disk, f"{GROUP}/{LOCKS}")
    before = {path: client.get(path).json for path in paths}
    after = restarted(client)
    assert {path: after.get(path).json for path in paths} == before


def test_operations_go_on() -> None:
    """An operation that was in progress can be polled after a restart, and ends as it would have."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    after = restarted(client)
    assert after.poll(made).json["status"] == "InProgress"
    after.wait()
    assert after.poll(made).json["status"] == "Succeeded"


def test_batch_half_through() -> None:
    """A batch of which one member was gone before the restart ends with the other one."""
    client = a_client_with_set(members=2)
    gone = client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000001", "web-000002"]})
    dues = sorted(record.life.due or 0.0 for record in client.emulator.world.roster)
    client.wait(dues[0] - client.emulator.now + 0.001)
    assert client.poll(gone).json["status"] == "InProgress"
    after = restarted(client)
    after.wait()
    assert after.poll(gone).json["status"] == "Succeeded"


def test_group_goes_on_leaving() -> None:
    """The deletion of a group goes on after a restart."""
    client = a_client_with_set(members=1)
    gone = client.send("DELETE", GROUP)
    after = restarted(client)
    after.wait()
    assert after.follow(gone.headers["location"]).status == 202
    after.wait()
    assert after.follow(gone.headers["location"]).status == 200
    assert after.get(GROUP).status == 404


def test_ids_of_operations_stay_new() -> None:
    """After a restart no operation gets the name of an earlier one."""
    client = a_client_with_set(members=1)
    first = client.send("POST", f"{VM}/restart").headers["azure-asyncoperation"]
    after = restarted(client)
    after.wait()
    second = after.send("POST", f"{VM}/restart").headers["azure-asyncoperation"]
    assert first.partition("?")[0] != second.partition("?")[0]


def test_file_is_the_simulated_providers() -> None:
    """What was made over ARM is seen by the provider contract in process, in the same file."""
    client = a_client_with_set(members=2)
    region = decode(encode(client.emulator.region))
    seen = region.observe(REF)
    assert [instance.name for instance in seen.instances] == ["web-000001", "web-000002"]
    assert seen.group is not None


def test_set_of_the_provider_is_shown() -> None:
    """A set that was made without ARM is shown over ARM, as one without a profile."""
    client = a_client_with_set()
    client.emulator.shelf.drop(SET)
    shown = client.get(SET).json
    assert "sku" not in shown
    assert shown["properties"]["orchestrationMode"] == "Flexible"


def test_file_is_held(tmp_path: Path) -> None:
    """A region is made, saved at the end, and held meanwhile: a second emulator is told so."""
    state = tmp_path / "region.json"
    hosting = Hosting(START, state=state, seed=3)
    with hosted(hosting) as first:
        Client(Emulator(first.region)).send("PUT", GROUP, {"location": "westeurope"})
        with pytest.raises(RegionFileError, match="in use by another command"), hosted(hosting):
            pass
    with hosted(hosting) as second:
        assert Client(Emulator(second.region)).get(GROUP).status == 200


def test_other_scenario_is_refused(tmp_path: Path) -> None:
    """A region that began under one scenario is not gone on with under another."""
    state = tmp_path / "region.json"
    with hosted(Hosting(START, state=state, scenario=Scenario(list_lag=5))):
        pass
    other = Hosting(START, state=state, scenario=Scenario(list_lag=9))
    with pytest.raises(RegionFileError, match="began under another scenario"), hosted(other):
        pass


def test_strict_can_be_switched_on(tmp_path: Path) -> None:
    """A region may become strict later; what was made in it goes on existing."""
    state = tmp_path / "region.json"
    with hosted(Hosting(START, state=state)) as friendly:
        Client(Emulator(friendly.region)).send("PUT", GROUP, {"location": "westeurope"})
    with hosted(Hosting(START, state=state, strict=True)) as strict:
        client = Client(Emulator(strict.region))
        assert client.send("PUT", SET, a_profile_set(0)).status == 201
        assert client.send("PUT", SET.replace("web-rg", "x-rg"), a_profile_set(0)).status == 404
