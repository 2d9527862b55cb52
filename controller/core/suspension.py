"""Processes of a fleet that its spec puts to sleep for a time: who is behind it, and what that stops.

Creations, deletions and sweeps are stopped here and in the guard. Drift, repair and rebalance change nothing in
this version, so that suspending them is understood and has no effect; the notes say so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.steps import Blocked, Prevented
from controller.spec.values import Process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from controller.spec.values import Fleet, Suspension

_ASLEEP = {
    Process.CREATE: "creations are",
    Process.DELETE: "deletions are",
    Process.DRIFT: "the correction of drift is",
    Process.REPAIR: "repair is",
    Process.REBALANCE: "rebalancing is",
    Process.SWEEP: "the sweep of leftovers is",
}
IDLE = frozenset({Process.DRIFT, Process.REPAIR, Process.REBALANCE})
"""Processes that do nothing yet, awake or asleep."""


def active(fleet: Fleet, process: Process, now: datetime) -> Suspension | None:
    """The suspension of a process that is in force at ``now``, or None. One that is over counts for nothing."""
    return next(
        (one for one in fleet.suspensions if one.process is process and one.until > now), None
    )


def words(one: Suspension) -> str:
    """``deletions are suspended by ana: the audit runs``."""
    return f"{_ASLEEP[one.process]} suspended by {one.owner}: {one.reason}"


def block(fleet: Fleet, process: Process, now: datetime) -> Blocked | None:
    """The entry for something that a suspension prevents; None when the process is awake."""
    one = active(fleet, process, now)
    return Blocked(Prevented.SUSPENDED, words(one), until=one.until) if one else None


def notes(fleet: Fleet, now: datetime) -> Iterator[str]:
    """One sentence for each suspension in the spec, those that are over among them."""
    for one in fleet.suspensions:
        end = f"{one.until:%Y-%m-%d %H:%M} UTC"
        if one.until <= now:
            yield (
                f"a suspension by {one.owner} ended at {end} and counts no more: "
                f"{_ASLEEP[one.process]} awake again; take it out of the spec"
            )
        elif one.process in IDLE:
            yield f"{words(one)}, until {end}; nothing does that in this version anyway"
        else:
            yield f"{words(one)}, until {end}"
