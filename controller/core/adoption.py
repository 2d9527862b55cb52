"""Adoption: the only way in which a VM that somebody else put into the set becomes ours. Tags only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.steps import Blocked, Prevented, Reason, Tag
from controller.core.tags import adoption_tags

if TYPE_CHECKING:
    from controller.core.scene import Scene
    from controller.core.steps import Step


def adopt(scene: Scene, steps: list[Step], blocked: list[Blocked]) -> None:
    """Append a tag step for each VM that the spec names for adoption and that is not ours yet."""
    steps += [
        Tag(
            instance=member.name,
            tags=adoption_tags(scene.fleet, scene.pools[member.name]),
            reason=Reason.ADOPT,
            why="named in adopt: it counts as a member from now on",
        )
        for member in scene.adopting
    ]
    known = {member.name.lower() for member in scene.observed.members}
    for name in scene.fleet.adopt:
        if name.lower() not in known and scene.observed.exists:
            detail = "there is no VM of this name in the scale set"
            blocked.append(Blocked(Prevented.UNKNOWN_MEMBER, detail, name))
