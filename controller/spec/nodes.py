"""What YAML text is made of once it is composed: scalars, listings and tables, each with its place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.diagnostics import Span
    from providers.base import Json

Path: TypeAlias = tuple[str | int, ...]
"""Way from a document's root to a value: keys and indexes from 0."""


@dataclass(slots=True)
class Scalar:
    """One value. ``text`` is what stands in the file without quotes; ``plain`` means unquoted."""

    value: bool | int | float | str | None
    text: str
    plain: bool
    span: Span


@dataclass(slots=True)
class Listing:
    """A YAML sequence."""

    span: Span
    items: list[Node] = field(default_factory=list)


@dataclass(slots=True)
class Table:
    """A YAML mapping. ``keys`` holds where each key stands."""

    span: Span
    entries: dict[str, Node] = field(default_factory=dict)
    keys: dict[str, Span] = field(default_factory=dict)


Node: TypeAlias = Scalar | Listing | Table


def plain(node: Node) -> Json:
    """Drop the places: dicts, lists and scalars. Keys without a value are left out of mappings."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items() if not is_null(value)}


def is_null(node: Node) -> bool:
    """Whether nothing, ``null`` or ``~`` stands there."""
    return isinstance(node, Scalar) and node.value is None


def child(node: Node, step: str | int) -> Node | None:
    """Go one step down; None if there is nothing."""
    if isinstance(node, Table) and isinstance(step, str):
        return node.entries.get(step)
    if isinstance(node, Listing) and isinstance(step, int) and step < len(node.items):
        return node.items[step]
    return None


def find(root: Node, path: Path) -> Node | None:
    """Follow ``path`` from ``root``; None if it leads nowhere."""
    node: Node | None = root
    for step in path:
        if node is None:
            return None
        node = child(node, step)
    return node


def key_span(root: Node, path: Path) -> Span | None:
    """Where the key at the end of ``path`` stands; None for list items and absent keys."""
    if not path or not isinstance(path[-1], str):
        return None
    parent = find(root, path[:-1])
    return parent.keys.get(path[-1]) if isinstance(parent, Table) else None


def value_span(root: Node, path: Path) -> Span:
    """Where a mistake in the value at ``path`` is best shown: the scalar itself, else its key.

    A path that leads nowhere is shown at the nearest thing above it that exists.
    """
    node = find(root, path)
    if isinstance(node, Scalar) and not is_null(node):
        return node.span
    own_key = key_span(root, path)
    if own_key is not None:
        return own_key
    if node is None:
        return value_span(root, path[:-1]) if path else root.span
    if isinstance(node, Table) and node.keys:
        return next(iter(node.keys.values()))
    return node.span


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """Visit ``node`` and everything below it, parents first, in the order of the text."""
    yield path, node
    if isinstance(node, Listing):
        for index, item in enumerate(node.items):
            yield from walk(item, (*path, index))
    elif isinstance(node, Table):
        for key, value in node.entries.items():
            yield from walk(value, (*path, key))


def dotted(path: Path) -> str:
    """Write a path as people do: ``spec.pools[0].name``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
