"""What has been decided so far while one plan is made."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.core.observed import Member
    from controller.core.placement import Placed
    from controller.core.steps import Blocked, MemberDrift, Step, Victim
    from controller.spec.values import Pool


@dataclass(slots=True)
class Decisions:
    """Grows during one call of ``plan`` and is seen by nothing outside of it.

    ``gone`` are members that the steps delete, ``explicit`` those of them that the spec asked for.
    ``reachable`` counts members by domain after the most even plan of the same size. ``installing`` are
    members whose extensions are under way.
    """

    steps: list[Step] = field(default_factory=list)
    blocked: list[Blocked] = field(default_factory=list)
    gone: list[Member] = field(default_factory=list)
    explicit: list[Victim] = field(default_factory=list)
    placed: list[tuple[Pool, Placed]] = field(default_factory=list)
    reachable: Counter[str] = field(default_factory=Counter)
    installing: list[str] = field(default_factory=list)
    drift: tuple[MemberDrift, ...] = ()
