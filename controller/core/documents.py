"""Walking in the JSON documents of templates, whose shape is the user's business."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.base import Json


def mapping_in(parent: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    """The mapping under ``name``; empty if there is none."""
    value = parent.get(name)
    return value if isinstance(value, Mapping) else {}


def mappings_in(parent: Mapping[str, Json], name: str) -> list[Mapping[str, Json]]:
    """The mappings of the list under ``name``; empty if there is none."""
    value = parent.get(name)
    listed = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    return [one for one in listed if isinstance(one, Mapping)]
