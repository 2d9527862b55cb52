"""The wire between the controller and the region: it counts, lets others listen, and can show old lists.

To cut it is the business of ``tests.crash.MortalProvider``, which is put in front of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from providers.base import (
    Catalog,
    Group,
    GroupRef,
    GroupRequest,
    GroupSnapshot,
    Instance,
    InstanceRequest,
    LeftoverSearch,
    NetworkQuestion,
    Operation,
    SingleDelete,
    SweepOperation,
)
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion


class Listener(Protocol):
    """Whoever watches the calls of a story."""

    async def hear(self, call: str, turn: int) -> None:
        """Know that a call is about to be made, for the ``turn``-th time in this pass."""
        ...

    def brace(self, ref: GroupRef) -> None:
        """Look at the region before a mutating call."""
        ...

    def judge(self, call: str, ref: GroupRef, names: Sequence[str]) -> None:
        """Look at the region after a mutating call on ``names``."""
        ...


@dataclass(slots=True)
class Tally:
    """What outlasts a process: mutating calls by kind, and what lists showed at earlier moments."""

    calls: Counter[str] = field(default_factory=Counter)
    past: dict[str, list[tuple[datetime, tuple[Instance, ...]]]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many mutating calls there have been."""
        return self.calls.total()


class Wire:
    """A provider over a region, with ears.

    ``stale_seconds``: lists show every member, and its state, as it was so long ago; looks by name do not.
    """

    def __init__(
        self,
        region: SimulatedRegion,
        listener: Listener,
        tally: Tally,
        *,
        stale_seconds: float = 0.0,
    ) -> None:
        self._region = region
        self._provider = SimulatedProvider(region)
        self._listener = listener
        self._tally = tally
        self._stale = timedelta(seconds=stale_seconds)
        self._turns: Counter[str] = Counter()

    def start_pass(self) -> None:
        """Count the calls of a pass from one again."""
        self._turns.clear()

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Show the set: the list as it was a while ago, or members by name as they are."""
        call = "list" if names is None else "names"
        await self._say("leftovers" if leftovers is not None else call)
        shown = await self._provider.observe(ref, names, leftovers)
        if names is not None or not self._stale:
            return shown
        return replace(shown, instances=self._as_it_was(ref, shown))

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Show sizes and quota."""
        await self._say("catalog")
        return await self._provider.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Create or write the set."""
        await self._say("putGroup")
        with self._change("putGroup", ref, ()):
            return await self._provider.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Start one creation."""
        await self._say("create")
        with self._change("create", ref, (request.name,)):
            await self._provider.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Start one batch deletion."""
        await self._say("delete")
        with self._change("delete", ref, names):
            await self._provider.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Change one member, or delete it by a DELETE of its own."""
        call = "delete" if isinstance(operation, SingleDelete) else "operate"
        await self._say(call)
        with self._change(call, ref, (name,)):
            await self._provider.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Mark a leftover, or delete it."""
        await self._say("sweep")
        with self._change("sweep", ref, (leftover,)):
            await self._provider.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Delete the set."""
        await self._say("deleteGroup")
        with self._change("deleteGroup", ref, ()):
            await self._provider.delete_group(ref)

    def remember(self, ref: GroupRef) -> None:
        """Keep what a list without lag shows now, for lists to come."""
        if self._stale:
            shown = self._region.observe(ref).instances
            self._tally.past.setdefault(ref.id.lower(), []).append((self._region.clock.now, shown))

    def _as_it_was(self, ref: GroupRef, shown: GroupSnapshot) -> tuple[Instance, ...]:
        self.remember(ref)
        then = shown.observed_at - self._stale
        past = self._tally.past[ref.id.lower()]
        return next((seen for moment, seen in reversed(past) if moment <= then), past[0][1])

    async def _say(self, call: str) -> None:
        self._turns[call] += 1
        await self._listener.hear(call, self._turns[call])

    @contextmanager
    def _change(self, call: str, ref: GroupRef, names: Sequence[str]) -> Iterator[None]:
        """Surround a mutating call, also one that the region refuses or leaves without an answer."""
        self.remember(ref)
        self._tally.calls[call] += 1
        self._listener.brace(ref)
        try:
            yield
        finally:
            self._listener.judge(call, ref, names)
