"""The quorum guard: a voting group keeps its majority, and changes one voter at a time."""

from __future__ import annotations

from typing import Any

import pytest

from controller.core import pacing
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.quorum import majority
from controller.core.steps import Plan, Prevented
from controller.spec.values import Quorum, ScaleIn, VictimOrder
from providers.base import Health, ProvisioningState
from tests.builders import NOW, a_fleet, a_member, members_in, observed

UNHEALTHY: dict[str, Any] = {"health": Health.UNHEALTHY}


def shrunk(healthy: int, unhealthy: int, left: int, **more: Any) -> Plan:
    """A voting group that is to shrink, healthy members first because spread comes before health."""
    members = [*members_in({"1": healthy})]
    members += [a_member(50 + n, **UNHEALTHY) for n in range(unhealthy)]
    members += [a_member(90, **more)] if more else []
    scale_in = ScaleIn(VictimOrder.SPREAD_FIRST)
    fleet = a_fleet(left, quorum=Quorum(), scale_in=scale_in)
    return plan(fleet, observed(members), Memory(), NOW)


@pytest.mark.parametrize(
    ("voters", "votes"), [(0, 1), (1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (9, 5)]
)
def test_majority_of_voters(voters: int, votes: int) -> None:
    """A majority is more than half."""
    assert majority(voters) == votes


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "left", "gone"),
    [
        (5, 0, 3, 2),
        (5, 0, 0, 5),
        (3, 2, 4, 0),
        (4, 1, 4, 1),
        (4, 1, 3, 2),
        (2, 1, 2, 0),
        (3, 0, 3, 0),
    ],
)
def test_majority_is_kept(healthy: int, unhealthy: int, left: int, gone: int) -> None:
    """Voters go as long as those that are left and healthy are a majority of those that are left."""
    made = shrunk(healthy, unhealthy, left)
    assert len(made.victims) == gone
    assert len(made.blocked) == healthy + unhealthy - left - gone


def test_quorum_is_told() -> None:
    """A voter that must stay is told with the votes that would be left."""
    made = shrunk(2, 1, 2)
    assert [(one.reason, one.detail, one.instance) for one in made.blocked] == [
        (
            Prevented.QUORUM,
            "1 healthy voters of 2 would be left, and 2 are a majority",
            "web-000001",
        )
    ]


@pytest.mark.parametrize(
    ("state", "kept"),
    [
        (ProvisioningState.CREATING, ["web-000090", "web-000001", "web-000002"]),
        (ProvisioningState.DELETING, ["web-000001", "web-000002"]),
    ],
)
def test_one_change_at_a_time(state: ProvisioningState, kept: list[str]) -> None:
    """Acceptance 16: while a voter is joining or leaving, none is taken away, and each that stays is told."""
    made = shrunk(5, 0, 3, provisioning_state=state)
    assert made.victims == ()
    words = "web-000090 is still joining or leaving; one voter changes at a time"
    assert {one.detail for one in made.blocked} == {words}
    assert [one.instance for one in made.blocked] == kept


def test_batch_is_one_voter() -> None:
    """Of several voters that may go, one is sent in a pass."""
    fleet = a_fleet(3, quorum=Quorum())
    made = plan(fleet, observed(members_in({"1": 5})), Memory(), NOW)
    assert len(made.victims) == 2
    assert pacing.delete_batch(fleet, made) == made.victims[:1]


def test_other_fleets_have_no_quorum() -> None:
    """Without a quorum the same members go."""
    fleet = a_fleet(1)
    made = plan(
        fleet, observed([a_member(1, **UNHEALTHY), *members_in({"1": 1}, first=2)]), Memory(), NOW
    )
    assert made.victims == ("web-000001",)
