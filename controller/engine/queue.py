"""The queue between whatever wants a fleet looked at and the workers that look.

A key stands in it at most once, however often it is put: the earliest moment counts. It is handed out when
it is due, to one worker at a time; what is put while a worker has it waits until that worker is done.
Durations are measured by the counted seconds of a clock, so that nobody's setting of the time makes it rush or stall.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.core.rhythm import Urgency, rank
from controller.engine.clock import sleep_unless

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from controller.engine.clock import SteadyClock

LONGEST_SLEEP_SECONDS = 60.0
"""How long the queue sleeps at most before it looks at itself again, whatever it believes to be due."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A key that is to be looked at from ``due`` (counted seconds) on, and how urgent that is.

    ``ailing``: its last pass failed, so it may not take the place of those that are well.
    """

    key: str
    urgency: Urgency
    due: float
    ailing: bool = False


def _open_to_all(_ticket: Ticket) -> float:
    return 0.0


def _own_lane(ticket: Ticket) -> str:
    return ticket.key


class Queue:
    """Keys that are to be looked at. Not for threads: everything happens on one event loop.

    ``admit`` says how many seconds a ticket that is due has to wait for something else, such as its share
    of reads; 0 lets it pass and counts it. ``lane`` names what it shares with others: when the first of a
    lane has to wait, those behind it wait, too, so that who needs much is not passed by for ever.
    ``workers`` is how many keys may be out at once, and of those at most half may be ailing: fleets that
    wait for a throttled platform never hold up all others.
    """

    def __init__(
        self,
        clock: SteadyClock,
        *,
        workers: int,
        admit: Callable[[Ticket], float] = _open_to_all,
        lane: Callable[[Ticket], str] = _own_lane,
    ) -> None:
        self._clock = clock
        self._admit = admit
        self._lane = lane
        self._ailing_at_most = max(1, workers // 2)
        self._waiting: dict[str, Ticket] = {}
        self._running: dict[str, Ticket] = {}
        self._stirred = asyncio.Event()
        self._turn = asyncio.Lock()
        self._closed = False

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, key: str) -> bool:
        return key in self._waiting or key in self._running

    @property
    def running(self) -> tuple[str, ...]:
        """Keys that a worker has, in order."""
        return tuple(sorted(self._running))

    def waiting(self, key: str) -> Ticket | None:
        """When a key is due, and why; None if it is not in the queue."""
        return self._waiting.get(key)

    def oldest_wait(self) -> float:
        """For how many seconds the longest waiting of those that are due has been so; 0 if none is."""
        now = self._clock.elapsed
        return max((now - one.due for one in self._waiting.values()), default=0.0)

    def put(self, key: str, urgency: Urgency, delay: float = 0.0, *, ailing: bool = False) -> None:
        """Want ``key`` looked at in ``delay`` seconds. Never postpones what was wanted before.

        But for one thing: who has turned out to be ailing is not looked at before that, only because a regular
        look was wanted while nobody knew.
        """
        if self._closed:
            return
        now = self._clock.elapsed
        wanted = Ticket(key, urgency, now + max(0.0, delay), ailing)
        self._waiting[key] = _sooner(self._waiting.get(key), wanted, now)
        self._stirred.set()

    def forget(self, key: str) -> None:
        """Take a key out. A worker that has it goes on to its end."""
        self._waiting.pop(key, None)

    def done(self, key: str) -> None:
        """Say that the worker with ``key`` has finished, so that it may be handed out again."""
        self._running.pop(key, None)
        self._stirred.set()

    def close(self) -> None:
        """Hand nothing out any more, and take nothing in."""
        self._closed = True
        self._stirred.set()

    async def take(self) -> Ticket | None:
        """Wait for the next key that is due, and hand it out; None once the queue is closed.

        The most urgent of those that are due comes first, among equals the one that was due first.
        """
        async with self._turn:
            while not self._closed:
                self._stirred.clear()
                ticket, wait = self._next()
                if ticket is not None:
                    return ticket
                await sleep_unless(self._stirred, wait, self._clock)
        return None

    def _next(self) -> tuple[Ticket | None, float]:
        """A ticket that may go now, or None and how long to sleep."""
        now = self._clock.elapsed
        sleep = LONGEST_SLEEP_SECONDS
        for ticket in sorted(self._first_of_lanes(now), key=lambda one: _order(one, now)):
            wait = self._admit(ticket)
            if wait <= 0:
                del self._waiting[ticket.key]
                self._running[ticket.key] = ticket
                return ticket, 0.0
            sleep = min(sleep, wait)
        later = [one.due - now for one in self._waiting.values() if one.due > now]
        return None, min([sleep, *later])

    def _first_of_lanes(self, now: float) -> Iterable[Ticket]:
        first: dict[str, tuple[tuple[int, float, str], Ticket]] = {}
        for ticket in self._due(now):
            lane, order = self._lane(ticket), _order(ticket, now)
            if lane not in first or order < first[lane][0]:
                first[lane] = (order, ticket)
        return [ticket for _, ticket in first.values()]

    def _due(self, now: float) -> Iterator[Ticket]:
        ailing = sum(ticket.ailing for ticket in self._running.values())
        for ticket in self._waiting.values():
            crowded = ticket.ailing and ailing >= self._ailing_at_most
            if ticket.due <= now and ticket.key not in self._running and not crowded:
                yield ticket


def _sooner(one: Ticket | None, other: Ticket, now: float) -> Ticket:
    """The earlier of two, or the pause of who fails. If both are due already, as urgent as the more urgent one."""
    if one is None or (other.ailing and one.urgency is Urgency.RESYNC):
        return other
    first, second = sorted((one, other), key=lambda ticket: ticket.due)
    urgency = min(one.urgency, other.urgency) if second.due <= now else first.urgency
    return replace(first, urgency=urgency, ailing=other.ailing)


def _order(ticket: Ticket, now: float) -> tuple[int, float, str]:
    return rank(ticket.urgency, now - ticket.due), ticket.due, ticket.key
