"""The second opinion where no power state is shown: who may be taken for one that never came up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import guard
from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.core.steps import Delete, Reason, Victim
from providers.base import Failure, PowerState, ProvisioningState
from tests.builders import NOW, a_fleet, a_member, observed

FAILED = ProvisioningState.FAILED
UNKNOWN: dict[str, Any] = {"power_state": PowerState.UNKNOWN}


def said(seen: Observed, *, inferred: bool = True) -> tuple[str, ...]:
    """What the guard says to a plan that deletes the first member for not having come up."""
    made = plan(a_fleet(2), seen, Memory(), NOW)
    step = Delete(Reason.FAILED_CREATE, (Victim("web-000001", ""),), inferred)
    return guard.check(a_fleet(2), seen, replace(made, steps=(step,)), NOW)


REFUSED = ("web-000001 would be deleted as if it did not run, where nobody's power is shown",)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"zone": "1"}, {"zone": "1"}, REFUSED),
        ({"zone": "1"}, {"zone": "2"}, ()),
        ({"zone": "1"}, {"zone": "1", "power_state": PowerState.RUNNING}, ()),
        ({"zone": "1"}, {"zone": "1", "provisioning_state": FAILED}, ()),
        ({"zone": "1", "power_state": PowerState.RUNNING}, {"zone": "1"}, ()),
        ({"zone": "1", "fault_domain": 0}, {"zone": "1", "fault_domain": 1}, REFUSED),
        ({"zone": None, "fault_domain": 0}, {"zone": None, "fault_domain": 0}, REFUSED),
        ({"zone": None, "fault_domain": 0}, {"zone": None, "fault_domain": 1}, ()),
        ({"zone": "1", "failure": Failure("AllocationFailed", "")}, {"zone": "1"}, ()),
        ({"zone": "1", "failure": Failure("SomethingElse", "")}, {"zone": "1"}, REFUSED),
    ],
)
def test_dark_place_condemns_nobody(
    first: dict[str, Any], second: dict[str, Any], words: tuple[str, ...]
) -> None:
    """Where a member that is up shows no power state, nobody goes for the same, unless Azure refused it."""
    members = [
        a_member(1, **{**UNKNOWN, "provisioning_state": FAILED, **first}),
        a_member(2, **{**UNKNOWN, **second}),
    ]
    assert said(observed(members)) == words


def test_certain_shell_goes_in_the_dark() -> None:
    """A member of which it is certain that it never came up goes wherever it stands."""
    members = [a_member(1, **UNKNOWN, provisioning_state=FAILED), a_member(2, **UNKNOWN)]
    assert said(observed(members), inferred=False) == ()
