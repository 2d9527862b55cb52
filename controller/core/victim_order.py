"""In which order members of one place go on scale-in: what is preferred, before and after the spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from controller.core.phase import NOT_SERVING, Phase, classify
from controller.core.spread import Cell, Preference
from controller.spec.values import VictimAge, VictimOrder

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from controller.core.observed import Member
    from controller.core.spread import Layout
    from controller.core.topology import Topology
    from controller.spec.values import Pool, ScaleIn

ASKED, MARKED, IDLE, STRAY, OUTSIDE, SPREAD = range(6)
"""Tiers: asked before, without an answer; named in the spec; not serving; of a pool that is gone; outside
the domains; all others."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What the choice of victims for one pool rests on.

    ``members`` are those that may be chosen from, deletable or not. ``mix`` is how many of each class
    should be left. ``asked`` are members whose deletion was sent before and may still arrive.
    """

    pool: Pool
    scale_in: ScaleIn
    topology: Topology
    layout: Layout
    members: Sequence[Member]
    mix: Mapping[str, int]
    now: datetime
    asked: Collection[str] = ()


class Standing(NamedTuple):
    """Where a member stands among those of its place: the lowest goes first.

    ``unwanted`` is the size's rank, negative, so that the least wanted size comes first. A member whose
    ``age`` nobody knows comes after all others. ``age`` is in seconds, oldest or newest first.
    """

    preference: Preference
    unwanted: int
    ageless: bool
    age: float
    name: str


def cell_of(topology: Topology, member: Member) -> Cell:
    """The cell in which a member stands."""
    return Cell(
        member.instance.priority.value, topology.domain_of(member), topology.inner_of(member)
    )


def preference_of(pick: Pick, member: Member) -> Preference:
    """What counts before the spread (the tier), and right after it."""
    current = is_current(pick, member) and not _is_creating(pick, member)
    return Preference(_tier(pick, member), int(current), member.deletion_cost)


def standing_of(pick: Pick, member: Member) -> Standing:
    """The whole order among members of one place."""
    ranks = {choice.name.lower(): choice.rank for choice in pick.pool.sizes}
    rank = ranks.get(member.instance.size.lower(), max(ranks.values()) + 1)
    born = member.instance.created_at
    sign = 1 if pick.scale_in.age is VictimAge.OLDEST else -1
    age = sign * born.timestamp() if born else 0.0
    return Standing(preference_of(pick, member), -rank, born is None, age, member.name)


def is_current(pick: Pick, member: Member) -> bool:
    """Whether a member is made from the pool's present template; unknown counts as present."""
    return member.fingerprint in {None, pick.pool.template.fingerprint}


def is_marked(pick: Pick, name: str) -> bool:
    """Whether the spec names a member to go before any other."""
    return name.lower() in {one.lower() for one in pick.scale_in.remove}


def _tier(pick: Pick, member: Member) -> int:
    if member.name in pick.asked:
        return ASKED
    if is_marked(pick, member.name):
        return MARKED
    not_serving = classify(member.instance, pick.now) in NOT_SERVING
    if not_serving and pick.scale_in.order is VictimOrder.HEALTH_FIRST:
        return IDLE
    if _is_stray(pick, member):
        return STRAY
    if pick.topology.domain_of(member) not in pick.topology.eligible:
        return OUTSIDE
    return SPREAD


def _is_stray(pick: Pick, member: Member) -> bool:
    """Whether a member's own pool is gone from the spec, so that it is counted here for want of a better."""
    elsewhere = member.pool is not None and member.pool != pick.pool.name
    return elsewhere and member.fingerprint != pick.pool.template.fingerprint


def _is_creating(pick: Pick, member: Member) -> bool:
    return classify(member.instance, pick.now) is Phase.CREATING
