"""The daemon: fleets come from the intake, wait in the queue, are visited by workers, and stand on the board.

It decides nothing about a fleet. It keeps its own parts alive, and it ends in order: nothing new is begun,
passes end or are handed over, what was remembered is written, rights are given back.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from controller.core.rhythm import NextLook, Urgency, backoff_seconds
from controller.core.standings import FreezeReason
from controller.engine.clock import sleep_unless
from controller.engine.queue import Queue
from controller.engine.visit import PASS_SECONDS, visit

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Coroutine, Iterable
    from typing import Any

    from controller.core.standings import Accepted, Standing
    from controller.engine.queue import Ticket
    from controller.engine.visit import Means

WORKERS = 8
"""Fleets that are visited at the same time."""

HAND_OVER_SECONDS = 8.0
"""How long after being told to stop a pass may still send changes."""

DRAIN_SECONDS = 14.0
"""How long passes may take to end; then they are given up, which the next process finds and mends."""

HEARTBEAT_SECONDS = 2.0


class Source(Protocol):
    """Where standings come from: the intake. It calls ``Daemon.accept``."""

    async def run(self, stop: asyncio.Event) -> None:
        """Follow the sources until told to stop."""
        ...


class Witness(Protocol):
    """Who is told how the daemon itself fares."""

    def broke(self, part: str, error: Exception) -> None:
        """A part of the daemon failed by a mistake of ours, and is begun again."""
        ...

    def beat(self, trouble: str | None) -> None:
        """The event loop turns; told with every beat. ``trouble``: a worker is dead or hangs."""
        ...


@dataclass(slots=True)
class Gate:
    """What keeps changes back. ``shut`` is a sentence once the daemon's end does."""

    trouble: Callable[[], str | None]
    shut: str | None = None

    def why_shut(self) -> str | None:
        """Why no change may be sent now; None if it may."""
        return self.shut or self.trouble()


class Daemon:
    """One process' work on all its fleets."""

    def __init__(
        self,
        means: Means,
        gate: Gate,
        witness: Witness,
        *,
        workers: int = WORKERS,
        heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ) -> None:
        self._means = means
        self._gate = gate
        self._witness = witness
        self._workers = workers
        self._heartbeat_seconds = heartbeat_seconds
        self._standings: dict[str, Standing] = {}
        self._begun: dict[str, float] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.queue = Queue(means.clock, workers=workers, admit=self._admit, lane=self._lane)

    def accept(self, accepted: Accepted) -> None:
        """Take over how all fleets stand: those that stand anew are looked at at once."""
        first = not self._means.board.view().accepted
        before, self._standings = self._standings, {one.key: one for one in accepted.standings}
        self._means.board.stand(accepted)
        for key in before.keys() - self._standings.keys():
            self.queue.forget(key)
            self._means.shares.forget(key)
        for key, standing in self._standings.items():
            known = before.get(key)
            if known is not None and _same(known, standing):
                continue
            if standing.fleet is not None:
                self._means.shares.know(key, standing.fleet.ref, None)
            if known is None or known.fleet != standing.fleet:
                self._means.board.note(key, failures=0)
            # At the start nothing has changed as far as anybody knows, and there may be thousands.
            if not _is_unread(standing):
                self.queue.put(key, Urgency.RESYNC if first else Urgency.CHANGE)

    def look_at_all(self) -> None:
        """Look at every fleet again soon, but for those that fail: these have a time of their own."""
        self._look_soon(self._standings)

    def _look_soon(self, keys: Iterable[str]) -> None:
        for key in keys:
            state = self._means.board.fleet(key)
            if state is None or not state.failures:
                self.queue.put(key, Urgency.RESYNC)

    def trouble(self) -> str | None:
        """Why the work does not go on: a worker that is dead or hangs. None while it does."""
        dead = sum(task.done() for task in self._tasks)
        if dead and not self._means.board.view().stopping:
            return f"{dead} of {self._workers} workers have ended"
        now = self._means.machine.elapsed
        for key, since in self._begun.items():
            if now - since > PASS_SECONDS + HEARTBEAT_SECONDS:
                return f"a pass over {key} has hung for {now - since:.0f} s"
        return None

    async def run(self, source: Source, stop: asyncio.Event) -> bool:
        """Work until told to stop, then end in order. False: passes had to be given up."""
        self._tasks = [
            asyncio.create_task(self._lasting(f"worker {number}", self._work, stop))
            for number in range(self._workers)
        ]
        over = asyncio.Event()
        tenure, board = self._means.tenure, self._means.board
        keeper = asyncio.create_task(self._lasting("tenure", lambda: tenure.keep(over), over))
        intake = asyncio.create_task(self._lasting("intake", lambda: source.run(stop), stop))
        endless = [
            asyncio.create_task(self._lasting("tenure's changes", self._follow_tenure, over)),
            asyncio.create_task(self._lasting("heart", self._beat, over)),
        ]
        await stop.wait()
        board.stop()
        self.queue.close()
        whole = await self._drain()
        over.set()
        await _end([keeper, intake], patience=2.0)
        await tenure.release()
        await _end(endless)
        return whole

    async def _drain(self) -> bool:
        """Let passes end by themselves, then without further changes, then not at all."""
        _, left = await asyncio.wait(self._tasks, timeout=HAND_OVER_SECONDS)
        self._gate.shut = "the daemon has been told to stop; the next one goes on from here"
        if left:
            _, left = await asyncio.wait(left, timeout=DRAIN_SECONDS - HAND_OVER_SECONDS)
        await _end(left)
        return not left

    async def _work(self) -> None:
        while (ticket := await self.queue.take()) is not None:
            self._begun[ticket.key] = self._means.machine.elapsed
            try:
                look = await visit(self._means, ticket)
            except Exception as error:  # noqa: BLE001 -- a worker outlives every mistake
                self._witness.broke(f"visit of {ticket.key}", error)
                look = self._after_mistake(ticket)
            finally:
                del self._begun[ticket.key]
                self.queue.done(ticket.key)
            if look is not None and ticket.key in self._standings:
                self.queue.put(ticket.key, look.urgency, look.seconds, ailing=look.ailing)

    def _after_mistake(self, ticket: Ticket) -> NextLook:
        state = self._means.board.fleet(ticket.key)
        failures = 1 + (state.failures if state else 0)
        self._means.board.note(ticket.key, failures=failures)
        pause = max(30.0, backoff_seconds(failures, self._means.dice.random()))
        return NextLook(Urgency.RESYNC, pause, "a mistake of evenkeel's own", ailing=True)

    def _admit(self, ticket: Ticket) -> float:
        standing = self._standings.get(ticket.key)
        if standing is None or standing.fleet is None:
            return 0.0
        return self._means.shares.admit(ticket.key, ticket.urgency)

    def _lane(self, ticket: Ticket) -> str:
        # Work and rest have shares of their own, and the ailing a way of their own to wait.
        rest = "rest" if ticket.urgency is Urgency.RESYNC else "work"
        return f"{self._means.shares.place(ticket.key)} {rest}"

    async def _follow_tenure(self) -> None:
        """Look at fleets that have come to this process, or gone, without waiting for the next regular look.

        Those that stay where they are have nothing to do with it: leases come and go one by one, for minutes.
        """
        tenure = self._means.tenure
        seen = tenure.changes
        while True:
            seen = await tenure.changed(seen)
            self._look_soon([key for key in self._standings if self._has_moved(key)])

    def _has_moved(self, key: str) -> bool:
        """Whether somebody else has the right over a fleet than when it was last visited."""
        state = self._means.board.fleet(key)
        return state is None or state.holder != self._means.tenure.holder_of(key)

    async def _beat(self) -> None:
        while True:
            self._witness.beat(self.trouble())
            trouble = self._gate.trouble()
            before = self._means.board.view().trouble
            self._means.board.say_trouble(*([trouble] if trouble else []))
            if before and not trouble:
                self.look_at_all()
            await self._means.machine.sleep(self._heartbeat_seconds)

    async def _lasting(
        self, part: str, begin: Callable[[], Coroutine[Any, Any, None]], stop: asyncio.Event
    ) -> None:
        """Keep a part of the daemon going: one that fails is told of and begun again, less and less often."""
        failures = 0
        while not stop.is_set():
            try:
                await begin()
            except Exception as error:  # noqa: BLE001 -- no part may end the daemon
                self._witness.broke(part, error)
            if not stop.is_set():
                failures += 1
                pause = backoff_seconds(failures, self._means.dice.random())
                await sleep_unless(stop, pause, self._means.machine)


def _same(one: Standing, other: Standing) -> bool:
    """Whether two standings ask for the same: a revision that changed other files changes nothing here."""
    return (one.fleet, one.freeze, one.name) == (other.fleet, other.freeze, other.name)


def _is_unread(standing: Standing) -> bool:
    """Whether a fleet is only remembered from an earlier process, and its source has not been read yet."""
    freeze = standing.freeze
    return freeze is not None and freeze.reason is FreezeReason.NOT_READ_YET


async def _end(tasks: Collection[asyncio.Task[None]], patience: float = 0.0) -> None:
    """Wait for tasks to end, then end them."""
    left: Collection[asyncio.Task[None]] = tasks
    if left and patience:
        _, left = await asyncio.wait(left, timeout=patience)
    for task in left:
        task.cancel()
    if left:
        await asyncio.wait(left, timeout=1.0)
