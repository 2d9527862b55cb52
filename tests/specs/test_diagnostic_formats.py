"""The four formats of diagnostics, letter by letter."""

from __future__ import annotations

import json

import pytest

from controller.cli.diagnostics import (
    display_width,
    render_github,
    render_json,
    render_sarif,
    render_text,
    summary,
    utf16_column,
)
from controller.spec.codes import Code
from controller.spec.diagnostics import Diagnostic, Severity
from tests.specs.spec_texts import compiled, edited

MISSPELT = Diagnostic(
    code=Code.UNKNOWN_FIELD,
    severity=Severity.ERROR,
    message="unknown field `replica`",
    file="web.yaml",
    line=7,
    column=3,
    end_column=10,
    source_line="  replica: 12",
    label="at spec.replica",
    help="did you mean `replicas`?",
)
WIDE = Diagnostic(
    code=Code.WRONG_TYPE,
    severity=Severity.WARNING,
    message="100% wrong",
    file="a,b:c.yaml",
    line=12,
    column=8,
    end_column=9,
    source_line="日本: [🎉, 1]",
    notes=("one", "two"),
)
GONE = Diagnostic(
    Code.PATH_MISSING, Severity.ERROR, "there is no `x`", "x", 0, 0, 0, help="check it"
)


def test_text_of_error() -> None:
    """An error shows code, place, line, caret, label and help."""
    assert render_text([MISSPELT]).splitlines() == [
        "error[EK0201]: unknown field `replica`",
        " --> web.yaml:7:3",
        "  |",
        "7 |   replica: 12",
        "  |   ^^^^^^^ at spec.replica",
        "  = help: did you mean `replicas`?",
        "",
        "1 error",
    ]


def test_caret_under_wide_characters() -> None:
    """The caret stands under the mistake although characters before it are two columns wide."""
    lines = render_text([WIDE]).splitlines()
    assert lines[3:7] == [
        "12 | 日本: [🎉, 1]",
        "   |           ^",
        "   = note: one",
        "   = note: two",
    ]


def test_text_without_place() -> None:
    """A mistake about a whole file shows the file alone."""
    assert render_text([GONE]).splitlines()[:3] == [
        "error[EK0001]: there is no `x`",
        " --> x",
        "  = help: check it",
    ]


def test_nothing_to_show() -> None:
    """Without diagnostics there is no text, and the summary says so."""
    assert (render_text([]), render_github([]), summary([])) == ("", "", "no errors")


def test_colour_changes_no_letter() -> None:
    """Colour comes only when asked for, and taking it away leaves the same text."""
    coloured = render_text([MISSPELT, WIDE], color=True)
    for code in ("\x1b[0m", "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m"):
        coloured = coloured.replace(code, "")
    assert coloured == render_text([MISSPELT, WIDE])
    assert "\x1b" not in coloured


def test_terminal_is_not_steered() -> None:
    """Control characters of a spec never reach the terminal."""
    specs = compiled(edited(("team: payments", "team: \x1b[31mred\u202e")), "a: \u2028b")
    shown = render_text(specs.diagnostics)
    assert not {"\x1b", "\u202e", "\u2028"} & set(shown)


def test_long_line_cut() -> None:
    """Of a line of thousands of columns the surroundings of the mistake are shown."""
    specs = compiled(edited(("team: payments", f"team: {'x' * 3000}, more: 1")))
    lines = render_text(specs.diagnostics).splitlines()
    assert max(map(len, lines)) < 200
    assert lines[3][lines[4].index("^")] == "1"


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("🎉", 2), ("a\u200db", 2)]
)
def test_display_width(text: str, width: int) -> None:
    """Wide characters take two columns, combining and invisible ones none."""
    assert display_width(text) == width


def test_json_of_diagnostics() -> None:
    """JSON holds every field of every diagnostic and the counts."""
    shown = json.loads(render_json([MISSPELT, WIDE]))
    assert shown["formatVersion"] == "1.0"
    assert shown["summary"] == {"errors": 1, "warnings": 1}
    assert shown["diagnostics"][0] == {
        "code": "EK0201",
        "severity": "error",
        "message": "unknown field `replica`",
        "file": "web.yaml",
        "line": 7,
        "column": 3,
        "endColumn": 10,
        "sourceLine": "  replica: 12",
        "label": "at spec.replica",
        "help": "did you mean `replicas`?",
        "notes": [],
    }


def test_github_annotations() -> None:
    """GitHub's signs are escaped in properties and messages, and each diagnostic is one line."""
    heads = (
        "::error file=web.yaml,line=7,col=3,endColumn=10,title=EK0201::",
        "::warning file=a%2Cb%3Ac.yaml,line=12,col=8,endColumn=9,title=EK0203::",
        "::error file=x,line=1,col=1,endColumn=2,title=EK0001::",
    )
    bodies = (
        "unknown field `replica`%0Ahelp: did you mean `replicas`?",
        "100%25 wrong%0Anote: one%0Anote: two",
        "there is no `x`%0Ahelp: check it",
    )
    wanted = [head + body for head, body in zip(heads, bodies, strict=True)]
    assert render_github([MISSPELT, WIDE, GONE]).splitlines() == wanted


def test_sarif_log() -> None:
    """SARIF names its version, its rules, and regions in UTF-16 units."""
    log = json.loads(render_sarif([MISSPELT, WIDE, GONE], version="0.1.0"))
    (run,) = log["runs"]
    assert (log["version"], run["columnKind"]) == ("2.1.0", "utf16CodeUnits")
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["EK0001", "EK0201", "EK0203"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place.get("region") for place in places] == [
        {"startLine": 7, "startColumn": 3, "endColumn": 10},
        {"startLine": 12, "startColumn": 9, "endColumn": 10},
        None,
    ]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 2, 0]
    assert places[1]["artifactLocation"]["uri"] == "a%2Cb%3Ac.yaml"


@pytest.mark.parametrize(("column", "units"), [(1, 1), (2, 3), (3, 4)])
def test_utf16_columns(column: int, units: int) -> None:
    """A character outside the basic plane counts as two UTF-16 units."""
    assert utf16_column("🎉ab", column) == units
