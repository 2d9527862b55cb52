"""What all services of the emulator share: the region, its documents, operations, rate limits, settings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING

from providers.arm.operations import Operations
from providers.arm.routes import Router
from providers.arm.shelf import Shelf
from providers.arm.throttle import Throttle
from providers.simulated.dice import Dice
from providers.simulated.documents import mapping_in
from providers.simulated.locks import covers

if TYPE_CHECKING:
    from providers.arm.deployment_runs import Runs
    from providers.arm.network import Network
    from providers.simulated.records import InstanceRecord, ScaleSetRecord
    from providers.simulated.region import SimulatedRegion
    from providers.simulated.world import World

GROUP = "Microsoft.Resources/resourceGroups"


@dataclass(frozen=True, slots=True)
class Settings:
    """How an emulator presents itself.

    ``speed`` is how many seconds pass in the region while one passes outside; clients are told to wait by
    their own clock. 0: the region's time stands until somebody moves it. ``throttle``: rate limits refuse.
    """

    subscription: str = "00000000-0000-0000-0000-000000000000"
    tenant: str = "11111111-1111-1111-1111-111111111111"
    location: str = "westeurope"
    throttle: bool = True
    speed: float = 1.0


class Emulator:
    """One emulated ARM. ``pipeline.answer`` takes its requests."""

    def __init__(self, region: SimulatedRegion, settings: Settings | None = None) -> None:
        self.region = region
        self.settings = settings or Settings()
        self.shelf = Shelf(region.world)
        self.operations = Operations(region.world)
        self.throttle = Throttle(region.clock, on=self.settings.throttle)
        region.world.witness = self._witness
        self._departed: dict[str, float] = {}
        # Lower-case scopes of resource groups on their way out.
        self.leaving = {
            str(mapping_in(entry, "document")["id"]).lower()
            for entry in region.world.documents.values()
            if "gone" in entry and mapping_in(entry, "document").get("type") == GROUP
        }
        # Ids of requests come from dice of their own: reading must not change what happens later.
        self._request_dice = Dice(region.world.dice.seed)

    @property
    def world(self) -> World:
        """The region's memory."""
        return self.region.world

    @property
    def now(self) -> float:
        """Seconds since the region's start."""
        return self.region.clock.elapsed

    @cached_property
    def network(self) -> Network:
        """The resources of Microsoft.Network, those that VMs declare included."""
        from providers.arm.network import Network
        from providers.arm.network_references import bring_listed

        bring_listed(self)
        return Network(self)

    @cached_property
    def runs(self) -> Runs:
        """The deployments that this process began."""
        from providers.arm.deployment_runs import Runs

        return Runs(self)

    @cached_property
    def router(self) -> Router:
        """All operations that are served."""
        from providers.arm.services import ROUTES

        return Router(ROUTES)

    def was_here(self, resource_id: str, within: float) -> bool:
        """Whether a VM or set of this id went away at most so many seconds ago."""
        left = self._departed.get(resource_id.lower())
        return left is not None and self.now - left <= within

    def new_guid(self) -> str:
        """An id that lasts: of an operation, for example."""
        return _guid(self.world.dice.hexadecimal(32))

    def request_guid(self) -> str:
        """An id of one request."""
        return _guid(self._request_dice.hexadecimal(32))

    def wait(self, seconds: float) -> str:
        """A ``Retry-After`` for so many seconds of the region, as the client's clock counts: at least 1."""
        speed = self.settings.speed
        return str(max(1, ceil(seconds / speed))) if speed > 0 else "1"

    def group_is_known(self, scope: str) -> bool:
        """Whether a resource group exists. Unless the region is strict, each one does that a request names.

        What a scenario lists brings its group with it.
        """
        scenario = self.region.scenario
        if not scenario.strict or self.shelf.get(scope) is not None:
            return True
        listed = (*scenario.resources, *(subnet.id for subnet in scenario.subnets))
        return any(covers(scope, one) for one in listed)

    def _witness(self, key: str, record: InstanceRecord | ScaleSetRecord | None, at: float) -> None:
        self.operations.notice(key, record, at)
        self.network.notice(key, record)
        if record is None:
            self.shelf.clear(key)
            self._departed[key] = at


def _guid(digits: str) -> str:
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
