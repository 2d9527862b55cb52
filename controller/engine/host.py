"""What a daemon has of its machine beside time: calls that block, hints of changed files, room on its disk.

A simulation puts its own in the place of these, so that nothing of the daemon leaves its event loop.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from controller.sources.apart import apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from controller.sources.apart import Apart


class Watcher(Protocol):
    """Tells when a source may have changed. ``trouble`` says why there are no hints now, or is empty."""

    @property
    def trouble(self) -> str:
        """Why nothing is heard just now; empty if all is well."""
        ...

    async def run(self) -> None:
        """Watch until cancelled. Raises nothing."""
        ...


def free_bytes(directory: Path) -> int:
    """Bytes that may still be written below a directory. Raises ``OSError``."""
    room = os.statvfs(directory)
    return room.f_bavail * room.f_frsize


def _watch(watched: Callable[[], tuple[Path, ...]], on_hint: Callable[[], None]) -> Watcher:
    # Commands that watch nothing need not load what watches.
    from controller.sources.watch import Watch

    return Watch(watched, on_hint)


@dataclass(frozen=True, slots=True)
class Host:
    """``apart`` makes calls that may hang for ever, ``write`` those that the end of the loop waits for.

    ``watch`` makes what listens for changes of directories.
    """

    apart: Apart = apart
    write: Apart = asyncio.to_thread
    watch: Callable[[Callable[[], tuple[Path, ...]], Callable[[], None]], Watcher] = _watch
    free_bytes: Callable[[Path], int] = free_bytes


HOST = Host()
"""The machine that we run on."""
