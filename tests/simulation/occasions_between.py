"""Occasions in which hands come between a plan and the cloud, for guards that hold back what is being carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from providers.simulated import events
from providers.simulated.lifecycle import Phase
from providers.simulated.scenario import ForeignEdit
from tests.simulation.bugs.scripts import UP, calm, want
from tests.simulation.loop import pass_time
from tests.simulation.occasions import Occasion, hang, stranger
from tests.simulation.options import Fault, Right

if TYPE_CHECKING:
    from tests.simulation.world import World

_SHORT, _HOUR = calm(600.0), calm(2400.0)


async def _in_the_middle(world: World, word: str) -> None:
    """Return as soon as something has been sent."""
    before = world.record.sometimes[word]
    while world.record.sometimes[word] == before:
        await pass_time(0.02)


async def _clock_is_set(world: World) -> None:
    want(world, web=16)
    await _in_the_middle(world, "sent create")
    world.cast.machines[0].clock.skew = timedelta(hours=1)


async def _disk_fills(world: World) -> None:
    want(world, web=16)
    await _in_the_middle(world, "sent create")
    world.cast.machines[0].full_until = world.now + 30


async def _about_to_grow(world: World) -> None:
    """Return when the catalogue was read, and before anything is asked for."""
    calls = world.record.calls
    want(world, web=16)
    while world.record.calls < calls + 2:
        await pass_time(0.02)


async def _process_stops(world: World) -> None:
    # Stopped before its last look, it would have its lease back by the time when that is answered.
    await _about_to_grow(world)
    for process in world.cast.processes:
        process.paused_until = world.now + 60


async def _quota_is_cut(world: World) -> None:
    await _about_to_grow(world)
    world.people._also(quotas={"cores": 6})


async def _stranger_leaves(world: World) -> None:
    await stranger(world)
    await pass_time(UP)
    edit = ForeignEdit(0, "jumpbox", delete=True)
    events.apply(world.region.world, edit, world.now)


async def _hung_go_by_themselves(world: World) -> None:
    await hang(world)
    await pass_time(85)
    for record in world.judge.members(world.refs[0]):
        if record.life.phase is Phase.CREATING:
            world.people._edit(record, ForeignEdit(0, record.name, delete=True))
    await pass_time(40)


BETWEEN: Mapping[str, Occasion] = {
    "Withheld": Occasion(up=2, then=16, deed=_clock_is_set),
    "AuditUnavailable": Occasion(up=2, then=16, deed=_disk_fills),
    "LeaseNotHeld": Occasion(
        up=2, then=16, deed=_process_stops, options=replace(_SHORT, right=Right.LEASED)
    ),
    "a batch runs": Occasion(deed=_stranger_leaves, options=replace(_SHORT, seconds=1200.0)),
    "list behind: leaving": Occasion(
        then=8,
        deed=_hung_go_by_themselves,
        wait=200,
        options=replace(_HOUR, seed=2, faults={Fault.STALE: 0.5}),
    ),
    "size just refused": Occasion(up=2, then=16, deed=_quota_is_cut),
}
"""Guards that hold back what is being carried out, where hands have to come in between."""
