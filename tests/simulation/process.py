"""Processes of a simulated world: each can be stopped, continued and killed between any two awaits.

What belongs to a process is every task that was begun by one of its tasks. A dead process does nothing
more: whatever of it still runs meets ``DeadError`` at the next seam, be it in a ``finally``.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.simulation.loop import pass_time

T = TypeVar("T")

_ROUNDS = 50


class DeadError(BaseException):
    """The process does not exist any more. No ``except Exception`` of the product outlives it."""


PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


@dataclass(eq=False)
class Process:
    """One process. ``holder`` is its id before the lease store; ``skew`` is how far its time of day is off."""

    name: str
    host: str
    dead: bool = False
    why: str = ""
    paused_until: float = 0.0
    pauses: list[tuple[float, float]] = field(default_factory=list)
    died_at: float = float("inf")
    tasks: dict[asyncio.Task[Any], None] = field(default_factory=dict)

    async def turn(self) -> None:
        """Every seam begins and ends here: a stopped process waits, a dead one is no more."""
        loop = asyncio.get_running_loop()
        while not self.dead and loop.time() < self.paused_until:
            await pass_time(self.paused_until - loop.time())
        if self.dead:
            raise DeadError(self.why)

    def pause(self, seconds: float) -> None:
        """Stop it for a while from now on; another stop that still lasts ends then as well."""
        now = asyncio.get_running_loop().time()
        self.wake()
        self.paused_until = now + seconds
        self.pauses.append((now, self.paused_until))

    def wake(self) -> None:
        """Let it go on, if it is stopped."""
        now = asyncio.get_running_loop().time()
        if self.paused_until > now:
            began, _ = self.pauses.pop()
            self.pauses.append((began, now))
        self.paused_until = 0.0

    def awake_seconds(self, since: float, until: float) -> float:
        """How much of the time between two moments it was not stopped."""
        stopped = (min(end, until) - max(began, since) for began, end in self.pauses)
        return until - since - sum(max(0.0, one) for one in stopped)

    def kill(self, why: str) -> None:
        """End it where it stands. A task of its own that calls this goes on to its next await."""
        if self.dead:
            return
        self.dead, self.why = True, why
        self.died_at = asyncio.get_running_loop().time()
        for task in self.tasks:
            _forget(task)

    def adopt(self, task: asyncio.Task[Any]) -> None:
        """Take a task in."""
        self.tasks[task] = None
        task.add_done_callback(self._done)
        if self.dead:
            _forget(task)

    def _done(self, task: asyncio.Task[Any]) -> None:
        self.tasks.pop(task, None)

    async def buried(self) -> None:
        """Return when nothing of it runs any more."""
        for _ in range(_ROUNDS):
            if not self.tasks:
                return
            for task in list(self.tasks):
                task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        raise AssertionError(f"{self.name} is dead and goes on: {list(self.tasks)}")


def _forget(task: asyncio.Task[Any]) -> None:
    task.add_done_callback(_hear)
    task.cancel()


def _hear(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()


def install(loop: asyncio.AbstractEventLoop) -> None:
    """Let every task know whose it is, and give it a name that a seed repeats."""
    count = 0

    def make(
        of: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, T],
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        nonlocal count
        count += 1
        task = asyncio.Task(coroutine, loop=of, name=f"t{count:08d}", context=context)
        owner = PROCESS.get() if context is None else context.get(PROCESS)
        if owner is not None:
            owner.adopt(task)
        return task

    loop.set_task_factory(make)  # type: ignore[arg-type]  # typeshed knows no context here


def begin(owner: Process | None, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Begin a task in the name of a process, or (None) of the world."""
    context = copy_context()
    context.run(PROCESS.set, owner)
    return asyncio.get_running_loop().create_task(work, context=context)


class HostClock:
    """The time of one host: counted seconds are the world's, the time of day may be wrong."""

    def __init__(self, start: datetime) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = start
        self.skew = timedelta()

    @property
    def now(self) -> datetime:
        """What the host takes for the present."""
        return self._start + timedelta(seconds=self.elapsed) + self.skew

    @property
    def elapsed(self) -> float:
        """Counted seconds."""
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        """Wait, and longer if the process is stopped meanwhile."""
        await pass_time(max(0.0, seconds))
        owner = PROCESS.get()
        if owner is not None:
            await owner.turn()


def exponential(dice: random.Random, an_hour: float) -> float:
    """Seconds until the next of events that come so many times an hour."""
    return dice.expovariate(an_hour / 3600)
