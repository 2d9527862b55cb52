"""The lease store as one process sees it: slow, busy at times, with answers that get lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from providers.errors import OutcomeUnknown, Transient
from tests.simulation.loop import pass_time
from tests.simulation.options import Fault

if TYPE_CHECKING:
    from providers.leases import Holder, LeaseRecord
    from tests.simulation.process import Process
    from tests.simulation.world import World

T = TypeVar("T")

_CALL_SECONDS = 4.0


@dataclass(slots=True)
class WireLeases:
    """A ``LeaseStore`` over the world's table."""

    world: World
    process: Process

    async def acquire(self, name: str, holder: Holder, *, token: str, seconds: int) -> None:
        await self._call(
            "acquire", name, lambda: self.world.table.acquire(name, holder, token, seconds)
        )

    async def renew(self, name: str, *, token: str) -> None:
        await self._call("renew", name, lambda: self.world.table.renew(name, token))

    async def release(self, name: str, *, token: str) -> None:
        await self._call("release", name, lambda: self.world.table.release(name, token))

    async def look(self) -> Sequence[LeaseRecord]:
        return await self._call("look", "", lambda: list(self.world.table.records(0.0)))

    async def forget(self, name: str) -> None:
        await self._call("forget", name, lambda: self.world.table.forget(name))

    async def close(self) -> None:
        await self.process.turn()

    async def _call(self, verb: str, name: str, action: Callable[[], T]) -> T:
        world, dice = self.world, self.world.dice
        await self.process.turn()
        world.maybe_kill(self.process, Fault.CRASH_LEASE)
        slow = world.strikes(Fault.LEASE_BUSY) and dice.random() < 0.5
        await pass_time(dice.uniform(0.005, _CALL_SECONDS / 2 if slow else 0.05))
        await self.process.turn()
        if world.strikes(Fault.LEASE_BUSY):
            raise Transient("ServerBusy", "the store is busy; nothing was done")
        result = action()
        world.record.line(world.now, self.process.name, "lease", verb, name)
        await pass_time(dice.uniform(0.005, 0.05))
        await self.process.turn()
        world.maybe_kill(self.process, Fault.CRASH_LEASE)
        if world.strikes(Fault.LEASE_LOST):
            raise OutcomeUnknown("NoAnswer", "sent, and no answer came")
        return result
