"""Hints that a source may have changed. Nothing rests on them: without any, a change is seen at a rescan.

Directories are watched one by one and none recursively, so that the parents of links cost no more than they
hold. A watch on a directory that was removed and made again is deaf without saying so; therefore the watched
directories are compared by inode at every event and every few seconds, and watched anew if they differ.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from watchfiles import awatch

from controller.sources.apart import apart

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEBOUNCE_MS, STEP_MS = 150, 30
"""Events are gathered while they come within a step of each other, and no longer than the first."""
LOOK_MS = 2_000
"""How often the watched directories are compared when nothing happens."""
AGAIN_SECONDS = 5.0
"""When to try again after watching failed."""

_Seen: TypeAlias = "dict[Path, tuple[int, int]]"


class Watch:
    """Watches the directories that ``watched`` names, whatever becomes of them, and calls ``on_hint``.

    ``trouble`` says why there are no hints just now, or is empty.
    """

    def __init__(
        self, watched: Callable[[], tuple[Path, ...]], on_hint: Callable[[], None]
    ) -> None:
        self._watched = watched
        self._on_hint = on_hint
        self.trouble = ""
        self.begun = 0

    async def run(self) -> None:
        """Watch until cancelled. Raises nothing."""
        while True:
            try:
                await self._watch(await apart(self._look))
            except (OSError, RuntimeError) as error:
                self.trouble = (
                    f"changes are not watched ({error}) and seen at the next rescan only; if it is the limit, "
                    "raise fs.inotify.max_user_watches and max_user_instances"
                )
                await asyncio.sleep(AGAIN_SECONDS)

    async def _watch(self, seen: _Seen) -> None:
        """Watch these directories until they are not what they were any more."""
        if not seen:
            raise OSError("there is no directory to watch")
        self.begun += 1
        stop = asyncio.Event()
        # Called when the loop gets its turn, and by then the watch stands: nothing falls in between.
        asyncio.get_running_loop().call_soon(self._on_hint)
        try:
            async for changes in awatch(
                *seen,
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=stop,
                rust_timeout=LOOK_MS,
                yield_on_timeout=True,
                recursive=False,
            ):
                self.trouble = ""
                differs = await apart(self._look) != seen
                if changes or differs:
                    self._on_hint()
                if differs:
                    return
        finally:
            stop.set()

    def _look(self) -> _Seen:
        """The directories that are there now, with device and inode, in a stable order."""
        found: _Seen = {}
        for path in sorted(set(self._watched())):
            try:
                status = path.stat()
            except OSError:
                continue
            found[path] = (status.st_dev, status.st_ino)
        return found
