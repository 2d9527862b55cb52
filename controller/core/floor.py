"""The floor under a scale-in: nobody who serves goes while those who are to stay have not come up yet.

A member whose number is open cannot be deleted, so a scale-in in the middle of a scale-out would take the
members that serve and leave those that may still fail. It waits instead: the numbers settle by
themselves, within minutes. Victims that do not serve, and those above the number wanted, go at once.
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
    from controller.spec.values import Pool


def hold_back(
    scene: Scene, pool: Pool, members: Sequence[Member], victims: Sequence[Victim]
) -> tuple[tuple[Victim, ...], tuple[Blocked, ...]]:
    """Victims that may go, and those that wait for members whose creation is not settled."""
    phases = {member.name: classify(member.instance, scene.now) for member in members}
    coming = [
        name for name, phase in phases.items() if phase is Phase.CREATING and _is_open(scene, name)
    ]
    if not coming:
        return tuple(victims), ()
    running = sum(phase is Phase.RUNNING for phase in phases.values())
    spare = max(0, running - pool.replicas)
    words = (
        f"{running} members run and {pool.replicas} are wanted: nobody goes who serves "
        f"before {len(coming)} more have come up"
    )
    allowed: list[Victim] = []
    kept: list[Blocked] = []
    for victim in victims:
        serves = phases[victim.instance] is Phase.RUNNING
        if serves and spare == 0:
            kept.append(Blocked(Prevented.OPEN_SERIAL, words, victim.instance))
            continue
        spare -= serves
        allowed.append(victim)
    return tuple(allowed), tuple(kept)


def _is_open(scene: Scene, name: str) -> bool:
    obstacle = scene.ledger.obstacles.get(name)
    return obstacle is not None and obstacle.reason is Prevented.OPEN_SERIAL
