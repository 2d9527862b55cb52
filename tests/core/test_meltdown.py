"""Meltdown: while too many members are unhealthy nothing is deleted by inference."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.steps import Prevented
from controller.spec.values import Fleet, Limits, Override
from providers.base import Health, PowerState, Priority, ProvisioningState
from tests.builders import NOW, a_fleet, a_member, observed

LATER = NOW + timedelta(hours=1)


def a_crowd(healthy: int, unhealthy: int, shells: int = 1) -> list[Member]:
    """Members of which some are unhealthy, and old shells whose deletion is inferred."""
    states: list[dict[str, Any]] = [{}] * healthy + [{"health": Health.UNHEALTHY}] * unhealthy
    shell = {"provisioning_state": ProvisioningState.FAILED, "power_state": PowerState.UNKNOWN}
    rows = [*states, *[shell] * shells]
    return [
        replace(a_member(n), instance=a_member(n, **row).instance) for n, row in enumerate(rows, 1)
    ]


@pytest.mark.parametrize(
    ("healthy", "unhealthy", "percent", "melting"),
    [
        (8, 2, 20, False),
        (7, 3, 20, True),
        (1, 1, 20, False),
        (0, 1, 20, False),
        (0, 2, 20, True),
        (9, 0, 0, False),
        (9, 1, 0, True),
        (0, 9, 100, False),
        (0, 3, 67, False),
        (0, 3, 66, True),
    ],
)
def test_share_decides(healthy: int, unhealthy: int, percent: int, melting: bool) -> None:
    """Above the tolerated share, rounded up, an inferred deletion waits; up to it, it goes on."""
    crowd = a_crowd(healthy, unhealthy)
    fleet = a_fleet(len(crowd), limits=Limits(unhealthy_percent=percent))
    made = plan(fleet, observed(crowd), Memory(), NOW)
    assert (len(made.victims) == 0) == melting
    assert [one.reason for one in made.blocked] == [Prevented.MELTDOWN] * melting


def test_meltdown_is_told() -> None:
    """Block and note have the same sentence."""
    crowd = a_crowd(7, 3)
    made = plan(a_fleet(len(crowd)), observed(crowd), Memory(), NOW)
    words = "3 of 10 members are unhealthy: nothing is deleted by inference"
    assert [(one.detail, one.instance) for one in made.blocked] == [(words, "web-000011")]
    assert made.notes[0] == words


@pytest.mark.parametrize(("until", "gone"), [(LATER, 1), (NOW, 0)])
def test_meltdown_can_be_set_aside(until: datetime, gone: int) -> None:
    """An override of the spec lets inferred deletions go on until it ends, and the note says so."""
    crowd = a_crowd(7, 3)
    fleet = overriding(a_fleet(len(crowd)), until)
    made = plan(fleet, observed(crowd), Memory(), NOW)
    assert len(made.victims) == gone
    end = "the meltdown guard is set aside for now" if gone else "nothing is deleted by inference"
    assert made.notes[0] == f"3 of 10 members are unhealthy: {end}"


def overriding(fleet: Fleet, until: datetime) -> Fleet:
    override = replace(Override("meltdown", "ops", NOW), until=until)
    return replace(fleet, limits=Limits(overrides=(override,)))


def test_meltdown_lets_scale_in_go() -> None:
    """A scale-in that somebody asked for goes on while the fleet melts: guards never block the way out."""
    crowd = a_crowd(2, 8, shells=0)
    made = plan(a_fleet(5), observed(crowd), Memory(), NOW)
    assert (len(made.victims), made.blocked) == (5, ())


def test_shells_are_not_unhealthy() -> None:
    """Evicted members and failed creations do not count as unhealthy, however many they are."""
    shells = [
        a_member(n, priority=Priority.SPOT, power_state=PowerState.DEALLOCATED) for n in range(1, 9)
    ]
    made = plan(a_fleet(9), observed([*shells, a_member(9)]), Memory(), NOW)
    assert len(made.victims) == 8
    assert not any("unhealthy" in note for note in made.notes)
