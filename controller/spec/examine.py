"""One document: from nodes to a model, with everything that is wrong with it.

Fields with mistakes are cut out and the rest is checked again, so that one run names all mistakes and
each of them once. What rests on a field that was cut out is not reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from pydantic import ValidationError

from controller.spec.codes import Code
from controller.spec.model.fleet import API_VERSION, KIND, FleetDocument
from controller.spec.model.lookup import fields_at
from controller.spec.nodes import (
    Node,
    Path,
    Scalar,
    Table,
    dotted,
    find,
    is_null,
    key_span,
    plain,
    value_span,
    walk,
)
from controller.spec.rules import findings
from controller.spec.source import Problem
from controller.spec.suggest import found, meant_field
from controller.spec.translate import to_problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pydantic_core import ErrorDetails

    from controller.spec.rules.view import Finding

_MAX_ROUNDS = 12
"""Each round cuts out at least one level; a document is some ten levels deep."""


OTHER_KINDS = frozenset({"Scenario"})
"""Kinds of documents that may lie among specs and are read by other commands."""

_PLACE = {
    "subscription": "00000000-0000-0000-0000-000000000000",
    "resourceGroup": "stand-in",
    "location": "westeurope",
}
_STAND_INS: dict[Path, object] = {
    ("apiVersion",): API_VERSION,
    ("kind",): KIND,
    ("metadata",): {"name": "stand-in"},
    ("metadata", "name"): "stand-in",
    ("spec", "azure"): _PLACE,
    **{("spec", "azure", name): value for name, value in _PLACE.items()},
}
"""Valid values in place of wrong ones that a document cannot do without, so that its rules still run."""


@dataclass(slots=True)
class Examined:
    """What became of one document. ``model`` is None when too little of it is right.

    A model next to errors is a part of the truth: it lacks what is wrong and may hold stand-ins.
    """

    model: FleetDocument | None
    problems: list[Problem] = field(default_factory=list)


class _Wrong:
    """Paths at which something is wrong."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths: set[Path] = set()
        self._above: set[Path] = set()
        self.add(*paths)

    def add(self, *paths: Path) -> None:
        """Remember further paths."""
        self._paths.update(paths)
        self._above.update(path[:end] for path in paths for end in range(len(path) + 1))

    def touches(self, *paths: Path) -> bool:
        """Whether something wrong is at one of the paths, above it or below it."""
        return any(
            path in self._above or any(path[:end] in self._paths for end in range(len(path)))
            for path in paths
        )


def examine(root: Node) -> Examined:
    """Check one document, field by field and as a whole."""
    if not isinstance(root, Table):
        message = f"a fleet is a mapping, found {found(root)}"
        remedy = f"begin with `apiVersion: {API_VERSION}` and `kind: {KIND}`"
        return Examined(
            None, [Problem(Code.WRONG_TYPE, message, value_span(root, ()), help=remedy)]
        )
    kind = text_at(root, ("kind",))
    if kind is not None and kind.lower() != KIND.lower():
        return Examined(None, [_other_kind(root, kind)])
    empty = [
        (path, node) for path, node in walk(root) if is_null(node) and isinstance(path[-1], str)
    ]
    problems = [_no_value(root, path) for path, _node in empty]
    wrong = _Wrong(path for path, _node in empty)
    model = _validate(root, problems, wrong)
    if model is not None:
        problems += [
            place_finding(finding, root)
            for finding in findings(model)
            if not wrong.touches(finding.path, *finding.also)
        ]
    return Examined(model, problems)


def _other_kind(root: Node, kind: str) -> Problem:
    return Problem(
        Code.UNKNOWN_VALUE,
        f"`{kind}` is not a kind of document that is known here",
        value_span(root, ("kind",)),
        label="at kind",
        help=f"write `{KIND}`, or keep other documents elsewhere",
    )


def is_other_document(root: Node | None) -> bool:
    """Whether this is a document of ours that describes no fleet: a scenario of the simulated region."""
    is_ours = text_at(root, ("apiVersion",)) == API_VERSION
    return is_ours and text_at(root, ("kind",)) in OTHER_KINDS


def _no_value(root: Node, path: Path) -> Problem:
    name = str(path[-1])
    glued = ":" in name
    return Problem(
        Code.NO_VALUE,
        f"`{name}` has no value",
        key_span(root, path) or value_span(root, path),
        label=f"at {dotted(path)}",
        help="put a space after the colon" if glued else "give it a value, or remove the line",
    )


def _validate(root: Table, problems: list[Problem], wrong: _Wrong) -> FleetDocument | None:
    remaining = cast("dict[str, object]", plain(root))
    for _round in range(_MAX_ROUNDS):
        try:
            return FleetDocument.model_validate(remaining)
        except ValidationError as error:
            details = error.errors(include_url=False, include_input=False)
            details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
            for detail in details:
                path = _path_of(detail)
                if not wrong.touches(path):
                    problems.append(to_problem(detail, root))
                    wrong.add(*_spoilt(detail, root, problems[-1].code))
                wrong.add(path)
                if not _cut(remaining, path, missing=detail["type"] == "missing"):
                    return None
    return None


def _spoilt(detail: ErrorDetails, root: Table, code: Code) -> list[Path]:
    """Name what else is wrong by the same mistake: a misspelt field's right name, a list's other entries."""
    path = _path_of(detail)
    if detail["type"] == "extra_forbidden":
        meant = meant_field(str(path[-1]), fields_at(path[:-1]))
        right = (*path[:-1], meant)
        return [right] if meant and find(root, right) is None else []
    in_list = code is Code.WRONG_TYPE and isinstance(path[-1], int)
    return [path[:-1]] if in_list else []


def _path_of(detail: ErrorDetails) -> Path:
    return tuple(step for step in detail["loc"] if step != "[key]")


def _cut(remaining: dict[str, object], path: Path, *, missing: bool) -> bool:
    """Take what is wrong out of ``remaining``: the field, or what lacks a field. False: nothing is left.

    A wrong entry takes its whole list with it, so that the other entries keep their indexes.
    """
    wanted = path in _STAND_INS or not missing
    target = list(path if wanted else path[:-1])
    while target and isinstance(target[-1], int):
        target.pop()
    if not target:
        return False
    stand_in = _STAND_INS.get(tuple(target))
    above: object = remaining
    for step in target[:-1]:
        if isinstance(above, dict) and isinstance(step, str):
            above = above.get(step)
        elif isinstance(above, list) and isinstance(step, int):
            above = above[step]
    if isinstance(above, dict):
        if stand_in is None or above.get(target[-1]) == stand_in:
            above.pop(target[-1], None)
        else:
            above[target[-1]] = stand_in
    return True


def place_finding(finding: Finding, root: Node) -> Problem:
    """Tie a finding to its place in the text."""
    key = key_span(root, finding.path) if finding.at_key else None
    is_there = find(root, finding.path) is not None
    return Problem(
        finding.code,
        finding.message,
        key or value_span(root, finding.path),
        label=f"at {dotted(finding.path)}" if is_there else "",
        help=finding.remedy,
        notes=finding.notes,
        severity=finding.severity,
    )


def text_at(root: Node | None, path: Path) -> str | None:
    """Read text at ``path`` from a document that may be broken; None if there is none."""
    node = find(root, path) if root is not None else None
    return node.value if isinstance(node, Scalar) and isinstance(node.value, str) else None
