"""The tags of the set: what they must say before creations are sent, and after a pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import scarcity, serials, tags
from controller.core.observed import parse_serials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controller.core.observed import Memory, Observed
    from controller.core.steps import MarkSet, Plan
    from controller.spec.values import Fleet


def first_tags(fleet: Fleet) -> dict[str, str]:
    """Tags of a set that is being created."""
    return {**_base(fleet, {}), tags.SERIALS: "1/1", tags.FLEET: fleet.name}


def after_reservation(
    fleet: Fleet, observed: Observed, plan: Plan, memory: Memory, now: datetime
) -> dict[str, str]:
    """All tags of the set, with the numbers of this plan's creations reserved, or tried again."""
    found = _found(observed)
    one = plan.reservation
    moment = now.isoformat(timespec="seconds")
    written = {
        **_base(fleet, found),
        tags.SERIALS: f"{one.floor_to}/{one.reserve_to}",
        tags.RESERVED_AT: moment,
        **_scarcity(memory),
    }
    if one.floor_to == one.next:
        written = _closed(fleet, written)
    if one.retried:
        written[tags.RETRIED_AT] = moment
    return _without_empty(written)


def after_pass(
    fleet: Fleet,
    observed: Observed,
    plan: Plan,
    memory: Memory,
    *,
    burnt: frozenset[str],
    now: datetime,
) -> dict[str, str] | None:
    """All tags of the set if the pass has settled something, else None.

    The window closes when every open number was seen in the list, or is in ``burnt`` (refused for
    certain in this pass), or is not wanted any more and too old for a late request; and not while a second
    request for one of them may arrive. It never closes in the pass that reserved it, unless everything was
    refused.
    """
    found = _found(observed)
    current = parse_serials(found.get(tags.SERIALS))
    if current is None or not observed.exists:
        return None
    written = {**_base(fleet, found), **_scarcity(memory)}
    seen = replace(observed, serials=current)
    if current.floor < current.next and _is_settled(fleet, seen, plan, burnt, now):
        written = {**_closed(fleet, written), tags.SERIALS: f"{current.next}/{current.next}"}
    written = _without_empty(written)
    return written if written != dict(found) else None


def with_tombstone(
    fleet: Fleet, found: Mapping[str, str], step: MarkSet, now: datetime
) -> dict[str, str]:
    """The set's tags with the mark of a tombstone, or without it. Nothing else changes."""
    kept = {name: value for name, value in found.items() if name != tags.TOMBSTONE}
    return {**kept, tags.TOMBSTONE: tags.tombstone_mark(fleet, now)} if step.marked else kept


def _is_settled(
    fleet: Fleet, observed: Observed, plan: Plan, burnt: frozenset[str], now: datetime
) -> bool:
    window = serials.read_window(fleet, observed)
    sent = {create.instance for create in plan.creates}
    names = {window.name(serial) for serial in window.missing} | sent
    unsettled = names - burnt
    if window.unlisted or unsettled & sent or serials.twins_until(observed, now) is not None:
        return False
    return not unsettled or serials.may_still_come(observed, now) is None


def _closed(fleet: Fleet, written: Mapping[str, str]) -> dict[str, str]:
    """The tags once every number that was open is settled: the next ones are given out under the present name."""
    kept = {name: value for name, value in written.items() if name != tags.RETRIED_AT}
    return {**kept, tags.FLEET: fleet.name}


def _found(observed: Observed) -> Mapping[str, str]:
    return observed.group.tags if observed.group else {}


def _base(fleet: Fleet, found: Mapping[str, str]) -> dict[str, str]:
    """What the set has, the spec's own tags and the owner mark over it."""
    return {**found, **fleet.tags, tags.OWNER: tags.owner_mark(fleet.ref)}


def _scarcity(memory: Memory) -> dict[str, str]:
    return {tags.SCARCITY: scarcity.encode(memory)}


def _without_empty(written: Mapping[str, str]) -> dict[str, str]:
    ours = {tags.SCARCITY}
    return {name: value for name, value in written.items() if value or name not in ours}
