"""The emulator answers recorded requests as Azure did, but for the differences that the page lists."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.comparing import compared, operation_of, shape
from tests.conformance.corpus_gate import the_corpus
from tests.conformance.proof import RECORDED, replayed
from tests.conformance.recordings import Exchange
from tests.conformance.replaying import Answer

RECORDED_HERE = Exchange(
    recording="azure-service-operator/one",
    number=0,
    method="GET",
    url="https://management.azure.com/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/disks/d",
    sent="",
    status=200,
    headers={"etag": "1"},
    text='{"name": "d", "properties": {"size": 4}}',
)


def test_recordings_are_answered_alike() -> None:
    """Every difference between recorded and emulated answers has a reason."""
    assert replayed(the_corpus(RECORDED)).unexplained() == []


@pytest.mark.parametrize(
    ("status", "headers", "text", "found"),
    [
        (200, {"etag": "2"}, '{"name": "x", "properties": {"size": 9}}', []),
        (404, {}, "", ["404 instead of 200"]),
        (200, {}, RECORDED_HERE.text, ["is not sent"]),
        (200, {"etag": "2"}, '{"name": "x"}', ["`properties` (object) is not shown"]),
        (
            200,
            {"etag": "2"},
            '{"name": 1, "properties": {"size": 9}}',
            ["`name` (string) is not shown", "`name` (number) is shown, and was not"],
        ),
    ],
)
def test_differences_are_found(
    status: int, headers: dict[str, str], text: str, found: list[str]
) -> None:
    """Another status, a header too few, a path too few and another type are differences; values are not."""
    result = compared(RECORDED_HERE, Answer(status, headers, text))
    assert [each.how for each in result.differences] == found


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/subscriptions/s/resourceGroups/g", "GET subscriptions/resourceGroups"),
        (
            "GET",
            "/subscriptions/s/providers/Microsoft.Compute/virtualMachines",
            "GET virtualMachines/*",
        ),
        (
            "POST",
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/v/start",
            "POST virtualMachines/start",
        ),
        (
            "PUT",
            "/subscriptions/s/providers/Microsoft.X/ys/y/providers/Microsoft.Authorization/locks/l",
            "PUT locks",
        ),
    ],
)
def test_operations_have_names(method: str, path: str, name: str) -> None:
    """An operation is named by its method and type; a list ends in a star."""
    exchange = Exchange("a/b", 0, method, f"https://management.azure.com{path}", "", 200, {}, "")
    assert operation_of(exchange) == name


@pytest.mark.parametrize(
    ("value", "paths"),
    [
        ({"a": [1, "b"]}, {"a", "a[]"}),
        ({"tags": {"mine": "1"}}, {"tags"}),
        ([{"a": None}, {"b": True}], {"[]", "[].a", "[].b"}),
    ],
)
def test_shapes_have_paths(value: Any, paths: set[str]) -> None:
    """Rows of a list share their paths, and names that users give are no paths."""
    assert {path for path, _ in shape(value)} == {"the body", *paths}
