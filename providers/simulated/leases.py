"""Leases in memory, on a clock that somebody moves: with slow calls, lost answers and old news.

One ``LeaseTable`` is the store; each process that uses it has its own ``SimulatedLeases`` before it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from providers.errors import LeaseHeld, LeaseLost, OutcomeUnknown, Transient
from providers.leases import LeaseRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from providers.leases import Holder

_REMEMBERED_SECONDS = 600.0


class Time(Protocol):
    """What the store asks the time of, and what slow calls make pass."""

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        ...

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        ...


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one call: seconds before it is carried out, seconds until the answer, or none.

    ``lost`` True: no answer comes. ``refused`` True: it is not carried out, and the caller knows that.
    """

    before: float = 0.0
    after: float = 0.0
    lost: bool = False
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _Lease:
    holder: Holder
    token: str
    seconds: int
    until: float


class LeaseTable:
    """Who holds what: the truth, and what it was some time ago."""

    def __init__(self, clock: Time) -> None:
        self.clock = clock
        self._now: dict[str, _Lease] = {}
        self._past: deque[tuple[float, dict[str, _Lease]]] = deque([(clock.elapsed, {})])

    def acquire(self, name: str, holder: Holder, token: str, seconds: int) -> None:
        """Take a lease, or begin it anew."""
        lease = self._now.get(name)
        if lease is not None and lease.token != token and self.runs(lease):
            raise LeaseHeld("LeaseAlreadyPresent", f"{lease.holder.words} has {name}")
        self._put(name, _Lease(holder, token, seconds, self.clock.elapsed + seconds))

    def renew(self, name: str, token: str) -> None:
        """Begin a lease anew. As in Azure, one that ran out and that nobody took may be renewed."""
        lease = self._now.get(name)
        if lease is None or lease.token != token:
            raise LeaseLost("LeaseIdMismatchWithLeaseOperation", f"{name} is not ours any more")
        self._put(name, replace(lease, until=self.clock.elapsed + lease.seconds))

    def release(self, name: str, token: str) -> None:
        """End a lease; its name and its last holder stay."""
        lease = self._now.get(name)
        if lease is not None and lease.token == token:
            self._put(name, replace(lease, token="", until=self.clock.elapsed))

    def forget(self, name: str) -> None:
        """Remove a name that nobody holds."""
        lease = self._now.get(name)
        if lease is not None and not self.runs(lease):
            self._put(name, None)

    def records(self, lag: float) -> Iterator[LeaseRecord]:
        """What the store shows, as it was ``lag`` seconds ago."""
        moment = self.clock.elapsed - lag
        past = (leases for at, leases in reversed(self._past) if at <= moment)
        seen = next(past, self._past[0][1])
        for name in sorted(seen):
            lease = seen[name]
            yield LeaseRecord(name, lease.holder, held=self.runs(lease, moment))

    def runs(self, lease: _Lease, moment: float | None = None) -> bool:
        """Whether a lease has not ended yet."""
        return lease.until > (self.clock.elapsed if moment is None else moment)

    def holder(self, name: str) -> str | None:
        """Who holds a name in truth, by id; for tests and for people."""
        lease = self._now.get(name)
        return lease.holder.id if lease is not None and self.runs(lease) else None

    def seconds_left(self, name: str) -> float:
        """How long a name's lease still runs in truth; zero if it does not."""
        lease = self._now.get(name)
        return 0.0 if lease is None else max(0.0, lease.until - self.clock.elapsed)

    def _put(self, name: str, lease: _Lease | None) -> None:
        changed = {**self._now}
        if lease is None:
            changed.pop(name, None)
        else:
            changed[name] = lease
        self._now = changed
        self._past.append((self.clock.elapsed, changed))
        while len(self._past) > 1 and self._past[1][0] < self.clock.elapsed - _REMEMBERED_SECONDS:
            self._past.popleft()


class SimulatedLeases:
    """One process's way to the store. ``trouble`` says what happens to each call, by the call's name."""

    def __init__(
        self,
        table: LeaseTable,
        trouble: Callable[[str], Trouble] | None = None,
        *,
        lag: float = 0.0,
    ) -> None:
        self._table = table
        self._trouble = trouble or (lambda _: Trouble())
        self._lag = lag

    async def acquire(self, name: str, holder: Holder, *, token: str, seconds: int) -> None:
        """Take the lease, or begin it anew."""
        self._call("acquire", lambda: self._table.acquire(name, holder, token, seconds))

    async def renew(self, name: str, *, token: str) -> None:
        """Begin the lease anew."""
        self._call("renew", lambda: self._table.renew(name, token))

    async def release(self, name: str, *, token: str) -> None:
        """Give the lease back."""
        self._call("release", lambda: self._table.release(name, token))

    async def look(self) -> Sequence[LeaseRecord]:
        """Show all names, perhaps as they were."""
        seen: list[LeaseRecord] = []
        self._call("look", lambda: seen.extend(self._table.records(self._lag)))
        return seen

    async def forget(self, name: str) -> None:
        """Remove a name that nobody holds."""
        self._call("forget", lambda: self._table.forget(name))

    async def close(self) -> None:
        """Nothing is open."""

    def _call(self, name: str, action: Callable[[], None]) -> None:
        trouble = self._trouble(name)
        clock = self._table.clock
        clock.advance(trouble.before)
        if trouble.refused:
            raise Transient("ServerBusy", "the store is busy; nothing was done")
        try:
            action()
        finally:
            clock.advance(trouble.after)
            if trouble.lost:
                raise OutcomeUnknown("NoAnswer", "sent, and no answer came")
