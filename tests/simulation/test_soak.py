"""A world that lives on: days of weather and rest, with what must not grow."""

from __future__ import annotations

import pytest

from tests.simulation.planted import planted
from tests.simulation.soak import Life, Reading, options_of, soak


def growing(tasks: int) -> Life:
    """Thirty days, each of which leaves so many tasks behind, after ten that are like none of them."""
    days = range(1, 31)
    return Life([Reading(day, 1, 1, 1000 if day < 11 else day * tasks, 9, 1, 1) for day in days])


def test_what_grows_is_told() -> None:
    """The slope is by how much something grows each day, and the first days do not count."""
    assert growing(3).slope(lambda one: one.tasks) == pytest.approx(3)
    assert growing(3).slope(lambda one: one.files) == 0
    assert Life().slope(lambda one: one.tasks) == 0


@pytest.mark.slow
def test_some_days_go_by() -> None:
    """In three days nothing is broken, the trail is whole, and each day ends with the same tasks and open files."""
    life = soak(options_of(0), 3)
    assert life.breaches == []
    assert [one.day for one in life.readings] == [1, 2, 3]
    assert all(one.endswith("whole") for one in life.trails)
    assert len({one.files for one in life.readings}) == 1
    assert len({one.tasks for one in life.readings}) == 1


@pytest.mark.slow
def test_a_broken_day_ends_the_life() -> None:
    """With a bug in the program no second day begins, and what was broken is told."""
    with planted("nothing-recorded"):
        life = soak(options_of(0), 2)
    assert life.readings == []
    assert life.breaches != []
