"""Each mistake of the table gives exactly one error, at its place, in helpful words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.sources.directory import load_specs
from tests.specs.mistakes import MISTAKES, Mistake
from tests.specs.spec_texts import compiled, edited

if TYPE_CHECKING:
    from pathlib import Path

BY_NAME = pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)


@BY_NAME
def test_one_error_each(mistake: Mistake) -> None:
    """One mistake gives one error with the code, the line and the column of the table."""
    specs = compiled(edited((mistake.old, mistake.new)))
    told = [(error.code.value, (error.line, error.column)) for error in specs.errors]
    assert told == [(mistake.code, mistake.at)]


@BY_NAME
def test_words_help(mistake: Mistake) -> None:
    """The message, the help or a note holds the words that the table expects."""
    error = compiled(edited((mistake.old, mistake.new))).errors[0]
    assert mistake.says in " ".join((error.message, error.help, *error.notes))


@BY_NAME
def test_mistake_freezes_fleet(mistake: Mistake) -> None:
    """A document with an error yields no fleet and one broken spec."""
    specs = compiled(edited((mistake.old, mistake.new)))
    assert specs.fleets == ()
    assert specs.broken[0].file == "0.yaml"


def test_all_named_in_one_run(tmp_path: Path) -> None:
    """A directory with every mistake of the table is told whole in one run, each at its place."""
    for number, mistake in enumerate(MISTAKES):
        text = edited((mistake.old, mistake.new))
        (tmp_path / f"{number:03}.yaml").write_bytes(text.encode())
    told = {
        (error.file, error.code.value, (error.line, error.column))
        for error in load_specs([str(tmp_path)]).errors
    }
    wanted = {
        (str(tmp_path / f"{number:03}.yaml"), mistake.code, mistake.at)
        for number, mistake in enumerate(MISTAKES)
    }
    assert wanted <= told
    assert {code for _, code, _ in told - wanted} <= {"EK0306", "EK0307"}


def test_table_is_large() -> None:
    """The table holds at least forty different mistakes with at least forty codes among them."""
    assert len({(mistake.old, mistake.new) for mistake in MISTAKES}) >= 100
    assert len({mistake.code for mistake in MISTAKES}) >= 40


def test_several_in_one_document() -> None:
    """Mistakes of one document are told together, in the order of the text."""
    text = edited(
        ("name: web", "name: Web"),
        ("replicas: 6", "replicas: 1001"),
        ("maxSkew: 1", "maxSkew: 0"),
        ("os: Linux", "os: linux"),
    )
    told = [(error.code.value, error.line) for error in compiled(text).errors]
    assert told == [("EK0301", 4), ("EK0404", 11), ("EK0205", 14), ("EK0204", 22)]


def test_wrong_field_silences_its_rules() -> None:
    """A rule that rests on a wrong field says nothing: the wrong field alone is told."""
    text = edited(('zones: ["1", "2", "3"]', "zones: [1, 2]\n    exclude: ['7']"))
    assert [error.code.value for error in compiled(text).errors] == ["EK0203"]
