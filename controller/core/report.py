"""Turns what was decided into a plan: spread before and after, notes, approval, when to look again."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from controller.core import leaving, limits, naming, notes, spread, tombstone
from controller.core.spread import Layout
from controller.core.steps import Create, Install, Plan, SpreadReport, Tag
from controller.core.topology import FAULT_DOMAIN, ZONE

if TYPE_CHECKING:
    from controller.core.decisions import Decisions
    from controller.core.scene import Scene

SETTLING_SECONDS = 15
ACTING_SECONDS = 30
RESYNC_SECONDS = 300
"""When to look again: while something is under way, after acting, and when there is nothing to do."""


def finish(scene: Scene, decisions: Decisions) -> Plan:
    """Put the plan together. Everything is in a stable order."""
    creates = tuple(step for step in decisions.steps if isinstance(step, Create))
    live = scene.buckets.live
    changed = {step.instance for step in decisions.steps if isinstance(step, Tag | Install)}
    touched = changed | {member.name for member in decisions.gone}
    report = _spread_report(scene, decisions, creates)
    blocked = tuple(decisions.blocked)
    return Plan(
        fleet=scene.fleet.name,
        desired=tombstone.desired(scene.fleet),
        observed=len(live),
        steps=tuple(decisions.steps),
        blocked=blocked,
        approval=limits.approval(scene.fleet, len(decisions.explicit), len(live)),
        spread=report,
        notes=notes.compute_notes(scene, decisions, report),
        drift=decisions.drift,
        reservation=naming.reserve(scene, creates),
        unchanged=len(live) - len(touched),
        look_again_seconds=_look_again(scene, decisions),
        creating=tuple(member.name for member in scene.buckets.creating),
        leaving=tuple(member.name for member in scene.buckets.leaving),
        set_leaving=tombstone.is_set_leaving(scene),
        stuck=tuple(sorted(leaving.stuck_names(scene.memory, scene.now))),
        installing=tuple(decisions.installing),
        overshoot_frozen=limits.is_overshot(scene.fleet, scene.memory, len(live)),
    )


def _spread_report(scene: Scene, decisions: Decisions, creates: tuple[Create, ...]) -> SpreadReport:
    before = scene.domains(scene.buckets.live)
    lost = scene.domains(decisions.gone)
    after = before - lost + Counter(_domain(scene, create) for create in creates)
    where = scene.fleet.placement
    layout = Layout({}, scene.topology.eligible, where.weights)
    # A mismatch of pools can leave nothing to compare with; then the plan itself is the measure.
    reachable = decisions.reachable or after
    skews = [
        spread.skew(counts, layout, where.min_domains) for counts in (before, after, reachable)
    ]
    eligible = scene.topology.eligible
    return SpreadReport(
        domain=scene.topology.kind,
        before={name: before[name] for name in eligible},
        after={name: after[name] for name in eligible},
        skew_before=skews[0],
        skew_after=skews[1],
        reachable_skew=skews[2],
        wanted_skew=where.max_skew,
        outside={name: after[name] for name in sorted(after) if name not in eligible},
    )


def _domain(scene: Scene, create: Create) -> str:
    if scene.topology.kind == ZONE:
        return create.zone or ""
    if scene.topology.kind == FAULT_DOMAIN:
        return str(create.fault_domain)
    return scene.topology.eligible[0]


def _look_again(scene: Scene, decisions: Decisions) -> int:
    if decisions.steps:
        return ACTING_SECONDS
    buckets = scene.buckets
    members = buckets.creating or buckets.leaving or decisions.installing
    window = scene.window
    unsettled = not window.closed and (not window.seen or window.closable)
    if members or tombstone.is_set_leaving(scene) or unsettled:
        return SETTLING_SECONDS
    moments = (*(one.until for one in decisions.blocked), window.twins_until)
    ends = [moment for moment in moments if moment is not None]
    wait = min(((end - scene.now).total_seconds() for end in ends), default=RESYNC_SECONDS)
    return int(min(max(wait, SETTLING_SECONDS), RESYNC_SECONDS))
