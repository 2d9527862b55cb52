"""Counts what a provider is asked and what it answers, for whoever measures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

from providers.errors import ProviderError
from providers.relay import Call, Change, Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from controller.engine.clock import SteadyClock
    from providers.base import Provider

T = TypeVar("T")

ACCEPTED = "ok"
BROKEN = "broken"
"""What is told of a call that ended with a mistake of ours instead of an answer."""


class Gauge(Protocol):
    """Who is told of each call."""

    def called(self, call: str, outcome: str, seconds: float) -> None:
        """A call has ended: ``ok``, or the class of its error in the tree of ``providers.errors``."""
        ...


class Metered(Relay):
    """A provider of whose calls somebody is told."""

    def __init__(self, provider: Provider, clock: SteadyClock, gauge: Gauge) -> None:
        super().__init__(provider)
        self._clock = clock
        self._gauge = gauge

    async def reading(self, call: Call, go_on: Callable[[], Awaitable[T]]) -> T:
        """Time a look."""
        with self._timed(call):
            return await go_on()

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Time a change."""
        with self._timed(change.call):
            return await go_on()

    @contextmanager
    def _timed(self, call: Call) -> Iterator[None]:
        begun = self._clock.elapsed
        outcome = BROKEN
        try:
            yield
            outcome = ACCEPTED
        except ProviderError as error:
            outcome = type(error).__name__
            raise
        finally:
            self._gauge.called(call, outcome, max(0.0, self._clock.elapsed - begun))
