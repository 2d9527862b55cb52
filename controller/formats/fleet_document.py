"""One fleet whole, for machines: what ``describe -o json`` prints and the daemon serves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.formats.instances import instances_of
from controller.formats.plan_document import plan_document
from controller.formats.text import time_text

if TYPE_CHECKING:
    from controller.core.status import Condition
    from controller.formats.instances import FleetSight
    from providers.base import Json


def fleet_document(sight: FleetSight) -> dict[str, Json]:
    """The same for machines: status with conditions, the plan as its document has it, instances."""
    status = sight.status
    fleet = sight.sighting.fleet
    entries = plan_document([sight.plan], {})["fleets"]
    return {
        "fleet": status.fleet,
        "source": fleet.source,
        "scaleSet": fleet.ref.id,
        "specDigest": fleet.spec_digest,
        "status": {
            "summary": status.summary,
            "desired": status.desired,
            "observed": status.observed,
            "ready": status.ready,
            "conditions": [condition_entry(one) for one in sight.conditions],
            "sla": {
                "percent": status.sla.percent,
                "message": status.sla.words,
                "worstLoss": status.sla.worst_loss,
            },
        },
        "plan": entries[0] if isinstance(entries, list) else None,
        "instances": [one.document() for one in instances_of(sight.sighting)],
    }


def condition_entry(one: Condition) -> dict[str, Json]:
    """A condition as Kubernetes writes it; without a time and a generation where nobody kept them."""
    entry: dict[str, Json] = {
        "type": one.type,
        "status": str(one.status),
        "reason": one.reason,
        "message": one.message,
    }
    if one.since is not None:
        entry["lastTransitionTime"] = time_text(one.since)
        entry["observedGeneration"] = one.generation
    return entry
