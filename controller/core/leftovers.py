"""NICs, disks and public addresses that members left behind, and when they may go.

A leftover is known by its name: that of a member whose serial number this set has given out and settled,
and of which nothing is to be seen. What holds data is never known by its name alone: a disk has to carry
our owner tag, which Azure copies from its VM, and the fingerprint of a template that is still in force and
wants such a disk deleted.

The first sighting is written onto the leftover itself, as a tag that everybody can read; half an hour later
it goes, if it is still free. Nothing else is remembered. A hold or a lock on it keeps it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.core import limits, suspension, tags
from controller.core.deletability import covering_lock
from controller.core.documents import mapping_in, mappings_in
from controller.core.steps import Delete, Reason, Sweep
from controller.spec.values import Process
from providers.base import LeftoverKind, LeftoverSearch

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from controller.core.decisions import Decisions
    from controller.core.observed import Observed
    from controller.core.scene import Scene
    from controller.spec.values import Fleet, Template
    from providers.base import GroupSnapshot, Leftover, Lock

AGE = timedelta(minutes=30)
"""How long a leftover is known before it goes; ten times as long as Azure reserves a NIC."""
SEARCH_EVERY = timedelta(minutes=10)
"""How often one process looks for leftovers: each time is one listing of the resource group."""
MARKS_IN_A_PASS = 50

_ADDRESS = "publicIPAddressConfiguration"
_OS_DISK = re.compile(r"_OsDisk_\d+_[0-9a-f]{32}", re.IGNORECASE)
_DATA_DISK = re.compile(r"_(?:disk|lun_)\d+_[0-9a-f]{32}", re.IGNORECASE)
# A number after the number is a member of another fleet, one that is called like a member of this one.
_BESIDE = re.compile(r"-(?!\d{6,9}(?:[-_]|$))[a-z0-9][a-z0-9._-]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Traces:
    """What may be looked for: names of ``fleet`` with numbers below ``floor`` that no member has."""

    fleet: str
    floor: int
    present: frozenset[str]

    def owner_of(self, leftover: Leftover) -> str | None:
        """The member that left it behind, or None if it is none of this fleet's or has its member still."""
        found = _split(self.fleet, leftover.name)
        if found is None:
            return None
        owner, serial, rest = found
        if not 1 <= serial < self.floor or owner.lower() in self.present:
            return None
        if leftover.kind is LeftoverKind.DISK:
            named = _OS_DISK.fullmatch(rest) or _DATA_DISK.fullmatch(rest)
        else:
            named = _BESIDE.fullmatch(rest)
        return owner if named else None


def read_traces(fleet: Fleet, observed: Observed) -> Traces | None:
    """What may be looked for; None when nothing can be left over, or nothing may be swept.

    Without a set or its serial numbers nothing is certain. A fleet whose every number has its member has lost
    nobody, and so costs no search.
    """
    if fleet.suspended or fleet.absent or observed.serials is None:
        return None
    if nobody_is_missing(fleet, observed):
        return None
    present = frozenset(member.name.lower() for member in observed.members)
    return Traces(fleet.name, observed.serials.floor, present)


def nobody_is_missing(fleet: Fleet, observed: Observed) -> bool:
    """Whether each number that the set has given out and settled has its member; so it is without a set."""
    serials = observed.serials
    if not observed.exists or serials is None or not serials.plausible:
        return True
    names = (member.name.lower() for member in observed.members)
    found = {parts[1] for name in names if (parts := _split(fleet.name, f"{name}-")) is not None}
    return sum(1 <= serial < serials.floor for serial in found) == serials.floor - 1


def search_for(traces: Traces) -> LeftoverSearch:
    """The listing that shows everything that could be left over."""
    return LeftoverSearch(prefix=f"{traces.fleet}-")


def unseen_owners(traces: Traces, found: Sequence[Leftover]) -> tuple[str, ...]:
    """Names of members of whose NICs or disks a listing shows something, and which the list does not show.

    Either they are gone, or the list of members came back short.
    """
    return tuple(sorted({owner for one in found if (owner := traces.owner_of(one)) is not None}))


def sort_out(fleet: Fleet, traces: Traces, found: Sequence[Leftover]) -> tuple[Leftover, ...]:
    """What of a listing members of this fleet left behind against the will of their templates, by id."""
    return tuple(
        sorted(
            (
                one
                for one in found
                if traces.owner_of(one) is not None
                and not _is_of_another(fleet, one)
                and _may_be_unwanted(fleet, one)
            ),
            key=lambda one: one.id.lower(),
        )
    )


def to_confirm(
    fleet: Fleet, observed: Observed, traces: Traces, now: datetime
) -> Mapping[str, str]:
    """Leftovers that have to be asked for by id, and each one's member: those that nothing keeps."""
    return {
        one.id: str(traces.owner_of(one))
        for one in observed.leftovers or ()
        if not why_kept(fleet, observed.locks, one, now)
    }


def confirm(observed: Observed, sure: GroupSnapshot) -> Observed:
    """Put what was asked for by id in the place of what the listing showed of it.

    What was not found stays as it was: not confirmed, and so left alone.
    """
    fresh = {one.id.lower(): one for one in sure.leftovers or ()}
    both = tuple(fresh.get(one.id.lower(), one) for one in observed.leftovers or ())
    return replace(observed, leftovers=both)


def sweep(scene: Scene, decisions: Decisions) -> None:
    """Decide what of the leftovers is marked in this pass, and what goes."""
    traces = read_traces(scene.fleet, scene.observed)
    # Locks that could not be read may be on anything.
    if traces is None or scene.observed.leftovers is None or scene.observed.locks is None:
        return
    if suspension.active(scene.fleet, Process.SWEEP, scene.now):
        return
    room = _room(scene, decisions)
    marks = MARKS_IN_A_PASS
    for one in _certain(scene):
        owner = traces.owner_of(one)
        since = known_since(one, scene.now)
        if owner is None:
            continue
        if since is None and marks > 0:
            marks -= 1
            why = f"{owner} is gone and has left it behind; it is marked, and goes in 30 minutes"
            decisions.steps.append(Sweep(one.id, owner, True, Reason.LEFT_OVER, why))  # noqa: FBT003 -- a field of a value, not a switch
        elif since is not None and scene.now - since >= AGE and room > 0:
            room -= 1
            why = f"{owner} is gone, and nothing has used it since {since:%H:%M} UTC"
            decisions.steps.append(Sweep(one.id, owner, False, Reason.LEFT_OVER, why))  # noqa: FBT003 -- as above


def known_since(leftover: Leftover, now: datetime) -> datetime | None:
    """When a leftover was first seen, by its own tag; None without one, or with one that cannot be."""
    since = tags.parse_time(leftover.tags.get(tags.LEFT_OVER))
    return since if since is not None and since <= now else None


def why_it_stays(fleet: Fleet, sure: GroupSnapshot, step: Sweep, now: datetime) -> str:
    """The last judgement, by a look taken immediately before the deletion; empty if it may go."""
    found = [one for one in sure.leftovers or () if one.id.lower() == step.leftover.lower()]
    if not found:
        return "it is gone already"
    (one,) = found
    since = known_since(one, now)
    if sure.locks is None:
        return "the locks could not be read"
    if not one.confirmed or one.owner_exists:
        return f"{step.instance} exists"
    if one.used_by is not None:
        return f"{one.used_by} has it"
    if since is None or now - since < AGE:
        return "it has not been left over for 30 minutes"
    return why_kept(fleet, sure.locks, one, now)


def why_kept(
    fleet: Fleet, locks: tuple[Lock, ...] | None, leftover: Leftover, now: datetime
) -> str:
    """What keeps a leftover although nobody uses it; empty if nothing does."""
    hold = tags.parse_hold(leftover.tags.get(tags.HOLD))
    if hold is not None and (hold.until is None or hold.until > now):
        return f"held by {hold.owner}"
    lock = covering_lock(locks or (), leftover.id)
    if lock is not None:
        return f"locked ({lock.level})"
    if leftover.kind is LeftoverKind.DISK and _template_of(fleet, leftover) is None:
        return "it was made from another template, which may have wanted it kept"
    return ""


def notes(scene: Scene) -> Iterator[str]:
    """What waits, and what is kept and why."""
    waiting: dict[datetime, list[str]] = {}
    kept: dict[str, list[str]] = {}
    for one in scene.observed.leftovers or ():
        why = why_kept(scene.fleet, scene.observed.locks, one, scene.now)
        since = known_since(one, scene.now)
        if why:
            kept.setdefault(why, []).append(one.name)
        elif since is not None and scene.now - since < AGE and _is_free(one):
            waiting.setdefault(since + AGE, []).append(one.name)
    for end, names in sorted(waiting.items()):
        yield f"{_some(names)} left over: deleted after {end:%H:%M} UTC unless held or used"
    for why, names in sorted(kept.items()):
        yield f"{_some(names)} left over, and kept: {why}"


def _certain(scene: Scene) -> list[Leftover]:
    """Leftovers that are free beyond doubt and that nothing keeps; the longest known first."""
    found = [
        one
        for one in scene.observed.leftovers or ()
        if _is_free(one) and not why_kept(scene.fleet, scene.observed.locks, one, scene.now)
    ]
    return sorted(found, key=lambda one: (known_since(one, scene.now) or scene.now, one.id.lower()))


def _is_free(one: Leftover) -> bool:
    return one.confirmed and not one.owner_exists and one.used_by is None


def _room(scene: Scene, decisions: Decisions) -> int:
    """How many leftovers may go: the cap on inferred deletions, less those of members in this pass."""
    guards, now = scene.fleet.limits, scene.now
    if suspension.active(scene.fleet, Process.DELETE, now):
        return 0
    melting = limits.is_melting(scene.fleet, scene.buckets)
    if melting and not limits.overridden(guards, "meltdown", now):
        return 0
    if limits.overridden(guards, "maxDelete", now):
        return len(scene.observed.leftovers or ())
    inferred = sum(
        len(step.victims) for step in decisions.steps if isinstance(step, Delete) and step.inferred
    )
    return limits.inferred_cap(guards, len(scene.buckets.live)) - inferred


def _is_of_another(fleet: Fleet, leftover: Leftover) -> bool:
    """A disk without our owner tag may be anybody's; anything with another one's is theirs."""
    owner = leftover.tags.get(tags.OWNER)
    if owner is None:
        return leftover.kind is LeftoverKind.DISK
    return owner != tags.owner_mark(fleet.ref)


def _may_be_unwanted(fleet: Fleet, leftover: Leftover) -> bool:
    """Whether it was to go with its member: by the template it was made from, or by every one in force.

    A disk tells its template; one of a template that is not in force any more is reported, not swept.
    """
    if leftover.kind is LeftoverKind.DISK:
        template = _template_of(fleet, leftover)
        return template is None or _wants_disk_gone(fleet, template, leftover)
    return all(_wants_card_gone(pool.template, leftover.kind) for pool in fleet.pools)


def _template_of(fleet: Fleet, disk: Leftover) -> Template | None:
    fingerprint = disk.tags.get(tags.TEMPLATE)
    found = (pool.template for pool in fleet.pools if pool.template.fingerprint == fingerprint)
    return next(found, None)


def _wants_disk_gone(fleet: Fleet, template: Template, disk: Leftover) -> bool:
    found = _split(fleet.name, disk.name)
    profile = mapping_in(template.document, "storageProfile")
    is_os = found is not None and _OS_DISK.fullmatch(found[2]) is not None
    disks = [mapping_in(profile, "osDisk")] if is_os else mappings_in(profile, "dataDisks")
    return bool(disks) and all(disk.get("deleteOption") == "Delete" for disk in disks)


def _wants_card_gone(template: Template, kind: LeftoverKind) -> bool:
    profile = mapping_in(template.document, "networkProfile")
    cards = [
        mapping_in(card, "properties")
        for card in mappings_in(profile, "networkInterfaceConfigurations")
    ]
    entries = cards
    if kind is LeftoverKind.ADDRESS:
        entries = [
            mapping_in(configuration, "properties")
            for card in cards
            for entry in mappings_in(card, "ipConfigurations")
            if (configuration := mapping_in(mapping_in(entry, "properties"), _ADDRESS))
        ]
    return bool(entries) and all(entry.get("deleteOption") == "Delete" for entry in entries)


def _split(fleet: str, name: str) -> tuple[str, int, str] | None:
    """Member, serial number and rest: ``web-000003-nic`` is of web-000003, of number 3."""
    found = re.match(rf"({re.escape(fleet)}-(\d{{6,9}}))([-_].*)", name, re.IGNORECASE)
    return (found[1], int(found[2]), found[3]) if found else None


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:3])
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"{shown}{more} {'is' if len(names) == 1 else 'are'}"
