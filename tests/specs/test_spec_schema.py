"""The schema, the examples and the tables of the documentation are what the code says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from controller.sources.directory import load_specs
from controller.spec.codes import MEANINGS, Code
from controller.spec.model.base import Part
from controller.spec.nodes import plain
from controller.spec.schema import field_texts, spec_schema
from controller.spec.syntax import compose
from tests.specs.mistakes import MISTAKES, Mistake
from tests.specs.spec_texts import WEB, compiled, edited
from tests.specs.test_template_document import RICH

ROOT = Path(__file__).parents[2]
SPECS = ROOT / "specs"
EXAMPLES = ("quorum.yaml", "web.yaml", "workers.yaml")
CHECK = jsonschema.Draft202012Validator(spec_schema())


def values_of(text: str) -> object:
    """The first document of a text, without places."""
    root = compose(text).documents[0].root
    assert root is not None
    return plain(root)


def all_models() -> list[type[Part]]:
    """Every model of the language."""
    found: list[type[Part]] = []
    waiting: list[type[Part]] = Part.__subclasses__()
    while waiting:
        model = waiting.pop()
        found.append(model)
        waiting += model.__subclasses__()
    return sorted(found, key=lambda model: model.__name__)


def test_schema_file_current() -> None:
    """``specs/fleet.schema.json`` is what the models yield; ``make schema`` writes it."""
    assert json.loads((SPECS / "fleet.schema.json").read_text()) == spec_schema()


def test_schema_is_a_schema() -> None:
    """The schema is valid by its own dialect, and its example by the schema."""
    jsonschema.Draft202012Validator.check_schema(spec_schema())
    (example,) = json.loads((SPECS / "fleet.schema.json").read_text())["examples"]
    CHECK.validate(example)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_by_schema(name: str) -> None:
    """Each example is valid by the JSON Schema, and short."""
    text = (SPECS / name).read_text()
    CHECK.validate(values_of(text))
    assert text.startswith("# yaml-language-server: $schema=fleet.schema.json\n")
    assert len(text.splitlines()) < 60


def test_examples_by_models() -> None:
    """The examples compile together, without any diagnostic."""
    specs = load_specs([str(SPECS / name) for name in EXAMPLES])
    assert specs.diagnostics == ()
    assert [fleet.name for fleet in specs.fleets] == ["ledger", "web", "workers"]


@pytest.mark.parametrize("text", [WEB, RICH])
def test_good_texts_by_schema(text: str) -> None:
    """What the models accept, the schema accepts."""
    assert compiled(text).errors == ()
    CHECK.validate(values_of(text))


STRUCTURAL = [
    mistake
    for mistake in MISTAKES
    if mistake.code in {"EK0201", "EK0203", "EK0204", "EK0205", "EK0303", "EK0401"}
]


@pytest.mark.parametrize("mistake", STRUCTURAL, ids=lambda mistake: mistake.name)
def test_mistakes_by_schema(mistake: Mistake) -> None:
    """Unknown fields, wrong types, words and ranges are refused by the schema too."""
    assert not CHECK.is_valid(values_of(edited((mistake.old, mistake.new))))


@pytest.mark.parametrize("model", all_models(), ids=lambda model: model.__name__)
def test_every_field_described(model: type[Part]) -> None:
    """Each model has a docstring and each of its fields a sentence."""
    aliases = {field.alias for field in model.model_fields.values()}
    assert model.__doc__
    assert set(field_texts(model)) == aliases
    assert all(text.rstrip().endswith(".") for text in field_texts(model).values())


def test_codes_documented() -> None:
    """``docs/errors.md`` lists every code once, in order, with the meaning in the code."""
    rows = re.findall(
        r"^\| `(EK\d{4})` \| (.*) \|$", (ROOT / "docs/errors.md").read_text(), re.MULTILINE
    )
    assert rows == [(code.value, MEANINGS[code]) for code in Code]


def test_every_code_is_told() -> None:
    """Every code of the table is used somewhere in the program."""
    program = "".join(
        path.read_text() for path in (ROOT / "controller").rglob("*.py") if path.name != "codes.py"
    )
    assert [code.name for code in Code if f"Code.{code.name}" not in program] == []


def test_validating_imports_little() -> None:
    """Reading and showing specs imports neither Azure's packages nor those of servers and terminals."""
    program = (
        "import sys; import controller.sources.directory, controller.cli.diagnostics; "
        "print([name for name in ('azure', 'aiohttp', 'rich', 'asyncio', 'structlog', 'tenacity') "
        "if name in sys.modules])"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter and our own text
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
