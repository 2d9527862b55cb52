"""YAML files of ``deploy/`` as plain values, read by the project's own strict reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.spec.nodes import plain
from controller.spec.syntax import compose

if TYPE_CHECKING:
    from pathlib import Path


def documents(path: Path) -> list[dict[str, Any]]:
    """The documents of a file. Raises ``AssertionError`` for anything that is not sound YAML 1.2."""
    composed = compose(path.read_text(encoding="utf-8"))
    assert not composed.problems, composed.problems
    found = [plain(one.root) for one in composed.documents if one.root is not None]
    assert all(isinstance(one, dict) for one in found), path
    return found  # type: ignore[return-value]  # asserted just above
