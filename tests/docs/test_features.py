"""No row of ``docs/features.md`` claims more than it can show."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache

import click
import pytest

from controller.cli.main import cli
from controller.spec.codes import Code
from controller.spec.reference import WITHOUT_EFFECT, field_paths
from tests.docs.pages import DOCS, ROOT, rows

LETTERS = {"A": 11, "B": 18, "C": 14, "D": 6, "E": 7, "F": 5, "G": 13, "H": 5, "I": 14}
"""How many rows each section has."""


@dataclass(frozen=True, slots=True)
class Row:
    """One feature: its words, the fields and commands that ask for it, its state, the tests that prove it."""

    id: str
    words: str
    asked: tuple[str, ...]
    state: str
    proofs: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields of a spec among what is asked for."""
        return tuple(one for one in self.asked if one.startswith(("spec.", "metadata.")))


def read_row(cells: list[str]) -> Row:
    asked, proofs = (tuple(re.findall(r"`([^`]+)`", cells[at])) for at in (2, 4))
    return Row(cells[0], cells[1], asked, cells[3], proofs)


ROWS = [read_row(cells) for cells in rows((DOCS / "features.md").read_text())]
CLAIMED = [row for row in ROWS if row.state != "later"]


def of_row(row: object) -> str:
    assert isinstance(row, Row)
    return row.id


@cache
def names_in(path: str) -> frozenset[str]:
    """Names of the test functions in a module; none if there is no such module."""
    file = ROOT / path
    if not file.is_file():
        return frozenset()
    nodes = ast.walk(ast.parse(file.read_text()))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in nodes if isinstance(node, kinds))


@cache
def known_fields() -> frozenset[str]:
    """Paths of all fields that a spec may have."""
    return field_paths()


@cache
def text_of_tests() -> str:
    """The text of all tests."""
    return "\n".join(file.read_text() for file in sorted((ROOT / "tests").rglob("*.py")))


def is_command(words: str) -> bool:
    """Whether ``evenkeel COMMAND [WORD|--option]…`` can be typed."""
    program, name, *rest = words.split()
    context = click.Context(cli)
    command = cli.get_command(context, name)
    if program != "evenkeel" or command is None:
        return False
    known = {option for one in command.params for option in one.opts}
    kinds = {str(word) for one in command.params for word in getattr(one.type, "choices", ())}
    return all(word in known | kinds for word in rest)


def test_every_row_is_there() -> None:
    """All rows of all sections are there, once and in order."""
    expected = [f"{letter}{at + 1}" for letter in LETTERS for at in range(LETTERS[letter])]
    assert [row.id for row in ROWS] == expected


@pytest.mark.parametrize("row", ROWS, ids=of_row)
def test_row_shows_or_says_later(row: Row) -> None:
    """A row has something to ask for it and a test, or it says that it comes later."""
    assert row.state in {"done", "partly", "later"}
    assert (row.state == "later") == (not row.proofs)
    assert row.asked or row.state == "later"
    assert ("later" in row.words) == (row.state == "partly")


@pytest.mark.parametrize("row", CLAIMED, ids=of_row)
def test_fields_exist(row: Row) -> None:
    """Each field and command that a row names exists, and no field of a row is without effect."""
    assert set(row.fields) <= known_fields()
    assert all(is_command(one) for one in row.asked if one not in row.fields)
    idle = {one.rpartition(".")[2] for one in WITHOUT_EFFECT}
    assert not idle & {field.rpartition(".")[2] for field in row.fields}


@pytest.mark.parametrize("row", CLAIMED, ids=of_row)
def test_proofs_exist(row: Row) -> None:
    """Each test that a row names exists, under its path and name."""
    for proof in row.proofs:
        path, _, name = proof.partition("::")
        assert name.startswith("test_"), proof
        assert name in names_in(path), proof


@pytest.mark.parametrize("row", CLAIMED, ids=of_row)
def test_codes_are_tested(row: Row) -> None:
    """Each error code that a row names exists and occurs in a test."""
    for code in re.findall(r"EK\d{4}", row.words):
        assert code in {one.value for one in Code}
        assert code in text_of_tests(), code
