"""The contract between the controller and a place that keeps leases, in value types of our own.

A lease is a right that ends by itself: whoever has it renews it in time, or loses it. Physics that every
caller has to live with, and every store has to keep:

1. *At most one holder.* Two ``acquire`` of one name never both succeed while the first lease runs.
2. *It ends by the store's clock.* Only a moment before the request was sent is a safe beginning of the
   lease: the answer may be late.
3. *Asking again is harmless.* ``acquire`` and ``renew`` by the same token succeed again, so a lost answer
   costs nothing but the next request.
4. *A lease that ran out may be taken by anybody*, and the old holder's ``renew`` then raises ``LeaseLost``.
5. *What is shown may be old.* ``look`` is for choosing what to ask for; only ``acquire`` decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that holds leases. ``id`` is no other's; the rest is for people.

    ``role`` is the command, such as ``run``; ``since`` is when the process began, ISO 8601 in UTC.
    """

    id: str
    host: str
    pid: int
    role: str
    since: str

    @property
    def words(self) -> str:
        """The holder in words: ``evenkeel run, process 4711 on web-admin-1, since 2026-11-25T09:00:00Z``."""
        return f"evenkeel {self.role}, process {self.pid} on {self.host}, since {self.since}"


@dataclass(frozen=True, slots=True)
class LeaseRecord:
    """What the store shows of one name. ``holder`` is the last one known; ``held``: its lease still runs."""

    name: str
    holder: Holder | None
    held: bool


class LeaseAddressError(ValueError):
    """An address is not one of a blob container. The sentence says what it has to look like."""


@dataclass(frozen=True, slots=True)
class LeaseAddress:
    """Where the leases are: the account's address, the container, and a folder in it or nothing."""

    account_url: str
    container: str
    prefix: str = ""

    @staticmethod
    def parse(url: str) -> LeaseAddress:
        """Take ``https://ACCOUNT.blob.core.windows.net/CONTAINER[/FOLDER]`` apart. Raises ``LeaseAddressError``.

        At a name without dots or at an IP address, as Azurite has it, the account is the path's first part.
        """
        try:
            parts = urlsplit(url)
        except ValueError as error:
            raise LeaseAddressError(f"the address of the lease store: {error}") from error
        if parts.query or parts.fragment or parts.username or parts.password:
            raise LeaseAddressError(
                "the address of a lease store carries no signature and no password: name a credential "
                "in the environment instead"
            )
        path = [part for part in parts.path.split("/") if part]
        host = parts.hostname or ""
        in_path = "." not in host or host.replace(".", "").isdigit()
        account = path[:1] if in_path else []
        rest = path[len(account) :]
        if parts.scheme not in {"http", "https"} or not host or not rest:
            raise LeaseAddressError(
                f"{url!r} is not the address of a blob container, such as "
                "https://ACCOUNT.blob.core.windows.net/CONTAINER"
            )
        at = f"{parts.scheme}://{parts.netloc}"
        return LeaseAddress("/".join([at, *account]), rest[0], "/".join(rest[1:]))


class LeaseStore(Protocol):
    """A place that keeps leases by name, such as ``shards/07``.

    Every method may raise ``LeaseHeld``, ``LeaseLost`` and the other errors of ``providers.errors``.
    """

    async def acquire(self, name: str, holder: Holder, *, token: str, seconds: int) -> None:
        """Take the lease of ``name`` for so many seconds, or begin it anew if ``token`` has it already.

        ``token`` is a UUID of the caller's choice, new for each tenure. Raises ``LeaseHeld`` if another
        token has the lease.
        """
        ...

    async def renew(self, name: str, *, token: str) -> None:
        """Begin the lease anew, for as long as it was taken for. Raises ``LeaseLost`` if it is not ours."""
        ...

    async def release(self, name: str, *, token: str) -> None:
        """Give the lease back. One that is not ours any more is no error."""
        ...

    async def look(self) -> Sequence[LeaseRecord]:
        """Show all names that were ever taken, in the order of their names."""
        ...

    async def forget(self, name: str) -> None:
        """Remove a name that nobody holds; one that is held, or gone, is left as it is."""
        ...

    async def close(self) -> None:
        """Close what is open."""
        ...
