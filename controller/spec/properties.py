"""Two small words for building ARM properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from providers.base import Json

Properties: TypeAlias = "dict[str, Json]"


def given(**properties: Json) -> Properties:
    """Leave out what is None or empty, so that Azure's default holds."""
    return {name: value for name, value in properties.items() if value not in (None, {}, [], ())}


def reference(arm_id: str | None) -> Properties | None:
    """Refer to a resource as ARM does; None refers to nothing."""
    return None if arm_id is None else {"id": arm_id}
