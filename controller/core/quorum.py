"""The quorum guard: a voting group keeps its majority through every deletion.

A deletion is allowed when the voters that are left and healthy are a majority of the voters that are
left: ``target - unhealthy >= target // 2 + 1``. One voter changes at a time, so while any is joining or
leaving, none is taken away.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.phase import Phase, classify
from controller.core.steps import Blocked, Prevented

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Member
    from controller.core.scene import Scene
    from controller.core.steps import Victim


def majority(voters: int) -> int:
    """Votes needed among ``voters``."""
    return voters // 2 + 1


def hold_back(
    scene: Scene, members: Sequence[Member], victims: Sequence[Victim]
) -> tuple[tuple[Victim, ...], tuple[Blocked, ...]]:
    """Victims that may go, and those that the quorum keeps."""
    if scene.fleet.quorum is None or not victims:
        return tuple(victims), ()
    buckets = scene.buckets
    # A voter whose deletion does not get on may still vote: it is waited for, however long.
    moving = [member.name for member in (*buckets.creating, *buckets.leaving, *buckets.stuck)]
    if moving:
        detail = f"{moving[0]} is still joining or leaving; one voter changes at a time"
        return (), tuple(Blocked(Prevented.QUORUM, detail, one.instance) for one in victims)
    healthy = {
        member.name for member in members if classify(member.instance, scene.now) is Phase.RUNNING
    }
    left = {member.name for member in members}
    allowed: list[Victim] = []
    kept: list[Blocked] = []
    for victim in victims:
        after = left - {victim.instance}
        if len(after & healthy) >= majority(len(after)) or not after:
            left = after
            allowed.append(victim)
        else:
            detail = (
                f"{len(after & healthy)} healthy voters of {len(after)} would be left, "
                f"and {majority(len(after))} are a majority"
            )
            kept.append(Blocked(Prevented.QUORUM, detail, victim.instance))
    return tuple(allowed), tuple(kept)
