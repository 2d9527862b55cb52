"""The plan document: what a pass would do with each fleet, and why.

Besides the keys of the public contract: ``pool``, ``runnerUp``, ``replaces`` and ``retry`` on a step
when they have something to say, ``operation`` and ``extension`` on one with the verb ``operate``,
``inferred`` on a deletion, ``wantedSkew`` and ``outside`` in the spread, ``sweep`` in the summary if there
is any, ``unchanged``, ``drift``, ``reservation`` and ``approved`` on a fleet, and ``errors`` beside
``fleets`` for each fleet without a plan. Besides its verbs: ``markSet`` (``tombstone`` true: the set is
marked for its end, false: it is not any more) and ``deleteSet``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from controller.core.steps import Create, Delete, DeleteSet, EnsureSet, Install, MarkSet, Sweep, Tag
from controller.formats.reading import FORMAT_VERSION
from controller.formats.rows import totals_of
from controller.formats.text import time_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.steps import (
        Approval,
        Blocked,
        MemberDrift,
        Plan,
        Reservation,
        SpreadReport,
        Step,
    )
    from providers.base import Json


def plan_document(plans: Sequence[Plan], errors: Mapping[str, str]) -> dict[str, Json]:
    """Write the plans in their order. ``errors`` tells of each fleet without a plan why there is none."""
    return {
        "formatVersion": FORMAT_VERSION,
        "errored": bool(errors),
        "fleets": [_fleet_entry(plan) for plan in plans],
        "errors": [{"fleet": fleet, "error": why} for fleet, why in errors.items()],
        "summary": _summary_entry(plans),
    }


def step_entry(step: Step) -> dict[str, Json]:
    """One step as the document has it."""
    match step:
        case EnsureSet() | MarkSet() | DeleteSet():
            return _set_entry(step)
        case Create():
            return _create_entry(step)
        case Delete():
            return _delete_entry(step)
        case Tag():
            return _tag_entry(step)
        case Install():
            return _install_entry(step)
        case Sweep():
            return _sweep_entry(step)
        case _:
            assert_never(step)


def _summary_entry(plans: Sequence[Plan]) -> dict[str, Json]:
    """Counts over all plans. A create that replaces a member counts as ``replace`` only.

    ``delete`` has the members and each scale set that goes with its fleet.
    """
    totals = totals_of(plans)
    entry: dict[str, Json] = {
        "create": totals.create - totals.replace,
        "delete": totals.delete,
        "replace": totals.replace,
        "change": totals.change,
        "unchanged": totals.unchanged,
        "blocked": totals.blocked,
    }
    return entry | ({"sweep": totals.swept} if totals.swept else {})


def _fleet_entry(plan: Plan) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "fleet": plan.fleet,
        "desired": plan.desired,
        "observed": plan.observed,
        "hash": plan.hash,
        "steps": [step_entry(step) for step in plan.steps],
        "blocked": [_blocked_entry(blocked) for blocked in plan.blocked],
        "approval": None,
        "spread": _spread_entry(plan.spread),
        "notes": list(plan.notes),
        "lookAgainSeconds": plan.look_again_seconds,
        "unchanged": plan.unchanged,
        "drift": [_drift_entry(drift) for drift in plan.drift],
        "reservation": _reservation_entry(plan.reservation),
    }
    if plan.approval:
        # A reader may take any approval for one that is awaited; one that was given has its own key.
        entry["approved" if plan.approval.given else "approval"] = _approval_entry(plan.approval)
    return entry


def _ensure_entry(step: EnsureSet) -> dict[str, Json]:
    return {
        "verb": "ensureSet",
        "zones": list(step.zones),
        "faultDomainCount": step.fault_domain_count,
        "reason": str(step.reason),
        "why": step.why,
    }


def _create_entry(step: Create) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "verb": "create",
        "instance": step.instance,
        "zone": step.zone,
        "faultDomain": step.fault_domain,
        "size": step.size,
        "priority": str(step.priority),
        "reason": str(step.reason),
        "why": step.why,
    }
    extras: dict[str, Json] = {
        "pool": step.pool,
        "runnerUp": step.runner_up,
        "replaces": step.replaces,
        "retry": step.retry,
    }
    return entry | {key: value for key, value in extras.items() if value}


def _delete_entry(step: Delete) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "verb": "delete",
        "instances": [victim.instance for victim in step.victims],
        "reason": str(step.reason),
        "why": {victim.instance: victim.why for victim in step.victims},
        "inferred": step.inferred,
    }
    runners_up = {victim.instance: victim.runner_up for victim in step.victims if victim.runner_up}
    return entry | ({"runnerUp": runners_up} if runners_up else {})


def _tag_entry(step: Tag) -> dict[str, Json]:
    return {
        "verb": "tag",
        "instance": step.instance,
        "tags": dict(step.tags),
        "reason": str(step.reason),
        "why": step.why,
    }


def _set_entry(step: EnsureSet | MarkSet | DeleteSet) -> dict[str, Json]:
    if isinstance(step, EnsureSet):
        return _ensure_entry(step)
    about = {"reason": str(step.reason), "why": step.why}
    if isinstance(step, DeleteSet):
        return {"verb": "deleteSet", **about}
    return {"verb": "markSet", "tombstone": step.marked, **about}


def _install_entry(step: Install) -> dict[str, Json]:
    return {
        "verb": "operate",
        "operation": "installExtension",
        "instance": step.instance,
        "extension": step.extension,
        "reason": str(step.reason),
        "why": step.why,
    }


def _sweep_entry(step: Sweep) -> dict[str, Json]:
    return {
        "verb": "sweep",
        "action": "mark" if step.marks else "delete",
        "resource": step.leftover,
        "instance": step.instance,
        "reason": str(step.reason),
        "why": step.why,
    }


def _blocked_entry(blocked: Blocked) -> dict[str, Json]:
    return {
        "instance": blocked.instance,
        "reason": str(blocked.reason),
        "detail": blocked.detail,
        "until": time_text(blocked.until) if blocked.until else None,
    }


def _approval_entry(approval: Approval) -> dict[str, Json]:
    return {"token": approval.token, "why": approval.why}


def _spread_entry(spread: SpreadReport) -> dict[str, Json]:
    return {
        "domain": spread.domain,
        "before": dict(spread.before),
        "after": dict(spread.after),
        "skewBefore": spread.skew_before,
        "skewAfter": spread.skew_after,
        "reachableSkew": spread.reachable_skew,
        "wantedSkew": spread.wanted_skew,
        "outside": dict(spread.outside),
    }


def _drift_entry(drift: MemberDrift) -> dict[str, Json]:
    return {
        "instance": drift.instance,
        "fingerprint": drift.fingerprint,
        "fields": [
            {"path": field.path, "wanted": field.wanted, "found": field.found}
            for field in drift.fields
        ],
    }


def _reservation_entry(reservation: Reservation) -> dict[str, Json]:
    return {
        "floor": reservation.floor,
        "next": reservation.next,
        "floorTo": reservation.floor_to,
        "reserveTo": reservation.reserve_to,
        "retried": reservation.retried,
    }
