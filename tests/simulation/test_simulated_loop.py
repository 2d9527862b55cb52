"""The loop that simulations run on: time that nobody waits for, an order that a seed repeats."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys

import pytest

from tests.simulation.loop import (
    DeadlockError,
    LivelockError,
    SimulatedLoop,
    ThreadError,
    pass_time,
    run,
)
from tests.sources import ROOT


async def sleepers(count: int) -> list[int]:
    woken: list[int] = []

    async def one(number: int) -> None:
        await pass_time(10)
        woken.append(number)

    await asyncio.gather(*(one(number) for number in range(count)))
    return woken


def test_a_year_costs_nothing() -> None:
    """A sleep of a year ends at once, and the clock shows the year."""

    async def year() -> float:
        await pass_time(365 * 86_400)
        return asyncio.get_running_loop().time()

    assert run(random.Random(1), year) == pytest.approx(365 * 86_400, abs=1)


def test_seeds_draw_the_order() -> None:
    """The same seed wakes sleepers in the same order; other seeds wake them in others."""
    orders = [tuple(run(random.Random(seed), lambda: sleepers(6))) for seed in (1, 1, 2, 3, 4)]
    assert orders[0] == orders[1]
    assert len(set(orders)) > 1
    assert all(sorted(order) == list(range(6)) for order in orders)


def test_ready_tasks_are_shuffled() -> None:
    """Tasks that are ready at the same moment run in orders that only the seed decides."""

    async def race() -> tuple[int, ...]:
        done: list[int] = []

        async def step(number: int) -> None:
            await pass_time(0)
            done.append(number)

        await asyncio.gather(*(step(number) for number in range(5)))
        return tuple(done)

    orders = {run(random.Random(seed), race) for seed in range(20)}
    assert len(orders) > 5


def test_deadlock_is_told() -> None:
    """Waiting for what nobody brings is an error, not a silence."""

    async def forlorn() -> None:
        await asyncio.Event().wait()

    with pytest.raises(DeadlockError):
        run(random.Random(1), forlorn)


def test_livelock_is_told() -> None:
    """Being busy for ever without time passing is an error as well."""

    async def busy() -> None:
        loop = asyncio.get_running_loop()

        def again() -> None:
            loop.call_soon(again)

        again()
        await pass_time(1)

    with pytest.raises(LivelockError):
        run(random.Random(1), busy)


def test_threads_are_refused() -> None:
    """Nothing may leave for a thread, whose moment no seed decides."""

    async def leave() -> None:
        await asyncio.to_thread(int)

    with pytest.raises(ThreadError):
        run(random.Random(1), leave)


def test_unheard_failures_fail_the_run() -> None:
    """A task that fails and is awaited by nobody does not go unheard."""

    async def careless() -> None:
        async def fail() -> None:
            raise ValueError("nobody listens")

        task = asyncio.get_running_loop().create_task(fail())
        await pass_time(1)
        del task

    with pytest.raises(AssertionError, match="never retrieved"):
        run(random.Random(1), careless)


def test_private_parts_are_as_expected() -> None:
    """What the loop leans on is there: the loop's queues, and handles that know whether they were cancelled."""
    loop = SimulatedLoop(random.Random(1))
    called: list[str] = []
    try:
        loop.call_soon(called.append, "soon")
        loop.call_soon(called.append, "never").cancel()
        loop.call_later(5, called.append, "later")
        loop.call_later(3, called.append, "never").cancel()
        assert (len(loop._ready), len(loop._scheduled)) == (2, 2)
        assert loop._timer_cancelled_count == 1
        loop._run_once()
        assert (called, len(loop._ready)) == (["soon"], 0)
        loop._run_once()
        assert (called, len(loop._scheduled)) == (["soon", "later"], 0)
        assert loop._timer_cancelled_count == 0
        assert loop.time() == pytest.approx(5, abs=1e-5)
    finally:
        loop.close()


def test_failing_callbacks_are_told_as_ever() -> None:
    """A call that fails is told with its context, and the next one is made nevertheless."""
    loop = SimulatedLoop(random.Random(1))
    told: list[object] = []
    loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
    try:
        loop.call_soon(int, "no number")
        loop.call_later(1, loop.stop)
        loop.run_forever()
    finally:
        loop.close()
    assert [type(one) for one in told] == [ValueError]


@pytest.mark.parametrize("hash_seed", ["0", "1", "4711"])
def test_order_survives_processes(hash_seed: str) -> None:
    """Another process, with another hash seed, sees the same order for the same seed."""
    words = (
        "import random; from tests.simulation.loop import run; "
        "from tests.simulation.test_simulated_loop import sleepers; "
        "print(run(random.Random(7), lambda: sleepers(9)))"
    )
    told = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.strip() == str(run(random.Random(7), lambda: sleepers(9)))
