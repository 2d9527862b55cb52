"""Members that are being deleted, those whose deletion does not get on, and those that may yet be deleted.

Azure shows no moment at which a deletion began, so a process remembers when it first saw each. A deletion
that lasts holds back the next batch and every write of the set, because either could cut it short; one
that has shown nothing for half an hour holds nothing back any more and is told instead.

A deletion that got no answer may still arrive minutes later. No precondition keeps it from doing so, so its
member counts as one that is going: it is the first to be asked again, and nobody goes in its stead.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core.serials import LATE_REQUEST
from controller.core.steps import Blocked, Prevented
from providers.base import ProvisioningState

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.core.observed import Memory, Observed
    from controller.core.scene import Scene
    from controller.spec.values import Pool

STUCK = timedelta(minutes=30)
"""Half as long again as the slowest deletion that anybody has reported of Azure, 20 minutes."""


def remember(memory: Memory, observed: Observed, now: datetime) -> Memory:
    """Note since when each member is seen leaving; who is not leaving any more is forgotten."""
    known = dict(memory.leaving)
    names = sorted(
        member.name
        for member in observed.members
        if member.instance.provisioning_state is ProvisioningState.DELETING
    )
    return replace(
        memory,
        leaving=tuple((name, known.get(name, now)) for name in names),
        asked=_still_asked(memory, observed, now),
    )


def note_asked(memory: Memory, names: Iterable[str], now: datetime) -> Memory:
    """Note members whose deletion was sent and not answered."""
    return replace(memory, asked=tuple({**dict(memory.asked), **dict.fromkeys(names, now)}.items()))


def in_epoch(memory: Memory, epoch: int) -> Memory:
    """The memory without its moments, if the time of day has been set since: they are of another clock."""
    if memory.epoch == epoch:
        return memory
    asked = tuple((name, None) for name, _ in memory.asked)
    return replace(memory, leaving=(), searched_at=None, epoch=epoch, asked=asked)


def stuck_names(memory: Memory, now: datetime) -> frozenset[str]:
    """Members whose deletion has been seen for so long that nothing waits for it any more."""
    return frozenset(name for name, since in memory.leaving if now - since >= STUCK)


def _still_asked(
    memory: Memory, observed: Observed, now: datetime
) -> tuple[tuple[str, datetime | None], ...]:
    """Members that stand as they did, and whose deletion is not too old to arrive."""
    standing = {
        member.name
        for member in observed.members
        if member.instance.provisioning_state is not ProvisioningState.DELETING
    }
    moments = ((name, at or now) for name, at in memory.asked if name in standing)
    return tuple((name, at) for name, at in moments if abs(now - at) < LATE_REQUEST)


def returning(scene: Scene, pool: Pool) -> tuple[Blocked, ...]:
    """The entries for members that are going and may come back, which leaves no place for others.

    Somebody else deletes or evicts them while a second request for their numbers may still arrive. Once they are
    gone their numbers are tried again, so that whatever arrives makes one member of each.
    """
    if scene.window.twins_until is None:
        return ()
    words = "it goes, and an earlier request may bring it back: nobody else is created in its place"
    return tuple(
        Blocked(Prevented.OPEN_SERIAL, words, member.name)
        for member in scene.members_of(pool, scene.buckets.leaving)
        if scene.window.has(member.name)
    )


def blocks(scene: Scene) -> tuple[Blocked, ...]:
    """The entries for members of ours whose deletion does not get on."""
    since = dict(scene.memory.leaving)
    return tuple(
        Blocked(
            Prevented.STUCK,
            f"it has been seen Deleting since {since[member.name]:%Y-%m-%d %H:%M} UTC and does not go; "
            "nothing waits for it any more. Look for its cause in Azure's activity log",
            member.name,
        )
        for member in scene.buckets.stuck
    )
