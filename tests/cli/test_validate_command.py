"""``evenkeel validate``: every mistake of every file in one run."""

from __future__ import annotations

import json

import pytest

from tests.cli.shell import Shell
from tests.cli.transcripts import check_transcript


def test_valid_specs(shell: Shell) -> None:
    """Valid specs print nothing but a count on stderr."""
    shell.spec("web")
    shell.spec("api")
    ran = shell.run("validate", "specs")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "evenkeel: checked 2 files, 2 valid fleets: no errors\n"


def test_all_mistakes_at_once(shell: Shell) -> None:
    """Mistakes of several files are told in one run, each at its place."""
    shell.broken_spec("db")
    shell.broken_spec("web")
    shell.spec("api")
    ran = shell.run("validate", "specs")
    assert ran.code == 1
    assert ran.err == "evenkeel: checked 3 files, 1 valid fleet: 2 errors\n"
    check_transcript("validate-mistakes", ran.out)


@pytest.mark.parametrize(
    ("form", "found"),
    [
        ("json", '"code": "EK0201"'),
        ("github", "::error file=specs/db.yaml,line=10,col=3,endColumn=10,title=EK0201::"),
        ("sarif", '"ruleId": "EK0201"'),
    ],
)
def test_forms_for_machines(shell: Shell, form: str, found: str) -> None:
    """The same mistakes come as JSON, as annotations and as SARIF; the exit code stays."""
    shell.broken_spec("db")
    ran = shell.run("validate", "specs", "--format", form)
    assert ran.code == 1
    assert found in ran.out


def test_nothing_wrong_is_json_too(shell: Shell) -> None:
    """Without mistakes, JSON is still a document."""
    shell.spec()
    ran = shell.run("validate", "specs", "--format", "json")
    assert json.loads(ran.out)["summary"] == {"errors": 0, "warnings": 0}


@pytest.mark.parametrize("path", ["nowhere", "empty"])
def test_absence_is_an_error(shell: Shell, path: str) -> None:
    """A path that is missing or holds no spec is an error, never an empty success."""
    (shell.folder / "empty").mkdir()
    ran = shell.run("validate", path)
    assert ran.code == 1
    assert "1 error" in ran.err


@pytest.mark.parametrize(
    ("words", "env", "coloured"),
    [
        ((), {}, False),
        (("--color", "always"), {}, True),
        (("--color", "always"), {"NO_COLOR": "1"}, True),
        ((), {"EVENKEEL_COLOR": "always"}, True),
        (("--color", "never"), {"EVENKEEL_COLOR": "always"}, False),
    ],
)
def test_colour_is_a_choice(
    shell: Shell, words: tuple[str, ...], env: dict[str, str], *, coloured: bool
) -> None:
    """A pipe gets no colour unless it is asked for; the option wins over the environment."""
    shell.broken_spec()
    assert ("\x1b[" in shell.run("validate", "specs", *words, env=env).out) is coloured
