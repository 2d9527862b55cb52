"""``docs/scenarios.md`` knows all fields of a scenario file and all scenarios that are shipped."""

from __future__ import annotations

import dataclasses

import pytest
from pydantic.alias_generators import to_camel

from providers.simulated import scenario
from tests.docs.pages import DOCS, ROOT, rows

TEXT = (DOCS / "scenarios.md").read_text()
KINDS = [
    kind
    for kind in vars(scenario).values()
    if isinstance(kind, type) and dataclasses.is_dataclass(kind)
]
SPELLED = {"since": "from"}
"""Fields that are called otherwise in a file, because Python keeps the word for itself."""


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_fields_are_told(kind: type) -> None:
    """A part of a scenario has a section whose table lists its fields, in their order."""
    section = TEXT.partition(f"\n### {kind.__name__}\n")[2].partition("\n### ")[0]
    told = [cells[0].strip("`") for cells in rows(section)]
    assert told == [SPELLED.get(one.name, to_camel(one.name)) for one in dataclasses.fields(kind)]


def test_required_fields_are_told() -> None:
    """A field is called required exactly when it has no default."""
    for kind in KINDS:
        section = TEXT.partition(f"\n### {kind.__name__}\n")[2].partition("\n### ")[0]
        told = [cells[1] == "required" for cells in rows(section)]
        lacking = dataclasses.MISSING
        assert told == [
            one.default is lacking and one.default_factory is lacking
            for one in dataclasses.fields(kind)
        ], kind.__name__


def test_shipped_files_are_told() -> None:
    """The table names every scenario file that is shipped, and no other."""
    section = TEXT.partition("## The ones that are there")[2].partition("\n## ")[0]
    files = {path.relative_to(ROOT).as_posix() for path in (ROOT / "specs/scenarios").iterdir()}
    assert {cells[0].strip("`") for cells in rows(section)} == files
