"""What a scalar means, where things stand, and what the reader refuses before it builds anything."""

from __future__ import annotations

import time

import pytest
import yaml

from controller.spec.nodes import Listing, Scalar, Table, find, plain
from controller.spec.syntax import compose

LOADERS = pytest.mark.parametrize("loader", [yaml.CSafeLoader, yaml.SafeLoader])

MEANINGS: list[tuple[str, object]] = [
    ("no", "no"),
    ("yes", "yes"),
    ("on", "on"),
    ("Off", "Off"),
    ("n", "n"),
    ("true", True),
    ("FALSE", False),
    ("null", None),
    ("~", None),
    ("Null", None),
    ("12:30:45", "12:30:45"),
    ("22:22", "22:22"),
    ("1_000", "1_000"),
    ("2026-01-01", "2026-01-01"),
    ("0o10", 8),
    ("0x1F", 31),
    ("0b11", "0b11"),
    ("0", 0),
    ("-3", -3),
    ("+3", 3),
    ("1.10", 1.1),
    (".5", 0.5),
    ("1e3", 1000.0),
    ("1.2.3", "1.2.3"),
    ("=", "="),
    ('"010"', "010"),
    ("'no'", "no"),
]


@LOADERS
@pytest.mark.parametrize(("text", "value"), MEANINGS)
def test_core_schema(text: str, value: object, loader: type) -> None:
    """A scalar means what the core schema of YAML 1.2 says, whichever parser reads it."""
    composed = compose(f"- {text}\n", loader=loader)
    assert composed.problems == []
    root = composed.documents[0].root
    assert isinstance(root, Listing)
    assert plain(root) == [value]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: 010", "EK0112"),
        ("a: -007", "EK0112"),
        ("a: .nan", "EK0113"),
        ("a: 1e999", "EK0113"),
        (f"a: {'9' * 5000}", "EK0113"),
        ("a: *b", "EK0107"),
        ("a: &b 1", "EK0107"),
        ("a: !!python/object/apply:os.system [ls]", "EK0108"),
        ("a: ! x", "EK0108"),
        ("!map {a: 1}", "EK0108"),
        ("<<: {a: 1}", "EK0109"),
        ("{a: 1, a: 2}", "EK0110"),
        ("null: 1", "EK0111"),
        ("? [a]\n: 1", "EK0111"),
        ("%YAML 2.0\n---\na: 1", "EK0103"),
    ],
)
@LOADERS
def test_refused_text(text: str, code: str, loader: type) -> None:
    """What a spec does not need is refused with its own code, whichever parser reads it."""
    composed = compose(text, loader=loader)
    assert [problem.code.value for problem in composed.problems] == [code]
    assert not composed.documents[0].sound


def test_places_of_values() -> None:
    """Keys and values know their line and column, counted in code points from 1."""
    root = compose("a:\n  é: [x, 日本]\n").documents[0].root
    assert isinstance(root, Table)
    value = find(root, ("a", "é", 1))
    assert isinstance(value, Scalar)
    assert (value.span.line, value.span.column, value.span.end_column) == (2, 10, 12)


@LOADERS
def test_open_brackets_refused(loader: type) -> None:
    """Sixty thousand opening brackets are refused by depth in well under a second."""
    began = time.process_time()
    composed = compose("[" * 60_000, loader=loader)
    assert [problem.code.value for problem in composed.problems] == ["EK0104"]
    assert time.process_time() - began < 0.9


def test_alias_bomb_refused() -> None:
    """A bomb of nine levels of aliases is refused at its first anchor."""
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 9)]
    began = time.process_time()
    composed = compose("\n".join(levels))
    assert composed.problems[0].code == "EK0107"
    assert composed.problems[0].span.line == 1
    assert time.process_time() - began < 0.1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" * 33 + "]" * 33, "EK0104"),
        ("[" + "a," * 20_000 + "]", "EK0105"),
        ("---\na\n" * 65, "EK0106"),
    ],
)
def test_limits(text: str, code: str) -> None:
    """Depth 32, 20,000 events and 64 documents are the most; one more is refused."""
    composed = compose(text)
    assert [problem.code.value for problem in composed.problems] == [code]
    assert composed.ended_early


@pytest.mark.parametrize("text", ["[" * 32 + "]" * 32, "---\na\n" * 64])
def test_just_within_limits(text: str) -> None:
    """The largest allowed depth and number of documents are read."""
    assert compose(text).problems == []


def test_refusal_spares_other_documents() -> None:
    """A refused document is skipped, and the documents after it are read."""
    composed = compose("a: &x 1\nb: [2]\n---\nc: 3\n")
    assert [document.whole for document in composed.documents] == [False, True]
    second = composed.documents[1].root
    assert second is not None
    assert plain(second) == {"c": 3}


def test_broken_text_keeps_what_was_before() -> None:
    """Documents before a syntax error are kept; the rest of the text counts as unseen."""
    composed = compose("a: 1\n---\nb: {\n")
    assert [document.whole for document in composed.documents] == [True, False]
    assert composed.ended_early
