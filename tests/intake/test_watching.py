"""Hints: one when the watch stands, and one for what happens after that."""

from __future__ import annotations

import asyncio
from pathlib import Path

from controller.sources.watch import Watch


def test_watch_hints_when_it_stands(tmp_path: Path) -> None:
    """A watch hints once as soon as it stands, for what happened before; then at every change."""

    async def story() -> None:
        hinted = asyncio.Event()
        watch = Watch(lambda: (tmp_path, tmp_path / "absent"), hinted.set)
        watching = asyncio.ensure_future(watch.run())
        for name in ("first", "second"):
            await asyncio.wait_for(hinted.wait(), 20)
            hinted.clear()
            (tmp_path / name).touch()
        await asyncio.wait_for(hinted.wait(), 20)
        assert (watch.trouble, watch.begun) == ("", 1)
        watching.cancel()

    asyncio.run(story())
