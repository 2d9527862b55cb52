"""What a pass tells: everything it saw, decided and did, and one word for how it went."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.observed import Memory
from controller.engine.outcome import Verb
from providers.errors import (
    Conflict,
    Forbidden,
    LeaseHeld,
    LeaseLost,
    Locked,
    OfferingError,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.core.observed import Observed
    from controller.core.status import Status
    from controller.core.steps import Plan
    from controller.engine.outcome import Outcome


class Verdict(StrEnum):
    """How a pass went, the worst last. The command line turns it into an exit code."""

    NOTHING = "nothing to do"
    CHANGES = "changes"
    BLOCKED = "blocked"
    UNREACHABLE = "provider unreachable"
    THROTTLED = "throttled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Incident:
    """A mistake in this program. ``id`` finds ``trace`` in the log; people see the sentence alone."""

    id: str
    sentence: str
    trace: str


@dataclass(frozen=True, slots=True)
class PassReport:
    """One pass over one fleet.

    ``observed`` and ``plan`` are None when the look failed; then ``error`` or ``incident`` says why.
    ``memory`` is what the next pass of this process is to be given. ``violations`` are the safety rules
    that the plan would have broken; nothing of such a plan was carried out. ``left_alone``: the spec
    suspends the fleet or ends it, so not even its serial numbers are settled.
    """

    fleet: str
    number: int
    ended_at: datetime
    look_again_seconds: int
    dry_run: bool = False
    left_alone: bool = False
    observed: Observed | None = None
    memory: Memory = field(default_factory=Memory)
    plan: Plan | None = None
    status: Status | None = None
    outcomes: tuple[Outcome, ...] = ()
    violations: tuple[str, ...] = ()
    error: ProviderError | None = None
    incident: Incident | None = None

    @property
    def changed(self) -> bool:
        """Whether the platform accepted anything."""
        return any(outcome.accepted for outcome in self.outcomes)

    @property
    def in_flight(self) -> bool:
        """Whether members are created or deleted, their extensions installed, or the set of a fleet ends."""
        plan = self.plan
        return plan is not None and bool(
            plan.creating or plan.leaving or plan.installing or plan.set_leaving
        )

    @property
    def blocked(self) -> bool:
        """Whether something is wanted and prevented, or waits for an approval."""
        return self.plan is not None and (bool(self.plan.blocked) or self.awaits_approval)

    @property
    def awaits_approval(self) -> bool:
        """Whether a deletion in the plan waits until somebody says yes."""
        approval = self.plan.approval if self.plan else None
        return approval is not None and not approval.given

    @property
    def lease_lost(self) -> bool:
        """Whether something was not sent because the lease over the fleet was not ours any more."""
        return any(isinstance(error, LeaseLost) for error in self._errors())

    @property
    def settled(self) -> bool:
        """Whether there was nothing to do, and nothing is under way or unknown."""
        plan = self.plan
        if plan is None or self.violations or self.incident:
            return False
        unsettled = plan.unsettled and not self.left_alone
        return not (plan.steps or self.in_flight or unsettled or self.outcomes)

    @property
    def only_settled(self) -> bool:
        """Whether nothing was wanted or under way, and the pass did no more than bring the set's tags up to date."""
        plan = self.plan
        quiet = plan is not None and not plan.steps and not self.in_flight and not self.blocked
        return quiet and self.changed and {one.verb for one in self.outcomes} == {Verb.SETTLE}

    @property
    def converged(self) -> bool:
        """Whether the fleet is as its spec says: settled, and nothing wanted is prevented."""
        return self.settled and not self.blocked

    @property
    def verdict(self) -> Verdict:
        """The worst thing that happened, or else what is left to do."""
        found = {_verdict_of(error) for error in self._errors()}
        if self.error is not None:
            found.add(failure_verdict(self.error))
        if self.incident or self.violations:
            found.add(Verdict.FAILED)
        if self.blocked:
            found.add(Verdict.BLOCKED)
        if self.plan is not None and (self.plan.steps or self.changed):
            found.add(Verdict.CHANGES)
        order = tuple(Verdict)
        return max(found, key=order.index, default=Verdict.NOTHING)

    @property
    def trouble(self) -> tuple[str, ...]:
        """Sentences for people about what went wrong; empty when nothing did."""
        lines = [f"the plan would break a safety rule: {rule}" for rule in self.violations]
        if self.error is not None:
            lines.append(str(self.error))
        if self.incident is not None:
            lines.append(self.incident.sentence)
        lines += [
            f"{outcome.instance or 'the scale set'}: {outcome.sentence}"
            for outcome in self.outcomes
            if outcome.error is not None and not isinstance(outcome.error, Conflict)
        ]
        return tuple(lines)

    def _errors(self) -> Iterable[ProviderError]:
        return (outcome.error for outcome in self.outcomes if outcome.error is not None)


def _verdict_of(error: ProviderError) -> Verdict:
    """What a refused action says. A conflict is no failure: the next pass looks and decides anew."""
    match error:
        case Conflict():
            return Verdict.CHANGES
        case OfferingError() | QuotaExceeded() | Locked():
            return Verdict.BLOCKED
        case Throttled() | LeaseHeld() | LeaseLost():
            return Verdict.THROTTLED
        case Transient() | OutcomeUnknown():
            return Verdict.UNREACHABLE
        case _:
            return Verdict.FAILED


def failure_verdict(error: ProviderError) -> Verdict:
    """What a failed look, or a failed request to the lease store, says: without permission to read, the provider is out of reach."""
    if isinstance(error, Forbidden):
        return Verdict.UNREACHABLE
    found = _verdict_of(error)
    return found if found in {Verdict.THROTTLED, Verdict.UNREACHABLE} else Verdict.FAILED
