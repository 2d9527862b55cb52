"""Resource locks: who inherits them, and what they forbid.

Azure: a lock at a subscription or resource group covers everything below it, also what comes later; the
most restrictive one wins. CanNotDelete forbids DELETE; ReadOnly forbids every write, POST included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.base import Lock, LockLevel
from providers.simulated import failures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.simulated.records import LockRecord


def covers(scope: str, target: str) -> bool:
    """Whether ``target`` is ``scope`` or lies below it. ARM ids, without regard to case."""
    upper, lower = scope.lower().rstrip("/"), target.lower()
    return lower == upper or lower.startswith(f"{upper}/")


def locked_by(
    locks: Iterable[LockRecord], target: str, levels: frozenset[LockLevel]
) -> tuple[str, ...]:
    """Scopes of the locks of these levels that cover ``target``, in the locks' order."""
    return tuple(
        lock.scope for lock in locks if lock.level in levels and covers(lock.scope, target)
    )


_AGAINST_DELETE = frozenset({LockLevel.CAN_NOT_DELETE, LockLevel.READ_ONLY})
_AGAINST_WRITE = frozenset({LockLevel.READ_ONLY})


def check_delete(locks: Iterable[LockRecord], target: str) -> None:
    """Raise ``Locked`` if ARM would refuse a DELETE of ``target``."""
    scopes = locked_by(locks, target, _AGAINST_DELETE)
    if scopes:
        raise failures.scope_locked(target, "delete", scopes)


def check_write(locks: Iterable[LockRecord], target: str) -> None:
    """Raise ``Locked`` if ARM would refuse a PUT, PATCH or POST on ``target``."""
    scopes = locked_by(locks, target, _AGAINST_WRITE)
    if scopes:
        raise failures.scope_locked(target, "write", scopes)


def undeletable(locks: Iterable[LockRecord], target: str) -> bool:
    """Whether any lock keeps ``target`` from being deleted."""
    return bool(locked_by(locks, target, _AGAINST_DELETE))


def seen_from(locks: Iterable[LockRecord], group_scope: str) -> tuple[Lock, ...]:
    """The locks at, above and below a resource group, as one listing shows them."""
    return tuple(
        Lock(lock.level, lock.scope)
        for lock in locks
        if covers(lock.scope, group_scope) or covers(group_scope, lock.scope)
    )
