"""Bugs in what is decided about members: how many, which, where, and under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controller.core import (
    deletability,
    floor,
    guard,
    limits,
    naming,
    observed,
    pacing,
    plan,
    scaling,
    serials,
    set_tags,
    shells,
    spread,
    unseen,
    victim_order,
)
from controller.core.observed import Serials
from controller.core.pacing import Confirmation, Room
from tests.simulation.bugs.bug import Aim, Bug, Place
from tests.simulation.bugs.scripts import (
    a_large_scale_in,
    calm,
    nothing_comes_up,
    somebody_elses_machine,
)
from tests.simulation.options import Fault

_CHANGE = scaling._change
_GROW, _SHRINK = spread.grow, spread.shrink
_MEMBER_OF = observed.member_of
_NAMES = naming._names
_READ_LEDGER = deletability.read_ledger
_TIER = victim_order._tier

NO_GUARD: Place = (guard, "check", lambda *_: ())
"""The second opinion says yes to everything."""


def _miscounted(*, more: int = 0, less: int = 0) -> Any:
    """The change of a pool with a mistake in the number that is lacking, or that is there too many."""

    def change(one: Any, pool: Any) -> Any:
        lacking = pool.replicas - len(one.scene.members_of(pool, one.staying))
        if lacking < 0:
            return scaling._shrink(one, pool, less - lacking)
        return scaling._grow(one, pool, lacking + more) if lacking + more else _CHANGE(one, pool)

    return change


def _ledger_without_locks(fleet: Any, seen: Any, window: Any, now: Any) -> Any:
    return _READ_LEDGER(fleet, replace(seen, locks=()), window, now)


def _ledger_with_unknown_as_none(fleet: Any, seen: Any, window: Any, now: Any) -> Any:
    return _READ_LEDGER(fleet, replace(seen, locks=seen.locks or ()), window, now)


def _lock_on_the_vm_alone(self: Any, member: Any) -> Any:
    return self._by_name.get(member.name.lower())


def _all_are_ours(ref: Any, instance: Any, *, owned: Any = None) -> Any:
    return _MEMBER_OF(ref, instance, owned=True if owned is None else owned)


def _highest_seen(_fleet: Any, seen: Any) -> Serials:
    """The number after the highest that is there now, whatever the tag says of those that are gone."""
    found = seen.serials
    if found is not None and found.floor < found.next:
        return Serials(found.floor, found.next)
    following = serials.next_serial(member.name for member in seen.members)
    return Serials(following, following)


def _names_anew(scene: Any) -> Any:
    return _NAMES(replace(scene, window=replace(scene.window, missing=())))


def _tier_turned(pick: Any, member: Any) -> int:
    """Who does not serve counts as what is kept longest."""
    tier = _TIER(pick, member)
    return victim_order.SPREAD + 1 if tier == victim_order.IDLE else tier


def _first_with_room(_layout: Any, room: Any, units: int) -> Any:
    cells = [cell for cell in sorted(room.cells) for _ in range(room.cells[cell])]
    return tuple(cells[:units])


def _first_to_lose(_layout: Any, candidates: Any, _mix: Any, units: int) -> Any:
    cells = [cell for cell in sorted(candidates) for _ in candidates[cell]]
    return tuple(cells[:units])


_LOCKS = Aim({Fault.LOCK: 20.0, Fault.EDIT: 40.0, Fault.EVICTION: 5.0}, {"most": 5, "lag": 0.0})
_HOLDS = Aim({Fault.HOLD: 10.0, Fault.EDIT: 40.0}, {"most": 5})
_BEHIND = Aim(
    {Fault.STALE: 0.5, Fault.FOREIGN_EDIT: 8.0, Fault.EVICTION: 6.0, Fault.EDIT: 40.0},
    {"lag": 60.0, "most": 8, "spot": True, "seconds": 2400.0},
    alone=True,
)
_LATE = Aim(
    {Fault.LATE: 0.2, Fault.LOST_BEFORE: 0.2, Fault.EDIT: 40.0},
    {"most": 5, "seconds": 2400.0, "resync": 60.0},
    alone=True,
)
_SPOT = Aim(
    {Fault.EVICTION: 6.0, Fault.TRANSIENT: 0.2, Fault.LOST_BEFORE: 0.2, Fault.LOCK: 20.0},
    {"spot": True, "seconds": 2400.0},
    alone=True,
)
_SICK = Aim({Fault.FOREIGN_EDIT: 8.0, Fault.EDIT: 40.0}, {"most": 8, "seconds": 2400.0}, alone=True)
LARGE = Aim({Fault.EDIT: 40.0}, {"most": 16, "seconds": 2400.0}, alone=True)
"""Fleets of which so many go at once that somebody has to say yes."""
_CALM = Aim({Fault.EDIT: 40.0}, {"most": 8, "spot": False}, alone=True)

BUGS: Mapping[str, Bug] = {
    # How many.
    "one-member-too-many": Bug(
        "a comparison is off by one: one more member than wanted is created",
        ((scaling, "_change", _miscounted(more=1)),),
    ),
    "one-member-too-few": Bug(
        "a comparison is off by one: scale-in leaves one member less than wanted",
        ((scaling, "_change", _miscounted(less=1)),),
    ),
    "one-member-too-few-unguarded": Bug(
        "scale-in leaves one member less than wanted, and the guard's second opinion is not asked for",
        ((scaling, "_change", _miscounted(less=1)), NO_GUARD),
        Aim(instead=calm()),
        a_large_scale_in,
    ),
    "list-believed-for-scale-in": Bug(
        "a scale-in is planned on the list alone, which still shows members that are gone",
        ((pacing, "needs_closer_look", lambda *_: False),),
        _BEHIND,
    ),
    "creations-do-not-wait": Bug(
        "creations do not wait for the deletions in whose place they come",
        ((pacing, "creations_with_room", lambda _plan, steps, _gone: Room(tuple(steps), ())),),
        _SPOT,
    ),
    "approval-not-asked-for": Bug(
        "a large removal is planned as if nobody needed to approve it",
        ((limits, "approval", lambda *_: None),),
        LARGE,
    ),
    "inferred-without-bound": Bug(
        "what is deleted by inference has no bound, and nobody looks how many are ill",
        (
            (limits, "inferred_cap", lambda *_: 1000),
            (limits, "is_melting", lambda *_: False),
        ),
        Aim(instead=calm(seconds=2400.0)),
        nothing_comes_up,
    ),
    "inferred-without-bound-unguarded": Bug(
        "what is deleted by inference has no bound, neither in the planner nor in the guard",
        (
            (limits, "inferred_cap", lambda *_: 1000),
            (limits, "is_melting", lambda *_: False),
            NO_GUARD,
        ),
        Aim(instead=calm(seconds=2400.0)),
        nothing_comes_up,
    ),
    # Which.
    "lock-ignored-at-last-look": Bug(
        "the last look before a deletion is taken, and what it shows is not heeded",
        (
            (
                pacing,
                "confirm_victims",
                lambda _fleet, _plan, _fresh, names, _now: Confirmation(tuple(names), {}),
            ),
        ),
    ),
    "locks-not-read": Bug(
        "locks count for nothing when victims are chosen and confirmed",
        ((deletability, "read_ledger", _ledger_without_locks),),
    ),
    "locks-not-read-unguarded": Bug(
        "locks count for nothing, neither for the planner nor for the guard",
        ((deletability, "read_ledger", _ledger_without_locks), NO_GUARD),
        _LOCKS,
    ),
    "unknown-locks-are-none": Bug(
        "locks that could not be read are taken for none",
        ((deletability, "read_ledger", _ledger_with_unknown_as_none),),
    ),
    "lock-on-a-disk-ignored": Bug(
        "a lock on a NIC or disk does not count for the VM that would go with it",
        ((deletability._LockIndex, "_of", _lock_on_the_vm_alone),),
        _LOCKS,
    ),
    "read-only-ignored": Bug(
        "members are created under a ReadOnly lock over their set",
        (
            (deletability, "creation_lock", lambda *_: None),
            (plan, "creation_lock", lambda *_: None),
        ),
        _LOCKS,
    ),
    "holds-ignored": Bug(
        "a hold keeps nobody from being deleted",
        ((deletability, "_held", lambda *_: None),),
        _HOLDS,
    ),
    "holds-ignored-unguarded": Bug(
        "a hold keeps nobody from being deleted, and the guard is not asked",
        ((deletability, "_held", lambda *_: None), NO_GUARD),
        _HOLDS,
    ),
    "strangers-are-ours": Bug(
        "every VM in the set counts as ours, whatever its owner tag says",
        ((observed, "member_of", _all_are_ours),),
        Aim({Fault.FOREIGN_VM: 3.0, Fault.FOREIGN_EDIT: 8.0, Fault.EDIT: 40.0}),
    ),
    "strangers-are-taken": Bug(
        "a VM of somebody else under a name of ours is taken for a member",
        ((observed, "member_of", _all_are_ours),),
        Aim(instead=calm()),
        somebody_elses_machine,
    ),
    "open-numbers-deletable": Bug(
        "members whose creation may still be under way are deleted",
        ((deletability, "_in_open_window", lambda *_: None),),
    ),
    "serving-go-first": Bug(
        "a scale-in in the middle of a scale-out takes those who serve and leaves those who may fail",
        ((floor, "hold_back", lambda _scene, _pool, _members, victims: (tuple(victims), ())),),
        _CALM,
    ),
    "well-before-ill": Bug(
        "a comparison is turned: members that serve go before members that do not",
        ((victim_order, "_tier", _tier_turned),),
        _SICK,
    ),
    "shells-by-guess": Bug(
        "what is only inferred to have never come up counts as certain, without bound",
        ((shells, "_is_inferred", lambda *_: False),),
        Aim(instead=calm(seconds=2400.0)),
        nothing_comes_up,
    ),
    # Where.
    "places-by-the-alphabet": Bug(
        "all new members go to the first place that has room",
        ((spread, "grow", _first_with_room),),
        _CALM,
    ),
    "one-zone-loses-all": Bug(
        "a scale-in takes all its victims from the first place",
        ((spread, "shrink", _first_to_lose),),
        _CALM,
    ),
    "one-zone-goes-dark": Bug(
        "a large scale-in takes one zone whole before it takes anybody from the next",
        ((spread, "shrink", _first_to_lose),),
        Aim(instead=calm()),
        a_large_scale_in,
    ),
    # Under which names.
    "open-numbers-not-asked-for": Bug(
        "open numbers are neither asked for nor tried again: others are given out in their place",
        ((unseen, "unsettled", lambda *_: ()), (naming, "_names", _names_anew)),
    ),
    "window-closed-early": Bug(
        "open numbers count as settled before they are seen",
        ((set_tags, "_is_settled", lambda *_: True),),
    ),
    "late-requests-forgotten": Bug(
        "nobody waits for requests that may still arrive, neither for the first of a name nor for a second",
        ((serials, "_late", lambda *_: None),),
        _LATE,
    ),
    "numbers-from-the-list": Bug(
        "the next number is the highest that is seen and one, whatever the set's tag says",
        ((serials, "_in_force", _highest_seen),),
    ),
}
