"""The region's own time."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from providers.simulated.clock import VirtualClock
from providers.simulated.dice import Dice
from tests.providers.worlds import START, run


def test_time_moves_when_told() -> None:
    """Time stands still until it is advanced; sleeping advances it at once."""
    clock = VirtualClock(START)
    clock.advance(30)
    run(clock.sleep(12.5))
    assert clock.now == START + timedelta(seconds=42.5)


def test_time_never_runs_back() -> None:
    """A negative step is refused, a negative sleep is none, and a past moment is no aim."""
    clock = VirtualClock(START, elapsed=10)
    with pytest.raises(ValueError, match="cannot pass by -1 seconds"):
        clock.advance(-1)
    run(clock.sleep(-1))
    clock.advance_to(START)
    assert clock.elapsed == 10


def test_advance_to_moment() -> None:
    """The clock can be moved to a moment."""
    clock = VirtualClock(START)
    clock.advance_to(START + timedelta(minutes=1))
    assert clock.elapsed == 60


def test_naive_start_refused() -> None:
    """A clock needs an aware start in UTC."""
    with pytest.raises(ValueError, match="aware start in UTC"):
        VirtualClock(datetime(2026, 11, 21, 12, 0))  # noqa: DTZ001 -- the mistake under test


def test_dice_go_on() -> None:
    """Dice resumed from seed and count draw what the others would have drawn next."""
    dice = Dice(seed=7)
    for _ in range(3):
        dice.uniform(0, 1)
    assert Dice(7, dice.drawn).hexadecimal(32) == dice.hexadecimal(32)


def test_dice_stay_in_range() -> None:
    """A thousand draws lie in the range and spread over it."""
    dice = Dice(seed=1)
    drawn = [dice.uniform(30, 60) for _ in range(1000)]
    assert min(drawn) >= 30
    assert max(drawn) <= 60
    assert 44 < sum(drawn) / 1000 < 46
