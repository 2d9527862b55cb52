"""Slow start: the first creations go in small numbers, and more go as the platform takes them."""

from __future__ import annotations

import asyncio

import pytest

from controller.core.rhythm import FORGOTTEN_SECONDS, MOST_CREATIONS, Window
from controller.engine.clock import LoopClock
from controller.engine.patience import TooEarly
from controller.engine.ramp import Ramp
from providers.errors import LeaseLost, ProviderError, Rejected, Transient
from providers.simulated.clock import VirtualClock
from tests.builders import NOW
from tests.virtual_time import run_in_time_of


async def creations(ramp: Ramp, clock: LoopClock, count: int, error: ProviderError | None) -> int:
    """So many creations at once, a second each; gives the most that were under way together."""
    most = 0

    async def one() -> None:
        nonlocal most
        async with ramp.creation():
            most = max(most, ramp.under_way)
            await clock.sleep(1)
            if error is not None:
                raise error

    await asyncio.gather(*(one() for _ in range(count)), return_exceptions=True)
    return most


@pytest.mark.parametrize(
    ("error", "then"),
    [
        (None, MOST_CREATIONS),
        (Rejected("InvalidParameter", "wrong"), 4),
        (Transient("InternalServerError", "failed"), 1),
        (LeaseLost("LeaseNotHeld", "not ours"), 4),
        (TooEarly("TooManyRequests", "wait", until=NOW), 4),
    ],
)
def test_success_lets_more_through(error: ProviderError | None, then: float) -> None:
    """The window doubles while creations are taken, shrinks to one when the platform fails, else stays."""

    async def story() -> tuple[int, int]:
        clock = LoopClock(NOW)
        ramp = Ramp(clock)
        first = await creations(ramp, clock, 4, error)
        await creations(ramp, clock, 400 if error is None else 20, error)
        return first, await creations(ramp, clock, 200, None if error is None else error)

    first, later = run_in_time_of(VirtualClock(NOW), story())
    assert (first, later) == (4, then)


def test_success_is_forgotten() -> None:
    """After five minutes without a creation the window is small again."""
    wide = Window(64, 100.0)
    assert wide.before(100 + FORGOTTEN_SECONDS - 1) == wide
    assert wide.before(100 + FORGOTTEN_SECONDS).size == 4
