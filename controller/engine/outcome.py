"""What came of carrying a plan out: one outcome for each action, in the order of the actions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from providers.errors import LeaseLost, NotRecorded, Throttled

if TYPE_CHECKING:
    from controller.core.observed import Memory, Observed
    from controller.core.steps import Plan
    from controller.engine.clock import Clock
    from controller.spec.values import Fleet
    from providers.base import Group, Provider
    from providers.errors import ProviderError

NO_MORE_THIS_PASS = (Throttled, LeaseLost, NotRecorded)
"""After these errors nothing more is sent in a pass: the next request would meet the same."""


class Verb(StrEnum):
    """What an action does."""

    ENSURE_SET = "ensureSet"
    RESERVE = "reserve"
    TAG = "tag"
    DELETE = "delete"
    CREATE = "create"
    SETTLE = "settle"
    MARK = "mark"
    DELETE_SET = "deleteSet"
    OPERATE = "operate"
    SWEEP = "sweep"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one action. ``instance`` is None when the action is on the set itself.

    ``accepted`` False with an error: the platform refused, or did not answer. ``accepted`` False
    without one: the action was not sent, and ``sentence`` says why.
    """

    verb: Verb
    instance: str | None
    accepted: bool
    sentence: str
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """What a pass carries out, on whose behalf and with what."""

    fleet: Fleet
    observed: Observed
    plan: Plan
    provider: Provider
    clock: Clock


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a pass has come. Each stage of the executor takes one and returns the next.

    ``group`` is the set as last written or seen. ``reserved``: the plan's serial numbers may be used.
    ``deleting``: a batch deletion may be running, so the set must not be written. ``stopped``: nothing
    more may be sent in this pass. ``burnt`` are names that surely never come to life.
    """

    memory: Memory
    group: Group | None
    outcomes: tuple[Outcome, ...] = ()
    reserved: bool = False
    deleting: bool = False
    stopped: bool = False
    burnt: frozenset[str] = frozenset()

    def noting(self, *outcomes: Outcome) -> Progress:
        """With more outcomes."""
        return replace(self, outcomes=self.outcomes + outcomes)

    def stopping(self, *outcomes: Outcome) -> Progress:
        """With more outcomes, the last of this pass."""
        return replace(self.noting(*outcomes), stopped=True)


def accepted(verb: Verb, instance: str | None, sentence: str) -> Outcome:
    """The platform took it on."""
    return Outcome(verb, instance, accepted=True, sentence=sentence)


def refused(verb: Verb, instance: str | None, error: ProviderError) -> Outcome:
    """The platform said no, or nothing."""
    return Outcome(verb, instance, accepted=False, sentence=str(error), error=error)


def not_sent(verb: Verb, instance: str | None, why: str) -> Outcome:
    """We did not ask."""
    return Outcome(verb, instance, accepted=False, sentence=why)
