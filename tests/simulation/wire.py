"""The cloud as one process reaches it: everything that can go wrong on the way, drawn by the world's dice.

A change travels in a task of its own: it arrives, or does not, whatever becomes of who sent it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from controller.engine.clock import Clock
from providers.base import (
    Catalog,
    Group,
    GroupRef,
    GroupRequest,
    GroupSnapshot,
    InstanceRequest,
    LeftoverSearch,
    NetworkQuestion,
    Operation,
    SweepOperation,
)
from providers.errors import ProviderError
from providers.simulated import failures
from tests.simulation.judge import Change
from tests.simulation.loop import pass_time
from tests.simulation.options import Fault
from tests.simulation.process import begin

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

T = TypeVar("T")

TIMEOUT_SECONDS = 60.0
"""How long a change waits for its answer, as long as the adapter's timeout."""

_OLD_SECONDS = 60.0


class Wire:
    """The provider of one process."""

    def __init__(self, world: World, process: Process, clock: Clock) -> None:
        self._world = world
        self._process = process
        self._clock = clock

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        def look() -> GroupSnapshot:
            seen = self._world.region.observe(ref, names, leftovers)
            # As in the adapter, the moment of a look is read off the process's own clock.
            seen = replace(seen, observed_at=self._clock.now)
            return self._tampered(ref, seen, whole=names is None)

        what = "list" if names is None else ("leftovers" if leftovers else "named")
        at, found = await self._read(what, ref, look, names or ())
        self._world.judge.looked(self._process, ref, names, found, at)
        return found

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        region = self._world.region
        _, found = await self._read(
            "catalog", None, lambda: region.catalog(subscription, location, network)
        )
        return found

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        change = Change("putGroup", ref, (), etag=etag, group=request)
        region = self._world.region
        return await self._write(change, lambda: region.put_set(ref, request, etag=etag))

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        change = Change("create", ref, (request.name,), request=request)
        await self._write(change, lambda: self._world.region.create(ref, request))

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        change = Change("delete", ref, tuple(names))
        await self._write(change, lambda: self._world.region.delete_members(ref, names))

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        change = Change("operate", ref, (name,), operation=operation)
        await self._write(change, lambda: self._world.region.operate(ref, name, operation))

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        change = Change("sweep", ref, (leftover,), operation=operation)
        await self._write(change, lambda: self._world.region.sweep(leftover, operation))

    async def delete_group(self, ref: GroupRef) -> None:
        change = Change("deleteGroup", ref, ())
        await self._write(change, lambda: self._world.region.delete_set(ref))

    async def _read(
        self, what: str, ref: GroupRef | None, action: Callable[[], T], names: Sequence[str] = ()
    ) -> tuple[float, T]:
        world, process = self._world, self._process
        await process.turn()
        world.maybe_kill(process, Fault.CRASH_READING)
        world.rates.sending(process, ref, what)
        await pass_time(world.dice.uniform(0.01, 0.2))
        outcome = "ok"
        try:
            self._refuse(what)
            at, found = world.now, action()
            for view in world.views:
                found = view(found)
        except ProviderError as error:
            outcome = error.code
            world.rates.heard(process, ref, what, error=error, its_now=self._clock.now)
            raise
        finally:
            world.record.calls += 1
            where = (ref.name,) if ref else ()
            world.record.line(world.now, process.name, what, *where, *names, outcome)
        await pass_time(world.dice.uniform(0.01, 0.2))
        await process.turn()
        return at, found

    async def _write(self, change: Change, action: Callable[[], T]) -> T:
        world, process = self._world, self._process
        # The fence has just been asked; a process that is stopped here sends when it is continued.
        world.judge.passed_the_fence(process, change)
        await process.turn()
        world.maybe_kill(process, Fault.CRASH_BEFORE)
        world.judge.sending(process, change)
        world.rates.sending(process, change.ref, change.verb)
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        answer.add_done_callback(_hear)
        begin(None, self._travel(change, action, answer))
        async with asyncio.timeout(TIMEOUT_SECONDS) as limit:
            try:
                found = await asyncio.shield(answer)
            except TimeoutError:
                raise
            except asyncio.CancelledError:
                if limit.expired():
                    lost = failures.no_answer()
                    self._hear(change, lost)
                    raise lost from None
                raise
            except ProviderError as error:
                self._hear(change, error)
                raise
        self._hear(change, None)
        await process.turn()
        world.maybe_kill(process, Fault.CRASH_ANSWERED)
        return found

    async def _travel(
        self, change: Change, action: Callable[[], T], answer: asyncio.Future[T]
    ) -> None:
        world, process = self._world, self._process
        late = world.strikes(Fault.LATE)
        await pass_time(world.dice.uniform(5, 240) if late else world.dice.uniform(0.01, 0.3))
        outcome = "ok"
        try:
            self._refuse(change.verb)
            if world.strikes(Fault.LOST_BEFORE):
                raise failures.no_answer()
            if change.verb in {"create", "delete"} and world.strikes(Fault.FALSE_SUCCESS):
                outcome = "false"
                found: Any = None
                if change.deletes:
                    world.judge.feigned(process, change)
            else:
                found = world.judge.applying(process, change, action)
            if process.dead or not world.strikes(Fault.LOST_APPLIED):
                _settle(answer, found)
            else:
                raise failures.no_answer()
        except ProviderError as error:
            outcome = error.code
            if not answer.done():
                answer.set_exception(error)
        finally:
            world.record.calls += 1
            names = (*change.names, change.etag) if change.verb == "putGroup" else change.names
            world.record.line(
                world.now, process.name, change.verb, change.ref.name, *names, outcome
            )
        world.maybe_kill(process, Fault.CRASH_APPLIED, raising=False)

    def _hear(self, change: Change, error: ProviderError | None) -> None:
        self._world.rates.heard(
            self._process, change.ref, change.verb, error=error, its_now=self._clock.now
        )

    def _refuse(self, what: str) -> None:
        world = self._world
        now = self._clock.now
        if world.strikes(Fault.THROTTLED):
            raise failures.throttled(now + timedelta(seconds=world.dice.choice([1, 5, 30, 100])))
        if world.strikes(Fault.BAD_RETRY):
            seconds = world.dice.choice([-3600, -1, 0, 900])
            raise failures.throttled(now + timedelta(seconds=seconds))
        if world.strikes(Fault.TRANSIENT):
            raise world.dice.choice([failures.transient(), failures.server_error()])
        if world.strikes(Fault.FORBIDDEN):
            raise failures.forbidden(what)

    def _tampered(self, ref: GroupRef, seen: GroupSnapshot, *, whole: bool) -> GroupSnapshot:
        world = self._world
        if world.strikes(Fault.LOCKS_HIDDEN):
            seen = replace(seen, locks=None)
        if not whole:
            return seen
        past = world.past_lists.setdefault(ref.id, [])
        past[:] = [one for one in past if one[0] >= world.now - _OLD_SECONDS]
        past.append((world.now, seen.instances))
        if world.strikes(Fault.STALE):
            seen = replace(seen, instances=world.dice.choice(past)[1])
        if seen.instances and world.strikes(Fault.SHORT):
            kept = world.dice.sample(seen.instances, (len(seen.instances) + 1) // 2)
            seen = replace(seen, instances=tuple(one for one in seen.instances if one in kept))
        if world.strikes(Fault.ZONE_MISSING):
            zone = world.dice.choice("123")
            seen = replace(seen, instances=tuple(o for o in seen.instances if o.zone != zone))
        return seen


def _settle(answer: asyncio.Future[T], found: T) -> None:
    if not answer.done():
        answer.set_result(found)


def _hear(answer: asyncio.Future[Any]) -> None:
    if not answer.cancelled():
        answer.exception()
