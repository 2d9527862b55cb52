"""Texts that break off or go on after their end: what was read before is never taken for the whole."""

from __future__ import annotations

import json

import pytest

from controller.spec.nodes import Table, plain
from controller.spec.syntax import compose
from tests.specs.spec_texts import WEB, compiled, edited


def as_json() -> str:
    root = compose(WEB).documents[0].root
    assert isinstance(root, Table)
    return json.dumps(plain(root))


@pytest.mark.parametrize("rest", [" ]", " {}", "\n]", "\nreplicas: 3", "\n- 1"])
def test_noise_behind_a_document_breaks_it(rest: str) -> None:
    """What follows a document and neither belongs to it nor begins another one breaks it."""
    specs = compiled(as_json() + rest)
    assert specs.fleets == ()
    assert [broken.name for broken in specs.broken] == ["web", None]
    (error,) = specs.errors
    assert "`---`" in error.help


@pytest.mark.parametrize("rest", ["\n...\n]", "\n---\n]"])
def test_noise_behind_a_mark_stands_alone(rest: str) -> None:
    """Behind a mark that ends a document noise breaks no fleet but one that nobody can name."""
    specs = compiled(as_json() + rest)
    assert [fleet.name for fleet in specs.fleets] == ["web"]
    assert [(broken.name, broken.group_id) for broken in specs.broken] == [(None, None)]


def test_rest_behind_a_nameless_document_is_unknown() -> None:
    """A text that breaks off may hold more fleets, also if its last document is known by its scale set alone."""
    text = edited(
        ("  name: web\n", ""), ("location: westeurope", "location: westeurope\n    scaleSet: web")
    )
    specs = compiled(f"{text}@")
    assert specs.fleets == ()
    assert [broken.group_id is None for broken in specs.broken] == [False, True]


@pytest.mark.parametrize("before", ["apiVersion: evenkeel/v1alpha1\nkind: Scenario\n", WEB])
def test_noise_in_an_empty_document_is_told(before: str) -> None:
    """Noise behind a document that says nothing breaks that one alone, whatever stands before it."""
    specs = compiled(f"{before}---\n~ # nothing\nkind: Fleet\n")
    assert [error.code for error in specs.errors] == ["EK0103"]
    assert [(broken.name, broken.group_id) for broken in specs.broken] == [(None, None)]
    assert len(specs.fleets) == (before == WEB)
