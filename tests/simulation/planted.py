"""Bugs that can be planted into the program, one at a time, to see that the worlds find them.

Each replaces functions of the program at the place where they are looked up, for as long as a block lasts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from controller.core import (
    deletability,
    leaving,
    limits,
    pacing,
    rhythm,
    scaling,
    serials,
    set_tags,
    shells,
    tombstone,
)
from controller.core.chain import NOTHING, link
from controller.core.observed import Observed
from controller.core.pacing import Confirmation, Room
from controller.engine import audited, execute, fence, intake, leased, look, removal, visit
from controller.engine.outcome import Progress, Work
from providers.errors import NotRecorded
from tests.simulation.world import Result, simulate


@dataclass(frozen=True, slots=True)
class Bug:
    """A bug: what it does, in a sentence, and what stands where instead of what."""

    sentence: str
    places: tuple[tuple[Any, str, Any], ...]


async def _reserve_nothing(_work: Work, progress: Progress) -> Progress:
    return replace(progress, reserved=True)


async def _send_without_asking(_self: Any, _ref: Any, change: Callable[[], Any]) -> Any:
    return await change()


async def _nothing_unseen(*given: Any) -> Any:
    return given[3]


async def _take_the_list(_fleet: Any, _provider: Any, _clock: Any, observed: Observed) -> Observed:
    return observed


async def _no_second_look(work: Work, progress: Progress, names: tuple[str, ...]) -> Progress:
    return await removal._send_confirmed(work, progress, work.observed, names)


@asynccontextmanager
async def _unrecorded(*_: Any) -> AsyncIterator[None]:
    yield


async def _go_on_unrecorded(self: Any, call: Any, because: Any, asked: Any) -> Any:
    """Take a record that cannot be written for one that was."""
    try:
        return await _INTEND(self, call, because, asked)
    except NotRecorded:
        return link({"kind": "intent"}, NOTHING)


_INTEND = audited._Audited._intend


def _one_more(one: Any, pool: Any) -> Any:
    return _CHANGE(one, replace(pool, replicas=pool.replicas + 1))


_CHANGE = scaling._change
_READ_LEDGER = deletability.read_ledger
_TO_READING = intake.to_reading


def _ledger_without_locks(fleet: Any, observed: Any, window: Any, now: Any) -> Any:
    return _READ_LEDGER(fleet, replace(observed, locks=()), window, now)


def _ledger_with_unknown_as_none(fleet: Any, observed: Any, window: Any, now: Any) -> Any:
    return _READ_LEDGER(fleet, replace(observed, locks=observed.locks or ()), window, now)


BUGS: Mapping[str, Bug] = {
    "last-look-left-out": Bug(
        "nobody looks again at a victim and its locks before it is deleted",
        ((removal, "_look_and_send", _no_second_look),),
    ),
    "lock-ignored-at-last-look": Bug(
        "the last look before a deletion is taken, and what it shows is not heeded",
        (
            (
                pacing,
                "confirm_victims",
                lambda _fleet, _plan, _fresh, names, _now: Confirmation(tuple(names), {}),
            ),
        ),
    ),
    "locks-not-read": Bug(
        "locks count for nothing when victims are chosen and confirmed",
        ((deletability, "read_ledger", _ledger_without_locks),),
    ),
    "unknown-locks-are-none": Bug(
        "locks that could not be read are taken for none",
        ((deletability, "read_ledger", _ledger_with_unknown_as_none),),
    ),
    "list-believed-for-scale-in": Bug(
        "a scale-in is planned on the list alone, which still shows members that are gone",
        ((pacing, "needs_closer_look", lambda *_: False),),
    ),
    "open-numbers-not-asked-for": Bug(
        "members with open numbers are looked for in the list alone",
        ((look, "unsettled", lambda *_: ()),),
    ),
    "short-list-accepted": Bug(
        "members that the list does not show any more are taken for gone",
        ((look, "_vanished", lambda *_: ()), (look, "_with_unseen", _nothing_unseen)),
    ),
    "serials-not-reserved": Bug(
        "numbers are used without being reserved in the set's tag",
        ((execute, "reserve", _reserve_nothing),),
    ),
    "window-closed-early": Bug(
        "open numbers count as settled before they are seen",
        ((set_tags, "_is_settled", lambda *_: True),),
    ),
    "late-requests-forgotten": Bug(
        "nobody waits for requests that may still arrive",
        ((serials, "may_still_come", lambda *_: None),),
    ),
    "one-member-too-many": Bug(
        "a comparison is off by one: one more member than wanted is created",
        ((scaling, "_change", _one_more),),
    ),
    "creations-do-not-wait": Bug(
        "creations do not wait for the deletions in whose place they come",
        ((pacing, "creations_with_room", lambda _plan, steps, _gone: Room(tuple(steps), ())),),
    ),
    "batch-cut-short": Bug(
        "tags of the set are written while a batch deletion runs",
        ((execute, "batch_may_run", lambda *_: False), (leaving, "STUCK", timedelta(0))),
    ),
    "moments-survive-a-jump": Bug(
        "moments from before the clock was set are compared with those after it",
        ((visit, "in_epoch", lambda memory, _: memory),),
    ),
    "fence-down": Bug(
        "the lease is not asked for right before a change",
        ((fence.Fenced, "changing", _send_without_asking),),
    ),
    "tenure-ignored": Bug(
        "a process works on fleets whose lease somebody else holds",
        (
            (leased.ShardTenure, "may_write", lambda *_: None),
            (leased.LeasedTenure, "may_write", lambda *_: None),
            (leased.LeasedTenure, "may_begin", lambda *_: None),
        ),
    ),
    "nothing-recorded": Bug(
        "changes are sent without an intent on record",
        ((audited._Audited, "_on_record", _unrecorded),),
    ),
    "record-fails-open": Bug(
        "a change is sent although its intent could not be written",
        ((audited._Audited, "_intend", _go_on_unrecorded),),
    ),
    "tombstone-at-once": Bug(
        "the hold of a tombstone is over when it begins",
        ((tombstone, "hold_of", lambda _: timedelta(0)),),
    ),
    "approval-not-asked-for": Bug(
        "a large removal is planned as if nobody needed to approve it",
        ((limits, "approval", lambda *_: None),),
    ),
    "old-revision-accepted": Bug(
        "a revision that goes back is taken for one that goes on",
        ((intake, "to_reading", lambda found, _: _TO_READING(found, None)),),
    ),
    "shells-by-guess": Bug(
        "every member that does not run just now counts as one that never came up",
        ((shells, "_is_inferred", lambda *_: False),),
    ),
    "hot-loop": Bug(
        "a fleet is looked at again at once, whatever happened",
        (
            (
                visit,
                "next_look",
                lambda outlook, resync, share: replace(
                    rhythm.next_look(outlook, resync, share), seconds=0.2
                ),
            ),
        ),
    ),
}
"""By name. The seed that first caught each stands in docs/reliability.md."""


@contextmanager
def planted(name: str) -> Iterator[Bug]:
    """Have a bug in the program for as long as the block lasts."""
    bug = BUGS[name]
    before = [(place, what, getattr(place, what)) for place, what, _ in bug.places]
    for place, what, instead in bug.places:
        setattr(place, what, instead)
    try:
        yield bug
    finally:
        for place, what, original in before:
            setattr(place, what, original)


def catches(name: str, seed: int) -> Result | None:
    """The result of a seed with a bug in the program, if the seed catches it."""
    with planted(name):
        try:
            result = simulate(seed)
        except AssertionError:
            return None
    return None if result.ok else result


def hunt(name: str, seeds: range) -> int | None:
    """The first of some seeds that catches a bug."""
    return next((seed for seed in seeds if catches(name, seed) is not None), None)


__all__ = ["BUGS", "catches", "hunt", "planted"]
