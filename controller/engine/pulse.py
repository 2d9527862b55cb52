"""Whether the daemon lives: its event loop turns, and its work goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.engine.clock import SteadyClock

LATE_SECONDS = 10.0
"""A loop that has not come round for so long is stuck; the daemon's heart beats every two seconds."""


class Pulse:
    """The last beat of the daemon's heart, and what it said about the work."""

    def __init__(self, clock: SteadyClock) -> None:
        self._clock = clock
        self._at = clock.elapsed
        self._trouble: str | None = None

    def beat(self, trouble: str | None) -> None:
        """Note a beat. ``trouble``: the loop turns, but the work does not go on."""
        self._at = self._clock.elapsed
        self._trouble = trouble

    @property
    def trouble(self) -> str | None:
        """Why the daemon should be started anew; None while it lives."""
        late = self._clock.elapsed - self._at
        if late > LATE_SECONDS:
            return f"the event loop has not come round for {late:.0f} s"
        return self._trouble
