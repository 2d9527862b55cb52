"""The queue: each key once, when it is due, to one worker at a time, and nobody is forgotten."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from controller.core.rhythm import Urgency
from controller.engine.clock import LoopClock
from controller.engine.queue import Queue, Ticket
from providers.simulated.clock import VirtualClock
from tests.builders import NOW
from tests.virtual_time import run_in_time_of

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

CHANGE, LOOK, RESYNC = Urgency.CHANGE, Urgency.LOOK_AGAIN, Urgency.RESYNC


def play(story: Coroutine[Any, Any, T]) -> T:
    """Run a story in virtual time."""
    return run_in_time_of(VirtualClock(NOW), story)


def a_queue(workers: int = 4, **more: Any) -> Queue:
    return Queue(LoopClock(NOW), workers=workers, **more)


async def all_due(queue: Queue) -> list[str]:
    """Take everything that is due now, giving each back at once."""
    found: list[str] = []
    while (ticket := await taken(queue)) is not None:
        found.append(ticket.key)
        queue.done(ticket.key)
    return found


async def taken(queue: Queue, within: float = 0.001) -> Ticket | None:
    try:
        return await asyncio.wait_for(queue.take(), within)
    except TimeoutError:
        return None


def test_a_key_stands_once() -> None:
    """However often a key is put, it is handed out once."""

    async def story() -> list[str]:
        queue = a_queue()
        for _ in range(5):
            queue.put("a", LOOK)
        queue.put("b", RESYNC)
        return await all_due(queue)

    assert play(story()) == ["a", "b"]


def test_the_urgent_come_first() -> None:
    """A changed spec goes before what is under way, and that before a regular look."""

    async def story() -> list[str]:
        queue = a_queue()
        queue.put("resync", RESYNC)
        queue.put("look", LOOK)
        queue.put("change", CHANGE)
        return await all_due(queue)

    assert play(story()) == ["change", "look", "resync"]


def test_nothing_is_handed_out_early() -> None:
    """A key that is due in ten seconds is handed out after ten seconds, and not before."""

    async def story() -> tuple[str, float]:
        queue, clock = a_queue(), LoopClock(NOW)
        queue.put("late", CHANGE, 10.0)
        before = clock.elapsed
        ticket = await queue.take()
        assert ticket is not None
        return ticket.key, clock.elapsed - before

    key, waited = play(story())
    assert key == "late"
    assert waited == pytest.approx(10.0)


def test_an_earlier_moment_counts() -> None:
    """What is wanted sooner than planned comes sooner; what is wanted later postpones nothing."""

    async def story() -> list[float]:
        queue, clock = a_queue(), LoopClock(NOW)
        waits: list[float] = []
        for first, second in ((300.0, 5.0), (5.0, 300.0)):
            queue.put("a", RESYNC, first)
            queue.put("a", LOOK, second)
            before = clock.elapsed
            await queue.take()
            waits.append(clock.elapsed - before)
            queue.done("a")
        return waits

    assert play(story()) == [pytest.approx(5.0), pytest.approx(5.0)]


@pytest.mark.parametrize(("wanted", "waits"), [(RESYNC, 8.0), (CHANGE, 0.0)])
def test_who_fails_waits(wanted: Urgency, waits: float) -> None:
    """A regular look that was wanted during a pass which then fails waits out the pause; an edit does not."""

    async def story() -> float:
        queue, clock = a_queue(), LoopClock(NOW)
        queue.put("a", LOOK)
        await queue.take()
        queue.put("a", wanted)
        queue.put("a", LOOK, 8.0, ailing=True)
        queue.done("a")
        before = clock.elapsed
        await queue.take()
        return clock.elapsed - before

    assert play(story()) == pytest.approx(waits)


def test_a_change_hastens_who_waits() -> None:
    """A fleet that is due for a regular look and is kept waiting goes first once its spec changes."""

    async def story() -> str | None:
        queue = a_queue()
        for key in "abc":
            queue.put(key, RESYNC)
        await asyncio.sleep(0)
        queue.put("c", CHANGE)
        ticket = await queue.take()
        return ticket.key if ticket else None

    assert play(story()) == "c"


def test_one_worker_for_each_key() -> None:
    """A key that a worker has is not handed out again before that worker is done, and then it is."""

    async def story() -> list[str | None]:
        queue = a_queue()
        queue.put("a", CHANGE)
        first = await queue.take()
        queue.put("a", CHANGE)
        second = await taken(queue)
        queue.done("a")
        third = await taken(queue)
        return [one.key if one else None for one in (first, second, third)]

    assert play(story()) == ["a", None, "a"]


def test_the_ailing_leave_room() -> None:
    """However many failing fleets are due, half of the workers are left to the others."""

    async def story() -> tuple[int, str | None]:
        queue = a_queue(workers=4)
        for number in range(10):
            queue.put(f"ill-{number}", LOOK, ailing=True)
        out = 0
        while await taken(queue) is not None:
            out += 1
        queue.put("well", RESYNC)
        ticket = await taken(queue)
        return out, ticket.key if ticket else None

    assert play(story()) == (2, "well")


def test_who_is_not_admitted_waits() -> None:
    """A key whose share of reads is used up waits for it, and others pass by."""

    async def story() -> tuple[list[str], float]:
        clock = LoopClock(NOW)
        queue = Queue(
            clock,
            workers=4,
            admit=lambda ticket: max(0.0, 7.0 - clock.elapsed) if ticket.key == "a" else 0.0,
        )
        queue.put("a", CHANGE)
        queue.put("b", RESYNC)
        found = [ticket.key for _ in range(2) if (ticket := await queue.take()) is not None]
        return found, clock.elapsed

    found, at = play(story())
    assert found == ["b", "a"]
    assert at == pytest.approx(7.0)


def test_a_closed_queue_ends_everybody() -> None:
    """Workers that wait are told when the queue is closed, and nothing is taken in any more."""

    async def story() -> list[Ticket | None]:
        queue = a_queue()
        waiting = [asyncio.create_task(queue.take()) for _ in range(3)]
        await asyncio.sleep(0)
        queue.close()
        queue.put("a", CHANGE)
        return [await one for one in waiting] + [await queue.take()]

    assert play(story()) == [None] * 4


def test_a_forgotten_key_is_not_handed_out() -> None:
    """A fleet whose spec is nobody's any more is not looked at again."""

    async def story() -> tuple[list[str], bool]:
        queue = a_queue()
        queue.put("a", CHANGE)
        queue.put("b", CHANGE)
        queue.forget("a")
        return await all_due(queue), "a" in queue

    assert play(story()) == (["b"], False)


@pytest.mark.parametrize("seed", range(4))
def test_nobody_starves(seed: int) -> None:
    """Under a flood of changes and with slow fleets among them, every fleet gets its turn in bounded time."""
    print(f"seed {seed}")
    dice = random.Random(seed)

    async def story() -> tuple[Counter[str], float]:
        clock = LoopClock(NOW)
        queue = Queue(clock, workers=4)
        seen: Counter[str] = Counter()
        longest = 0.0

        async def work() -> None:
            nonlocal longest
            while (ticket := await queue.take()) is not None:
                longest = max(longest, clock.elapsed - ticket.due)
                seen[ticket.key] += 1
                ailing = ticket.key.startswith("ill")
                await clock.sleep(60 if ailing else dice.random())
                queue.done(ticket.key)
                urgency, pause = (CHANGE, 0.0) if ticket.key.startswith("busy") else (RESYNC, 20.0)
                queue.put(ticket.key, urgency, pause, ailing=ailing)

        for kind, count in (("busy", 20), ("calm", 20), ("ill", 8)):
            for number in range(count):
                queue.put(f"{kind}-{number}", RESYNC, ailing=kind == "ill")
        workers = [asyncio.create_task(work()) for _ in range(4)]
        await clock.sleep(1800)
        queue.close()
        await asyncio.gather(*workers)
        return seen, longest

    seen, longest = play(story())
    calm = [count for key, count in seen.items() if key.startswith("calm")]
    assert len(calm) == 20
    assert min(calm) >= 15
    # Eight ailing fleets share two workers, a minute each: the last of them waits three rounds and its pause.
    assert longest < 400
