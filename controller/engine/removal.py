"""Delete members: one batch a pass, after a fresh look at each victim and at the locks.

The fresh look asks for each victim by name, so it does not lag. If it shows that the list was behind,
nothing is deleted in this pass: other members that the list still shows may be gone as well, and the
count that the plan rests on would be wrong.

A member's serial number is closed in the set's tag before the member goes: its name is never used again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import pacing, tags
from controller.core.leaving import note_asked
from controller.core.observed import interpret, parse_serials
from controller.core.phase import Phase, classify
from controller.core.serials import serial_of
from controller.engine.look import look_by_name
from controller.engine.outcome import NO_MORE_THIS_PASS, Verb, accepted, not_sent, refused
from controller.engine.set_writes import write_settled
from controller.spec.values import DeletionMode
from providers.base import SingleDelete
from providers.errors import OutcomeUnknown, ProviderError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Observed
    from controller.engine.outcome import Outcome, Progress, Work
    from providers.base import Group

_OPEN = "its serial number is still open; the next pass closes it first"
_BATCH_RUNS = "an earlier batch deletion is still running, and another one would cut it short"


def batch_may_run(work: Work) -> bool:
    """Whether members are being deleted, possibly by a batch that a write of the set would cut short.

    A member with an open number cannot be in a batch of ours, which closes numbers first: it was evicted,
    or somebody else deletes it by itself. One whose deletion does not get on is waited for no longer.
    """
    leaving = [
        member.name
        for member in work.observed.members
        if classify(member.instance, work.clock.now) is Phase.DELETING
        and member.name not in work.plan.stuck
    ]
    return len(leaving) > len(_open_names(work.observed.group, leaving))


async def delete_members(work: Work, progress: Progress) -> Progress:
    """Send the deletions that are due now."""
    names = () if progress.stopped else pacing.delete_batch(work.fleet, work.plan)
    if not names:
        return progress
    if progress.deleting:
        return progress.noting(*(not_sent(Verb.DELETE, name, _BATCH_RUNS) for name in names))
    if _open_names(progress.group, names):
        progress = await write_settled(work, progress)
        still_open = _open_names(progress.group, names)
        progress = progress.noting(*(not_sent(Verb.DELETE, name, _OPEN) for name in still_open))
        names = tuple(name for name in names if name not in still_open)
    return await _look_and_send(work, progress, names) if names else progress


async def _look_and_send(work: Work, progress: Progress, names: tuple[str, ...]) -> Progress:
    try:
        snapshot = await look_by_name(work.fleet, work.provider, work.clock, names=names)
    except ProviderError as error:
        return progress.stopping(*(refused(Verb.DELETE, name, error) for name in names))
    fresh = interpret(work.fleet.ref, snapshot, work.observed.catalog)
    stale = _behind(fresh, names, work)
    if stale:
        unsent = tuple(not_sent(Verb.DELETE, name, stale) for name in names)
        return _put_off(work, progress, fresh, unsent)
    return await _send_confirmed(work, progress, fresh, names)


async def _send_confirmed(
    work: Work, progress: Progress, fresh: Observed, names: tuple[str, ...]
) -> Progress:
    verdict = pacing.confirm_victims(work.fleet, work.plan, fresh, names, work.clock.now)
    stays = [
        not_sent(Verb.DELETE, name, f"{name} stays: {why}") for name, why in verdict.stay.items()
    ]
    progress = progress.noting(*stays)
    # An empty list is never sent: to Azure it could mean every member.
    if not verdict.go:
        return progress
    if work.fleet.deletion is DeletionMode.SINGLE:
        return await _one_by_one(work, progress, verdict.go)
    return await _as_batch(work, progress, verdict.go)


def _open_names(group: Group | None, names: Sequence[str]) -> tuple[str, ...]:
    """Names whose numbers the set's tag still has open.

    Deleted as they are, they would look like numbers that never came to life, and be used again.
    """
    window = parse_serials(group.tags.get(tags.SERIALS)) if group else None
    if window is None:
        return ()
    return tuple(name for name in names if window.floor <= (serial_of(name) or 0) < window.next)


def _behind(fresh: Observed, names: Sequence[str], work: Work) -> str:
    """How the list that the plan was made from is behind the truth; empty if it is not."""
    seen = {member.name.lower(): member for member in fresh.members}
    for name in names:
        member = seen.get(name.lower())
        if member is None:
            return f"the list still shows {name}, which is gone; nothing is deleted until it has caught up"
        if classify(member.instance, work.clock.now) is Phase.DELETING:
            return f"{name} is already being deleted, and the list does not show it yet"
    return ""


def _put_off(
    work: Work, progress: Progress, fresh: Observed, unsent: tuple[Outcome, ...]
) -> Progress:
    """Delete nobody in this pass. A deletion that the list did not show yet may be a batch that runs."""
    leaving = any(
        classify(member.instance, work.clock.now) is Phase.DELETING for member in fresh.members
    )
    batch = leaving and work.fleet.deletion is DeletionMode.BATCH
    return replace(progress.noting(*unsent), deleting=progress.deleting or batch)


async def _as_batch(work: Work, progress: Progress, names: tuple[str, ...]) -> Progress:
    try:
        await work.provider.delete(work.fleet.ref, names)
    except NO_MORE_THIS_PASS as error:
        return progress.stopping(*(refused(Verb.DELETE, name, error) for name in names))
    except ProviderError as error:
        outcomes = [refused(Verb.DELETE, name, error) for name in names]
        unknown = isinstance(error, OutcomeUnknown)
        noted = _remembering(work, progress, error, names)
        return replace(noted.noting(*outcomes), deleting=progress.deleting or unknown)
    words = "is being deleted"
    outcomes = [accepted(Verb.DELETE, name, f"{name} {words}") for name in names]
    return replace(progress.noting(*outcomes), deleting=True)


async def _one_by_one(work: Work, progress: Progress, names: tuple[str, ...]) -> Progress:
    """Send single deletions, each after a look of its own: the first one has just been looked at."""
    for position, name in enumerate(names):
        try:
            why = await _why_it_stays(work, name) if position else ""
            if why:
                progress = progress.noting(not_sent(Verb.DELETE, name, f"{name} stays: {why}"))
                continue
            await work.provider.operate(work.fleet.ref, name, SingleDelete())
        except NO_MORE_THIS_PASS as error:
            rest = [refused(Verb.DELETE, left, error) for left in names[position:]]
            return progress.stopping(*rest)
        except ProviderError as error:
            noted = _remembering(work, progress, error, (name,))
            progress = noted.noting(refused(Verb.DELETE, name, error))
        else:
            progress = progress.noting(accepted(Verb.DELETE, name, f"{name} is being deleted"))
    return progress


def _remembering(
    work: Work, progress: Progress, error: ProviderError, names: Sequence[str]
) -> Progress:
    """With the names on record if no answer came: their deletion may still arrive."""
    if not isinstance(error, OutcomeUnknown):
        return progress
    return replace(progress, memory=note_asked(progress.memory, names, work.clock.now))


async def _why_it_stays(work: Work, name: str) -> str:
    """What one more look at a victim says against its deletion; empty if nothing. Raises ``ProviderError``."""
    snapshot = await look_by_name(work.fleet, work.provider, work.clock, names=(name,))
    fresh = interpret(work.fleet.ref, snapshot, work.observed.catalog)
    verdict = pacing.confirm_victims(work.fleet, work.plan, fresh, (name,), work.clock.now)
    return verdict.stay.get(name, "")
