"""What one look of our own gives as documents: the items of the lists that machines get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.events import event_entry, events_of
from controller.formats.fleet_document import condition_entry
from controller.formats.instances import fleet_line, instances_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.tables import Item
    from controller.formats.instances import FleetSight, UnseenFleet


def items_of(
    kind: str, sights: Sequence[FleetSight], unseen: Sequence[UnseenFleet] = ()
) -> list[Item]:
    """One document for each fleet, instance or event; fleets that were not seen come last."""
    documents = {"fleets": _fleet_items, "instances": _instance_items, "events": _event_items}[kind]
    items = [document for sight in sights for document in documents(sight)]
    if kind == "fleets":
        items += [_unseen_item(one) for one in unseen]
    return items


def _fleet_items(sight: FleetSight) -> list[Item]:
    conditions = [condition_entry(one) for one in sight.conditions]
    return [{**fleet_line(sight).document(), "conditions": conditions}]


def _unseen_item(one: UnseenFleet) -> Item:
    conditions = [condition_entry(each) for each in one.conditions]
    return {"name": one.name, "status": one.status, "conditions": conditions}


def _instance_items(sight: FleetSight) -> list[Item]:
    return [one.document() for one in instances_of(sight.sighting)]


def _event_items(sight: FleetSight) -> list[Item]:
    return [event_entry(one) for one in events_of(sight)]
