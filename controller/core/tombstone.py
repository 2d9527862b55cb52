"""How a fleet ends: ``state: Absent`` with ``deletionPolicy: Delete``, after it stood for a while.

A spec in this state is a tombstone. The first pass that sees it writes the moment and the spec's digest
into the tag ``evenkeel-tombstone`` of the set, and deletes nothing. Only when a later pass finds the same
spec still accepted and the hold time over are the members deleted, as an explicit deletion, and then the
empty set. ``Present``, ``Retain`` or a suspension takes the mark away; an edited spec begins anew, and so
does one that was gone or broken for a while.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core import deletability, suspension, tags
from controller.core.steps import (
    Blocked,
    Delete,
    DeleteSet,
    MarkSet,
    Prevented,
    Reason,
    Victim,
)
from controller.spec.values import DeletionPolicy, Process
from providers.base import ProvisioningState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.core.decisions import Decisions
    from controller.core.observed import Observed
    from controller.core.scene import Scene
    from controller.spec.values import Fleet

LAPSE = timedelta(hours=24)
"""So long after its hold a mark is worth something. Later nobody can say that the wish stood all the time."""
SKEW = timedelta(minutes=5)
"""A mark further in the future than this was not written by a clock that can be trusted."""


def is_asked_for(fleet: Fleet) -> bool:
    """Whether the spec in force is a tombstone."""
    ends = fleet.absent and fleet.deletion_policy is DeletionPolicy.DELETE
    return ends and not fleet.suspended


def desired(fleet: Fleet) -> int:
    """How many members the spec wants in the end: none, if the fleet is to be deleted."""
    return 0 if is_asked_for(fleet) else fleet.replicas


def stands_since(fleet: Fleet, observed: Observed, now: datetime) -> datetime | None:
    """Since when the set is marked with this very spec; None without a mark that is worth anything.

    A mark from before the spec was last seen gone or broken is worth nothing: it did not stand.
    """
    mark = _mark_of(fleet, observed)
    if mark is None or _is_broken_off(fleet, mark):
        return None
    fresh = mark.since - SKEW <= now <= mark.since + hold_of(fleet) + LAPSE
    return mark.since if fresh else None


def hold_of(fleet: Fleet) -> timedelta:
    """How long a tombstone has to stand before anything is deleted."""
    return timedelta(minutes=fleet.deletion_hold_minutes)


def is_due(fleet: Fleet, observed: Observed, now: datetime) -> bool:
    """Whether the hold is over, so that members may be deleted."""
    since = stands_since(fleet, observed, now)
    return is_asked_for(fleet) and since is not None and now >= since + hold_of(fleet)


def withdraw(scene: Scene, decisions: Decisions) -> None:
    """Take the mark of a former tombstone away, so that a later one waits its full time."""
    group = scene.observed.group
    if is_asked_for(scene.fleet) or group is None or not group.tags.get(tags.TOMBSTONE):
        return
    why = "its spec does not ask for its end any more: the tombstone is taken away"
    decisions.steps.append(MarkSet(Reason.TOMBSTONE_CANCELLED, why, marked=False))


def bury(scene: Scene, decisions: Decisions) -> None:
    """Decide what becomes of a fleet that is to end: marked, held, emptied, deleted."""
    if not scene.observed.exists or is_set_leaving(scene):
        return
    fleet, now = scene.fleet, scene.now
    since = stands_since(fleet, scene.observed, now)
    victims, kept = _victims(scene, since or now)
    decisions.explicit += victims
    decisions.blocked += (*kept, *_strangers(scene))
    if since is None:
        decisions.steps.append(MarkSet(Reason.TOMBSTONE, _mark_words(scene), marked=True))
    due = (since or now) + hold_of(fleet)
    if now < due:
        decisions.blocked.append(Blocked(Prevented.TOMBSTONE_HOLD, _hold_words(scene), until=due))
        return
    if victims:
        decisions.steps.append(Delete(Reason.TOMBSTONE, tuple(victims), inferred=False))
        names = {victim.instance for victim in victims}
        decisions.gone += [one for one in scene.buckets.live if one.name in names]
    if not scene.observed.members:
        _end_set(scene, decisions)


def is_set_leaving(scene: Scene) -> bool:
    """Whether the set of a fleet that ends is being deleted."""
    group = scene.observed.group
    leaving = group is not None and group.provisioning_state is ProvisioningState.DELETING
    return leaving and is_asked_for(scene.fleet)


def notes(scene: Scene) -> Iterator[str]:
    """What is said of a fleet that is to end, beside its steps."""
    if not scene.fleet.absent or scene.fleet.suspended:
        return
    if not is_asked_for(scene.fleet):
        yield "its spec says Absent and Retain: it is not managed any more, and its members stay as they are"
        return
    since = stands_since(scene.fleet, scene.observed, scene.now)
    if not scene.observed.exists:
        yield "its spec says Absent: neither members nor a scale set are left"
    elif is_set_leaving(scene):
        yield "its spec says Absent: the scale set is being deleted"
    elif since is not None:
        yield f"its spec says Absent: the tombstone stands since {since:%Y-%m-%d %H:%M:%S} UTC"


def _mark_of(fleet: Fleet, observed: Observed) -> tags.Tombstone | None:
    """The mark on the set, if it was made for this very spec."""
    mark = tags.parse_tombstone(observed.group.tags.get(tags.TOMBSTONE) if observed.group else None)
    return mark if mark is not None and mark.digest == tags.tombstone_digest(fleet) else None


def _is_broken_off(fleet: Fleet, mark: tags.Tombstone) -> bool:
    return fleet.in_force_since is not None and mark.since < fleet.in_force_since


def _mark_words(scene: Scene) -> str:
    mark = _mark_of(scene.fleet, scene.observed)
    if mark is not None and _is_broken_off(scene.fleet, mark):
        return (
            "its spec says Absent and Delete again: since the set was marked it has been gone, broken or "
            "another, so it is marked anew, and the hold begins anew"
        )
    return "its spec says Absent and Delete: the set is marked, and the hold begins"


def _victims(scene: Scene, since: datetime) -> tuple[list[Victim], list[Blocked]]:
    stood = f"{since:%Y-%m-%d %H:%M:%S} UTC"
    why = f"the fleet is to end: its spec says Absent and Delete, unchanged since {stood}"
    victims: list[Victim] = []
    kept: list[Blocked] = []
    for member in scene.buckets.live:
        found = scene.ledger.obstacles.get(member.name)
        if found:
            kept.append(Blocked(found.reason, found.detail, member.name, found.until))
        else:
            victims.append(Victim(member.name, why))
    return victims, kept


def _strangers(scene: Scene) -> Iterator[Blocked]:
    for member in scene.buckets.unmanaged:
        words = "it is not ours and stays, and so does the scale set that it is in"
        yield Blocked(Prevented.NOT_OURS, words, member.name)


def _end_set(scene: Scene, decisions: Decisions) -> None:
    """Delete the empty set, once no creation can arrive late and no lock forbids it."""
    if not scene.window.closed:
        return
    obstacle = deletability.set_obstacle(scene.fleet.ref, scene.observed.locks) or suspension.block(
        scene.fleet, Process.DELETE, scene.now
    )
    if obstacle:
        decisions.blocked.append(obstacle)
        return
    why = "the fleet is to end, and its last member is gone"
    decisions.steps.append(DeleteSet(Reason.TOMBSTONE, why))


def _hold_words(scene: Scene) -> str:
    return (
        f"{_doomed(scene.buckets.live)} to be deleted, and nothing goes before the tombstone has "
        f"stood for {scene.fleet.deletion_hold_minutes} minutes; state: Present cancels it"
    )


def _doomed(members: Sequence[object]) -> str:
    if not members:
        return "the empty scale set is"
    return f"{len(members)} member{'s' if len(members) > 1 else ''} and the scale set are"
