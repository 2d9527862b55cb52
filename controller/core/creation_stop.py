"""What forbids every creation of a pass: a ReadOnly lock over the set, a suspension, or too many members."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core import deletability, limits, suspension
from controller.core.steps import Blocked, Prevented
from controller.spec.values import Process

if TYPE_CHECKING:
    from controller.core.scene import Scene


def creation_stop(scene: Scene) -> Blocked | None:
    """The obstacle, or None when members may be created."""
    lock = deletability.creation_lock(scene.fleet.ref, scene.observed.locks)
    if lock is not None:
        where = deletability.describe_scope(scene.fleet.ref, lock.scope)
        return Blocked(Prevented.LOCKED, f"ReadOnly {where} refuses creations")
    asleep = suspension.block(scene.fleet, Process.CREATE, scene.now)
    if asleep is not None:
        return asleep
    overshot = limits.is_overshot(scene.fleet, scene.memory, len(scene.buckets.live))
    if overshot and not limits.overridden(scene.fleet.limits, "overshoot", scene.now):
        return limits.overshoot_block(scene)
    return None
