"""The tables of ``get``: columns as kubectl has them, and the same as a list for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.events import event_entry, events_of
from controller.formats.age import UNKNOWN, age
from controller.formats.fleet_document import condition_entry
from controller.formats.instances import fleet_line, instances_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.formats.instances import FleetSight, UnseenFleet
    from providers.base import Json

FLEETS = ("NAME", "READY", "DESIRED", "UPDATED", "SPREAD", "STATUS", "AGE")
INSTANCES = ("NAME", "FLEET", "ZONE/FD", "SIZE", "PRIORITY", "STATE", "HEALTH", "LOCK", "AGE")
EVENTS = ("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")
KINDS = ("fleets", "instances", "events")

_API = "evenkeel/v1alpha1"


def table(
    kind: str, sights: Sequence[FleetSight], unseen: Sequence[UnseenFleet] = ()
) -> list[tuple[str, ...]]:
    """The header and one row for each fleet, instance or event; fleets that were not seen come last."""
    rows = {"fleets": _fleet_rows, "instances": _instance_rows, "events": _event_rows}[kind]
    header = {"fleets": FLEETS, "instances": INSTANCES, "events": EVENTS}[kind]
    found = [header, *(row for sight in sights for row in rows(sight))]
    if kind == "fleets":
        blank = (UNKNOWN,) * (FLEETS.index("STATUS") - 1)
        found += [(one.name, *blank, one.status, UNKNOWN) for one in unseen]
    return found


def listing(
    kind: str, sights: Sequence[FleetSight], unseen: Sequence[UnseenFleet] = ()
) -> dict[str, Json]:
    """``{apiVersion, kind: List, items}`` as kubectl prints it, also when there is nothing."""
    documents = {"fleets": _fleet_items, "instances": _instance_items, "events": _event_items}[kind]
    items = [document for sight in sights for document in documents(sight)]
    if kind == "fleets":
        items += [_unseen_item(one) for one in unseen]
    return {"apiVersion": _API, "kind": "List", "items": items}


def _fleet_rows(sight: FleetSight) -> list[tuple[str, ...]]:
    one = fleet_line(sight)
    numbers = (str(one.ready), str(one.desired), str(one.updated))
    since = age(one.oldest, sight.sighting.observed.observed_at)
    return [(one.name, *numbers, one.spread, one.status, since)]


def _instance_rows(sight: FleetSight) -> list[tuple[str, ...]]:
    now = sight.sighting.observed.observed_at
    return [
        (
            one.name,
            one.fleet,
            one.place,
            one.size,
            one.priority,
            one.phase,
            one.health,
            one.lock,
            age(one.created_at, now),
        )
        for one in instances_of(sight.sighting)
    ]


def _event_rows(sight: FleetSight) -> list[tuple[str, ...]]:
    now = sight.sighting.observed.observed_at
    return [
        (age(one.at or now, now), one.type, one.reason, one.subject, one.message)
        for one in events_of(sight)
    ]


def _fleet_items(sight: FleetSight) -> list[dict[str, Json]]:
    conditions = [condition_entry(one) for one in sight.conditions]
    return [{**fleet_line(sight).document(), "conditions": conditions}]


def _unseen_item(one: UnseenFleet) -> dict[str, Json]:
    conditions = [condition_entry(each) for each in one.conditions]
    return {"name": one.name, "status": one.status, "conditions": conditions}


def _instance_items(sight: FleetSight) -> list[dict[str, Json]]:
    return [one.document() for one in instances_of(sight.sighting)]


def _event_items(sight: FleetSight) -> list[dict[str, Json]]:
    return [event_entry(one) for one in events_of(sight)]
