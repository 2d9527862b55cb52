"""A clock that jumps is noticed, not acted upon, and believed again when it has run evenly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from controller.engine.timekeeping import SETTLED_SECONDS, TrustedClock
from tests.builders import NOW


@dataclass
class Machine:
    """A machine whose time of day somebody sets, and whose counted seconds nobody can."""

    offset: timedelta = timedelta(0)
    elapsed: float = 100.0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed) + self.offset

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


def doubted(clock: TrustedClock) -> bool:
    return clock.doubt is not None


@pytest.mark.parametrize(
    ("jump", "words"),
    [
        (timedelta(hours=1), "forward by 3600 s"),
        (timedelta(hours=-1), "back by 3600 s"),
        (timedelta(days=365), "forward by 31536000 s"),
        (timedelta(days=-366), "back by 31622400 s"),
    ],
)
def test_a_jump_is_not_followed(jump: timedelta, words: str) -> None:
    """After a jump the time goes on evenly, with a doubt that is told, until the new time has proved itself."""
    machine = Machine()
    clock = TrustedClock(machine)
    before = clock.now
    machine.offset = jump
    assert clock.now == before
    assert words in str(clock.doubt)
    machine.elapsed += SETTLED_SECONDS / 2
    assert clock.now == before + timedelta(seconds=SETTLED_SECONDS / 2)
    assert doubted(clock)
    machine.elapsed += SETTLED_SECONDS / 2
    assert not doubted(clock)
    assert clock.now == machine.now


def test_a_jump_and_back_is_forgotten() -> None:
    """When the time of day comes back to where it belongs, the doubt ends at once."""
    machine = Machine()
    clock = TrustedClock(machine)
    machine.offset = timedelta(hours=1)
    assert doubted(clock)
    machine.offset = timedelta(0)
    assert not doubted(clock)
    assert clock.now == machine.now


def test_each_jump_begins_the_test_anew() -> None:
    """A time of day that keeps jumping is never believed."""
    machine = Machine()
    clock = TrustedClock(machine)
    for hours in range(1, 10):
        machine.offset = timedelta(hours=hours)
        assert doubted(clock)
        machine.elapsed += SETTLED_SECONDS - 1
        assert doubted(clock)
    assert clock.now == NOW + timedelta(seconds=machine.elapsed)


def test_drift_is_followed() -> None:
    """A machine's clock that is off by a little all day long is followed, and nothing is said."""
    machine = Machine()
    clock = TrustedClock(machine)
    for _ in range(1000):
        machine.elapsed += 60
        machine.offset += timedelta(milliseconds=30)
        assert not doubted(clock)
    assert clock.now == machine.now


def test_another_time_is_another_epoch() -> None:
    """The epoch stays while the time is doubted or comes back, and goes up when another one is taken over."""
    machine = Machine()
    clock = TrustedClock(machine)
    machine.offset = timedelta(hours=1)
    assert (clock.epoch, doubted(clock)) == (0, True)
    machine.offset = timedelta(0)
    assert (clock.epoch, doubted(clock)) == (0, False)
    machine.offset = timedelta(hours=1)
    assert clock.epoch == 0
    machine.elapsed += SETTLED_SECONDS
    assert clock.epoch == 1
