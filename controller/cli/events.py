"""Events as far as one look can tell them: births, failures, deletions under way, what is prevented.

A history needs somebody who keeps watching, which is the daemon's business; a command sees only what
the platform still shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.core.eventlog import Event, EventReason
from controller.core.leftovers import known_since
from controller.core.phase import Phase
from controller.core.steps import Reason
from controller.formats.instances import instances_of
from controller.formats.text import time_text
from controller.formats.words import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.formats.instances import FleetSight, InstanceFacts
    from providers.base import Json

WHERE_EVENTS_LIVE = (
    "events are read off what the platform shows now; no history is kept between commands"
)


def event_entry(event: Event) -> dict[str, Json]:
    """An event for machines."""
    return {
        "at": time_text(event.at) if event.at else None,
        "type": event.type,
        "reason": str(event.reason),
        "fleet": event.fleet,
        "object": event.subject,
        "message": event.message,
    }


def events_of(sight: FleetSight) -> tuple[Event, ...]:
    """All events of a fleet, the oldest first, what is so now last."""
    found = [event for facts in instances_of(sight.sighting) for event in _of_instance(facts)]
    found += [
        Event(
            fleet=sight.plan.fleet,
            subject=one.instance or sight.plan.fleet,
            reason=one.reason,
            message=one.detail,
            warning=True,
        )
        for one in dict.fromkeys(sight.plan.blocked)
    ]
    found += _of_leftovers(sight)
    return tuple(
        sorted(
            found, key=lambda event: (event.at is None, str(event.at), event.subject, event.reason)
        )
    )


def _of_leftovers(sight: FleetSight) -> Iterator[Event]:
    observed = sight.sighting.observed
    for one in observed.leftovers or ():
        since = known_since(one, observed.observed_at)
        if since is not None:
            words = f"the member that had this {one.kind} is gone"
            yield Event(sight.plan.fleet, one.name, Reason.LEFT_OVER, words, at=since)


def _of_instance(facts: InstanceFacts) -> Iterator[Event]:
    if facts.created_at is not None:
        place = place_of(facts.zone, facts.fault_domain)
        words = f"{facts.priority} {facts.size}" + (f" in {place}" if place else "")
        yield Event(facts.fleet, facts.name, EventReason.CREATED, words, at=facts.created_at)
    if facts.failure is not None:
        text = f"{facts.failure.code}: {' '.join(facts.failure.message.split())}"
        yield Event(facts.fleet, facts.name, facts.phase, text, warning=True, at=facts.failure.at)
    if facts.phase is Phase.DELETING:
        words = "its deletion is under way"
        yield Event(facts.fleet, facts.name, EventReason.DELETING, words)
