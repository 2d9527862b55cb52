"""Events as far as one look can tell them: births, failures, deletions under way, what is prevented.

A history needs somebody who keeps watching, which is the daemon's business; a command sees only what
the platform still shows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.cli.words import place_of
from controller.core.leftovers import known_since
from controller.core.phase import Phase
from controller.core.steps import Reason
from controller.formats.instances import instances_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from controller.formats.instances import FleetSight, InstanceFacts
    from providers.base import Json

WHERE_EVENTS_LIVE = (
    "events are read off what the platform shows now; no history is kept between commands"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened to a fleet or an instance. ``at`` None: it is so now."""

    at: datetime | None
    warning: bool
    reason: str
    subject: str
    message: str

    @property
    def type(self) -> str:
        """Kubernetes' two types of events."""
        return "Warning" if self.warning else "Normal"

    def document(self) -> dict[str, Json]:
        """The same for machines."""
        return {
            "at": self.at.isoformat().replace("+00:00", "Z") if self.at else None,
            "type": self.type,
            "reason": self.reason,
            "object": self.subject,
            "message": self.message,
        }


def events_of(sight: FleetSight) -> tuple[Event, ...]:
    """All events of a fleet, the oldest first, what is so now last."""
    found = [event for facts in instances_of(sight.sighting) for event in _of_instance(facts)]
    found += [
        Event(
            at=None,
            warning=True,
            reason=str(one.reason),
            subject=one.instance or sight.plan.fleet,
            message=one.detail,
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
            yield Event(
                since,
                warning=False,
                reason=str(Reason.LEFT_OVER),
                subject=one.name,
                message=f"the member that had this {one.kind} is gone",
            )


def _of_instance(facts: InstanceFacts) -> Iterator[Event]:
    if facts.created_at is not None:
        place = place_of(facts.zone, facts.fault_domain)
        words = f"{facts.priority} {facts.size}" + (f" in {place}" if place else "")
        yield Event(
            facts.created_at, warning=False, reason="Created", subject=facts.name, message=words
        )
    if facts.failure is not None:
        text = f"{facts.failure.code}: {' '.join(facts.failure.message.split())}"
        yield Event(
            facts.failure.at,
            warning=True,
            reason=str(facts.phase),
            subject=facts.name,
            message=text,
        )
    if facts.phase is Phase.DELETING:
        yield Event(
            None,
            warning=False,
            reason="Deleting",
            subject=facts.name,
            message="its deletion is under way",
        )
