"""Which tenure the settings ask for: none, locks on this host, or leases in a blob container.

The lease store is imported only when it is used: it costs a third of a second.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from controller.engine.claimed import ClaimedTenure
from controller.engine.clock import WallClock
from controller.engine.compose import CompositionError
from controller.engine.holds import LEASE_SECONDS, Holds, Terms
from controller.engine.hostlock import HostLocks
from controller.engine.leased import LeasedTenure
from controller.engine.report import Verdict
from controller.engine.tenure import SoleTenure
from providers.errors import LeaseHeld
from providers.leases import Holder, LeaseAddress, LeaseAddressError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping, Sequence

    from controller.engine.tenure import CommandTenure, Tenure
    from providers.azure.leases import LeaseAccess
    from providers.leases import LeaseStore

T = TypeVar("T")

BY_FILE = "file"
NONE = "none"
STORAGE_KEY = "AZURE_STORAGE_KEY"
"""The usual variable for a storage account's key. Without it the identity of the provider is used."""


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """Where the right to change fleets comes from.

    ``lease`` is ``none``, ``file`` (locks in ``state_directory``) or the address of a blob container.
    ``scope`` tells clouds apart that know the same ids: an emulator's address. ``role`` is the command.
    ``environment`` holds the usual variables of Azure's tools.
    """

    lease: str
    role: str
    state_directory: Path = Path(".evenkeel")
    scope: str = ""
    lease_seconds: int = LEASE_SECONDS
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_leased(self) -> bool:
        """Whether the right is one that runs out."""
        return self.lease not in {NONE, BY_FILE}


def command_tenure(settings: LeaseSettings) -> CommandTenure:
    """The tenure of a command that makes a few passes. Raises ``CompositionError``."""
    if settings.is_leased:
        return ClaimedTenure(_holds(settings))
    return _sole(settings)


def daemon_tenure(settings: LeaseSettings, on_trouble: Callable[[str], None]) -> Tenure:
    """The tenure of a daemon. ``on_trouble`` is told when the store fails. Raises ``CompositionError``."""
    if settings.is_leased:
        return LeasedTenure(_holds(settings), on_trouble)
    return _sole(settings)


async def while_holding(
    tenure: CommandTenure, keys: Sequence[str], work: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Do ``work`` with the right over all these fleets, and give it back afterwards.

    Raises ``LeaseHeld`` if somebody else has it over one of them, or what the lease store raises.
    """
    try:
        refusal = await tenure.claim(keys)
        if refusal is not None:
            raise LeaseHeld("LeaseHeld", refusal)
        stop = asyncio.Event()
        keeper = asyncio.create_task(tenure.keep(stop))
        try:
            return await work()
        finally:
            stop.set()
            await keeper
    finally:
        await tenure.release()


def mutation_seconds(settings: LeaseSettings) -> float | None:
    """How long one change may take under these settings; None: as long as the provider allows."""
    return Terms(settings.lease_seconds).mutation_seconds if settings.is_leased else None


def this_process(role: str) -> Holder:
    """Who we are: an id that no other process has, and what a person needs to find us."""
    clock = WallClock()
    host, pid = socket.gethostname(), os.getpid()
    words = f"{host} {pid} {clock.now.isoformat()} {clock.elapsed!r}"
    return Holder(
        id=hashlib.sha256(words.encode()).hexdigest()[:16],
        host=host,
        pid=pid,
        role=role,
        since=f"{clock.now:%Y-%m-%dT%H:%M:%SZ}",
    )


def _sole(settings: LeaseSettings) -> SoleTenure:
    if settings.lease == NONE:
        return SoleTenure()
    locks = HostLocks(
        settings.state_directory / "locks", this_process(settings.role), scope=settings.scope
    )
    trouble = locks.trouble()
    if trouble is not None:
        sentence = (
            f"{trouble}; name a directory that can be written in EVENKEEL_STATE_DIR, or say --lease "
            "none if no other process works on these fleets"
        )
        raise CompositionError(sentence, Verdict.FAILED)
    return SoleTenure(locks)


def _holds(settings: LeaseSettings) -> Holds:
    terms = Terms(settings.lease_seconds)
    store = _store(settings, terms)
    return Holds(store, this_process(settings.role), WallClock(), terms)


def _store(settings: LeaseSettings, terms: Terms) -> LeaseStore:
    from providers.azure.leases import AzureLeases

    try:
        address = LeaseAddress.parse(settings.lease)
    except LeaseAddressError as error:
        raise CompositionError(str(error), Verdict.FAILED) from error
    return AzureLeases(address, _access(settings.environment), call_seconds=terms.call_seconds)


def _access(environment: Mapping[str, str]) -> LeaseAccess:
    from providers.azure.identity import IdentityError, cloud_of, credential_kind, credential_of
    from providers.azure.leases import LeaseAccess

    key = environment.get(STORAGE_KEY)
    if key:
        return LeaseAccess(key=key)
    try:
        cloud = cloud_of(environment)
        credential_kind(environment)
    except IdentityError as error:
        raise CompositionError(f"for the lease store: {error}", Verdict.UNREACHABLE) from error
    return LeaseAccess(credential=lambda: credential_of(environment, cloud))
