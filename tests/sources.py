"""The source files of the project as syntax trees, for tests about the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name. ``at_run_time`` False: below ``if TYPE_CHECKING``, for annotations only.

    ``at_start`` False: inside a function, so that it happens when that is called.
    """

    module: str
    line: int
    at_run_time: bool
    at_start: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One file. ``name`` is its dotted module name, ``where`` its path from the root of the project."""

    name: str
    where: str
    text: str
    tree: ast.Module

    @property
    def imports(self) -> tuple[Import, ...]:
        """Everything imported, ``from a import b`` as ``a.b``."""
        return tuple(_imports(self.tree, run=True, start=True))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """All Python files below folders of the project, by name."""
    files = [file for folder in folders for file in (ROOT / folder).rglob("*.py")]
    return tuple(sorted((_read(file) for file in files), key=lambda one: one.name))


def package(module: str) -> str:
    """``controller.core`` for ``controller.core.plan``; ``providers.base`` is a package of its own."""
    return ".".join(module.split(".")[:2])


def constants(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every string of a module with its line, docstrings left out."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.lineno, node.value


def _read(file: Path) -> Source:
    text = file.read_text(encoding="utf-8")
    where = file.relative_to(ROOT)
    parts = where.with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    return Source(name, where.as_posix(), text, ast.parse(text))


def _imports(node: ast.AST, *, run: bool, start: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from (Import(one.name, child.lineno, run, start) for one in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = "." * child.level + (child.module or "")
            for one in child.names:
                yield Import(f"{base}.{one.name}", child.lineno, run, start)
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            yield from _imports(child, run=False, start=start)
        else:
            is_function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, run=run, start=start and not is_function)
