"""An event loop in which time is virtual and the order of everything is drawn from a seed.

It is asyncio's own loop over a selector that never waits: where the real one would sleep until the next
timer, this one moves the clock there. What is ready at the same moment runs in a drawn order. Three ways
of going wrong that a real loop hides are errors here:

* ``DeadlockError``: nothing is ready, no timer runs, and somebody still waits.
* ``LivelockError``: so many steps without the clock moving that it never will.
* ``ThreadError``: work that was handed to a thread, whose moment no seed decides.

It leans on ``BaseEventLoop._run_once`` and ``_ready``, which are private; ``test_simulated_loop.py`` pins
what is needed of them.
"""

from __future__ import annotations

import asyncio
import selectors
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Coroutine, Mapping
    from contextvars import Context

T = TypeVar("T")
Arguments = TypeVarTuple("Arguments")

STEPS_WITHOUT_TIME = 100_000
"""A pass over a thousand fleets takes some thousand steps; this is far beyond any honest moment."""

_TIE = 1e-6
"""Timers of one moment are pulled apart by up to this, so that their order is drawn as well."""


class DeadlockError(AssertionError):
    """Somebody waits for what nobody will bring."""


class LivelockError(AssertionError):
    """Everybody is busy, and time stands still."""


class ThreadError(AssertionError):
    """Work left the loop for a thread."""


class _StillSelector(selectors.SelectSelector):
    """Waits by moving the clock. The loop's own pipe is registered and never written to."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.steps = 0

    def select(self, timeout: float | None = None) -> list[Any]:
        """Let ``timeout`` seconds pass; None means that nothing will ever happen."""
        if timeout is None:
            raise DeadlockError(f"nothing is left to happen at {self.now:.3f} s")
        if timeout > 0:
            self.now += timeout
            self.steps = 0
        self.steps += 1
        if self.steps > STEPS_WITHOUT_TIME:
            raise LivelockError(f"time stands still at {self.now:.3f} s")
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop whose time starts at 0 and whose order comes from ``dice``."""

    def __init__(self, dice: random.Random) -> None:
        self._still = _StillSelector()
        super().__init__(self._still)
        # After a virtual year a float no longer tells nanoseconds apart, and a timer would never be due.
        self._clock_resolution = _TIE
        self._dice = dice

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self._still.now

    def call_at(
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run ``callback`` at a moment; of one moment, in a drawn order."""
        tie = self._dice.uniform(0, _TIE)
        return super().call_at(when + tie, callback, *args, context=context)

    def run_in_executor(self, *_: object, **__: object) -> Any:
        """Refuse: a thread's end comes when the machine likes."""
        raise ThreadError("work was handed to a thread")

    def call_soon_threadsafe(self, *_: object, **__: object) -> Any:
        """Refuse, for the same reason."""
        raise ThreadError("a thread called into the loop")

    def _run_once(self) -> None:
        ready = self._ready  # type: ignore[attr-defined]  # private; pinned by a test
        if len(ready) > 1:
            order = list(ready)
            self._dice.shuffle(order)
            ready.clear()
            ready.extend(order)
        super()._run_once()  # type: ignore[misc]  # private; pinned by a test


async def pass_time(seconds: float) -> None:
    """Return ``seconds`` later on the loop's clock."""
    loop = asyncio.get_running_loop()
    due = loop.create_future()
    timer = loop.call_later(seconds, _wake, due)
    try:
        await due
    finally:
        timer.cancel()


def _wake(due: asyncio.Future[None]) -> None:
    # Whoever waited may have been cancelled in the same moment.
    if not due.done():
        due.set_result(None)


def run(dice: random.Random, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run ``work()`` to its end in a loop of its own; what it left running is cancelled.

    A task that failed and was never awaited fails the run as well.
    """
    loop = SimulatedLoop(dice)
    unheard: list[Mapping[str, Any]] = []
    loop.set_exception_handler(lambda _, context: unheard.append(context))
    try:
        result = loop.run_until_complete(work())
        _cancel_the_rest(loop)
    finally:
        loop.close()
    for context in unheard:
        raise AssertionError(context["message"]) from context.get("exception")
    return result


def _cancel_the_rest(loop: SimulatedLoop) -> None:
    # Sorted by name: the set's own order depends on addresses.
    rest = sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name())
    for task in rest:
        task.cancel()
    loop.run_until_complete(_all(rest))


async def _all(tasks: list[asyncio.Task[Any]]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)
