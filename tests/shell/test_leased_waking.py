"""When the keeper of leases wakes up, and in which order it tidies."""

from __future__ import annotations

import asyncio
import random

from controller.core.shards import SHARDS
from controller.engine.leased import LONG_GONE, MEMBERS
from providers.simulated.clock import VirtualClock
from providers.simulated.leases import LeaseTable
from tests.builders import NOW
from tests.shell.lease_world import TERMS, World


def test_long_gone_names_go_in_order() -> None:
    """Names of dead processes are removed in the order of their names, whatever the hashes of this process are."""

    class Telling(LeaseTable):
        """A store that keeps the order in which names are removed."""

        def __init__(self, clock: VirtualClock) -> None:
            super().__init__(clock)
            self.removed: list[str] = []

        def forget(self, name: str) -> None:
            super().forget(name)
            self.removed.append(name)

    async def story() -> None:
        here = World(random.Random(1))
        here.table = table = Telling(here.clock)
        here.join("ann")
        dead = [here.join(name) for name in ("fay", "cat", "eve", "ben", "dan", "gus")]
        await here.step()
        for process in dead:
            process.running = False
        await here.run((LONG_GONE + 3) * TERMS.lease_seconds)
        first = table.removed[: len(dead)]
        assert first == sorted(f"{MEMBERS}{process.name}" for process in dead)

    asyncio.run(story())


def test_waking_only_when_something_is_due() -> None:
    """Keeping a share for an hour takes at most two waits in five seconds, and nothing is lost by that."""

    class Counting(VirtualClock):
        """A clock that counts the waits, and ends the keeping after an hour."""

        waits = 0

        def __init__(self, stop: asyncio.Event) -> None:
            super().__init__(NOW)
            self.stop = stop

        async def sleep(self, seconds: float) -> None:
            self.waits += 1
            if self.elapsed >= 3600:
                self.stop.set()
            await super().sleep(seconds)

    async def story() -> None:
        here, stop = World(random.Random(1)), asyncio.Event()
        ann = here.join("ann")
        ann.tenure.holds.clock = here.table.clock = here.clock = clock = Counting(stop)
        await ann.tenure.keep(stop)
        assert len(ann.shards) == SHARDS
        assert here.told == []
        print(f"{clock.waits} waits")
        assert clock.waits < 3600 / TERMS.look_seconds * 2 + 10

    asyncio.run(story())
