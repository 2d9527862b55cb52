"""A fleet that its spec puts to rest is looked at and not changed, whatever it lacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.spec.values import Fleet
from providers.base import PowerState, ProvisioningState
from tests.builders import NOW, a_fleet, a_member, members_in, observed

LACKING = observed(members_in({"1": 1}))
TOO_MANY = observed(members_in({"1": 9}))
BROKEN = observed(
    [
        a_member(
            1,
            provisioning_state=ProvisioningState.FAILED,
            power_state=PowerState.UNKNOWN,
            created_at=NOW,
        )
    ]
)
SUSPENDED, ABSENT = a_fleet(suspended=True), a_fleet(absent=True)
MISSING = replace(observed(), exists=False, group=None)


@pytest.mark.parametrize("seen", [LACKING, TOO_MANY, BROKEN, MISSING])
@pytest.mark.parametrize(
    ("rest", "note"),
    [
        (SUSPENDED, "suspended by its spec: looked at, not changed"),
        (
            ABSENT,
            "its spec says Absent and Retain: it is not managed any more, and its members stay as they are",
        ),
    ],
)
def test_rest_changes_nothing(rest: Fleet, note: str, seen: Observed) -> None:
    """Neither a lack nor an excess nor a failed creation nor a missing set moves a fleet at rest."""
    made = plan(rest, seen, Memory(), NOW)
    assert (made.steps, made.blocked, made.notes[0]) == ((), (), note)
