"""The adapter in front of an emulated ARM, in one process and in virtual time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from providers.arm.emulator import Emulator
from providers.arm.emulator import Settings as EmulatorSettings
from providers.arm.envelope import content_of
from providers.arm.messages import Request
from providers.arm.pipeline import answer
from providers.azure.pipeline import Conduct, Endpoint
from providers.azure.provider import AzureProvider
from providers.azure.rates import Rates
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
    DeletionFault,
    ExtensionFault,
    KnownSubnet,
)
from tests import recorder
from tests.providers.azure.fake_arm import FakeTransport, Reply, Sent
from tests.providers.worlds import REF, an_empty_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from providers.base import LockLevel
    from providers.simulated.region import SimulatedRegion

ORIGIN = "https://localhost"


class EmulatedCloud:
    """The adapter in front of an emulated ARM, steered through the region behind it."""

    def __init__(
        self,
        region: SimulatedRegion | None = None,
        *,
        throttle: bool = True,
        conduct: Conduct | None = None,
    ) -> None:
        self.region = region or an_empty_region()
        self.emulator = Emulator(self.region, EmulatorSettings(speed=0, throttle=throttle))
        self.transport = FakeTransport(self._answer)
        own = Conduct(Rates(self.region.clock, modelled=False), self.region.clock)
        self.provider = AzureProvider(
            Endpoint(ORIGIN), conduct or own, transports=lambda _endpoint: self.transport
        )
        self.ref = REF

    def _answer(self, sent: Sent) -> Reply:
        request = Request(
            method=sent.method,
            path=sent.path,
            query={name.lower(): value for name, value in sent.query.items()},
            headers={name.lower(): value for name, value in sent.headers.items()},
            content=sent.content,
            origin=ORIGIN,
        )
        reply = answer(self.emulator, request)
        recorder.keep("adapter", request, reply)
        return Reply(reply.status, content_of(reply), reply.headers)

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
