"""Walking in JSON documents whose shape is the caller's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


# Most values in a document; to ask whether one is a mapping takes ten times as long.
_SCALARS = (str, int, float, type(None))


def plain(value: object) -> object:
    """Copy a JSON value into dictionaries and lists of its own."""
    if isinstance(value, _SCALARS):
        return value
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Sequence):
        return [plain(inner) for inner in value]
    return value


def plain_document(document: Mapping[str, object]) -> dict[str, object]:
    """Copy a JSON document into dictionaries and lists of its own."""
    return {name: plain(inner) for name, inner in document.items()}


def mapping_in(parent: Mapping[str, object], name: str) -> Mapping[str, object]:
    """The mapping under ``name``; empty if there is none."""
    value = parent.get(name)
    return value if isinstance(value, dict | Mapping) else {}


def mappings_in(parent: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """The mappings of the list under ``name``; empty if there is none."""
    value = parent.get(name)
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [entry for entry in listed if isinstance(entry, Mapping)]


def references(value: object) -> Iterator[str]:
    """Every ARM id that the value refers to: the ``id`` properties that start with a subscription."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name == "id" and isinstance(inner, str) and inner.startswith("/subscriptions/"):
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for inner in value:
            yield from references(inner)
