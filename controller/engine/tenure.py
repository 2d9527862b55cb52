"""Whether this process may change a fleet just now. Everything that changes one asks here first.

Fleets are known by their key: the ARM id of the scale set in lower case.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from controller.engine.hostlock import HostLocks
    from providers.base import GroupRef


def key_of(ref: GroupRef) -> str:
    """The key of the fleet that lives in a scale set."""
    return ref.id.lower()


class Tenure(Protocol):
    """This process's right to change fleets. Nothing here raises; a refusal is a sentence for people."""

    @property
    def mutation_seconds(self) -> float:
        """How long a single change may take at most; infinite where the right does not run out."""
        ...

    @property
    def changes(self) -> int:
        """Goes up whenever fleets have come to this process, or gone."""
        ...

    def may_begin(self, key: str) -> str | None:
        """None if a new pass over the fleet may begin, else why not.

        A fleet that is about to be handed over is finished with, not begun anew.
        """
        ...

    def may_write(self, key: str, need_seconds: float) -> str | None:
        """None if a change may be sent now that takes up to ``need_seconds``, else why not."""
        ...

    def holder_of(self, key: str) -> str | None:
        """Who has the right over the fleet, in words, as far as known; None if nobody is known to."""
        ...

    def at_work(self, key: str) -> AbstractContextManager[None]:
        """Say that a pass over the fleet is running: the fleet is handed over only when it has ended."""
        ...

    async def keep(self, stop: asyncio.Event) -> None:
        """Acquire, renew and hand over, until told to stop. It raises nothing and goes on after errors.

        To stop cleanly: let the passes end first, then set ``stop``, await this, then ``release``.
        """
        ...

    async def changed(self, since: int) -> int:
        """Wait until ``changes`` is no longer ``since``, and give what it is then."""
        ...

    async def release(self) -> None:
        """Give everything back, so that others need not wait for it to run out. Raises nothing."""
        ...


class CommandTenure(Tenure, Protocol):
    """The right of a command that knows its fleets beforehand and takes it over all of them, or none."""

    async def claim(self, keys: Sequence[str]) -> str | None:
        """Take the right over these fleets; the sentence why not if somebody else has it over one.

        Raises ``ProviderError`` if that cannot be found out. Nothing is held then, nor after a refusal.
        """
        ...


class SoleTenure:
    """No lease: this process takes itself for the only one.

    With ``locks`` it is the only one on this host: each fleet's lock is taken when a pass or a change first
    asks for it, and kept until ``release`` or the end of the process, however that comes.
    """

    mutation_seconds = math.inf
    changes = 0

    def __init__(self, locks: HostLocks | None = None) -> None:
        self._locks = locks

    async def claim(self, keys: Sequence[str]) -> str | None:
        """Take the locks of these fleets, all or none."""
        for key in keys:
            why_not = self.may_begin(key)
            if why_not is not None:
                await self.release()
                return why_not
        return None

    def may_begin(self, key: str) -> str | None:
        """None if nobody else on this host has the fleet."""
        return None if self._locks is None else self._locks.take(key)

    def may_write(self, key: str, need_seconds: float) -> str | None:
        """None if nobody else on this host has the fleet: a lock does not run out."""
        del need_seconds
        return self.may_begin(key)

    def holder_of(self, key: str) -> str | None:
        """Who has the fleet's lock, as far as this process has seen."""
        return None if self._locks is None else self._locks.holder_of(key)

    @contextmanager
    def at_work(self, key: str) -> Iterator[None]:
        """Nothing is ever handed over."""
        del key
        yield

    async def keep(self, stop: asyncio.Event) -> None:
        """Wait until told to stop: a lock needs no renewal."""
        await stop.wait()

    async def changed(self, since: int) -> int:
        """Wait for ever: nobody tells when another process lets go of a lock. Ask ``may_begin`` again."""
        import asyncio

        if since == self.changes:
            await asyncio.Event().wait()
        return self.changes

    async def release(self) -> None:
        """Let go of the locks."""
        if self._locks is not None:
            self._locks.release()
