"""One pass: look, plan, check, carry out, report.

Here is the worker boundary of the program: whatever goes wrong with one fleet ends in that fleet's
report and disturbs no other.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from controller.core import limits, pacing, status
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.engine.execute import execute
from controller.engine.look import look, look_closer
from controller.engine.outcome import Work
from controller.engine.report import Incident, PassReport
from providers.errors import ProviderError, Throttled

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from controller.engine.clock import Clock
    from controller.engine.outcome import Outcome
    from controller.spec.values import Fleet
    from providers.base import Provider

AT_ONCE = 8
"""Fleets that are worked on at the same time."""

AFTER_FAILURE_SECONDS = 30
"""When to look again after a pass that could not see or that failed."""

Between: TypeAlias = "Callable[[Fleet, PassReport, Provider], Provider]"
"""What is put between a planned pass and the cloud when it is carried out: a fence, an audit trail."""


async def run_pass(
    fleet: Fleet,
    provider: Provider,
    clock: Clock,
    *,
    dry_run: bool = False,
    memory: Memory | None = None,
    number: int = 1,
    between: Between | None = None,
) -> PassReport:
    """Make one pass over one fleet. ``dry_run``: plan only, send nothing that changes anything.

    ``memory`` is that of the report before, if this process made one; ``number`` counts the passes.
    ``between`` gives the provider through which the plan is carried out.
    Raises nothing: a failed look and a mistake of our own are told in the report.
    """
    blank = PassReport(
        fleet=fleet.name,
        number=number,
        ended_at=clock.now,
        look_again_seconds=AFTER_FAILURE_SECONDS,
        dry_run=True,
        left_alone=limits.is_at_rest(fleet),
        memory=memory or Memory(),
    )
    planned = await _contained(_plan(fleet, provider, clock, blank), blank, clock)
    return planned if dry_run else await carry_out(fleet, planned, provider, clock, between=between)


async def carry_out(
    fleet: Fleet,
    planned: PassReport,
    provider: Provider,
    clock: Clock,
    *,
    between: Between | None = None,
) -> PassReport:
    """Carry out what a dry run has planned, and nothing else. Raises nothing, like ``run_pass``.

    A report without a plan is given back as it is.
    """
    begun = replace(planned, dry_run=False)
    if planned.plan is None or planned.observed is None:
        return begun
    through = provider if between is None else between(fleet, planned, provider)
    work = Work(fleet, planned.observed, planned.plan, through, clock)
    return await _contained(_execute(work, begun), begun, clock)


async def reconcile_once(
    fleets: Sequence[Fleet],
    provider: Provider,
    clock: Clock,
    *,
    dry_run: bool = False,
    memories: Mapping[str, Memory] | None = None,
    number: int = 1,
    between: Between | None = None,
) -> tuple[PassReport, ...]:
    """Make one pass over each fleet, up to ``AT_ONCE`` at a time; reports in the order of ``fleets``.

    ``memories`` are those of the last reports, by name of fleet.
    """
    gate = asyncio.Semaphore(AT_ONCE)
    known = memories or {}

    async def one(fleet: Fleet) -> PassReport:
        async with gate:
            return await run_pass(
                fleet,
                provider,
                clock,
                dry_run=dry_run,
                memory=known.get(fleet.name),
                number=number,
                between=between,
            )

    return tuple(await asyncio.gather(*(one(fleet) for fleet in fleets)))


async def _plan(fleet: Fleet, provider: Provider, clock: Clock, blank: PassReport) -> PassReport:
    seen = await look(fleet, provider, clock, memory=blank.memory)
    observed = seen.observed
    # The plan is made for the moment of the look, so that a saved observation gives the same plan.
    decided = plan(fleet, observed, seen.memory, observed.observed_at)
    if pacing.needs_closer_look(fleet, decided):
        observed = await look_closer(fleet, provider, clock, observed)
        decided = plan(fleet, observed, seen.memory, observed.observed_at)
    return replace(
        blank,
        ended_at=clock.now,
        look_again_seconds=decided.look_again_seconds,
        observed=observed,
        memory=replace(seen.memory, overshoot_frozen=decided.overshoot_frozen),
        plan=decided,
        status=status.compute_status(fleet, observed, decided),
    )


async def _execute(work: Work, begun: PassReport) -> PassReport:
    done = await execute(work, begun.memory)
    return replace(
        begun,
        ended_at=work.clock.now,
        look_again_seconds=max(
            (begun.look_again_seconds, *_throttled_waits(done.outcomes, work.clock))
        ),
        memory=done.memory,
        outcomes=done.outcomes,
        violations=done.violations,
    )


async def _contained(stage: Awaitable[PassReport], before: PassReport, clock: Clock) -> PassReport:
    """Await a stage of a pass; whatever it raises ends in the report that was there before."""
    try:
        return await stage
    except ProviderError as error:
        wait = _wait_after(error, clock)
        return replace(before, ended_at=clock.now, error=error, look_again_seconds=wait)
    except Exception as error:  # noqa: BLE001 -- the worker boundary: one fleet's bug stops no other
        return replace(
            before,
            ended_at=clock.now,
            incident=incident_of(before.fleet, error),
            look_again_seconds=AFTER_FAILURE_SECONDS,
        )


def _throttled_waits(outcomes: Iterable[Outcome], clock: Clock) -> list[int]:
    errors = [outcome.error for outcome in outcomes]
    return [_wait_after(error, clock) for error in errors if isinstance(error, Throttled)]


def _wait_after(error: ProviderError, clock: Clock) -> int:
    if not isinstance(error, Throttled):
        return AFTER_FAILURE_SECONDS
    return max(1, math.ceil((error.until - clock.now).total_seconds()))


def incident_of(fleet: str, error: Exception) -> Incident:
    """Name a mistake of our own. The same mistake has the same id."""
    trace = "".join(traceback.format_exception(error))
    identity = hashlib.sha256(f"{fleet}|{trace}".encode()).hexdigest()[:8]
    sentence = (
        f"internal error (incident {identity}, {type(error).__name__}): this pass over {fleet} was "
        "given up, and other fleets are not affected. Run again with -v for the details to report"
    )
    return Incident(identity, sentence, trace)
