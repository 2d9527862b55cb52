"""How a saved document is read: strict types, every mistake named with its path, never a traceback."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic_core import ErrorDetails

FORMAT_VERSION = "1.0"
"""What this program writes. Readers accept every version with the same number before the dot."""

_SHOWN_MISTAKES = 10
_SHOWN_CHARACTERS = 40
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class DocumentError(Exception):
    """A saved document cannot be used. ``problems`` say where, what was expected and what is there."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        shown = [*problems[:_SHOWN_MISTAKES]]
        if len(problems) > _SHOWN_MISTAKES:
            shown.append(f"and {len(problems) - _SHOWN_MISTAKES} more mistakes")
        super().__init__("\n".join(f"{source}: {problem}" for problem in shown))
        self.source = source
        self.problems = tuple(problems)


class Shape(BaseModel):
    """Base of the models at this border: camelCase keys, exact types, unknown keys ignored."""

    model_config = ConfigDict(
        frozen=True, strict=True, extra="ignore", alias_generator=to_camel, allow_inf_nan=False
    )


ShapeT = TypeVar("ShapeT", bound=Shape)


def read_shape(text: str, source: str, shape: type[ShapeT], kind: str) -> ShapeT:
    """Read one document. ``kind`` says what it should be, as ``an observation document``.

    Raises ``DocumentError`` for text that is not JSON, for another major format version, and for
    every value of a wrong type, all of them at once.
    """
    text = text.removeprefix("\ufeff")
    document = _parse(text, source, kind)
    _check_version(document, source, kind)
    try:
        return shape.model_validate_json(text)
    except ValidationError as error:
        details = error.errors(include_url=False)
        raise DocumentError(source, [_sentence(detail) for detail in details]) from None


def _parse(text: str, source: str, kind: str) -> Mapping[str, object]:
    try:
        document: object = json.loads(
            text, object_pairs_hook=_unique_keys, parse_constant=_no_constant
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise DocumentError(source, [f"{place}: this is not JSON ({error.msg})"]) from None
    except _RefusedError as error:
        raise DocumentError(source, [str(error)]) from None
    except ValueError:
        raise DocumentError(source, ["a number in it has too many digits"]) from None
    except RecursionError:
        raise DocumentError(source, ["the values are nested too deeply"]) from None
    if not isinstance(document, dict):
        raise DocumentError(source, [f"expected {kind}, found {_describe(document)}"])
    return document


def _check_version(document: Mapping[str, object], source: str, kind: str) -> None:
    version = document.get("formatVersion")
    if version is None:
        raise DocumentError(
            source, [f'formatVersion: it is missing; is this {kind}? Ours say "1.0"']
        )
    if not isinstance(version, str) or not re.fullmatch(r"\d+\.\d+", version):
        found = _describe(version)
        raise DocumentError(
            source, [f'formatVersion: expected a text such as "1.0", found {found}']
        )
    if version.partition(".")[0] != FORMAT_VERSION.partition(".")[0]:
        problem = f"formatVersion: this program reads versions 1.x, not {version}"
        raise DocumentError(source, [f"{problem}; use the release of evenkeel that wrote the file"])


class _RefusedError(ValueError):
    """JSON that Python reads and we do not."""


def _unique_keys(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise _RefusedError(f"the key {json.dumps(key)} occurs twice in one object")
        found[key] = value
    return found


def _no_constant(name: str) -> object:
    raise _RefusedError(f"{name} is not a number that JSON knows")


_EXPECTED: Mapping[str, str] = {
    "string_type": "a text in quotes",
    "string_too_short": "a text that is not empty",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "a list",
    "tuple_type": "a list",
    "frozen_set_type": "a list",
    "greater_than_equal": "at least {ge}",
    "enum": "{expected}",
    "datetime_type": "a time such as 2026-11-21T12:00:00Z",
    "datetime_parsing": "a time such as 2026-11-21T12:00:00Z",
    "datetime_from_date_parsing": "a time such as 2026-11-21T12:00:00Z",
    "datetime_object_invalid": "a time such as 2026-11-21T12:00:00Z",
    "timezone_aware": "a time with its zone, such as 2026-11-21T12:00:00Z",
}


def _sentence(detail: ErrorDetails) -> str:
    place = _path(detail["loc"])
    context = detail.get("ctx", {})
    kind = detail["type"]
    if kind == "missing":
        return f"{place}: it is missing"
    if kind == "value_error":
        return f"{place}: {context.get('error', detail['msg'])}"
    if kind not in _EXPECTED:
        return f"{place}: {detail['msg']}" if place else detail["msg"]
    expected = _EXPECTED[kind].format(**context)
    return f"{place}: expected {expected}, found {_describe(detail['input'])}"


def _path(location: tuple[int | str, ...]) -> str:
    """``fleets.web.instances[0].zone``; keys that are not plain words in brackets."""
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        elif _PLAIN_KEY.fullmatch(step):
            path += f".{step}" if path else step
        else:
            path += f"[{json.dumps(step)}]"
    return path


def _describe(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return f"the text {short}" if isinstance(value, str) else short
