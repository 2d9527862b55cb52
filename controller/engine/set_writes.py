"""Writes of the scale set itself: its creation, reserved serial numbers, tombstone, what a pass settled, its end.

Each write is guarded, by create-only or by the etag: whoever comes second looks again. While a batch
deletion may be running the set is not written, because the write could cut the deletion short.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import deletability, limits, pacing, set_tags, tags
from controller.core.observed import interpret, parse_serials
from controller.core.steps import DeleteSet, EnsureSet, MarkSet
from controller.engine.look import look_by_name
from controller.engine.outcome import NO_MORE_THIS_PASS, Verb, accepted, not_sent, refused
from providers.base import GroupRequest, ProvisioningState
from providers.errors import Conflict, OutcomeUnknown, ProviderError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from controller.core.observed import Observed
    from controller.engine.outcome import Progress, Work
    from providers.base import Group

READY_POLL_SECONDS = 2.0
READY_POLLS = 60
"""A set is empty metadata: it is there within seconds. After two minutes the pass gives up waiting."""

_DELETION_RUNS = "a batch deletion is still running, and writing the set now could cut it short"
_NOT_READY = "the scale set is not ready yet; the next pass goes on"
_ENDS_THE_PASS = (Conflict, OutcomeUnknown, *NO_MORE_THIS_PASS)
_SOMEBODY_FIRST = "somebody changed the scale set first; the next pass looks again"


async def ensure_set(work: Work, progress: Progress) -> Progress:
    """Create the set if the plan says so, serial numbers reserved in it from the start, and wait for it."""
    step = next((step for step in work.plan.steps if isinstance(step, EnsureSet)), None)
    if step is None:
        return progress
    needed = work.plan.reservation.needed
    first = _reservation_tags(work, progress) if needed else set_tags.first_tags(work.fleet)
    request = GroupRequest(step.zones, step.fault_domain_count, first)
    try:
        group = await work.provider.put_group(work.fleet.ref, request, etag=None)
        ready = await _await_ready(work, group)
    except ProviderError as error:
        return progress.stopping(refused(Verb.ENSURE_SET, None, error))
    outcome = accepted(Verb.ENSURE_SET, None, f"created the scale set {work.fleet.ref.name}")
    if ready is None:
        late = not_sent(
            Verb.ENSURE_SET, None, "the scale set is not ready yet; the next pass goes on"
        )
        return progress.stopping(outcome, late)
    return replace(progress.noting(outcome), group=ready, reserved=True)


async def mark_set(work: Work, progress: Progress) -> Progress:
    """Write the mark of a tombstone, or take it away, if the plan says so."""
    step = next((step for step in work.plan.steps if isinstance(step, MarkSet)), None)
    if step is None or progress.stopped:
        return progress
    if progress.deleting:
        return progress.noting(not_sent(Verb.MARK, None, f"the tombstone waits: {_DELETION_RUNS}"))
    if progress.group is None:
        return progress.noting(not_sent(Verb.MARK, None, "the scale set was not seen"))
    wanted = set_tags.with_tombstone(work.fleet, progress.group.tags, step, work.clock.now)
    try:
        group = await _write_tags(work, progress.group, wanted)
    except ProviderError as error:
        noted = progress.noting(refused(Verb.MARK, None, error))
        return replace(noted, stopped=isinstance(error, _ENDS_THE_PASS))
    return replace(progress.noting(accepted(Verb.MARK, None, step.why)), group=group)


async def delete_set(work: Work, progress: Progress) -> Progress:
    """Delete the set of a fleet that ends, after a last look at its locks and its mark."""
    if progress.stopped or not any(isinstance(step, DeleteSet) for step in work.plan.steps):
        return progress
    try:
        seen = await look_by_name(work.fleet, work.provider, work.clock, names=())
        why = _why_set_stays(work, interpret(work.fleet.ref, seen))
        if why:
            return progress.noting(not_sent(Verb.DELETE_SET, None, f"the scale set stays: {why}"))
        await work.provider.delete_group(work.fleet.ref)
    except ProviderError as error:
        return progress.stopping(refused(Verb.DELETE_SET, None, error))
    words = f"the scale set {work.fleet.ref.name} is being deleted"
    return replace(progress.noting(accepted(Verb.DELETE_SET, None, words)), group=None)


def _why_set_stays(work: Work, fresh: Observed) -> str:
    obstacle = deletability.set_obstacle(work.fleet.ref, fresh.locks)
    if obstacle is not None:
        return obstacle.detail
    return pacing.cancelled_words(work.fleet, fresh, work.clock.now)


async def reserve(work: Work, progress: Progress) -> Progress:
    """Write the reservation of serial numbers before any of them is used."""
    if progress.stopped or progress.reserved or not work.plan.reservation.needed:
        return progress
    if progress.deleting:
        return progress.noting(not_sent(Verb.RESERVE, None, f"new members wait: {_DELETION_RUNS}"))
    if progress.group is None:
        return progress.noting(not_sent(Verb.RESERVE, None, "the scale set was not seen"))
    try:
        group = await _write_tags(work, progress.group, _reservation_tags(work, progress))
        ready = await _await_ready(work, group)
    except ProviderError as error:
        noted = progress.noting(refused(Verb.RESERVE, None, error))
        return replace(noted, stopped=isinstance(error, _ENDS_THE_PASS))
    progress = progress.noting(accepted(Verb.RESERVE, None, _reserved_words(work)))
    if ready is None:
        return progress.stopping(not_sent(Verb.RESERVE, None, _NOT_READY))
    return replace(progress, group=ready, reserved=True)


def _reserved_words(work: Work) -> str:
    one = work.plan.reservation
    if one.reserve_to == one.next:
        return "noted that open serial numbers are tried again"
    return f"reserved serial numbers up to {one.reserve_to - 1}"


async def write_settled(work: Work, progress: Progress) -> Progress:
    """Write what the pass has settled: the window closed, scarcity learned. Nothing if nothing is due."""
    is_left = limits.is_at_rest(work.fleet) or work.plan.set_leaving
    if progress.stopped or progress.group is None or is_left:
        return progress
    wanted = set_tags.after_pass(
        work.fleet,
        _with_group(work.observed, progress.group),
        work.plan,
        progress.memory,
        burnt=progress.burnt,
        now=work.clock.now,
    )
    if wanted is None:
        return progress
    if progress.deleting:
        return progress.noting(
            not_sent(Verb.SETTLE, None, f"tags of the set wait: {_DELETION_RUNS}")
        )
    try:
        group = await _write_tags(work, progress.group, wanted)
    except Conflict:
        return progress.noting(not_sent(Verb.SETTLE, None, _SOMEBODY_FIRST))
    except ProviderError as error:
        return progress.noting(refused(Verb.SETTLE, None, error))
    words = "recorded in the scale set's tags what this pass has settled"
    return replace(progress.noting(accepted(Verb.SETTLE, None, words)), group=group)


def _with_group(observed: Observed, group: Group) -> Observed:
    """The look with the set as this pass has written it; else the reservation would be undone."""
    return replace(
        observed,
        exists=True,
        group=group,
        serials=parse_serials(group.tags.get(tags.SERIALS)),
        reserved_at=tags.parse_time(group.tags.get(tags.RESERVED_AT)),
        retried_at=tags.parse_time(group.tags.get(tags.RETRIED_AT)),
    )


def _reservation_tags(work: Work, progress: Progress) -> Mapping[str, str]:
    return set_tags.after_reservation(
        work.fleet, work.observed, work.plan, progress.memory, work.clock.now
    )


async def _write_tags(work: Work, group: Group, wanted: Mapping[str, str]) -> Group:
    request = GroupRequest(group.zones, group.fault_domain_count, wanted)
    return await work.provider.put_group(work.fleet.ref, request, etag=group.etag)


async def _await_ready(work: Work, group: Group) -> Group | None:
    """The set once it is Succeeded; None when that takes too long, or when it is gone again."""
    for _ in range(READY_POLLS):
        if group.provisioning_state is ProvisioningState.SUCCEEDED:
            return group
        await work.clock.sleep(READY_POLL_SECONDS)
        seen = await look_by_name(work.fleet, work.provider, work.clock, names=())
        if seen.group is None:
            return None
        group = seen.group
    return None
