"""What lies between a pass of the daemon and its provider: a gate, the ramp, and a count of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from controller.core.rhythm import list_pages
from providers.errors import LeaseLost
from providers.relay import Call, Change, Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from controller.engine.ramp import Ramp
    from providers.base import GroupRef, GroupSnapshot, LeftoverSearch, Provider

T = TypeVar("T")


class Passage(Relay):
    """The provider of one pass. ``pages`` counts its list requests.

    ``why_shut`` is asked before each change: with a sentence the change is not sent (``LeaseLost``), which
    ends the pass in good order. So a daemon that is told to stop, or that cannot trust its clock or its
    disk any more, changes nothing from that moment on.
    """

    def __init__(self, provider: Provider, ramp: Ramp, why_shut: Callable[[], str | None]) -> None:
        super().__init__(provider)
        self._ramp = ramp
        self._why_shut = why_shut
        self.pages = 0

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Look; a list costs a request for each thousand members, and one when it fails."""
        if names is not None:
            return await super().observe(ref, names, leftovers)
        self.pages += 1
        snapshot = await super().observe(ref, None, leftovers)
        self.pages += list_pages(len(snapshot.instances)) - 1
        return snapshot

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Go on while the gate is open; a creation waits for its place on the ramp first."""
        if change.call is not Call.CREATE:
            self._check()
            return await go_on()
        async with self._ramp.creation():
            self._check()
            return await go_on()

    def _check(self) -> None:
        why = self._why_shut()
        if why is not None:
            raise LeaseLost("Withheld", why)
