"""The floor under a scale-in: who serves stays until open numbers have come up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core.observed import Memory, Observed, Serials, settle
from controller.core.plan import plan
from controller.core.steps import Prevented
from providers.base import GroupSnapshot, PowerState, ProvisioningState
from tests.builders import NOW, REF, a_fleet, a_group, a_lock, a_member, members_in, observed


def growing(running: int, coming: int, *, listed: bool = False) -> Observed:
    """So many members that run, and so many that are being created under open numbers, in turn over zones."""
    old = [a_member(serial, str(serial % 3 + 1)) for serial in range(1, running + 1)]
    new = [
        replace(
            a_member(
                serial,
                str(serial % 3 + 1),
                provisioning_state=ProvisioningState.CREATING,
                power_state=PowerState.CREATING,
                created_at=NOW,
            ),
            listed=listed,
        )
        for serial in range(running + 1, running + coming + 1)
    ]
    floor, following = running + 1, running + coming + 1
    return observed(
        [*old, *new],
        serials=Serials(floor, following),
        group=a_group(following, floor),
        reserved_at=NOW,
    )


@pytest.mark.parametrize(
    ("running", "coming", "wanted", "victims"),
    [
        (3, 6, 4, 0),
        (3, 3, 3, 0),
        (6, 3, 6, 0),
        (6, 3, 5, 1),
        (6, 3, 2, 4),
        (3, 0, 2, 1),
    ],
)
def test_running_members_wait(running: int, coming: int, wanted: int, victims: int) -> None:
    """Only members that run above the number wanted go while others are coming."""
    decided = plan(a_fleet(wanted), growing(running, coming), Memory(), NOW)
    assert len(decided.victims) == victims


def test_waiting_is_told() -> None:
    """Who would have gone is listed as waiting for open numbers, and the plan looks again soon."""
    decided = plan(a_fleet(4), growing(3, 6), Memory(), NOW)
    words = "3 members run and 4 are wanted: nobody goes who serves before 6 more have come up"
    waiting = [one for one in decided.blocked if one.detail == words]
    assert {one.instance for one in waiting} == {"web-000001", "web-000002", "web-000003"}
    assert {one.reason for one in decided.blocked} == {Prevented.OPEN_SERIAL}
    assert decided.look_again_seconds == 15


def test_listed_newcomers_may_go() -> None:
    """Once the list shows the newcomers they go themselves, and nobody waits."""
    decided = plan(a_fleet(3), growing(3, 3, listed=True), Memory(), NOW)
    assert set(decided.victims) == {"web-000004", "web-000005", "web-000006"}


def test_settled_newcomer_holds_nobody_back() -> None:
    """A newcomer that the list shows and that a lock keeps is counted as any other member."""
    seen = replace(growing(3, 1, listed=True), locks=(a_lock("web-000004"),))
    decided = plan(a_fleet(3), seen, Memory(), NOW)
    assert (len(decided.victims), decided.blocked) == (1, ())


def test_asked_and_not_found_is_gone() -> None:
    """A member that was asked for by name and not found is not there, though the list shows it."""
    look = observed(members_in({"1": 1, "2": 1}))
    found = GroupSnapshot(NOW, look.group, (look.members[1].instance,), (), complete=False)
    settled = settle(REF, look, found, [member.name for member in look.members])
    assert [(member.name, member.listed) for member in settled.members] == [("web-000002", True)]
