"""An event loop in which time is virtual and the order of everything is drawn from a seed.

It is asyncio's own loop over a selector that never waits: where the real one would sleep until the next
timer, this one moves the clock there. What is ready at the same moment runs in a drawn order. Three ways
of going wrong that a real loop hides are errors here:

* ``DeadlockError``: nothing is ready, no timer runs, and somebody still waits.
* ``LivelockError``: so many steps without the clock moving that it never will.
* ``ThreadError``: work that was handed to a thread, whose moment no seed decides.

Worlds spend most of their time in this loop, so its turns are written anew, without what only real files
and real time need. They lean on private parts of ``BaseEventLoop`` and its handles;
``test_simulated_loop.py`` pins what is needed of them.
"""

from __future__ import annotations

import asyncio
import selectors
from contextvars import Context, copy_context
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any, TypeVar, TypeVarTuple

if TYPE_CHECKING:
    import random
    from collections import deque
    from collections.abc import Callable, Coroutine, Mapping, Sequence

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


class _NoSelector(selectors.SelectSelector):
    """Never asked: no file is ever waited for. The loop's own pipe is registered and never written to."""

    def select(self, timeout: float | None = None) -> list[Any]:
        """Refuse: what waits here waits for the machine."""
        raise ThreadError(f"a simulated loop waited {timeout} s for files")


class _Handle(asyncio.Handle):
    """A call that stands at the end of a queue, made without asking whether anybody debugs."""

    __slots__ = ()

    def __init__(
        self,
        callback: Callable[..., object],
        args: Sequence[Any],
        loop: asyncio.AbstractEventLoop,
        context: Context | None,
    ) -> None:
        self._context = copy_context() if context is None else context
        self._loop = loop
        self._callback = callback
        self._args = args
        self._cancelled = False
        self._repr = self._source_traceback = None


class SimulatedLoop(asyncio.SelectorEventLoop):
    """A loop whose time starts at 0 and whose order comes from ``dice``."""

    _ready: deque[Any]
    _scheduled: list[Any]
    _stopping: bool
    _timer_cancelled_count: int

    def __init__(self, dice: random.Random) -> None:
        super().__init__(_NoSelector())
        self.now = 0.0
        self.turns = 0
        self._chance = dice.random
        self._shuffle = dice.shuffle
        self._still_turns = 0

    def time(self) -> float:
        """Virtual seconds since the loop was made."""
        return self.now

    def call_soon(
        self,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Run ``callback`` in the next turn; among those of one turn, in a drawn order."""
        handle = _Handle(callback, args, self, context)
        self._ready.append(handle)
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Run ``callback`` at a moment; of one moment, in a drawn order."""
        timer = asyncio.TimerHandle(when + _TIE * self._chance(), callback, args, self, context)
        heappush(self._scheduled, timer)
        timer._scheduled = True  # type: ignore[attr-defined]  # private; pinned by a test
        return timer

    def run_in_executor(self, *_: object, **__: object) -> Any:
        """Refuse: a thread's end comes when the machine likes."""
        raise ThreadError("work was handed to a thread")

    def call_soon_threadsafe(self, *_: object, **__: object) -> Any:
        """Refuse, for the same reason."""
        raise ThreadError("a thread called into the loop")

    def _run_once(self) -> None:
        """One turn: all that is ready is called, once, in a drawn order; what that makes ready waits."""
        self.turns += 1
        ready = self._ready
        if len(ready) > 1:
            order = list(ready)
            self._shuffle(order)
            ready.clear()
            ready.extend(order)
        if not ready and not self._stopping:
            self._move_the_clock()
        self._still_turns += 1
        if self._still_turns > STEPS_WITHOUT_TIME:
            raise LivelockError(f"time stands still at {self.now:.3f} s")
        self._take_due_timers()
        for _ in range(len(ready)):
            handle = ready.popleft()
            if not handle._cancelled:
                handle._run()

    def _move_the_clock(self) -> None:
        """Go on to the first timer. Nobody waits for it but in virtual time."""
        timers = self._scheduled
        while timers and timers[0]._cancelled:
            heappop(timers)._scheduled = False
            self._timer_cancelled_count -= 1
        if not timers:
            raise DeadlockError(f"nothing is left to happen at {self.now:.3f} s")
        if timers[0]._when > self.now:
            self.now = timers[0]._when
            self._still_turns = 0

    def _take_due_timers(self) -> None:
        # After a virtual year a float no longer tells nanoseconds apart: what is due within a tie is due.
        timers, end = self._scheduled, self.now + _TIE
        while timers and timers[0]._when < end:
            timer = heappop(timers)
            timer._scheduled = False
            if timer._cancelled:
                self._timer_cancelled_count -= 1
            else:
                self._ready.append(timer)


async def pass_time(seconds: float) -> None:
    """Return ``seconds`` later on the loop's clock."""
    loop = asyncio.get_running_loop()
    due = loop.create_future()
    timer = loop.call_later(seconds, _wake, due)
    try:
        await due
    except BaseException:
        timer.cancel()
        raise


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
