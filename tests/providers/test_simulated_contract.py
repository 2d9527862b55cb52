"""The simulated region passes the battery."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
    DeletionFault,
    ExtensionFault,
    KnownSubnet,
)
from tests.providers.contract import ProviderContract
from tests.providers.worlds import REF, an_empty_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from providers.base import LockLevel


class SimulatedCloud:
    """A region in memory, steered through its scenario."""

    def __init__(self) -> None:
        self.region = an_empty_region()
        self.provider = SimulatedProvider(self.region)
        self.ref = REF

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.region.clock.advance(seconds)

    def lag(self, seconds: float) -> None:
        """Make the member list run behind."""
        self.region.use(replace(self.region.scenario, list_lag=seconds))

    def lose_answer(self, *, applied: bool) -> None:
        """Make the next creation end without an answer."""
        fault = CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, applied=applied)
        self.region.use(replace(self.region.scenario, failures=(fault,)))

    def fill_zones(self) -> None:
        """Take all capacity away."""
        self.region.use(replace(self.region.scenario, capacity=(CapacityLimit(instances=0),)))

    def limit_family(self, vcpus: int) -> None:
        """Approve so many vCPUs of the Dsv5 family."""
        self.region.use(replace(self.region.scenario, quotas={"standardDSv5Family": vcpus}))

    def lock(self, level: LockLevel, scope: str) -> None:
        """Set a lock."""
        self.region.add_lock(level, scope)

    def leave_behind(self) -> None:
        """Let every deletion leave everything behind."""
        faults = (DeletionFault(times=99),)
        self.region.use(replace(self.region.scenario, deletions=faults))

    def know_only(self, resources: Sequence[str], subnets: Mapping[str, bool]) -> None:
        """Make the region strict."""
        known = tuple(KnownSubnet(name, nat_gateway=way_out) for name, way_out in subnets.items())
        now = self.region.scenario
        self.region.use(replace(now, strict=True, resources=tuple(resources), subnets=known))

    def break_extension(self, name: str) -> None:
        """Make the next installation of an extension fail."""
        self.region.use(replace(self.region.scenario, extensions=(ExtensionFault(name),)))


class TestSimulatedRegion(ProviderContract):
    """The contract, kept in memory."""

    @pytest.fixture
    def cloud(self) -> SimulatedCloud:
        """A fresh region."""
        return SimulatedCloud()
