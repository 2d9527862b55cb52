"""When a fleet is looked at again: urgency, backoff, resync, and how many reads Azure is asked for.

Pure arithmetic. Durations are seconds; a ``fraction`` is a random number in [0, 1) that the caller draws.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from controller.core import report

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

_HOPEFUL = 3
"""Failures in a row after which another look is nothing urgent any more."""


class Urgency(IntEnum):
    """Why a fleet is to be looked at; the smaller, the sooner."""

    CHANGE = 0
    LOOK_AGAIN = 1
    RESYNC = 2


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
class Outlook:
    """What a pass leaves behind, as far as it matters for when to look again.

    ``look_again_seconds`` is the plan's wish, or how long a throttled platform asks to be left alone.
    ``moving``: members are on their way in or out. ``failures`` counts failed passes in a row, this one
    included.
    """

    look_again_seconds: float
    moving: bool = False
    failures: int = 0


@dataclass(frozen=True, slots=True)
class NextLook:
    """When to look again, and why then. ``ailing``: the fleet is not to crowd out those that are well."""

    urgency: Urgency
    seconds: float
    why: str
    ailing: bool = False


def next_look(outlook: Outlook, resync: Resync, fraction: float) -> NextLook:
    """Decide when to look again at a fleet. Every pause is a little longer by chance, never shorter."""
    wish = spread_out(outlook.look_again_seconds, fraction)
    if outlook.failures:
        pause = max(wish, backoff_seconds(outlook.failures, fraction))
        urgency = Urgency.LOOK_AGAIN if outlook.failures <= _HOPEFUL else Urgency.RESYNC
        return NextLook(urgency, pause, _failed(outlook.failures), ailing=True)
    if outlook.moving:
        return NextLook(Urgency.LOOK_AGAIN, wish, "something is under way")
    rest = spread_out(resync.seconds, fraction)
    if outlook.look_again_seconds < report.RESYNC_SECONDS and wish < rest:
        return NextLook(Urgency.LOOK_AGAIN, wish, "what is in the way may be gone then")
    return NextLook(Urgency.RESYNC, rest, resync.why or "a regular look")


def _failed(failures: int) -> str:
    return "the last pass failed" if failures == 1 else f"the last {failures} passes failed"


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


FIRST_CREATIONS = 4.0
MOST_CREATIONS = 64.0
"""Creations that may be on their way to the platform at once: at the beginning, and at the most."""

FORGOTTEN_SECONDS = 300.0
"""After so long without a creation nothing is known any more of what the platform can take."""


@dataclass(frozen=True, slots=True)
class Window:
    """How many creations may be on their way at once, as in TCP: each that is taken lets one more in.

    So the number doubles from round to round, and is halved when the platform does not answer as it
    should. ``at`` is when it last changed, in counted seconds.
    """

    size: float = FIRST_CREATIONS
    at: float = 0.0

    def before(self, elapsed: float) -> Window:
        """The window as it holds for a creation now: what was learned long ago is forgotten."""
        return self if elapsed - self.at < FORGOTTEN_SECONDS else Window(at=elapsed)

    def accepted(self, elapsed: float) -> Window:
        """After a creation was taken. A refusal for a reason of its own says nothing about how many."""
        return Window(min(MOST_CREATIONS, self.size + 1), elapsed)

    def failed(self, elapsed: float) -> Window:
        """After the platform failed, was silent, or asked for fewer requests."""
        return Window(max(1.0, self.size / 2), elapsed)
