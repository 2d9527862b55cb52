"""From pydantic's errors to problems: what was found, what is expected, and what was probably meant."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.model.lookup import fields_at
from controller.spec.nodes import (
    Node,
    Path,
    Scalar,
    dotted,
    find,
    key_span,
    value_span,
)
from controller.spec.rejected import rejected_name, rejected_value
from controller.spec.source import Problem
from controller.spec.suggest import BOOLEAN, found, short, suggest_field, suggest_value, type_remedy

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_EXPECTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": BOOLEAN,
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
}
_NO_STEPS = frozenset({"[key]", "[list]", "[flag]"})
"""Parts of an error's place that stand for no step in the text."""
_QUOTED = re.compile(r"'([^']*)'")


def to_problem(error: ErrorDetails, root: Node) -> Problem:
    """Turn one of pydantic's errors into a problem with its place in the text."""
    path: Path = tuple(step for step in error["loc"] if step not in _NO_STEPS)
    kind = error["type"]
    if kind == "extra_forbidden":
        return _unknown_field(path, root)
    if kind == "missing":
        return _missing(path, root)
    if kind.startswith("EK"):
        context = error.get("ctx", {})
        return _placed(Code(kind), str(context["message"]), path, root, remedy=context["help"])
    if kind in _EXPECTED:
        return _wrong_type(_EXPECTED[kind], path, root)
    if kind == "literal_error":
        return _unknown_value(error, path, root)
    return _out_of_range(error, path, root)


def _placed(
    code: Code, message: str, path: Path, root: Node, *, remedy: str = "", label: str = ""
) -> Problem:
    return Problem(
        code, message, value_span(root, path), label=label or f"at {dotted(path)}", help=remedy
    )


def _unknown_field(path: Path, root: Node) -> Problem:
    name, parent = str(path[-1]), path[:-1]
    span = key_span(root, path) or value_span(root, path)
    refused = rejected_name(name)
    known = fields_at(parent)
    if refused is not None:
        return Problem(
            refused.code,
            refused.message,
            span,
            label=f"at {dotted(path)}",
            help=refused.help,
            notes=refused.notes,
        )
    return Problem(
        Code.UNKNOWN_FIELD,
        f"unknown field `{name}`",
        span,
        label=f"at {dotted(path)}",
        help=suggest_field(name, parent, known),
    )


def _missing(path: Path, root: Node) -> Problem:
    parent = path[:-1]
    above = find(root, parent)
    place = dotted(parent) or "the document"
    near = get_close_matches(str(path[-1]), list(getattr(above, "entries", {})), n=1)
    return Problem(
        Code.MISSING_FIELD,
        f"`{path[-1]}` is missing in {'`' + place + '`' if parent else place}",
        value_span(root, parent),
        label=f"needs `{path[-1]}`",
        help=f"is `{near[0]}` what you mean?" if near else f"add `{path[-1]}:`",
    )


def _wrong_type(expected: str, path: Path, root: Node) -> Problem:
    node = find(root, path)
    message = f"expected {expected}, found {found(node)}"
    return _placed(Code.WRONG_TYPE, message, path, root, remedy=type_remedy(expected, path, node))


def _unknown_value(error: ErrorDetails, path: Path, root: Node) -> Problem:
    node = find(root, path)
    context = error.get("ctx", {})
    allowed = _QUOTED.findall(str(context.get("expected", "")))
    if isinstance(node, Scalar) and not isinstance(node.value, str):
        problem = _wrong_type("text", path, root)
        if node.text in allowed or isinstance(node.value, bool):
            return problem
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    value = node.text if isinstance(node, Scalar) else found(node)
    refused = rejected_value(name, value)
    if refused is not None:
        return Problem(
            refused.code, refused.message, value_span(root, path), refused.label, refused.help
        )
    message = f"`{short(value)}` is not a value of `{name}`"
    return _placed(Code.UNKNOWN_VALUE, message, path, root, remedy=suggest_value(value, allowed))


def _out_of_range(error: ErrorDetails, path: Path, root: Node) -> Problem:
    context = error.get("ctx", {})
    node = find(root, path)
    kind = error["type"]
    sentences = {
        "greater_than_equal": f"{found(node)} is below {context.get('ge')}",
        "less_than_equal": f"{found(node)} is above {context.get('le')}",
        "too_short": "this list is empty",
        "string_too_short": "this text is empty",
        "string_pattern_mismatch": "this is not an `https://` URL",
    }
    remedies = {
        "greater_than_equal": f"write {context.get('ge')} or more",
        "less_than_equal": f"write {context.get('le')} or less",
        "too_short": "name at least one, or remove the field",
        "string_too_short": "write a value, or remove the field",
    }
    message = sentences.get(kind, error["msg"].lower())
    return _placed(Code.OUT_OF_RANGE, message, path, root, remedy=remedies.get(kind, ""))
