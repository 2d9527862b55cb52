"""Leases that this process holds, and how long it may still rely on each.

The one rule that everything rests on: a lease is relied on until ``margin_seconds`` before it can end at
the earliest, counted from the moment *before* the request for it was sent, on a clock that runs on while
the machine sleeps. Whoever was stopped, suspended or cut off finds the time over before it does anything.
"""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.errors import LeaseHeld, LeaseLost, ProviderError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.engine.clock import SteadyClock
    from providers.leases import Holder, LeaseStore

LEASE_SECONDS = 45
"""The length of a lease.

With it, whoever died is replaced within 50 seconds: 45 until its lease ends, 5 until somebody looks. Azure
allows 15 to 60.
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """How long things take, as shares of the length of a lease."""

    lease_seconds: int = LEASE_SECONDS

    @property
    def renew_seconds(self) -> float:
        """How often a lease is renewed: three tries before it ends."""
        return self.lease_seconds / 3

    @property
    def margin_seconds(self) -> float:
        """How long before its end a lease is no longer relied on: clocks differ, and requests travel."""
        return self.lease_seconds / 15

    @property
    def mutation_seconds(self) -> float:
        """How long one change may take. What is left of a lease just before its renewal is enough for it."""
        return self.lease_seconds * 4 / 9

    @property
    def call_seconds(self) -> float:
        """How long a request to the lease store may take."""
        return self.lease_seconds / 9

    @property
    def look_seconds(self) -> float:
        """How often a process looks who is alive and what is free."""
        return self.lease_seconds / 9

    @property
    def again_seconds(self) -> float:
        """How soon a failed renewal is tried again, and how often a handing over is looked after."""
        return self.lease_seconds / 45

    @property
    def settle_seconds(self) -> float:
        """How long a process has to be alive before others hand their shards over to it.

        What dies and comes back every few seconds leaves names behind that look alive until their leases
        end; a share of the shards would go to them again and again.
        """
        return self.lease_seconds * 2.0

    @property
    def drain_seconds(self) -> float:
        """How long a pass may go on over a fleet that is being handed over."""
        return self.lease_seconds * 4 / 3


@dataclass(slots=True)
class _Hold:
    token: str
    until: float
    renew_at: float


class Holds:
    """The leases of one process, by name. Not tied to what they stand for."""

    def __init__(self, store: LeaseStore, holder: Holder, clock: SteadyClock, terms: Terms) -> None:
        self.store = store
        self.holder = holder
        self.clock = clock
        self.terms = terms
        self._held: dict[str, _Hold] = {}
        self._asked: dict[str, str] = {}
        self._unsure: set[str] = set()
        self._tenures = 0

    def __contains__(self, name: str) -> bool:
        return name in self._held

    @property
    def names(self) -> tuple[str, ...]:
        """What is held, in order."""
        return tuple(sorted(self._held))

    def seconds_left(self, name: str) -> float:
        """How long the lease may be relied on; zero or less if it may not."""
        hold = self._held.get(name)
        return 0.0 if hold is None else hold.until - self.clock.elapsed

    async def acquire(self, name: str) -> None:
        """Ask for a lease. Raises ``LeaseHeld`` and the other errors of the store.

        After a lost answer the next call asks by the same token, so that the lease, if it was given, is ours.
        """
        token = self._asked.setdefault(name, self._new_token(name))
        before = self.clock.elapsed
        self._unsure.add(name)
        try:
            await self.store.acquire(
                name, self.holder, token=token, seconds=self.terms.lease_seconds
            )
        except LeaseHeld:
            self._unsure.discard(name)
            raise
        self._unsure.discard(name)
        del self._asked[name]
        self._held[name] = _Hold(token, self._until(before), before + self.terms.renew_seconds)

    def may_be_ours(self, name: str) -> bool:
        """Whether a lease was asked for and no answer came: if somebody has it, that may be us.

        Only asking again tells; waiting would mean waiting until it ends.
        """
        return name in self._unsure

    async def renew_due(self) -> tuple[tuple[str, ProviderError], ...]:
        """Renew what is due, all at the same time; what could not be renewed, and why.

        A lease that is over, by our clock or by the store's word, is dropped: it is asked for anew, never
        revived, because somebody else may have had it in between.
        """
        self.drop_expired()
        now = self.clock.elapsed
        due = [name for name in self.names if self._held[name].renew_at <= now]
        answers = await asyncio.gather(*(self._renew(name) for name in due))
        self.drop_expired()
        return tuple(
            (name, error) for name, error in zip(due, answers, strict=True) if error is not None
        )

    def seconds_to_renewal(self) -> float:
        """How long until the first lease is due for renewal; infinite if none is held."""
        due = min((hold.renew_at for hold in self._held.values()), default=float("inf"))
        return due - self.clock.elapsed

    def drop(self, name: str) -> str | None:
        """Stop relying on a lease at once; gives its token, with which it can still be given back."""
        hold = self._held.pop(name, None)
        return None if hold is None else hold.token

    async def release(self, names: Iterable[str]) -> None:
        """Give leases back, also those that may be ours. What fails here ends by itself."""
        tokens = {name: token for name in names if (token := self._given_up(name)) is not None}
        await asyncio.gather(*(self._give_back(name, token) for name, token in tokens.items()))

    def drop_expired(self) -> None:
        """Forget the leases whose time is over by our own clock."""
        for name in self.names:
            if self.seconds_left(name) <= 0:
                self.drop(name)

    async def _renew(self, name: str) -> ProviderError | None:
        hold = self._held[name]
        before = self.clock.elapsed
        try:
            await self.store.renew(name, token=hold.token)
        except LeaseLost as error:
            self.drop(name)
            return error
        except ProviderError as error:
            hold.renew_at = self.clock.elapsed + self.terms.again_seconds
            return error
        hold.until = self._until(before)
        hold.renew_at = before + self.terms.renew_seconds
        return None

    async def _give_back(self, name: str, token: str) -> None:
        try:
            await self.store.release(name, token=token)
        except ProviderError:
            return

    def _given_up(self, name: str) -> str | None:
        held = self.drop(name)
        if held is not None or name not in self._unsure:
            return held
        self._unsure.discard(name)
        return self._asked.pop(name)

    def _until(self, before: float) -> float:
        return before + self.terms.lease_seconds - self.terms.margin_seconds

    def _new_token(self, name: str) -> str:
        """A UUID that nobody else makes: from who we are, what it is for, and how many came before it."""
        self._tenures += 1
        words = f"{self.holder.id} {name} {self._tenures}"
        return str(uuid.UUID(hashlib.sha256(words.encode()).hexdigest()[:32]))
