"""Ages are printed as kubectl prints them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from controller.formats.age import age, human_duration

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3_600, 86_400, 31_536_000

# Rows of duration_test.go in Kubernetes' apimachinery, and the edges between its branches.
_DURATIONS = [
    (-2, "<invalid>"),
    (-1.5, "0s"),
    (-0.5, "0s"),
    (0, "0s"),
    (1, "1s"),
    (70, "70s"),
    (119, "119s"),
    (2 * _MINUTE, "2m"),
    (2 * _MINUTE + 10, "2m10s"),
    (5 * _MINUTE + 30, "5m30s"),
    (10 * _MINUTE - 1, "9m59s"),
    (10 * _MINUTE, "10m"),
    (10 * _MINUTE + 10, "10m"),
    (94 * _MINUTE, "94m"),
    (3 * _HOUR - 1, "179m"),
    (3 * _HOUR, "3h"),
    (3 * _HOUR + 10, "3h"),
    (4 * _HOUR + 12 * _MINUTE, "4h12m"),
    (8 * _HOUR - 1, "7h59m"),
    (8 * _HOUR + 10 * _MINUTE, "8h"),
    (31 * _HOUR, "31h"),
    (2 * _DAY - 1, "47h"),
    (2 * _DAY, "2d"),
    (3 * _DAY + 4 * _HOUR, "3d4h"),
    (8 * _DAY - 1, "7d23h"),
    (8 * _DAY, "8d"),
    (412 * _DAY, "412d"),
    (2 * _YEAR - 1, "729d"),
    (2 * _YEAR, "2y"),
    (3 * _YEAR + 20 * _DAY, "3y20d"),
    (8 * _YEAR - 1, "7y364d"),
    (8 * _YEAR, "8y"),
    (9 * _YEAR + 300 * _DAY, "9y"),
]


@pytest.mark.parametrize(("seconds", "expected"), _DURATIONS)
def test_duration_in_words(seconds: float, expected: str) -> None:
    """Every threshold of kubectl's format is met on both of its sides."""
    assert human_duration(seconds) == expected


def test_age_without_time() -> None:
    """A time that nobody knows has an age that says so."""
    assert age(None, datetime(2026, 11, 21, tzinfo=UTC)) == "<unknown>"


def test_age_counts_back() -> None:
    """An age is the time from then to now."""
    now = datetime(2026, 11, 21, 12, tzinfo=UTC)
    assert age(now - timedelta(hours=31), now) == "31h"
