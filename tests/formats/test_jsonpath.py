"""Templates of JSONPath: kubectl's dialect, what leads nowhere, and what is written wrongly."""

from __future__ import annotations

from typing import Any

import pytest

from controller.formats.jsonpath import (
    JsonPathError,
    column_text,
    parse_path,
    parse_template,
)

DOCUMENT: dict[str, Any] = {
    "kind": "List",
    "items": [
        {"name": "web", "ready": 6, "labels": {"app.io/team": "pay"}, "sizes": ["a", "b"]},
        {"name": "db", "ready": 2, "labels": {}, "sizes": ["c"], "broken": None},
    ],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("", [DOCUMENT]),
        (".kind", ["List"]),
        ("kind", ["List"]),
        ("$.kind", ["List"]),
        ("$['kind']", ["List"]),
        (".items[*].name", ["web", "db"]),
        (".items[0].name", ["web"]),
        (".items[-1].name", ["db"]),
        (".items[0,1].ready", [6, 2]),
        (".items[9].name", []),
        (".items[1:].name", ["db"]),
        (".items[::-1].name", ["db", "web"]),
        (".items[*]['name','ready']", ["web", 6, "db", 2]),
        (".items[0].labels.app\\.io/team", ["pay"]),
        (".items[0].labels.*", ["pay"]),
        ("..name", ["web", "db"]),
        (".items[?(@.ready>3)].name", ["web"]),
        (".items[?(@.ready <= 2)].name", ["db"]),
        (".items[?(@.name=='db')].ready", [2]),
        ('.items[?(@.name!="db")].ready', [6]),
        (".items[?(@.broken)].name", ["db"]),
        (".items[?(@.ready>'x')].name", []),
        (".items[?(@.sizes[0]=='c')].name", ["db"]),
        (".kind.deeper", []),
        (".items.name", []),
    ],
)
def test_path_finds(path: str, found: list[Any]) -> None:
    """A path leads to these values, in the order of the document."""
    assert parse_path(path).find(DOCUMENT) == found


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{.items[*].name}", "web db"),
        (".items[*].name", "web db"),
        ("a {.kind} b", "a List b"),
        ('{range .items[*]}{.name}{"\\t"}{.ready}{"\\n"}{end}', "web\t6\ndb\t2\n"),
        ("{range .items[*]}{range .sizes[*]}{@},{end};{end}", "a,b,;c,;"),
        ("{.items[0].sizes}", '["a", "b"]'),
        ("{.nothing}", ""),
        ("{'{}'}", "{}"),
    ],
)
def test_template_is_filled_in(template: str, text: str) -> None:
    """A template prints what kubectl would print."""
    assert parse_template(template).render(DOCUMENT) == text


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{.items[}", "is no part of a path"),
        ("{.items", "a brace has no partner"),
        ("{.a}}", "a brace has no partner"),
        ("{range .items[*]}{.name}", "without `{end}`"),
        ("{.name}{end}", "without `{range ...}`"),
        ("{.items[?(ready)]}", "is no filter"),
        ("{.items[?(@.ready==web)]}", "neither a number nor a text in quotes"),
        ("{.items[::0]}", "is zero"),
        ('{"\\x"}', "is no text in quotes"),
    ],
)
def test_mistakes_are_told(template: str, said: str) -> None:
    """What is written wrongly is told with the part that is wrong."""
    with pytest.raises(JsonPathError, match=r".") as told:
        parse_template(template)
    assert said in str(told.value)


def test_columns_show_what_is_missing() -> None:
    """A column shows several values by commas, and a word where there is none."""
    web, db = DOCUMENT["items"]
    assert column_text(parse_path(".sizes[*]"), web) == "a,b"
    assert column_text(parse_path(".broken"), db) == "<none>"
