"""Calls, creations and installations that the scenario makes fail, and how often each has been met."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from providers.simulated import failures
from providers.simulated.lifecycle import Phase
from providers.simulated.records import Fate
from providers.simulated.scenario import Allocation, CallFailure, CreationOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from providers.errors import ProviderError
    from providers.simulated.records import InstanceRecord, Problem
    from providers.simulated.scenario import (
        Call,
        CallFault,
        CreationFault,
        ExtensionFault,
        Scenario,
    )

# Ours: Azure documents no figure; reports speak of 20 to 40 minutes.
OS_TIMEOUT_SECONDS = 1200.0
_EXTENSION_SECONDS = 90.0


class Faults:
    """Counts how often each fault of a scenario was met; that is all it remembers."""

    def __init__(
        self,
        scenario: Scenario,
        calls: Sequence[int] = (),
        creations: Sequence[int] = (),
        installations: Sequence[int] = (),
        deletions: Sequence[int] = (),
    ) -> None:
        self._scenario = scenario
        self.installations = list(installations) or [0] * len(scenario.extensions)
        self.calls = list(calls) or [0] * len(scenario.failures)
        self.creations = list(creations) or [0] * len(scenario.creations)
        self.deletions = list(deletions) or [0] * len(scenario.deletions)

    def call(self, call: Call, names: Sequence[str], at: float) -> CallFault | None:
        """Count a call for every fault that it matches, and give the first that strikes it."""
        struck = []
        for index, fault in enumerate(self._scenario.failures):
            named = fault.instance is None or _names_it(fault.instance, names)
            if fault.call is call and at >= fault.at and named:
                self.calls[index] += 1
                if fault.skip < self.calls[index] <= fault.skip + fault.times:
                    struck.append(fault)
        return struck[0] if struck else None

    def creation(self, record: InstanceRecord, at: float) -> Fate | None:
        """Count a creation for every fault that it matches, and give what the first to strike does."""
        struck = []
        for index, fault in enumerate(self._scenario.creations):
            if at >= fault.at and _concerns(fault, record):
                self.creations[index] += 1
                if fault.skip < self.creations[index] <= fault.skip + fault.times:
                    struck.append(_fate(fault.outcome, record))
        return struck[0] if struck else None

    def installation(self, record: InstanceRecord, extension: str, at: float) -> Problem | None:
        """Count an installation for every fault that it matches, and say how the first to strike ends it."""
        struck = False
        for index, fault in enumerate(self._scenario.extensions):
            if at >= fault.at and _is_about(fault, record, extension):
                self.installations[index] += 1
                met = self.installations[index]
                struck = struck or fault.skip < met <= fault.skip + fault.times
        return failures.extension_failed(record.name, extension) if struck else None

    def leaves_everything(self, record: InstanceRecord, at: float) -> bool:
        """Count a deletion for every fault that it matches, and say whether one strikes it."""
        struck = False
        for index, fault in enumerate(self._scenario.deletions):
            named = fault.instance is None or _names_it(fault.instance, [record.name])
            if at >= fault.at and named:
                self.deletions[index] += 1
                struck |= fault.skip < self.deletions[index] <= fault.skip + fault.times
        return struck


def is_harmless(fault: CallFault) -> bool:
    """Whether the call that fails does nothing."""
    return fault.error is not CallFailure.OUTCOME_UNKNOWN or not fault.applied


def failure_of(fault: CallFault, now: datetime) -> ProviderError:
    """The error that a failing call ends with."""
    match fault.error:
        case CallFailure.THROTTLED:
            return failures.throttled(now + timedelta(seconds=fault.retry_after))
        case CallFailure.TRANSIENT:
            return failures.transient()
        case CallFailure.SERVER_ERROR:
            return failures.server_error()
        case CallFailure.OUTCOME_UNKNOWN:
            return failures.no_answer()
        case CallFailure.FORBIDDEN:
            return failures.forbidden(fault.call.value)


def _names_it(instance: str, names: Sequence[str]) -> bool:
    return instance.casefold() in {name.casefold() for name in names}


def _concerns(fault: CreationFault, record: InstanceRecord) -> bool:
    return (
        (fault.instance is None or _names_it(fault.instance, [record.name]))
        and fault.zone in {None, record.zone}
        and (fault.size is None or fault.size.casefold() == record.size.casefold())
    )


def _is_about(fault: ExtensionFault, record: InstanceRecord, extension: str) -> bool:
    return (fault.instance is None or _names_it(fault.instance, [record.name])) and (
        fault.extension is None or _names_it(fault.extension, [extension])
    )


def allocation_fate(code: Allocation, after: Phase = Phase.CREATING) -> Fate:
    """The fate of a VM that finds no host when it is created or started."""
    to = Phase.CREATE_FAILED if after is Phase.CREATING else Phase.START_FAILED
    return Fate(after, to, failures.allocation_problem(code))


def _fate(outcome: CreationOutcome, record: InstanceRecord) -> Fate:
    match outcome:
        case CreationOutcome.STUCK:
            return Fate(Phase.CREATING, None)
        case CreationOutcome.OS_TIMED_OUT:
            problem = failures.os_timed_out(record.name)
            return Fate(Phase.PROVISIONING_OS, Phase.DEGRADED, problem, OS_TIMEOUT_SECONDS)
        case CreationOutcome.EXTENSION_FAILED:
            problem = failures.extension_failed(record.name)
            return Fate(Phase.PROVISIONING_OS, Phase.DEGRADED, problem, _EXTENSION_SECONDS)
        case CreationOutcome.ALLOCATION_FAILED:
            zonal = record.zone is not None
            return allocation_fate(Allocation.ZONAL if zonal else Allocation.ALLOCATION_FAILED)
