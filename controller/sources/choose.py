"""Which kind of source a path is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.sources.plain import PlainSource

if TYPE_CHECKING:
    from controller.sources.plain import Pause
    from controller.sources.snapshot import SpecSource


def open_source(path: str, pause: Pause) -> SpecSource:
    """Choose how ``path`` is read. ``pause`` blocks for some seconds; it is called in the reading thread."""
    return PlainSource(path, pause)
