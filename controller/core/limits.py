"""Guards inside the planner: what may not be done even though it is wanted.

Guards never block the way out: too many members stop creations, never scale-in; many unhealthy members
stop inferred deletions, never an explicit one; a large explicit deletion waits for an approval.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from controller.core.steps import Approval, Blocked, Prevented
from controller.spec.values import DeletionPolicy

if TYPE_CHECKING:
    from datetime import datetime

    from controller.core.observed import Memory
    from controller.core.scene import Buckets, Scene
    from controller.spec.values import Fleet, Limits

SET_LIMIT = 1000
"""Azure: at most 1,000 VMs in a Flexible scale set."""
MANAGED_IMAGE_LIMIT = 600
"""Azure: at most 600 when they are made from a managed image."""
APPROVAL_SHARE_PERCENT, APPROVAL_COUNT = 30, 10
"""An explicit change that removes more than both needs a yes."""


def is_at_rest(fleet: Fleet) -> bool:
    """Whether the spec says that the fleet is to be looked at and not changed."""
    kept = fleet.absent and fleet.deletion_policy is DeletionPolicy.RETAIN
    return fleet.suspended or kept


def set_limit(fleet: Fleet) -> int:
    """How many VMs the set can hold, unmanaged ones included."""
    return MANAGED_IMAGE_LIMIT if fleet.managed_image else SET_LIMIT


def inferred_cap(limits: Limits, members: int) -> int:
    """How many members may be deleted in one pass without anybody having asked for it."""
    return max(1, members // 10) if limits.max_delete is None else limits.max_delete


def overridden(limits: Limits, guard: str, now: datetime) -> bool:
    """Whether somebody has set a guard aside for this time."""
    return any(one.guard == guard and one.until > now for one in limits.overrides)


def is_overshot(fleet: Fleet, memory: Memory, live: int) -> bool:
    """Whether so many members are there that creating any more would hide a mistake.

    Stopped above ``overshoot``, creations go on only when the excess is lower by ``overshoot_thaw``.
    """
    limits = fleet.limits
    bound = limits.overshoot - (limits.overshoot_thaw if memory.overshoot_frozen else 0)
    return live - fleet.replicas > bound


def is_melting(fleet: Fleet, buckets: Buckets) -> bool:
    """Whether more members are unhealthy than a fault of single instances explains."""
    members = len(buckets.staying)
    tolerated = -(-members * fleet.limits.unhealthy_percent // 100)
    return len(buckets.sick) > tolerated


def approval_token(fleet: Fleet) -> str:
    """The word that approves this spec of this set, and nothing else."""
    text = f"{fleet.ref.id.lower()}|{fleet.spec_digest}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def approval(fleet: Fleet, explicit: int, members: int) -> Approval | None:
    """What an explicit deletion of ``explicit`` out of ``members`` needs, or None."""
    if explicit <= APPROVAL_COUNT or explicit * 100 <= APPROVAL_SHARE_PERCENT * members:
        return None
    token = approval_token(fleet)
    why = (
        f"{explicit} of {members} members would be deleted, which is more than "
        f"{APPROVAL_SHARE_PERCENT} % and more than {APPROVAL_COUNT}"
    )
    return Approval(token, why, given=fleet.approval == token)


def meltdown_note(scene: Scene) -> str:
    """The sentence for a fleet of which too many members are unhealthy."""
    return f"{unhealthy_words(scene)}: nothing is deleted by inference"


def unhealthy_words(scene: Scene) -> str:
    """``3 of 9 members are unhealthy``."""
    sick, members = len(scene.buckets.sick), len(scene.buckets.staying)
    return f"{sick} of {members} members are unhealthy"


def overshoot_block(scene: Scene) -> Blocked:
    """The entry for a creation that is stopped because too many members are there."""
    live, desired = len(scene.buckets.live), scene.fleet.replicas
    return Blocked(
        Prevented.OVERSHOOT,
        f"{live} members are there for {desired} wanted; creations wait until the excess is gone",
    )
