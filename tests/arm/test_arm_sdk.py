"""The real ``azure-mgmt-compute`` against the emulator over https: nothing about the client is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)

from providers.simulated.scenario import CapacityLimit
from tests.arm.clients import MEMBERS_OF_SET, a_client, a_set, a_vm
from tests.arm.serving import sdk_client
from tests.providers.worlds import run

if TYPE_CHECKING:
    from pathlib import Path

RG = "web-rg"


async def make_set(client: Any) -> Any:
    """Create the set and wait for it."""
    poller = await client.virtual_machine_scale_sets.begin_create_or_update(RG, "web", a_set())
    return await poller.result()


async def make_vm(client: Any, name: str, **over: Any) -> Any:
    """Create a member and wait for it."""
    poller = await client.virtual_machines.begin_create_or_update(RG, name, a_vm(**over))
    return await poller.result()


def test_members_come_and_go(tmp_path: Path) -> None:
    """A set and its members are created, listed and deleted; the SDK waits as long as it is told."""

    async def story() -> None:
        async with sdk_client(a_client().emulator, tmp_path) as (client, transport):
            made = await make_set(client)
            assert (made.provisioning_state, made.orchestration_mode) == ("Succeeded", "Flexible")
            states = [
                (await make_vm(client, f"web-{number}")).provisioning_state for number in (1, 2)
            ]
            assert states == ["Succeeded", "Succeeded"]
            assert transport.slept == [61, 35, 35, 35, 35]
            names = [
                vm.name async for vm in client.virtual_machines.list(RG, filter=MEMBERS_OF_SET)
            ]
            assert names == ["web-1", "web-2"]
            batch = await client.virtual_machine_scale_sets.begin_delete_instances(
                RG, "web", {"instanceIds": names}, force_deletion=False
            )
            await batch.result()
            assert [vm async for vm in client.virtual_machines.list(RG)] == []

    run(story())


def test_single_deletion(tmp_path: Path) -> None:
    """A VM is deleted and waited for; then it is not found, and a second deletion does nothing."""

    async def story() -> None:
        async with sdk_client(a_client().emulator, tmp_path) as (client, _):
            await make_set(client)
            await make_vm(client, "web-1")
            for _ in range(2):
                poller = await client.virtual_machines.begin_delete(RG, "web-1")
                await poller.result()
            with pytest.raises(ResourceNotFoundError):
                await client.virtual_machines.get(RG, "web-1")

    run(story())


def test_power_and_view(tmp_path: Path) -> None:
    """A VM is deallocated and started, and its instance view says so."""

    async def story() -> None:
        async with sdk_client(a_client().emulator, tmp_path) as (client, _):
            await make_set(client)
            await make_vm(client, "web-1")
            codes = []
            for begin in (
                client.virtual_machines.begin_deallocate,
                client.virtual_machines.begin_start,
            ):
                await (await begin(RG, "web-1")).result()
                view = await client.virtual_machines.instance_view(RG, "web-1")
                codes.append(view.statuses[-1].code)
            assert codes == ["PowerState/deallocated", "PowerState/running"]

    run(story())


def test_etags_through_the_sdk(tmp_path: Path) -> None:
    """The SDK's match conditions guard a creation and a write."""

    async def story() -> None:
        async with sdk_client(a_client().emulator, tmp_path) as (client, _):
            sets = client.virtual_machine_scale_sets
            made = await make_set(client)
            with pytest.raises(ResourceExistsError):
                await sets.begin_create_or_update(
                    RG, "web", a_set(), etag="*", match_condition=MatchConditions.IfMissing
                )
            guard: dict[str, Any] = {
                "etag": made.etag,
                "match_condition": MatchConditions.IfNotModified,
            }
            await (await sets.begin_update(RG, "web", {"tags": {"a": "1"}}, **guard)).result()
            with pytest.raises(ResourceModifiedError):
                await sets.begin_update(RG, "web", {"tags": {"a": "2"}}, **guard)

    run(story())


def test_failed_creation_through_the_sdk(tmp_path: Path) -> None:
    """A creation that fails after its acceptance ends the SDK's poller with Azure's code."""

    async def story() -> None:
        client_in_process = a_client(capacity=(CapacityLimit(0, zone="1"),))
        async with sdk_client(client_in_process.emulator, tmp_path) as (client, _):
            await make_set(client)
            with pytest.raises(HttpResponseError) as caught:
                await make_vm(client, "web-1")
            assert caught.value.error is not None
            assert caught.value.error.code == "ZonalAllocationFailed"
            left = await client.virtual_machines.get(RG, "web-1")
            assert left.provisioning_state == "Failed"

    run(story())


def test_pages_through_the_sdk(tmp_path: Path) -> None:
    """The SDK follows links, those of empty pages included."""

    async def story() -> None:
        emulator = a_client(page_size=2, empty_pages=1).emulator
        async with sdk_client(emulator, tmp_path) as (client, _):
            await make_set(client)
            for number in range(5):
                await make_vm(client, f"web-{number}")
            listed = client.virtual_machines.list(RG, filter=MEMBERS_OF_SET, expand="instanceView")
            assert len([vm async for vm in listed]) == 5

    run(story())


def test_catalog_through_the_sdk(tmp_path: Path) -> None:
    """Sizes, usages and disks are lists that the SDK understands."""

    async def story() -> None:
        async with sdk_client(a_client().emulator, tmp_path) as (client, _):
            await make_set(client)
            await make_vm(client, "web-1")
            skus = client.resource_skus.list(filter="location eq 'westeurope'")
            names = [sku.name async for sku in skus]
            used = {
                line.name.value: line.current_value
                async for line in client.usage.list("westeurope")
            }
            disks = [disk.managed_by async for disk in client.disks.list()]
            assert "Standard_D2s_v5" in names
            assert used["cores"] == 2
            assert len(disks) == 1

    run(story())
