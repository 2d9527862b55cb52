"""A time of day that can be trusted: a machine whose clock jumps is noticed before anything acts on it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.engine.clock import DaemonClock

JUMP_SECONDS = 5.0
"""A difference between the time of day and the counted seconds that no drift explains: NTP slews 0.5 ms/s."""

SETTLED_SECONDS = 60.0
"""How long the time of day must run like the counted seconds before it is believed again after a jump."""


class TrustedClock:
    """The time of day as far as it can be believed.

    When the machine's time jumps, ``now`` goes on from where it was, and ``doubt`` says so: nothing should
    be changed meanwhile, because nobody knows what is old and what has expired. When the new time has run
    evenly for ``SETTLED_SECONDS`` it is taken over, and the doubt ends.
    """

    def __init__(self, wall: DaemonClock) -> None:
        self._wall = wall
        self._known = (wall.now, wall.elapsed)
        self._jumped: tuple[datetime, float] | None = None
        self._epoch = 0

    @property
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        _, elapsed = self._compare()
        return self._after(self._known, elapsed)

    @property
    def elapsed(self) -> float:
        """Counted seconds."""
        return self._wall.elapsed

    @property
    def doubt(self) -> str | None:
        """Why the time of day is not to be believed now; None if it is."""
        moment, elapsed = self._compare()
        if self._jumped is None:
            return None
        gap = (moment - self._after(self._known, elapsed)).total_seconds()
        way = "forward" if gap > 0 else "back"
        return (
            f"this machine's time of day jumped {way} by {abs(gap):.0f} s; "
            f"nothing is changed before it has run evenly for {SETTLED_SECONDS:.0f} s"
        )

    @property
    def epoch(self) -> int:
        """Goes up whenever another time of day is taken over: moments of different epochs do not compare."""
        self._compare()
        return self._epoch

    async def sleep(self, seconds: float) -> None:
        """Wait for so many counted seconds."""
        await self._wall.sleep(seconds)

    @staticmethod
    def _after(known: tuple[datetime, float], elapsed: float) -> datetime:
        """What the time of day must be at ``elapsed`` if it has run evenly since a known moment."""
        moment, before = known
        return moment + timedelta(seconds=elapsed - before)

    def _compare(self) -> tuple[datetime, float]:
        """Hold the time of day against the counted seconds; both, as they were read for that."""
        here = (self._wall.now, self._wall.elapsed)
        if _near(here[0], self._after(self._known, here[1])):
            # Drift is followed step by step, so that the two never part by the sum of it.
            self._known, self._jumped = here, None
        elif self._jumped is None or not _near(here[0], self._after(self._jumped, here[1])):
            self._jumped = here
        elif here[1] - self._jumped[1] >= SETTLED_SECONDS:
            self._known, self._jumped = here, None
            self._epoch += 1
        return here


def _near(one: datetime, other: datetime) -> bool:
    return abs((one - other).total_seconds()) <= JUMP_SECONDS
