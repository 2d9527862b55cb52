"""Those who serve stay until those that are to stay have come up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core.observed import Memory, Serials
from controller.core.plan import plan
from controller.core.steps import Plan, Prevented
from providers.base import Health, ProvisioningState
from tests.builders import NOW, a_fleet, a_group, a_member, members_in, observed

COMING: dict[str, Any] = {"provisioning_state": ProvisioningState.CREATING}


def shrunk(running: int, left: int, *, missing: bool, idle: int = 0) -> Plan:
    """Running members and three that are being created, whose numbers are open while one is missing."""
    rows = [*members_in({"1": running - idle})]
    sick: dict[str, Any] = {"health": Health.UNHEALTHY}
    rows += [a_member(running - idle + n, **sick) for n in range(1, idle + 1)]
    rows += [a_member(running + n, **COMING) for n in range(1, 4)]
    following = running + 4 + missing
    floor = running + 1 if missing else following
    seen = observed(rows, group=a_group(following, floor))
    return plan(a_fleet(left), replace(seen, serials=Serials(floor, following)), Memory(), NOW)


@pytest.mark.parametrize(
    ("running", "left", "missing", "gone"),
    [(3, 3, True, 0), (3, 3, False, 3), (5, 3, True, 2), (3, 2, True, 1), (3, 0, True, 3)],
)
def test_serving_members_stay(running: int, left: int, missing: bool, gone: int) -> None:
    """While open numbers are coming up, no more serving members go than run beyond the wanted number."""
    made = shrunk(running, left, missing=missing)
    assert len(made.victims) == gone
    coming = {f"web-{running + n:06d}" for n in range(1, 4)}
    assert not (coming & set(made.victims) and missing)


def test_floor_is_told() -> None:
    """Who stays for that reason is told, with the numbers."""
    made = shrunk(3, 3, missing=True)
    assert {(one.reason, one.detail) for one in made.blocked} == {
        (
            Prevented.OPEN_SERIAL,
            "3 members run and 3 are wanted: nobody goes who serves before 3 more have come up",
        )
    }


def test_idle_members_go() -> None:
    """Members that do not serve go all the same."""
    made = shrunk(3, 4, missing=True, idle=2)
    assert made.victims == ("web-000002", "web-000003")
