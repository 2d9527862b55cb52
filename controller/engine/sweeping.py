"""Sweep leftovers: mark what is seen for the first time, delete what is due after a fresh look at it alone.

It comes last in a pass, because nothing waits for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core import leftovers, tags
from controller.engine.look import look_at_leftovers
from controller.engine.outcome import NO_MORE_THIS_PASS, Verb, accepted, not_sent, refused
from providers.base import SingleDelete, TagChange
from providers.errors import ProviderError

if TYPE_CHECKING:
    from controller.core.steps import Sweep
    from controller.engine.outcome import Outcome, Progress, Work


async def sweep_leftovers(work: Work, progress: Progress) -> Progress:
    """Carry out the plan's sweeps, one after the other, until the provider asks for patience."""
    for step in work.plan.sweeps:
        if progress.stopped:
            words = "not sent: the pass had to stop before"
            progress = progress.noting(not_sent(Verb.SWEEP, step.name, words))
            continue
        try:
            outcome = await (_mark(work, step) if step.marks else _delete(work, step))
        except NO_MORE_THIS_PASS as error:
            progress = progress.stopping(refused(Verb.SWEEP, step.name, error))
        except ProviderError as error:
            progress = progress.noting(refused(Verb.SWEEP, step.name, error))
        else:
            progress = progress.noting(outcome)
    return progress


async def _mark(work: Work, step: Sweep) -> Outcome:
    since = work.clock.now.replace(microsecond=0).isoformat()
    await work.provider.sweep(work.fleet.ref, step.leftover, TagChange({tags.LEFT_OVER: since}))
    return accepted(Verb.SWEEP, step.name, f"{step.name} is marked as left over")


async def _delete(work: Work, step: Sweep) -> Outcome:
    """Look once more, and send the deletion if nothing speaks against it. Raises ``ProviderError``."""
    sure = await look_at_leftovers(
        work.fleet, work.provider, work.clock, {step.leftover: step.instance}
    )
    why = leftovers.why_it_stays(work.fleet, sure, step, work.clock.now)
    if why:
        return not_sent(Verb.SWEEP, step.name, f"{step.name} stays: {why}")
    await work.provider.sweep(work.fleet.ref, step.leftover, SingleDelete())
    return accepted(Verb.SWEEP, step.name, f"{step.name} is being deleted")
