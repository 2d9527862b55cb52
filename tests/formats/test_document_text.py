"""Documents as JSON and YAML text."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest

from controller.formats.text import json_text, time_text, yaml_text
from providers.base import Json


def test_json_keeps_order() -> None:
    """JSON has two spaces, the document's own order, plain letters, and ends with a newline."""
    assert json_text({"b": [1], "a": "größer"}) == '{\n  "b": [\n    1\n  ],\n  "a": "größer"\n}\n'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_json_has_no_nan(number: float) -> None:
    """A number that JSON does not know is an error here and now."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_text({"a": number})


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("1", "a: '1'"),
        ("no", "a: 'no'"),
        ("null", "a: 'null'"),
        ("0o17", "a: '0o17'"),
        ("1e3", "a: '1e3'"),
        ("010", "a: '010'"),
        ("2026-11-21", "a: '2026-11-21'"),
        ("12:30:45", "a: '12:30:45'"),
        ("web-000001", "a: web-000001"),
        ("", "a: ''"),
        (1, "a: 1"),
        (True, "a: true"),
        (None, "a: null"),
        ([], "a: []"),
        ((), "a: []"),
    ],
)
def test_yaml_quotes_lookalikes(value: Json, line: str) -> None:
    """A text that some YAML reader takes for something else is quoted; other texts are plain."""
    assert yaml_text({"a": value}) == f"{line}\n"


def test_yaml_has_no_anchors() -> None:
    """A value that occurs twice is written twice."""
    shared: list[Json] = ["1"]
    assert yaml_text({"b": shared, "a": shared}) == "b:\n- '1'\na:\n- '1'\n"


def test_times_end_in_z() -> None:
    """Times are written in UTC, whatever zone they came in."""
    berlin = timezone(timedelta(hours=1))
    assert time_text(datetime(2026, 11, 21, 13, tzinfo=berlin)) == "2026-11-21T12:00:00Z"
    fine = datetime(2026, 11, 21, 12, 0, 0, 5, tzinfo=UTC)
    assert time_text(fine) == "2026-11-21T12:00:00.000005Z"
