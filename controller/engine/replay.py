"""A dry run over saved observations: the same report as from a pass, and no provider at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controller.core import limits, status
from controller.core.plan import plan
from controller.engine.look import recall
from controller.engine.report import PassReport
from controller.formats.observation import what_lacks
from providers.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.observed import Observed
    from controller.spec.values import Fleet

_NEVER = datetime.min.replace(tzinfo=UTC)


def replay(fleets: Sequence[Fleet], observations: Mapping[str, Observed]) -> tuple[PassReport, ...]:
    """Plan each fleet from what was observed then, at the time of that observation.

    A fleet without an observation was not seen, which fails it and no other.
    """
    return tuple(
        _replayed(fleet, observations[fleet.name])
        if fleet.name in observations
        else _unseen(fleet, observations)
        for fleet in fleets
    )


def _unseen(fleet: Fleet, observations: Mapping[str, Observed]) -> PassReport:
    when = min((one.observed_at for one in observations.values()), default=_NEVER)
    error = NotFound("NotObserved", what_lacks(fleet.name, observations))
    return PassReport(fleet.name, 1, when, 0, dry_run=True, error=error)


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
