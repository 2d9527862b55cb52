"""Carry a plan out. Decides nothing: what it may leave out, it leaves to the next pass.

The order makes a crash between any two lines harmless:

1. the guard's second opinion; a plan that breaks a safety rule is refused whole,
2. the set, if there is none, with the serial numbers of the new members reserved in it,
3. the mark of a tombstone, put on or taken away: nobody goes with the fleet in the pass that writes it,
4. the reservation, if the plan needs numbers: a name is used only after the set says so,
5. tags of members,
6. deletions, after a fresh look at the victims and their locks,
7. creations, each create-only and under its reserved name,
8. the empty set of a fleet that ends, or else its tags, if the pass has settled something,
9. extensions of members that are up: a crash before them costs time and nothing else,
10. leftovers of members that are gone, each deletion after a fresh look.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import guard
from controller.core.steps import Tag
from controller.engine.creation import create_members
from controller.engine.installation import install_extensions
from controller.engine.outcome import NO_MORE_THIS_PASS, Progress, Verb, accepted, not_sent, refused
from controller.engine.removal import batch_may_run, delete_members
from controller.engine.set_writes import delete_set, ensure_set, mark_set, reserve, write_settled
from controller.engine.sweeping import sweep_leftovers
from controller.spec.values import DeletionMode
from providers.base import TagChange
from providers.errors import ProviderError

if TYPE_CHECKING:
    from controller.core.observed import Memory
    from controller.engine.outcome import Outcome, Work


@dataclass(frozen=True, slots=True)
class Execution:
    """What came of a plan. With ``violations`` nothing was sent."""

    outcomes: tuple[Outcome, ...]
    memory: Memory
    violations: tuple[str, ...] = ()


async def execute(work: Work, memory: Memory) -> Execution:
    """Carry the plan of ``work`` out. Raises no ``ProviderError``: each ends in an outcome."""
    violations = guard.check(work.fleet, work.observed, work.plan, work.observed.observed_at)
    if violations:
        return Execution((), memory, violations)
    batch = work.fleet.deletion is DeletionMode.BATCH
    progress = Progress(
        memory=memory, group=work.observed.group, deleting=batch and batch_may_run(work)
    )
    progress = await ensure_set(work, progress)
    progress = await mark_set(work, progress)
    progress = await reserve(work, progress)
    progress = await change_tags(work, progress)
    progress = await delete_members(work, progress)
    progress = await create_members(work, progress)
    progress = await delete_set(work, progress)
    progress = await write_settled(work, progress)
    progress = await install_extensions(work, progress)
    progress = await sweep_leftovers(work, progress)
    return Execution(progress.outcomes, progress.memory)


async def change_tags(work: Work, progress: Progress) -> Progress:
    """Change tags of members. The tags of the set are another matter."""
    for step in work.plan.steps:
        if not isinstance(step, Tag):
            continue
        if progress.stopped:
            words = "not sent: the pass had to stop before"
            progress = progress.noting(not_sent(Verb.TAG, step.instance, words))
            continue
        try:
            await work.provider.operate(work.fleet.ref, step.instance, TagChange(step.tags))
        except NO_MORE_THIS_PASS as error:
            progress = progress.stopping(refused(Verb.TAG, step.instance, error))
        except ProviderError as error:
            progress = progress.noting(refused(Verb.TAG, step.instance, error))
        else:
            progress = progress.noting(accepted(Verb.TAG, step.instance, step.why))
    return progress
