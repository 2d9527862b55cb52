"""What goes over the wire is as Microsoft describes it, but for what the page lists; and the page is current."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.corpus_gate import the_corpus
from tests.conformance.ledger import PAGE, text_of
from tests.conformance.openapi import OpenApi
from tests.conformance.proof import DESCRIBED, EXAMPLES, described, examples, page, replayed
from tests.conformance.reasons import REASONS

if TYPE_CHECKING:
    from pathlib import Path

PATH = "/subscriptions/{subscriptionId}/providers/Microsoft.Compute/disks/{name}"
DOCUMENT = {
    "definitions": {
        "Base": {"properties": {"id": {"type": "string"}}, "required": ["id"]},
        "Disk": {
            "allOf": [{"$ref": "#/definitions/Base"}],
            "properties": {
                "size": {"type": "integer"},
                "state": {"type": "string", "enum": ["a"], "x-ms-enum": {"modelAsString": True}},
                "kind": {"type": "string", "enum": ["x"]},
                "tags": {"type": "object", "additionalProperties": {"type": "string"}},
                "parts": {"type": "array", "items": {"$ref": "#/definitions/Disk"}},
            },
        },
    },
    "paths": {PATH: {"get": {"responses": {"200": {"schema": {"$ref": "#/definitions/Disk"}}}}}},
}


@pytest.fixture
def api(tmp_path: Path) -> OpenApi:
    """Documents with one operation."""
    folder = tmp_path / "openapi" / "compute-2024-07-01"
    folder.mkdir(parents=True)
    (folder / "disk.json").write_text(json.dumps(DOCUMENT))
    return OpenApi(tmp_path)


@pytest.mark.slow
def test_wire_is_as_described() -> None:
    """Every departure of the adapter or the emulator from Microsoft's documents has a reason."""
    assert described(the_corpus(DESCRIBED)).unexplained() == []


@pytest.mark.slow
def test_examples_are_accepted() -> None:
    """Every official example that is refused is refused for a reason."""
    assert examples(the_corpus(EXAMPLES)).unexplained() == []


@pytest.mark.slow
def test_page_tells_all_differences() -> None:
    """The page equals what is compared now; EVENKEEL_UPDATE_GOLDEN=1 rewrites it."""
    made = page(the_corpus(DESCRIBED))
    if os.environ.get("EVENKEEL_UPDATE_GOLDEN") == "1":
        PAGE.write_text(made)
    assert PAGE.read_text() == made, "docs/conformance.md is out of date"


@pytest.mark.slow
def test_reasons_are_needed() -> None:
    """Every pattern of a reason covers a difference that there is: what was mended needs no reason."""
    folder = the_corpus(DESCRIBED)
    texts = [
        text_of(difference)
        for ledger in (replayed(folder), described(folder), examples(folder))
        for difference in ledger.times
    ]
    patterns = [pattern for _, patterns in REASONS for pattern in patterns]
    assert [one for one in patterns if not any(re.search(one, text) for text in texts)] == []


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"id": "d", "size": 4, "state": "b", "tags": {"any": "1"}}, set()),
        ({"size": 4}, {"`id` is required"}),
        ({"id": "d", "sice": 4}, {"`sice` is not described"}),
        ({"id": "d", "size": "4"}, {"`size` is not of type integer"}),
        ({"id": "d", "kind": "y"}, {"`kind` breaks enum"}),
        ({"id": "d", "parts": [{"id": "e"}, {}]}, {"`parts[].id` is required"}),
    ],
)
def test_complaints_are_found(api: OpenApi, body: dict[str, Any], words: set[str]) -> None:
    """Missing and unknown properties, wrong types and closed enumerations are told with their path."""
    found = api.find("GET", "/subscriptions/s/providers/microsoft.compute/DISKS/d")
    assert found is not None
    schema = found.raw["responses"]["200"]["schema"]
    assert api.complaints(found, schema, body) == words


@pytest.mark.parametrize(("method", "path"), [("PUT", PATH), ("GET", f"{PATH}/more"), ("GET", "/")])
def test_unknown_operations(api: OpenApi, method: str, path: str) -> None:
    """Another method or another path is another operation."""
    assert api.find(method, path) is None
