"""Members that serve nobody and never will: failed creations and evicted Spot instances.

They are deleted at once and replaced, which disrupts nothing. A failed creation is certain while it is
young and seen to be off, or was refused its place. One that shows no power state is only inferred, because
a reading may lack the state of a VM that runs; so is a creation that lasts beyond reason. Such deletions
are capped, and stop while much of the fleet is unhealthy. They rest on nothing at all where members that
are up show no power state either. A failed member that was stopped or deallocated later may hold data: it
is reported and left alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import limits
from controller.core.phase import (
    HANGS_AFTER,
    Phase,
    classify,
    never_came_up_for_certain,
    rests_on_missing_power,
)
from controller.core.steps import Blocked, Delete, Prevented, Reason, Victim
from providers.base import PowerState, ProvisioningState

if TYPE_CHECKING:
    from controller.core.observed import Member
    from controller.core.scene import Scene


@dataclass(frozen=True, slots=True)
class Removal:
    """Shells that go, by step, and those that were kept from going."""

    steps: tuple[Delete, ...]
    gone: tuple[Member, ...]
    kept: tuple[Member, ...]
    blocked: tuple[Blocked, ...]


def remove(scene: Scene) -> Removal:
    """Decide which shells go in this pass."""
    room = limits.inferred_cap(scene.fleet.limits, len(scene.buckets.live))
    gone: list[Member] = []
    blocked: list[Blocked] = []
    inferred = 0
    for shell in scene.buckets.shells:
        obstacle = _obstacle(scene, shell, room - inferred)
        if obstacle:
            blocked.append(obstacle)
            continue
        inferred += _is_inferred(scene, shell)
        gone.append(shell)
    names = {member.name for member in gone}
    kept = tuple(shell for shell in scene.buckets.shells if shell.name not in names)
    return Removal(_steps(scene, gone), tuple(gone), kept, tuple(blocked))


def reason_of(scene: Scene, shell: Member) -> Reason:
    """Why a shell goes."""
    phase = classify(shell.instance, scene.now)
    return Reason.EVICTED if phase is Phase.EVICTED else Reason.FAILED_CREATE


def _obstacle(scene: Scene, shell: Member, room: int) -> Blocked | None:
    found = scene.ledger.obstacles.get(shell.name)
    if found:
        return Blocked(found.reason, found.detail, shell.name, found.until)
    if not _is_inferred(scene, shell):
        return None
    guards, now = scene.fleet.limits, scene.now
    witness = _who_is_dark_too(scene, shell)
    if witness:
        why = f"it shows no power state, and neither does {witness} beside it, which is up: nobody can see who runs"
        return Blocked(Prevented.POWER_UNKNOWN, why, shell.name)
    if limits.is_melting(scene.fleet, scene.buckets) and not limits.overridden(
        guards, "meltdown", now
    ):
        return Blocked(Prevented.MELTDOWN, limits.meltdown_note(scene), shell.name)
    if room <= 0 and not limits.overridden(guards, "maxDelete", now):
        return Blocked(Prevented.MAX_DELETE, "the next pass goes on", shell.name)
    return None


def _is_inferred(scene: Scene, shell: Member) -> bool:
    phase = classify(shell.instance, scene.now)
    if phase in {Phase.EVICTED, Phase.HUNG}:
        return phase is Phase.HUNG
    return not never_came_up_for_certain(shell.instance, scene.now)


def _who_is_dark_too(scene: Scene, shell: Member) -> str | None:
    """A member of the same domain that is up and shows no power state, if that is all that speaks for a shell."""
    if not rests_on_missing_power(shell.instance):
        return None
    domain = scene.topology.domain_of(shell)
    dark = (
        one.name
        for one in scene.buckets.staying
        if one.instance.provisioning_state is ProvisioningState.SUCCEEDED
        and one.instance.power_state is PowerState.UNKNOWN
        and scene.topology.domain_of(one) == domain
    )
    return next(dark, None)


def _steps(scene: Scene, gone: list[Member]) -> tuple[Delete, ...]:
    steps: list[Delete] = []
    for reason in (Reason.FAILED_CREATE, Reason.EVICTED):
        for inferred in (False, True):
            rows = [
                Victim(shell.name, _why(scene, shell, reason))
                for shell in gone
                if reason_of(scene, shell) is reason and _is_inferred(scene, shell) is inferred
            ]
            if rows:
                steps.append(Delete(reason, tuple(rows), inferred))
    return tuple(steps)


def _why(scene: Scene, shell: Member, reason: Reason) -> str:
    if reason is Reason.EVICTED:
        return "Azure evicted it and it stands deallocated"
    if classify(shell.instance, scene.now) is Phase.HUNG:
        return f"it has been Creating for more than {HANGS_AFTER.seconds // 60} minutes"
    failure = shell.instance.failure
    if failure is None:
        return "it never came up"
    return f"it never came up: {failure.code}"
