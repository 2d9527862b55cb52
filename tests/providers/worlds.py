"""Regions, sets and requests for provider tests: complete and valid, overridden by keyword."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from providers.base import GroupRef, GroupRequest, Instance, InstanceRequest, Priority
from providers.simulated.region import SimulatedRegion
from providers.simulated.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from providers.base import Document

T = TypeVar("T")

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"
REF = GroupRef(SUBSCRIPTION, "web-rg", "web", "westeurope")
ZONAL = GroupRequest(("1", "2", "3"), 1, {})
FIXED_SPREAD = GroupRequest((), 3, {})
MAX_SPREAD = GroupRequest((), 1, {})
D2S = "Standard_D2s_v5"

# Long enough for any creation or deletion that goes well, too short for one that times out.
A_WHILE = 70.0

ADDRESS: Document = {
    "name": "ip",
    "properties": {
        "subnet": {
            "id": f"{REF.group_scope}/providers/Microsoft.Network/virtualNetworks/net/subnets/web"
        }
    },
}

TIDY: Document = {
    "storageProfile": {"osDisk": {"createOption": "FromImage", "deleteOption": "Delete"}},
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {
                "name": "nic",
                "properties": {
                    "primary": True,
                    "deleteOption": "Delete",
                    "ipConfigurations": [ADDRESS],
                },
            }
        ]
    },
}

ADDRESSED: Document = {
    **TIDY,
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {
                "name": "nic",
                "properties": {
                    "primary": True,
                    "deleteOption": "Delete",
                    "ipConfigurations": [
                        {
                            "name": "ipv4",
                            "properties": {"publicIPAddressConfiguration": {"name": "ip"}},
                        }
                    ],
                },
            }
        ]
    },
}
"""The same with a public address of its own."""


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Await something from a plain test."""
    return asyncio.run(coroutine)


def a_request(name: str = "web-000001", zone: str | None = "1", **over: Any) -> InstanceRequest:
    """A Regular D2s v5 whose NIC and disk go with it."""
    request = InstanceRequest(
        name=name,
        zone=zone,
        fault_domain=None,
        size=D2S,
        priority=Priority.REGULAR,
        tags={},
        document=TIDY,
    )
    return replace(request, **over)


def a_spot(name: str = "web-000001", zone: str | None = "1", **over: Any) -> InstanceRequest:
    """A Spot D2s v5."""
    return a_request(name, zone, priority=Priority.SPOT, **over)


def an_empty_region(seed: int = 1, **scenario: Any) -> SimulatedRegion:
    """A region with nothing in it."""
    return SimulatedRegion.fresh(START, seed=seed, scenario=Scenario(**scenario))


def a_region(
    request: GroupRequest = ZONAL, *, members: int = 0, seed: int = 1, **scenario: Any
) -> SimulatedRegion:
    """A region with the set ``web`` and so many running members, spread over the set's zones."""
    region = an_empty_region(seed, **scenario)
    region.put_set(REF, request, etag=None)
    for number in range(1, members + 1):
        zone = request.zones[(number - 1) % len(request.zones)] if request.zones else None
        region.create(REF, a_request(f"web-{number:06d}", zone))
    region.clock.advance(A_WHILE)
    return region


def named(region: SimulatedRegion, name: str = "web-000001") -> Instance:
    """The member of that name, asked for by itself; fails if there is none."""
    (found,) = region.observe(REF, [name]).instances
    return found


def names_in(region: SimulatedRegion) -> list[str]:
    """Names in the member list, sorted."""
    return sorted(instance.name for instance in region.observe(REF).instances)


def states(region: SimulatedRegion, name: str = "web-000001") -> tuple[str, str]:
    """Provisioning state and power state of a member."""
    found = named(region, name)
    return found.provisioning_state.value, found.power_state.value
