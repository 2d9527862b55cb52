"""Which members may be deleted, and what stands in the way of the others.

Sources: Azure locks at every scope with inheritance, holds with owner and end, the platform's own
protection, a suspension of deletions, open serial numbers. Locks that could not be read forbid
every deletion. A lock on a NIC or disk forbids the deletion of its VM, which would orphan it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import suspension
from controller.core.steps import Blocked, Prevented
from controller.spec.values import Process
from providers.base import LockLevel

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from controller.core.observed import Member, Observed
    from controller.core.serials import Window
    from controller.spec.values import Fleet, Hold
    from providers.base import GroupRef, Lock

_SUBSCRIPTION_DEPTH, _RESOURCE_GROUP_DEPTH = 2, 4


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What keeps one member from being deleted. ``until`` is when it ends by itself, if it does."""

    reason: Prevented
    detail: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The verdict on every member under management: no entry means that it may be deleted."""

    obstacles: Mapping[str, Obstacle]

    def may_delete(self, name: str) -> bool:
        """Whether nothing stands in the way."""
        return name not in self.obstacles

    def adopting(self, members: Iterable[Member]) -> Ledger:
        """The same, with members that become ours in this pass: none of them goes in it."""
        words = Obstacle(Prevented.NOT_OURS, "it is being adopted in this pass")
        return Ledger({**self.obstacles, **{member.name: words for member in members}})


def read_ledger(fleet: Fleet, observed: Observed, window: Window, now: datetime) -> Ledger:
    """Judge every member under management. The first obstacle found is the one that is named."""
    found: dict[str, Obstacle] = {}
    by_scope = _LockIndex(fleet.ref, observed.locks or ())
    by_spec = {name.lower(): hold for name, hold in fleet.holds.items()}
    asleep = _suspended(fleet, now)
    for member in observed.owned:
        obstacle = (
            _unreadable(observed)
            or by_scope.obstacle(member)
            or _held((member.hold, by_spec.get(member.name.lower())), now)
            or _protected(member)
            or asleep
            or _in_open_window(member, window)
        )
        if obstacle:
            found[member.name] = obstacle
    return Ledger(found)


def creation_lock(ref: GroupRef, locks: tuple[Lock, ...] | None) -> Lock | None:
    """A ReadOnly lock over the set, its group or subscription: it refuses every creation."""
    return read_only_lock(ref.id, locks)


def read_only_lock(resource_id: str, locks: tuple[Lock, ...] | None) -> Lock | None:
    """A ReadOnly lock on a resource or over it: it refuses every change of it."""
    own = _normal(resource_id)
    for lock in locks or ():
        if lock.level is LockLevel.READ_ONLY and _covers(_normal(lock.scope), own):
            return lock
    return None


def set_obstacle(ref: GroupRef, locks: tuple[Lock, ...] | None) -> Blocked | None:
    """What forbids the deletion of the set itself: a lock of any level over it or inside it, or blindness."""
    if locks is None:
        return Blocked(Prevented.LOCKS_UNREADABLE, "the locks could not be read: the set stays")
    whole = ref.id.lower()
    for lock in sorted(locks, key=lambda lock: (lock.level != LockLevel.READ_ONLY, lock.scope)):
        scope = _normal(lock.scope)
        if _covers(scope, whole) or _covers(whole, scope):
            where = describe_scope(ref, lock.scope)
            return Blocked(Prevented.LOCKED, f"{lock.level} {where}: the set stays")
    return None


def covering_lock(locks: Iterable[Lock], resource: str) -> Lock | None:
    """A lock at or above a resource, whatever its level: it refuses the resource's deletion."""
    scope = _normal(resource)
    return next((lock for lock in locks if _covers(_normal(lock.scope), scope)), None)


def describe_scope(ref: GroupRef, scope: str) -> str:
    """``on the instance``, ``on the resource group`` …: where a lock sits, in words."""
    parts = [part for part in scope.split("/") if part]
    if len(parts) == _SUBSCRIPTION_DEPTH:
        return "on the subscription"
    if len(parts) == _RESOURCE_GROUP_DEPTH:
        return f"on the resource group {parts[-1]}"
    kind = parts[-2].lower() if len(parts) > 1 else ""
    if kind == "virtualmachines":
        return "on the instance"
    if _normal(scope).startswith(ref.id.lower()):
        return "on the scale set"
    words = {"networkinterfaces": "its NIC", "disks": "its disk"}
    return f"on {words.get(kind, kind or 'the scope')} {parts[-1]}" if parts else f"on {scope}"


class _LockIndex:
    """Locks sorted by what they cover, so that a thousand members do not each scan a thousand locks."""

    def __init__(self, ref: GroupRef, locks: tuple[Lock, ...]) -> None:
        self._ref = ref
        self._on_all: Lock | None = None
        self._by_name: dict[str, Lock] = {}
        group, whole = ref.group_scope.lower(), ref.id.lower()
        # The strictest lock is named, then the widest, so that the words do not depend on their order.
        for lock in sorted(locks, key=lambda lock: (lock.level != LockLevel.READ_ONLY, lock.scope)):
            scope = _normal(lock.scope)
            if _covers(scope, group) or _covers(whole, scope):
                self._on_all = self._on_all or lock
            else:
                self._by_name.setdefault(_resource_name(scope), lock)

    def obstacle(self, member: Member) -> Obstacle | None:
        lock = self._on_all or self._of(member)
        if lock is None:
            return None
        where = describe_scope(self._ref, lock.scope)
        return Obstacle(Prevented.LOCKED, f"{lock.level} {where}")

    def _of(self, member: Member) -> Lock | None:
        if not self._by_name:
            return None
        name = member.name.lower()
        exact = [name, *(_resource_name(_normal(found)) for found in member.instance.resources)]
        for candidate in exact:
            if candidate in self._by_name:
                return self._by_name[candidate]
        # NICs and disks carry their VM's name in front; a lock on one whose owner was not read still counts.
        own_part = re.compile(re.escape(name) + r"[-_.]")
        return next(
            (self._by_name[key] for key in sorted(self._by_name) if own_part.match(key)), None
        )


def _normal(scope: str) -> str:
    return "/" + scope.strip("/").lower()


def _covers(outer: str, inner: str) -> bool:
    return outer == inner or inner.startswith(outer + "/") or outer == "/"


def _resource_name(scope: str) -> str:
    """Name of the resource that a scope is on, or inside of; empty for a scope of another form.

    What is inside of a resource may have a provider of its own, as its diagnostic settings have.
    """
    parts = scope.partition("/providers/")[2].split("/")
    return parts[2] if len(parts) > 2 else ""


def _unreadable(observed: Observed) -> Obstacle | None:
    if observed.locks is None:
        return Obstacle(Prevented.LOCKS_UNREADABLE, "the locks could not be read")
    return None


def _held(holds: Iterable[Hold | None], now: datetime) -> Obstacle | None:
    """The hold that lasts longest, by tag or by spec; one that is over hides no other."""
    lasting = [hold for hold in holds if hold and (hold.until is None or hold.until > now)]
    if not lasting:
        return None
    hold = max(lasting, key=lambda one: (one.until is None, one.until or now))
    words = f"held by {hold.owner}" + (f": {hold.reason}" if hold.reason else "")
    return Obstacle(Prevented.HELD, words, hold.until)


def _protected(member: Member) -> Obstacle | None:
    if member.instance.protected:
        return Obstacle(Prevented.PROTECTED, "its protection policy forbids scale-in")
    return None


def _suspended(fleet: Fleet, now: datetime) -> Obstacle | None:
    found = suspension.block(fleet, Process.DELETE, now)
    return Obstacle(found.reason, found.detail, found.until) if found else None


def _in_open_window(member: Member, window: Window) -> Obstacle | None:
    if window.closable or not window.has(member.name):
        return None
    if window.seen:
        words = (
            "an earlier request for it may still arrive, and would bring it back if it were gone"
        )
        return Obstacle(Prevented.OPEN_SERIAL, words, window.twins_until)
    return Obstacle(Prevented.OPEN_SERIAL, "its creation may still be under way")
