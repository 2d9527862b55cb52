"""When a fleet is looked at again: urgency, backoff, resync, and how many reads Azure is asked for.

Pure arithmetic. Durations are seconds; a ``fraction`` is a random number in [0, 1) that the caller draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RESYNC_SECONDS = 60.0
"""How often a fleet at rest is looked at: a lost VM is to be noticed within two minutes."""

LONGEST_BACKOFF_SECONDS = 300.0
JITTER = 0.2
"""By how much of itself a pause may be longer, so that fleets do not march in step."""

PROMOTION_SECONDS = 30.0
"""Who has been due for so long counts one degree more urgent, so that nobody waits for ever."""

LISTS_PER_SECOND = 300 / 60
LISTS_AT_MOST = 900.0
"""Azure's bucket of VM lists, for each subscription and region: it holds 900 and gains 300 a minute.

https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits, "High-cost Get".
"""

RESTING_SHARE = 1 / 5
WORKING_SHARE = 1 / 2
"""What of that bucket looks at fleets at rest may use, and what all looks together may use."""

RESYNC_LOAD = 0.8
"""How much of the resting share the planned looks fill; the rest is for what comes unplanned."""

_PAGE = 1000
"""Members on a page of Azure's list."""


class Urgency(IntEnum):
    """Why a fleet is to be looked at; the smaller, the sooner."""

    CHANGE = 0
    LOOK_AGAIN = 1
    RESYNC = 2

    @property
    def words(self) -> str:
        """The same for people."""
        return ("its spec changed", "something is under way", "a regular look")[self]


def rank(urgency: Urgency, overdue_seconds: float) -> int:
    """How urgent a fleet is after being due for so long; the smaller, the sooner."""
    return max(0, int(urgency) - int(max(0.0, overdue_seconds) // PROMOTION_SECONDS))


def backoff_seconds(failures: int, fraction: float) -> float:
    """How long to leave a fleet alone after so many failed passes in a row: 2, 4, 8 … to five minutes.

    The jitter only adds, so that the pause is never shorter than that.
    """
    if failures < 1:
        return 0.0
    # An exponent beyond 16 is far beyond the cap, and a float has an end.
    pause = min(2.0 ** min(failures, 16), LONGEST_BACKOFF_SECONDS)
    return pause * (1 + JITTER * fraction)


def spread_out(seconds: float, fraction: float) -> float:
    """A pause made a little longer, by chance."""
    return seconds * (1 + JITTER * fraction)


def list_pages(members: int) -> int:
    """How many list requests one look at a set of so many members costs."""
    return max(1, -(-members // _PAGE))


@dataclass(frozen=True, slots=True)
class Resync:
    """How often fleets at rest are looked at. ``why`` is empty unless that is less often than ``wanted``."""

    wanted: float
    seconds: float
    why: str = ""


def compute_resync(wanted: float, pages: Iterable[int]) -> Resync:
    """Stretch the interval so that looking at all fleets of one subscription and region stays affordable.

    ``pages`` are the list requests that one look at each of them costs. The average pause is longer by
    half the jitter; that is not counted on.
    """
    total = sum(pages)
    needed = total / (LISTS_PER_SECOND * RESTING_SHARE * RESYNC_LOAD)
    if needed <= wanted:
        return Resync(wanted, wanted)
    why = (
        f"resync every {needed:.0f} s instead of {wanted:.0f} s: one round of looks costs {total} list "
        "requests, and a fifth of Azure's limit is kept to"
    )
    return Resync(wanted, needed, why)


@dataclass(frozen=True, slots=True)
class Allowance:
    """A bucket of list requests: holds ``capacity``, gains ``per_second``, held ``tokens`` at ``elapsed``."""

    capacity: float
    per_second: float
    tokens: float
    elapsed: float

    def at(self, elapsed: float) -> Allowance:
        """The same at a later moment."""
        gained = max(0.0, elapsed - self.elapsed) * self.per_second
        return replace(
            self,
            tokens=min(self.capacity, self.tokens + gained),
            elapsed=max(elapsed, self.elapsed),
        )

    def wait(self, cost: float) -> float:
        """Seconds until ``cost`` can be taken. What costs more than it ever holds waits until it is full."""
        lacking = min(cost, self.capacity) - self.tokens
        return max(0.0, lacking / self.per_second)

    def less(self, cost: float) -> Allowance:
        """The same after ``cost`` was taken; it may fall below zero."""
        return replace(self, tokens=self.tokens - cost)


def _share_of(share: float, elapsed: float) -> Allowance:
    full = LISTS_AT_MOST * share
    return Allowance(full, LISTS_PER_SECOND * share, full, elapsed)


@dataclass(frozen=True, slots=True)
class ReadBudget:
    """What may be read in one subscription and region: by looks at rest, and by all looks together."""

    resting: Allowance
    working: Allowance

    @classmethod
    def full(cls, elapsed: float) -> ReadBudget:
        """Both buckets full, as Azure's are at the start."""
        return cls(_share_of(RESTING_SHARE, elapsed), _share_of(WORKING_SHARE, elapsed))

    def at(self, elapsed: float) -> ReadBudget:
        """The same at a later moment."""
        return ReadBudget(self.resting.at(elapsed), self.working.at(elapsed))

    def wait(self, urgency: Urgency, pages: int) -> float:
        """Seconds until a look of this urgency may begin.

        Work leaves alone what looks at rest may use, but not the other way round.
        """
        wait = self.working.wait(pages)
        return max(wait, self.resting.wait(pages)) if urgency is Urgency.RESYNC else wait

    def less(self, urgency: Urgency, pages: int) -> ReadBudget:
        """The same after such a look."""
        resting = self.resting.less(pages) if urgency is Urgency.RESYNC else self.resting
        return ReadBudget(resting, self.working.less(pages))
