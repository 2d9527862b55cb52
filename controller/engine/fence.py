"""The fence: no change leaves this process unless the lease over its fleet lasts until the change is over.

It wraps a provider from outside, so that nothing between the plan and the network can go round it. Reads
pass: whoever has no lease may look.
"""

from __future__ import annotations

import asyncio
import math
from typing import TYPE_CHECKING, TypeVar

from controller.engine.tenure import key_of
from providers.errors import LeaseLost, OutcomeUnknown
from providers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.engine.tenure import Tenure
    from providers.base import Provider
    from providers.relay import Change

T = TypeVar("T")


class Fenced(Relay):
    """A provider whose changes need the tenure's word, each at the moment when it is sent.

    Raises ``LeaseLost`` instead of sending. A change that takes longer than the tenure allows is given up
    (``OutcomeUnknown``), because after that somebody else may hold the fleet.
    """

    def __init__(self, provider: Provider, tenure: Tenure) -> None:
        super().__init__(provider)
        self._tenure = tenure

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Go on if the fleet is ours until the change is over."""
        need = self._tenure.mutation_seconds
        why_not = self._tenure.may_write(key_of(change.ref), need)
        if why_not is not None:
            raise LeaseLost("LeaseNotHeld", why_not)
        limit = asyncio.timeout(None if math.isinf(need) else need)
        try:
            async with limit:
                return await go_on()
        except TimeoutError as error:
            if not limit.expired():
                raise
            raise OutcomeUnknown(
                "TooSlowForTheLease",
                f"no answer within the {need:.0f} seconds that the lease leaves for one change: "
                "it may have been carried out",
            ) from error
