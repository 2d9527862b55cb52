"""What the platform said about when to come back, kept to: nothing is sent before, whatever brings the next pass.

An edited spec, or a lease that has come, brings a pass at once. What was throttled then stays unsent, and the
rest of the pass goes on: a creation that has to wait holds back no deletion.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from providers.errors import Throttled
from providers.relay import Call, Change, Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from controller.engine.clock import DaemonClock
    from providers.base import Provider

T = TypeVar("T")

_DUE = 1e-3
"""Seconds by which a sleep may end early."""


class TooEarly(Throttled):
    """It was never sent: the platform has said before when to come back."""


@dataclass(slots=True)
class Patience:
    """Until when (in counted seconds) each kind of request for each fleet is not to be sent."""

    clock: DaemonClock
    _until: dict[tuple[str, Call], tuple[float, Throttled]] = field(default_factory=dict)

    def refusal(self, key: str, call: Call) -> TooEarly | None:
        """What was said about a request that may not be sent yet; None if it may."""
        until, said = self._until.get((key, call), (0.0, None))
        left = until - self.clock.elapsed
        if said is None or left <= _DUE:
            self._until.pop((key, call), None)
            return None
        return TooEarly(said.code, said.message, until=self.clock.now + timedelta(seconds=left))

    def note(self, key: str, call: Call, said: Throttled) -> None:
        """Remember what the platform has said."""
        left = (said.until - self.clock.now).total_seconds()
        self._until[key, call] = (self.clock.elapsed + left, said)


class Patient(Relay):
    """A provider for the passes over one fleet that refuses by itself what the platform would."""

    def __init__(self, inner: Provider, patience: Patience, key: str) -> None:
        super().__init__(inner)
        self._patience = patience
        self._key = key

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Look, if it is time to."""
        return await self._in_time(call, go_on)

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Change, if it is time to."""
        return await self._in_time(change.call, go_on)

    async def _in_time(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        refusal = self._patience.refusal(self._key, call)
        if refusal is not None:
            raise refusal
        try:
            return await go_on()
        except Throttled as error:
            self._patience.note(self._key, call, error)
            raise
