"""Extensions of members that are up: which one is due, which is under way, and which has failed.

An extension is installed after its member has come up, one at a time in the template's order: the next is
due when the platform shows the one before as done. One that has failed is not asked for again; what lets it
be asked for again is that somebody takes it away, or another member. Extensions that are not shown are
unknown, which is not missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.deletability import describe_scope, read_only_lock
from controller.core.steps import Blocked, Install, Prevented, Reason
from providers.base import Failure, PowerState, ProvisioningState

if TYPE_CHECKING:
    from controller.core.decisions import Decisions
    from controller.core.observed import Member
    from controller.core.scene import Scene
    from controller.spec.values import Pool
    from providers.base import Document, Extension, Instance

_UNSAID = "VMExtensionProvisioningError"
_BROKEN = frozenset({ProvisioningState.FAILED, ProvisioningState.CANCELED})
_BUSY = frozenset(
    {ProvisioningState.CREATING, ProvisioningState.UPDATING, ProvisioningState.MIGRATING}
)


class Stage(StrEnum):
    """How far a member has come with its extensions."""

    UNKNOWN = "Unknown"
    COMPLETE = "Complete"
    DUE = "Due"
    UNDER_WAY = "UnderWay"
    FAILED = "Failed"
    NOT_UP = "NotUp"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a member stands. ``extension`` is the one that decides; ``installed`` are those before it."""

    stage: Stage
    extension: str = ""
    installed: int = 0


def entries_of(pool: Pool) -> tuple[tuple[str, Document], ...]:
    """Name and ARM properties of each extension of a pool's template, in the order of installation."""
    listed = pool.template.document.get("extensions")
    rows = listed if isinstance(listed, Sequence) and not isinstance(listed, str) else ()
    found: list[tuple[str, Document]] = []
    for row in rows:
        name = row.get("name") if isinstance(row, Mapping) else None
        properties = row.get("properties") if isinstance(row, Mapping) else None
        if isinstance(name, str) and isinstance(properties, Mapping):
            found.append((name, properties))
    return tuple(found)


def read_standing(pool: Pool, member: Member) -> Standing:
    """Work out where a member stands with the extensions of its pool's template.

    A member of an earlier template has the extensions of that one, which nobody knows any more.
    """
    wanted = entries_of(pool)
    if not wanted:
        return Standing(Stage.COMPLETE)
    shown = member.instance.extensions
    if shown is None or member.fingerprint not in {None, pool.template.fingerprint}:
        return Standing(Stage.UNKNOWN)
    there = {extension.name.lower(): extension for extension in shown}
    for number, (name, _) in enumerate(wanted):
        stage = _stage_of(member.instance, there.get(name.lower()))
        if stage is not Stage.COMPLETE:
            return Standing(stage, name, number)
    return Standing(Stage.COMPLETE, installed=len(wanted))


def failed(instance: Instance) -> tuple[Extension, ...]:
    """The extensions that the platform shows as failed."""
    return tuple(one for one in instance.extensions or () if one.state in _BROKEN)


def failure_of(instance: Instance) -> Failure | None:
    """Why the first of the failed extensions failed, with its name; None if none has."""
    bad = failed(instance)
    if not bad:
        return None
    said = bad[0].failure or Failure(_UNSAID, "the platform gives no reason")
    return replace(said, message=f"extension {bad[0].name}: {said.message}")


def install(scene: Scene, decisions: Decisions) -> None:
    """Append a step for each member that is up and lacks an extension, and say who is still busy."""
    apart = {member.name for member in (*decisions.gone, *scene.adopting, *scene.buckets.creating)}
    for member in scene.buckets.staying:
        if member.name in apart:
            continue
        standing = read_standing(scene.pools[member.name], member)
        if standing.stage is Stage.UNDER_WAY:
            decisions.installing.append(member.name)
        elif standing.stage is Stage.DUE:
            _decide(scene, decisions, member, standing)


def _decide(scene: Scene, decisions: Decisions, member: Member, standing: Standing) -> None:
    ref = scene.fleet.ref
    lock = read_only_lock(ref.instance_id(member.name), scene.observed.locks)
    if lock is not None:
        detail = f"{lock.level} {describe_scope(ref, lock.scope)}: {standing.extension} has to wait"
        decisions.blocked.append(Blocked(Prevented.LOCKED, detail, member.name))
        return
    total = len(entries_of(scene.pools[member.name]))
    why = (
        f"it lacks {standing.extension}, number {standing.installed + 1} of {total} in its template"
    )
    decisions.steps.append(Install(member.name, standing.extension, Reason.EXTENSION_MISSING, why))


def _stage_of(instance: Instance, found: Extension | None) -> Stage:
    if found is None:
        return _when_missing(instance)
    if found.state in _BROKEN:
        return Stage.FAILED
    if found.state is None:
        # A list may name an extension and not say how it fares: it is there, so it is not missing.
        return Stage.UNDER_WAY if instance.provisioning_state in _BUSY else Stage.COMPLETE
    return Stage.COMPLETE if found.state is ProvisioningState.SUCCEEDED else Stage.UNDER_WAY


def _when_missing(instance: Instance) -> Stage:
    if instance.provisioning_state in _BUSY:
        return Stage.UNDER_WAY
    succeeded = instance.provisioning_state is ProvisioningState.SUCCEEDED
    running = instance.power_state is PowerState.RUNNING
    return Stage.DUE if succeeded and running else Stage.NOT_UP
