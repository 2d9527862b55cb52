"""Bugs in what is carried out: looks, leases, the fence, the trail, the tags of the set, how often."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.core import leaving, leftovers, pacing, rhythm, serials, set_tags, tags, unseen
from controller.core.chain import NOTHING, link
from controller.core.observed import Observed
from controller.engine import (
    audit,
    audited,
    execute,
    fence,
    holds,
    leased,
    removal,
    requests,
    trail_files,
    visit,
)
from controller.engine.outcome import Progress, Work
from providers.errors import NotRecorded, OutcomeUnknown, ProviderError
from tests.simulation.bugs.bug import Aim, Bug
from tests.simulation.bugs.scripts import a_word_changes, calm, jumps_while_deleting, nervous_locks
from tests.simulation.options import Fault, Right

_AFTER_PASS = set_tags.after_pass
_INTEND = audited._Audited._intend
_MAY_WRITE = leased.ShardTenure.may_write
_MEMBER_TAGS = tags.member_tags
_CHANGING = fence.Fenced.changing


async def _reserve_nothing(_work: Work, progress: Progress) -> Progress:
    return replace(progress, reserved=True)


async def _send_without_asking(_self: Any, _change: Any, go_on: Callable[[], Any]) -> Any:
    return await go_on()


async def _send_again(self: Any, change: Any, go_on: Callable[[], Any]) -> Any:
    """As SDKs do: a change that was not answered is sent once more, underneath everything that asks."""
    try:
        return await _CHANGING(self, change, go_on)
    except OutcomeUnknown:
        return await go_on()


def _open_alone(fleet: Any, observed: Any, _memory: Any) -> tuple[str, ...]:
    return (*serials.unsettled(fleet, observed), *unseen._leaving(observed))


async def _no_second_look(work: Work, progress: Progress, names: tuple[str, ...]) -> Progress:
    return await removal._send_confirmed(work, progress, work.observed, names)


async def _whatever_is_left(
    work: Work, progress: Progress, fresh: Observed, names: tuple[str, ...]
) -> Progress:
    """Send the names that are left, without looking whether any are."""
    verdict = pacing.confirm_victims(work.fleet, work.plan, fresh, names, work.clock.now)
    return await removal._as_batch(work, progress, verdict.go)


@asynccontextmanager
async def _unrecorded(*_: Any) -> AsyncIterator[None]:
    yield


@asynccontextmanager
async def _recorded_afterwards(
    self: Any, call: Any, because: Any, asked: Any
) -> AsyncIterator[None]:
    try:
        yield
    except ProviderError as error:
        outcome = "unknown" if isinstance(error, OutcomeUnknown) else "refused"
        await self._conclude(await self._intend(call, because, asked), outcome)
        raise
    await self._conclude(await self._intend(call, because, asked), "accepted")


async def _go_on_unrecorded(self: Any, call: Any, because: Any, asked: Any) -> Any:
    """Take a record that cannot be written for one that was."""
    try:
        return await _INTEND(self, call, because, asked)
    except NotRecorded:
        return link({"kind": "intent"}, NOTHING)


def _for_ever(self: Any, name: str) -> float:
    return 1e9 if name in self._held else 0.0


def _to_the_last_second(self: Any, key: str, _need: float) -> Any:
    return _MAY_WRITE(self, key, 0.0)


def _tags_of_a_revision(fleet: Any, pool: Any, step: Any) -> dict[str, str]:
    """Call every revision of the spec another template."""
    found = _MEMBER_TAGS(fleet, pool, step)
    return {**found, "evenkeel-template": f"{found['evenkeel-template']}{fleet.revision[-4:]}"}


def _tags_in_any_case(fleet: Any, observed: Any, plan: Any, memory: Any, **more: Any) -> Any:
    """Give the tags even if nothing of them has changed."""
    wanted = _AFTER_PASS(fleet, observed, plan, memory, **more)
    return dict(observed.group.tags) if wanted is None and observed.group else wanted


def _look_at_once(outlook: Any, resync: Any, share: Any) -> Any:
    return replace(rhythm.next_look(outlook, resync, share), seconds=0.2)


_PART = trail_files.Part

_STOPPED = Aim(
    {Fault.PAUSE: 8.0, Fault.EDIT: 40.0, Fault.THROTTLED: 0.2, Fault.LEASE_BUSY: 0.2},
    {"right": Right.LEASED, "controllers": 2, "seconds": 2400.0, "most": 5},
    alone=True,
)
_DISK_FULL = Aim({Fault.DISK_FULL: 4.0, Fault.EDIT: 40.0}, {"seconds": 2400.0, "most": 16})
_WHAT_THE_LIST_SHOWS = (
    (unseen, "names_to_ask", _open_alone),
    (unseen, "last_given_out", lambda *_: ()),
    (leftovers, "unseen_owners", lambda *_: ()),
)

BUGS: Mapping[str, Bug] = {
    # What is looked at.
    "last-look-left-out": Bug(
        "nobody looks again at a victim and its locks before it is deleted",
        ((removal, "_look_and_send", _no_second_look),),
    ),
    "short-list-accepted": Bug(
        "members that the list does not show any more are taken for gone",
        _WHAT_THE_LIST_SHOWS,
    ),
    "half-list-accepted": Bug(
        "a list that shows half of the members is the whole truth, for processes that have just begun, too",
        _WHAT_THE_LIST_SHOWS,
        Aim(
            {
                Fault.SHORT: 0.3,
                Fault.CRASH_ANSWERED: 0.15,
                Fault.CRASH_READING: 0.03,
                Fault.EDIT: 40.0,
            },
            {"most": 8},
            alone=True,
        ),
    ),
    "deletions-forgotten": Bug(
        "a deletion that got no answer is forgotten, and another member goes in its stead",
        ((removal, "note_asked", lambda memory, *_: memory),),
        Aim(
            {Fault.LATE: 0.2, Fault.EDIT: 40.0},
            {"most": 5, "seconds": 2400.0, "resync": 60.0},
            alone=True,
        ),
    ),
    "empty-batch-sent": Bug(
        "a deletion is sent though no victim is left, and an empty list may mean everybody",
        ((removal, "_send_confirmed", _whatever_is_left),),
        Aim(instead=calm()),
        nervous_locks,
    ),
    # The set and its tags.
    "serials-not-reserved": Bug(
        "numbers are used without being reserved in the set's tag",
        ((execute, "reserve", _reserve_nothing),),
    ),
    "batch-cut-short": Bug(
        "tags of the set are written while a batch deletion runs",
        ((execute, "batch_may_run", lambda *_: False), (leaving, "STUCK", timedelta(0))),
    ),
    "tags-in-any-case": Bug(
        "the set's tags are written in every pass, changed or not",
        ((set_tags, "after_pass", _tags_in_any_case),),
    ),
    "template-by-the-revision": Bug(
        "an edit that changes nothing makes every member look outdated",
        ((requests, "member_tags", _tags_of_a_revision),),
        Aim(instead=calm()),
        a_word_changes,
    ),
    "leftovers-forgotten": Bug(
        "nobody sweeps what members left behind",
        ((leftovers, "sweep", lambda *_: None),),
        Aim({Fault.LEAVINGS: 4.0, Fault.EDIT: 40.0}),
    ),
    # The time of day, leases and the fence.
    "moments-survive-a-jump": Bug(
        "moments from before the clock was set are compared with those after it",
        ((visit, "in_epoch", lambda memory, _: memory),),
        Aim(instead=calm()),
        jumps_while_deleting,
    ),
    "fence-down": Bug(
        "the lease is not asked for right before a change",
        ((fence.Fenced, "changing", _send_without_asking),),
        _STOPPED,
    ),
    "sent-again": Bug(
        "a change that was not answered is sent again by itself, as SDKs do",
        ((fence.Fenced, "changing", _send_again),),
    ),
    "lease-for-ever": Bug(
        "a lease that was had once counts as had for ever",
        ((holds.Holds, "seconds_left", _for_ever),),
        _STOPPED,
    ),
    "lease-to-the-last-second": Bug(
        "a lease is relied on to its last second, and a change takes longer",
        ((leased.ShardTenure, "may_write", _to_the_last_second),),
        _STOPPED,
    ),
    "tenure-ignored": Bug(
        "a process works on fleets whose lease somebody else holds",
        (
            (leased.ShardTenure, "may_write", lambda *_: None),
            (leased.LeasedTenure, "may_write", lambda *_: None),
            (leased.LeasedTenure, "may_begin", lambda *_: None),
        ),
    ),
    # The audit trail.
    "nothing-recorded": Bug(
        "changes are sent without an intent on record",
        ((audited._Audited, "_on_record", _unrecorded),),
    ),
    "recorded-afterwards": Bug(
        "the intent is written when the change is done",
        ((audited._Audited, "_on_record", _recorded_afterwards),),
    ),
    "record-fails-open": Bug(
        "a change is sent although its intent could not be written",
        ((audited._Audited, "_intend", _go_on_unrecorded),),
        _DISK_FULL,
    ),
    "chain-begins-anew": Bug(
        "a process that opens the trail begins a chain of its own in it",
        ((audit, "Part", lambda path, _last: _PART(path, NOTHING)),),
    ),
    # How often.
    "hot-loop": Bug(
        "a fleet is looked at again at once, whatever happened",
        ((visit, "next_look", _look_at_once),),
    ),
}
