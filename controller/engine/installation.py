"""Install extensions on members that are up, in waves of 1, 2, 4 …: what is wrong with all costs one request.

Each wave begins with a look at its members by name, because a list may lag behind an installation, and may
name an extension without saying how it fares. Who needs no extension any more, or another one, is left to the
next pass. No request is repeated.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from controller.core import extensions, pacing
from controller.core.observed import interpret
from controller.core.scene import pool_of
from controller.engine.look import look_by_name
from controller.engine.outcome import Verb, accepted, not_sent, refused
from providers.base import InstallExtension
from providers.errors import Forbidden, Locked, ProviderError, Rejected, Throttled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.observed import Member
    from controller.core.steps import Install
    from controller.engine.outcome import Outcome, Progress, Work

_STOPPED = "not sent: the pass had to stop before"
_STOPS_ALL = (Locked, Forbidden)


async def install_extensions(work: Work, progress: Progress) -> Progress:
    """Start the installations of the plan."""
    waiting: Sequence[Install] = work.plan.installs
    refusals: dict[str, str] = {}
    for size in pacing.create_waves(len(waiting)):
        wave, waiting = waiting[:size], waiting[size:]
        if progress.stopped:
            unsent = (not_sent(Verb.OPERATE, step.instance, _STOPPED) for step in wave)
            progress = progress.noting(*unsent)
            continue
        progress = await _send(work, progress, wave, refusals)
    return progress


async def _send(
    work: Work, progress: Progress, wave: Sequence[Install], refusals: dict[str, str]
) -> Progress:
    """Look at the members of a wave, send what is still due, and learn from the refusals."""
    wanted = [step for step in wave if not _refusal_of(step, refusals)]
    unsent = [
        not_sent(Verb.OPERATE, step.instance, _refusal_of(step, refusals))
        for step in wave
        if step not in wanted
    ]
    progress = progress.noting(*unsent)
    if not wanted:
        return progress
    try:
        members = await _look(work, wanted)
    except ProviderError as error:
        return progress.stopping(*(refused(Verb.OPERATE, s.instance, error) for s in wanted))
    outcomes = await asyncio.gather(*(_attempt(work, step, members) for step in wanted))
    progress = progress.noting(*outcomes)
    _learn(wanted, outcomes, refusals)
    if any(isinstance(outcome.error, Throttled) for outcome in outcomes):
        return progress.stopping()
    return progress


async def _look(work: Work, steps: Sequence[Install]) -> Mapping[str, Member]:
    names = [step.instance for step in steps]
    snapshot = await look_by_name(work.fleet, work.provider, work.clock, names=names)
    fresh = interpret(work.fleet.ref, snapshot, work.observed.catalog)
    return {member.name.lower(): member for member in fresh.owned}


async def _attempt(work: Work, step: Install, members: Mapping[str, Member]) -> Outcome:
    member = members.get(step.instance.lower())
    if member is None:
        return not_sent(
            Verb.OPERATE, step.instance, f"{step.instance} is gone, or not ours any more"
        )
    pool = pool_of(work.fleet, member)
    standing = extensions.read_standing(pool, member)
    if standing.stage is not extensions.Stage.DUE or standing.extension != step.extension:
        words = f"{step.extension} is not due on {step.instance} any more; the next pass decides"
        return not_sent(Verb.OPERATE, step.instance, words)
    document = dict(extensions.entries_of(pool))[step.extension]
    operation = InstallExtension(step.extension, document)
    try:
        await work.provider.operate(work.fleet.ref, step.instance, operation)
    except ProviderError as error:
        return refused(Verb.OPERATE, step.instance, error)
    words = f"{step.extension} is being installed on {step.instance}"
    return accepted(Verb.OPERATE, step.instance, words)


def _learn(steps: Sequence[Install], outcomes: Sequence[Outcome], refusals: dict[str, str]) -> None:
    """Remember what would be refused again: an extension that is wrong in itself, or everything."""
    for step, outcome in zip(steps, outcomes, strict=True):
        words = f"refused like the one before: {outcome.error.code}" if outcome.error else ""
        if isinstance(outcome.error, _STOPS_ALL):
            refusals[""] = words
        elif isinstance(outcome.error, Rejected):
            refusals[step.extension] = words


def _refusal_of(step: Install, refusals: Mapping[str, str]) -> str:
    return refusals.get("") or refusals.get(step.extension, "")
