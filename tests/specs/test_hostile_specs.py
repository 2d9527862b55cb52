"""Specs that are large on purpose: every one is judged in a moment, and told in a bearable length."""

from __future__ import annotations

import time

import pytest

from tests.specs.spec_texts import WEB, compiled, edited

pytestmark = pytest.mark.slow

MANY = range(9_000)
HOSTILE = {
    "unknown fields": WEB + "\n".join(f"  f{number}: 1" for number in MANY),
    "misspelt fields": WEB + "\n".join(f"  replicaz{number}: 1" for number in MANY),
    "numbers for texts": edited(
        (
            "labels: {team: payments}",
            "labels:\n" + "\n".join(f"    k{number}: 1" for number in MANY),
        )
    ),
    "number keys": "{" + ",".join("1: 1" for _ in MANY) + "}",
    "one name": edited(
        ("  replicas: 6", f"  replicas: 6\n  adopt: [{','.join('n' for _ in MANY)}]")
    ),
    "braces": "{" * 250_000,
    "dashes": "- " * 125_000,
    "question marks": "? " * 125_000,
    "anchors": "&a " * 80_000,
    "documents": "---\n" * 60_000,
    "long quote": '"' + "a\n" * 125_000,
    "one word": WEB + "a" * 250_000 + ": @",
    "mistakes below comments": "---\n"
    + " #\n" * 30_000
    + "---\n".join("  kind: Fleet\n" + "".join(f"  f{n}:\n" for n in range(99)) for _ in range(60)),
    "malformed sizes": edited(
        ("Standard_D2s_v5", ",".join(f"Standard_D{number}00s_v5" for number in MANY))
    ),
    "malformed sizes of many": "\n---\n".join(
        edited(
            ("name: web", f"name: w{one}"),
            ("Standard_D2s_v5", ",".join(f"Standard_D{number}000s_v5" for number in range(120))),
        )
        for one in range(64)
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_judged_in_a_moment(name: str) -> None:
    """A hostile file of at most 256 KiB is judged in less than two seconds of CPU."""
    began = time.process_time()
    specs = compiled(HOSTILE[name])
    assert time.process_time() - began < 2.0
    assert specs.fleets == ()
    assert 1 <= len(specs.errors) <= 100 * len(specs.broken)


def test_rest_is_counted() -> None:
    """Of nine thousand mistakes a hundred are told, and the last says how many follow."""
    errors = compiled(HOSTILE["unknown fields"]).errors
    assert [error.line for error in errors] == list(range(29, 129))
    assert errors[-1].notes == ("and 8,900 more in this document",)


@pytest.mark.parametrize("name", ["braces", "question marks"])
def test_first_cause_alone(name: str) -> None:
    """Once a document is given up, nothing that follows from it is told."""
    assert len(compiled(HOSTILE[name]).errors) == 1
