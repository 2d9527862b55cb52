"""An event loop in which nobody waits: when all do, time passes until the first of them need not.

Requests that wait at the same time then wait side by side, as they do in the world; a clock whose ``sleep``
only moves the time would let them wait one after the other.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar

from controller.engine.clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from providers.simulated.clock import VirtualClock

T = TypeVar("T")


class LoopClock:
    """A clock for the shell whose ``sleep`` waits in the event loop, and so beside others."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock

    @property
    def now(self) -> datetime:
        return self._clock.now

    async def sleep(self, seconds: float) -> None:
        # The shell's own way to wait, which in such an event loop takes no time.
        await WallClock().sleep(seconds)


class _Leap(selectors.DefaultSelector):
    """Lets the time pass instead of waiting."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__()
        self._clock = clock

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if timeout is None:
            raise RuntimeError("everything waits, and nothing will ever come")
        self._clock.advance(timeout)
        return []


class _VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(_Leap(clock))
        self._virtual = clock

    def time(self) -> float:
        return self._virtual.elapsed


def run_in_time_of(clock: VirtualClock, work: Coroutine[Any, Any, T]) -> T:
    """Await something in an event loop whose time is this clock's."""
    with asyncio.Runner(loop_factory=lambda: _VirtualLoop(clock)) as runner:
        return runner.run(work)
