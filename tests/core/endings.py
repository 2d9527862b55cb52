"""Fleets that are to end, as looks show them, for tests of the plan and of those who judge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from controller.core import guard, tags
from controller.core.observed import Member, Memory, Observed
from controller.core.plan import plan
from controller.core.steps import MarkSet, Plan, Reason
from controller.core.tombstone import LAPSE
from controller.spec.values import DeletionPolicy, Fleet
from providers.base import Lock, LockLevel
from tests.builders import NOW, REF, a_fleet, members_in, observed

ENDED = a_fleet(3, absent=True, deletion_policy=DeletionPolicy.DELETE)
THREE = members_in({"1": 1, "2": 1, "3": 1})
HOLD = timedelta(minutes=10)
LATER = NOW + timedelta(hours=1)
MARK = MarkSet(
    Reason.TOMBSTONE,
    "its spec says Absent and Delete: the set is marked, and the hold begins",
    marked=True,
)


def a_look(
    members: tuple[Member, ...] = THREE,
    *,
    since: datetime | None = None,
    mark: str = "",
    **over: Any,
) -> Observed:
    """A look at a set whose mark was written at ``since``, or reads ``mark``."""
    words = tags.tombstone_mark(ENDED, since) if since else mark
    seen = observed(members, **over)
    assert seen.group is not None
    return replace(seen, group=replace(seen.group, tags={**seen.group.tags, tags.TOMBSTONE: words}))


def planned(fleet: Fleet, seen: Observed) -> Plan:
    """The plan, which the guard must not be against."""
    made = plan(fleet, seen, Memory(), NOW)
    assert guard.check(fleet, seen, made, NOW) == ()
    return made


def prevented(made: Plan) -> list[tuple[str | None, str]]:
    return [(one.instance, one.reason.value) for one in made.blocked]


DUE = NOW - HOLD
ON_GROUP = Lock(LockLevel.READ_ONLY, REF.group_scope)
NO_MARKS = [
    a_look(),
    a_look(mark="yesterday;0000000000000000"),
    a_look(mark=f"{DUE.isoformat()};1111111111111111"),
    a_look(mark=f"{DUE.isoformat()}"),
    a_look(since=NOW - HOLD - LAPSE - timedelta(seconds=1)),
    a_look(since=NOW + timedelta(hours=1)),
    replace(a_look(), group=None),
]
