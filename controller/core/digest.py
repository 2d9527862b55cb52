"""The hash of a plan: it covers the steps and the facts they rest on, and no clock reading.

Two looks that show the same facts give the same hash, so that a saved plan can be held against a fresh
one; any fact that a step relies on changes it.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.observed import Member
    from controller.core.scene import Scene
    from controller.core.steps import Step


def plan_hash(scene: Scene, steps: Sequence[Step]) -> str:
    """``sha256:`` and 64 hex digits."""
    observed = scene.observed
    facts: dict[str, object] = {
        "set": scene.fleet.ref.id.lower(),
        "spec": scene.fleet.spec_digest,
        "exists": observed.exists,
        "serials": [scene.window.serials.floor, scene.window.serials.next],
        "locks": None
        if observed.locks is None
        else sorted(f"{lock.level}|{lock.scope.lower()}" for lock in observed.locks),
        "members": [_facts(scene, member) for member in observed.members],
        "scarcity": sorted(
            f"{one.zone}|{one.size}|{one.priority}|{one.larger_too}"
            for one in scene.memory.scarcity
        ),
        # A frozen value's repr names its type and all its fields, in their order.
        "steps": [repr(step) for step in steps],
    }
    if scene.memory.probing:
        facts["probing"] = sorted(
            f"{one.zone}|{one.size}|{one.priority}|{one.larger_too}" for one in scene.memory.probing
        )
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _facts(scene: Scene, member: Member) -> list[object]:
    found = member.instance
    obstacle = scene.ledger.obstacles.get(member.name)
    return [
        member.name,
        found.zone,
        found.fault_domain,
        found.size,
        found.priority.value,
        found.provisioning_state.value,
        found.power_state.value,
        found.health.value,
        None
        if found.extensions is None
        else sorted(f"{one.name.lower()}|{one.state}" for one in found.extensions),
        member.owned,
        member.fingerprint,
        f"{obstacle.reason}: {obstacle.detail}" if obstacle else None,
    ]
