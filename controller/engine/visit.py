"""One visit of the daemon at one fleet: may it be changed, a pass, what the board and the log are told.

Whatever goes wrong ends in the fleet's own state. The visit says when the next one is due.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core.leaving import in_epoch
from controller.core.observed import Memory
from controller.core.rhythm import NextLook, Outlook, Urgency, next_look, spread_out
from controller.engine.fence import Fenced
from controller.engine.outcome import Verb
from controller.engine.passage import Passage
from controller.engine.patience import Patient
from controller.engine.reconcile import AFTER_FAILURE_SECONDS, carry_out, incident_of, run_pass
from controller.engine.report import PassReport
from providers.errors import Conflict

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from controller.engine.board import Board, FleetState
    from controller.engine.chronicle import Chronicle
    from controller.engine.clock import DaemonClock, SteadyClock
    from controller.engine.patience import Patience
    from controller.engine.queue import Ticket
    from controller.engine.ramp import Ramp
    from controller.engine.reads import Shares
    from controller.engine.reconcile import Between
    from controller.engine.tenure import Tenure
    from controller.spec.values import Fleet
    from providers.base import Provider

PASS_SECONDS = 900.0
"""A pass that takes longer hangs: the longest of its waits, for a new set, is a tenth of that."""

_MOVES = frozenset({Verb.CREATE, Verb.DELETE, Verb.TAG})
"""What brings a fleet nearer to its spec. A reserved number alone does not."""


@dataclass(frozen=True, slots=True)
class Means:
    """With what a visit is made.

    ``between`` puts the audit trail between a planned pass and the cloud.
    ``trouble`` says why nothing at all is changed just now, None when all is well; ``shut`` the same for
    each single change, and also once the daemon has been told to stop. ``dice`` draws the jitter. ``epoch``
    goes up when another time of day is taken over. ``clock`` tells the cloud's time, ``machine`` counts our
    own seconds: a simulated region may run faster.
    """

    provider: Provider
    between: Between | None
    clock: DaemonClock
    machine: SteadyClock
    dice: random.Random
    tenure: Tenure
    board: Board
    shares: Shares
    ramp: Ramp
    patience: Patience
    chronicle: Chronicle
    trouble: Callable[[], str | None]
    shut: Callable[[], str | None]
    dry_run: bool = False
    epoch: Callable[[], int] = lambda: 0


async def visit(means: Means, ticket: Ticket) -> NextLook | None:
    """Look at the fleet of a ticket, and do what is to be done; None if there is no such fleet any more."""
    state = means.board.fleet(ticket.key)
    if state is None:
        return None
    if state.standing.fleet is None:
        return _waits(means, state, "no spec of it is known")
    # The revision stands in the audit trail and in the tags of new members.
    fleet = replace(
        state.standing.fleet,
        revision=state.standing.revision,
        in_force_since=state.standing.in_force_since,
    )
    refusal = means.tenure.may_begin(ticket.key)
    means.board.note(ticket.key, holder=means.tenure.holder_of(ticket.key))
    if refusal is not None:
        return _waits(means, state, refusal)
    return await _pass(means, ticket, state, fleet)


def _waits(means: Means, state: FleetState, why: str) -> NextLook:
    """Leave a fleet alone until the next regular look; whoever knows of a change puts it forward."""
    means.chronicle.waits(state, why)
    pause = spread_out(means.shares.resync(state.key).seconds, means.dice.random())
    return _note_next(means, state, NextLook(Urgency.RESYNC, pause, why), failures=0)


async def _pass(means: Means, ticket: Ticket, state: FleetState, fleet: Fleet) -> NextLook:
    # The fence stands directly before the provider: nothing waits between its word and the request. What the
    # platform said about when to come back is asked for behind the ramp, where creations may wait for minutes.
    fenced = Fenced(means.provider, means.tenure)
    passage = Passage(Patient(fenced, means.patience, ticket.key), means.ramp, means.shut)
    means.board.note(ticket.key, working=True)
    try:
        with means.tenure.at_work(ticket.key):
            async with asyncio.timeout(PASS_SECONDS):
                report = await _plan_and_act(means, passage, state, fleet)
    except TimeoutError:
        report = _hung(state, fleet, means)
    finally:
        means.board.note(ticket.key, working=False)
        means.shares.settle(ticket.key, ticket.urgency, passage.pages)
    return _take_in(means, state, fleet, report)


async def _plan_and_act(
    means: Means, provider: Provider, state: FleetState, fleet: Fleet
) -> PassReport:
    planned = await run_pass(
        fleet,
        provider,
        means.clock,
        dry_run=True,
        memory=in_epoch(state.report.memory if state.report else Memory(), means.epoch()),
        number=state.passes + 1,
    )
    if means.dry_run or state.standing.freeze is not None or means.trouble() is not None:
        return planned
    return await carry_out(fleet, planned, provider, means.clock, between=means.between)


def _take_in(means: Means, state: FleetState, fleet: Fleet, report: PassReport) -> NextLook:
    failures = state.failures + 1 if has_failed(report) else 0
    members = len(report.observed.members) if report.observed else None
    means.shares.know(state.key, fleet.ref, members)
    means.board.note(
        state.key,
        report=report,
        seen=state.seen if report.plan is None else report,
        passes=report.number,
    )
    resync = means.shares.resync(state.key)
    means.board.resync(means.shares.place(state.key), resync)
    means.chronicle.passed(state, report)
    outlook = Outlook(report.look_again_seconds, is_moving(report), failures)
    look = next_look(outlook, resync, means.dice.random())
    return _note_next(means, state, look, failures=failures)


def _note_next(means: Means, state: FleetState, look: NextLook, *, failures: int) -> NextLook:
    means.board.note(
        state.key,
        next_look=means.clock.now + timedelta(seconds=look.seconds),
        why_next=look.why,
        failures=failures,
    )
    return look


def has_failed(report: PassReport) -> bool:
    """Whether a pass came to nothing: it could not look, was refused by the guard, or only met errors."""
    if report.plan is None or report.violations:
        return True
    errors = [one.error for one in report.outcomes if one.error is not None]
    moved = any(one.accepted and one.verb in _MOVES for one in report.outcomes)
    return not moved and any(not isinstance(error, Conflict) for error in errors)


def is_moving(report: PassReport) -> bool:
    """Whether something is on its way that another look will show."""
    if report.plan is None or report.in_flight:
        return report.plan is not None
    waits = report.awaits_approval and not report.changed
    return not (report.dry_run or report.settled or waits)


def _hung(state: FleetState, fleet: Fleet, means: Means) -> PassReport:
    error = TimeoutError(f"the pass had not ended after {PASS_SECONDS:.0f} s")
    return PassReport(
        fleet=fleet.name,
        number=state.passes + 1,
        ended_at=means.clock.now,
        look_again_seconds=AFTER_FAILURE_SECONDS,
        incident=incident_of(fleet.name, error),
    )
