"""Everything that the adapter asks, of an emulator: whole fleets from the examples, and each call by itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.engine.converge import converge
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from controller.spec.values import DeletionMode
from providers.base import (
    InstallExtension,
    LeftoverSearch,
    LockLevel,
    PowerOperation,
    SingleDelete,
    TagChange,
)
from providers.errors import ProviderError
from tests.builders import a_fleet
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.worlds import REF, ZONAL, a_request, a_spot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterator

    from controller.spec.values import Fleet
    from tests.providers.azure.fake_arm import Reply, Sent

SPECS = Path(__file__).parents[2] / "specs"
_PASSES_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class Exchanged:
    """One request of the adapter and the emulator's answer."""

    sent: Sent
    reply: Reply


def exchanged() -> list[Exchanged]:
    """All that goes over the wire in the journeys."""
    found: list[Exchanged] = []
    for fleet in (*_examples(), a_fleet(6), a_fleet(6, deletion=DeletionMode.SINGLE)):
        asyncio.run(_lives(fleet, _cloud(found)))
    asyncio.run(_each_call(_cloud(found)))
    return found


def _examples() -> Iterator[Fleet]:
    for path in sorted(SPECS.glob("*.yaml")):
        compiled = compile_specs([SourceFile(path.name, path.read_bytes())], _file)
        yield from compiled.fleets


def _file(_source: SourceFile, name: str) -> bytes:
    return (SPECS / name).read_bytes()


def _cloud(found: list[Exchanged]) -> EmulatedCloud:
    cloud = EmulatedCloud(throttle=False)
    answer = cloud.transport.answer

    def watched(sent: Sent) -> Reply | Exception:
        reply = answer(sent)
        if not isinstance(reply, Exception):
            found.append(Exchanged(sent, reply))
        return reply

    cloud.transport.answer = watched
    return cloud


async def _lives(fleet: Fleet, cloud: EmulatedCloud) -> None:
    """Bring a fleet up, and scale it in to half."""
    pools = tuple(replace(pool, replicas=pool.replicas // 2) for pool in fleet.pools)
    for one in (fleet, replace(fleet, pools=pools)):
        await converge(
            [one],
            cloud.provider,
            cloud.region.clock,
            timeout_seconds=_PASSES_SECONDS,
            on_pass=lambda _report: None,
        )


async def _each_call(cloud: EmulatedCloud) -> None:
    provider = cloud.provider
    await _tried(provider.catalog(REF.subscription, REF.location))
    group = await provider.put_group(REF, ZONAL, etag=None)
    await _tried(provider.put_group(REF, ZONAL, etag=None))
    await _tried(provider.put_group(REF, replace(ZONAL, tags={"a": "b"}), etag=group.etag))
    for request in (a_request(), a_request(), a_spot("web-000002"), a_request("web-000003", "2")):
        await _tried(provider.create(REF, request))
    await _tried(provider.observe(REF))
    cloud.advance(120)
    await _tried(provider.observe(REF, ["web-000001", "web-000009"]))
    operations: list[Any] = [
        *PowerOperation,
        TagChange({"a": "b"}),
        InstallExtension("agent", {"publisher": "P", "type": "T", "typeHandlerVersion": "1.0"}),
    ]
    for operation in operations:
        for one in (PowerOperation.START, operation):
            await _tried(provider.operate(REF, "web-000001", one))
            cloud.advance(120)
    listing = await provider.observe(REF, (), LeftoverSearch("web-"))
    for one in listing.leftovers or ():
        await _tried(provider.observe(REF, (), LeftoverSearch(named={one.id: "web-000001"})))
        await _tried(provider.sweep(REF, one.id, TagChange({"a": "b"})))
        await _tried(provider.sweep(REF, one.id, SingleDelete()))
    cloud.lock(LockLevel.CAN_NOT_DELETE, REF.instance_id("web-000001"))
    await _tried(provider.observe(REF))
    for name in ("web-000001", "web-000002"):
        await _tried(provider.operate(REF, name, SingleDelete()))
    await _tried(provider.delete_group(REF))
    await _tried(provider.delete(REF, ["web-000001", "web-000003"]))
    cloud.advance(120)
    await _tried(provider.delete_group(REF))


async def _tried(call: Awaitable[object]) -> None:
    """Refusals are answers, too."""
    try:
        await call
    except ProviderError:
        return
