"""What a pass proves about its fleet, for conditions: reports and errors put into the core's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.conditions import PassFacts, Stop
from controller.core.eventlog import EventReason
from controller.core.steps import Prevented
from providers.errors import (
    Forbidden,
    LeaseHeld,
    LeaseLost,
    Locked,
    NoCapacity,
    NotFound,
    NotOffered,
    NotRecorded,
    OfferingError,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.core.eventlog import Word
    from controller.engine.report import PassReport

_REASONS: tuple[tuple[type[ProviderError], Word], ...] = (
    (Throttled, EventReason.THROTTLED),
    (NotRecorded, EventReason.NOT_RECORDED),
    (LeaseHeld, EventReason.LEASE_LOST),
    (LeaseLost, EventReason.LEASE_LOST),
    (Transient, EventReason.UNREACHABLE),
    (OutcomeUnknown, EventReason.OUTCOME_UNKNOWN),
    (NoCapacity, Prevented.NO_CAPACITY),
    (NotOffered, Prevented.NOT_OFFERED),
    (QuotaExceeded, Prevented.QUOTA),
    (Locked, Prevented.LOCKED),
    (Forbidden, EventReason.FORBIDDEN),
    (NotFound, EventReason.NOT_FOUND),
)
"""Errors in the words of events and conditions. What is not named here is ``Refused``."""

_CONDITIONS: tuple[tuple[type[ProviderError], str], ...] = (
    (QuotaExceeded, "QuotaBlocked"),
    (OfferingError, "CapacityBlocked"),
    (Locked, "Locked"),
)
"""The condition that an answer of the platform proves."""


def facts_of(
    report: PassReport, digest: str, *, freeze: Stop | None = None, wish: str | None = None
) -> PassFacts:
    """The facts of a pass over the spec ``digest``.

    ``freeze``: why the source holds the fleet, if it does; ``wish`` is then what stands for the newest spec.
    """
    return PassFacts(
        digest=digest,
        wish=wish,
        status=report.status,
        blind=_blind(report),
        freeze=freeze,
        throttled=_first(report, Throttled),
        stalled=_stalled(report),
        refused=tuple(_refusals(report)),
    )


def reason_of(error: ProviderError) -> Word:
    """One word for what the platform answered."""
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return reason
    return EventReason.REFUSED


def _errors(report: PassReport) -> Iterator[ProviderError]:
    if report.error is not None:
        yield report.error
    yield from (one.error for one in report.outcomes if one.error is not None)


def _first(report: PassReport, kind: type[ProviderError]) -> Stop | None:
    found = next((error for error in _errors(report) if isinstance(error, kind)), None)
    return None if found is None else Stop(reason_of(found).value, str(found), lasting=False)


def _blind(report: PassReport) -> Stop | None:
    """Why nothing was seen. Without a permission, or a group to look into, a person has to help."""
    if report.status is not None:
        return None
    if report.incident is not None:
        return Stop(EventReason.INTERNAL_ERROR.value, report.incident.sentence)
    error = report.error
    if error is None:
        return None
    lasting = isinstance(error, Forbidden | NotFound) or reason_of(error) is EventReason.REFUSED
    return Stop(reason_of(error).value, f"the look failed: {error}", lasting=lasting)


def _stalled(report: PassReport) -> Stop | None:
    """What a pass that could look still needs a person for."""
    if report.violations:
        return Stop(EventReason.GUARD_REFUSED.value, report.violations[0])
    if report.incident is not None:
        return Stop(EventReason.INTERNAL_ERROR.value, report.incident.sentence)
    refused = _first(report, NotRecorded) or _first(report, Forbidden)
    return None if refused is None else Stop(refused.reason, refused.detail)


def _refusals(report: PassReport) -> Iterator[tuple[str, Stop]]:
    for outcome in report.outcomes:
        for kind, name in _CONDITIONS:
            if isinstance(outcome.error, kind):
                yield name, Stop(reason_of(outcome.error).value, outcome.sentence, lasting=False)
