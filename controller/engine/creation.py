"""Create members in waves of 1, 2, 4, 8 …: what is wrong with all of them costs one request.

Within a wave requests run at the same time; their outcomes are in the plan's order. A refusal for want
of capacity or quota keeps later requests for the same offering from being sent; the next pass plans
them anew. No request is repeated.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import pacing, scarcity
from controller.core.observed import Memory
from controller.core.serials import may_still_come, note_answers
from controller.engine.outcome import Verb, accepted, not_sent, refused
from controller.engine.requests import instance_request
from providers.errors import (
    CallError,
    Conflict,
    Forbidden,
    LeaseLost,
    Locked,
    NotFound,
    NotRecorded,
    OfferingError,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Rejected,
    Throttled,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Scarce
    from controller.core.steps import Create
    from controller.engine.outcome import Outcome, Progress, Work

_SURELY_NOT_DONE = (OfferingError, QuotaExceeded, Rejected, Locked, Forbidden)
_SCARCITY = (OfferingError, QuotaExceeded)
_STOPS_ALL = (Locked, Forbidden, NotFound)

_NOT_RESERVED = "its serial number could not be reserved"
_PLATFORM_FAILS = "the platform did not accept any request just before"


async def create_members(work: Work, progress: Progress) -> Progress:
    """Start the creations of the plan, and note which of them got no answer."""
    waiting, progress = _to_send(work, progress)
    wave = _Wave(work, progress)
    for size in pacing.create_waves(len(waiting)):
        await wave.send(waiting[:size])
        waiting = waiting[size:]
    new = [step.instance for step in work.plan.creates if not step.retry]
    memory = note_answers(wave.progress.memory, new if progress.reserved else (), wave.unanswered)
    return replace(wave.progress, memory=memory)


def _to_send(work: Work, progress: Progress) -> tuple[tuple[Create, ...], Progress]:
    if progress.stopped:
        return (), progress
    waiting, progress = _with_number(work, progress, work.plan.creates)
    return _with_room(work, progress, waiting)


def _with_number(
    work: Work, progress: Progress, steps: tuple[Create, ...]
) -> tuple[tuple[Create, ...], Progress]:
    """Creations whose serial number is reserved for certain, or noted as tried again."""
    if progress.reserved or not work.plan.reservation.needed:
        return steps, progress
    go = tuple(step for step in steps if step.retry and not work.plan.reservation.retried)
    unsent = [
        not_sent(Verb.CREATE, step.instance, _NOT_RESERVED) for step in steps if step not in go
    ]
    return go, progress.noting(*unsent)


def _with_room(
    work: Work, progress: Progress, steps: tuple[Create, ...]
) -> tuple[tuple[Create, ...], Progress]:
    """Creations that have room after the deletions that were accepted so far."""
    outcomes = progress.outcomes
    gone = {one.instance or "" for one in outcomes if one.verb is Verb.DELETE and one.accepted}
    room = pacing.creations_with_room(work.plan, steps, gone)
    unsent = [not_sent(Verb.CREATE, step.instance, pacing.NO_ROOM) for step in room.wait]
    return room.go, progress.noting(*unsent)


class _Wave:
    """The waves of one pass: what was learned in earlier ones decides what later ones send."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self.progress = progress
        self.unanswered: set[str] = set()
        self._work = work
        self._learned = Memory()
        self._closed: str = ""
        self._closed_pools: dict[str, str] = {}

    async def send(self, steps: Sequence[Create]) -> None:
        """Send what is still worth sending, and learn from the answers."""
        reasons = [self._why_not(step) for step in steps]
        sent = [step for step, why_not in zip(steps, reasons, strict=True) if not why_not]
        answers = dict(
            zip(sent, await asyncio.gather(*(self._attempt(step) for step in sent)), strict=True)
        )
        for step, why_not in zip(steps, reasons, strict=True):
            if why_not:
                self.progress = self.progress.noting(not_sent(Verb.CREATE, step.instance, why_not))
            else:
                self._learn(step, answers[step])
        if answers and all(_platform_failed(answer) for answer in answers.values()):
            self._closed = self._closed or _PLATFORM_FAILS

    async def _attempt(self, step: Create) -> ProviderError | None:
        try:
            await self._work.provider.create(
                self._work.fleet.ref, instance_request(self._work.fleet, step)
            )
        except ProviderError as error:
            return error
        return None

    def _why_not(self, step: Create) -> str:
        closed = self._closed or self._closed_pools.get(step.pool, "")
        if closed:
            return closed
        scarce = scarcity.obstacle(
            self._learned,
            self._work.observed.catalog,
            zone=step.zone,
            size=step.size,
            priority=step.priority,
        )
        if scarce is None:
            return ""
        return f"{step.size} was just refused ({scarce.code}); the next pass plans anew"

    def _learn(self, step: Create, error: ProviderError | None) -> None:
        self.progress = self.progress.noting(_outcome(step, error))
        if error is None or isinstance(error, Conflict):
            return
        if isinstance(error, OutcomeUnknown):
            self.unanswered.add(step.instance)
        now = self._work.clock.now
        if isinstance(error, _SCARCITY):
            self._remember(
                scarcity.learn(
                    error.code, zone=step.zone, size=step.size, priority=step.priority, now=now
                )
            )
        if isinstance(error, _SURELY_NOT_DONE) and not self._may_have_a_twin(step):
            burnt = self.progress.burnt | {step.instance}
            self.progress = replace(self.progress, burnt=burnt)
        self._close(step, error)

    def _remember(self, learned: tuple[Scarce, ...]) -> None:
        now = self._work.clock.now
        self._learned = scarcity.remember(self._learned, learned, now)
        memory = scarcity.remember(self.progress.memory, learned, now)
        self.progress = replace(self.progress, memory=memory)

    def _may_have_a_twin(self, step: Create) -> bool:
        """Whether an earlier request for the same name may still arrive."""
        return step.retry and may_still_come(self._work.observed, self._work.clock.now) is not None

    def _close(self, step: Create, error: ProviderError) -> None:
        if isinstance(error, Throttled):
            self.progress = replace(self.progress, stopped=True)
            self._closed = (
                f"the provider asks for no more requests before {error.until:%H:%M:%S} UTC"
            )
        elif isinstance(error, LeaseLost | NotRecorded):
            self.progress = replace(self.progress, stopped=True)
            self._closed = error.message
        elif isinstance(error, _STOPS_ALL):
            self._closed = f"refused like the one before: {error.code}"
        elif isinstance(error, Rejected):
            self._closed_pools[step.pool] = f"refused like the one before: {error.code}"


def _outcome(step: Create, error: ProviderError | None) -> Outcome:
    if error is None:
        return accepted(Verb.CREATE, step.instance, f"{step.instance} is being created")
    if isinstance(error, Conflict):
        # Create-only was refused because the name exists: an earlier request has arrived after all.
        words = f"{step.instance} exists already; the next look shows it"
        return replace(not_sent(Verb.CREATE, step.instance, words), error=error)
    return refused(Verb.CREATE, step.instance, error)


def _platform_failed(error: ProviderError | None) -> bool:
    return isinstance(error, CallError)
