"""The region's own time: it moves only when somebody moves it."""

from __future__ import annotations

from datetime import datetime, timedelta


class VirtualClock:
    """Aware UTC time that starts at ``start`` and has run for ``elapsed`` seconds."""

    def __init__(self, start: datetime, elapsed: float = 0.0) -> None:
        if start.utcoffset() != timedelta(0):
            raise ValueError(f"the clock needs an aware start in UTC, not {start!r}")
        self.start = start
        self.elapsed = elapsed

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self.at(self.elapsed)

    def at(self, elapsed: float) -> datetime:
        """The moment ``elapsed`` seconds after the start."""
        return self.start + timedelta(seconds=elapsed)

    def advance(self, seconds: float) -> None:
        """Let time pass. Time never runs backwards: a negative number is a ``ValueError``."""
        if seconds < 0:
            raise ValueError(f"time cannot pass by {seconds} seconds")
        self.elapsed += seconds

    def advance_to(self, moment: datetime) -> None:
        """Let time pass until ``moment``; nothing happens if that is over already."""
        self.elapsed = max(self.elapsed, (moment - self.start).total_seconds())

    async def sleep(self, seconds: float) -> None:
        """Wait without waiting: the time has passed when this returns."""
        self.advance(max(0.0, seconds))
