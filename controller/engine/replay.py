"""A dry run over saved observations: the same report as from a pass, and no provider at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core import limits, status
from controller.core.plan import plan
from controller.engine.look import recall
from controller.engine.report import PassReport

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.observed import Observed
    from controller.spec.values import Fleet


def replay(fleets: Sequence[Fleet], observations: Mapping[str, Observed]) -> tuple[PassReport, ...]:
    """Plan each fleet from what was observed then, at the time of that observation."""
    return tuple(_replayed(fleet, observations[fleet.name]) for fleet in fleets)


def _replayed(fleet: Fleet, observed: Observed) -> PassReport:
    now = observed.observed_at
    memory = recall(observed, None, now)
    decided = plan(fleet, observed, memory, now)
    return PassReport(
        fleet=fleet.name,
        number=1,
        ended_at=now,
        look_again_seconds=decided.look_again_seconds,
        dry_run=True,
        left_alone=limits.is_at_rest(fleet),
        observed=observed,
        memory=memory,
        plan=decided,
        status=status.compute_status(fleet, observed, decided),
    )
