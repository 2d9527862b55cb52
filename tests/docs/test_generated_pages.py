"""The pages that are made from the program are as the program would make them now."""

from __future__ import annotations

import ast
import dataclasses
import os
from typing import TYPE_CHECKING

import pytest

from controller.cli.exits import Exit
from controller.cli.reference import commands_reference
from controller.spec import values
from controller.spec.reference import AT_VALIDATION, WITHOUT_EFFECT, field_paths, spec_reference
from tests.docs.pages import DOCS, ROOT, rows

if TYPE_CHECKING:
    from collections.abc import Callable

READ_BY_NOBODY = {
    "Fleet.manage_locks": "Protection.manageLocks",
    "Quorum.voters": "Quorum.voters",
    "Quorum.zone_loss_safe": "Quorum.zoneLossSafe",
}
"""Values of a fleet that no code outside of the language of specs reads, and the fields they come from."""


@pytest.mark.parametrize(
    ("page", "make"), [("spec.md", spec_reference), ("commands.md", commands_reference)]
)
def test_page_is_current(page: str, make: Callable[[], str]) -> None:
    """The page equals what is made now; EVENKEEL_UPDATE_GOLDEN=1 rewrites it."""
    path = DOCS / page
    if os.environ.get("EVENKEEL_UPDATE_GOLDEN") == "1":
        path.write_text(make())
    assert path.read_text() == make(), f"docs/{page} is out of date; run: make golden"


def test_every_exit_code_is_told() -> None:
    """The page of commands has one row for each exit code, in their order."""
    text = commands_reference().partition("## Exit codes")[2]
    assert [int(cells[0]) for cells in rows(text)] == [code.value for code in Exit]


def test_paths_reach_the_depth() -> None:
    """A field is known by every path at which it stands."""
    assert field_paths() >= {
        "apiVersion",
        "spec.placement.zones",
        "spec.template.dataDisks[].lun",
        "spec.pools[].template.nics[].publicIp.prefix",
    }


def test_idle_fields_are_marked() -> None:
    """A value of a spec that nothing outside of ``controller/spec`` reads is marked as such, and no other."""
    written = [
        (kind.__name__, field.name)
        for kind in vars(values).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        for field in dataclasses.fields(kind)
    ]
    read = _attributes_read()
    idle = {f"{kind}.{name}" for kind, name in written if name not in read}
    assert idle == set(READ_BY_NOBODY)
    assert set(READ_BY_NOBODY.values()) <= {*WITHOUT_EFFECT, *AT_VALIDATION}


def _attributes_read() -> set[str]:
    """Names of all attributes that the controller reads outside of the language of specs."""
    modules = [
        path
        for path in (ROOT / "controller").rglob("*.py")
        if path.relative_to(ROOT).parts[1] != "spec"
    ]
    return {
        node.attr
        for path in modules
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
