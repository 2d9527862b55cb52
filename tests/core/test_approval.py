"""Approval: a large explicit deletion waits for a word that fits this set and this spec only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import limits, pacing
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import Plan
from controller.spec.values import Fleet
from providers.base import PowerState, Priority
from tests.builders import NOW, REF, a_fleet, a_member, a_pool, members_in, observed


def shrunk(fleet: Fleet, there: int) -> Plan:
    return plan(fleet, observed(members_in({"1": there})), Memory(), NOW)


@pytest.mark.parametrize(
    ("there", "left", "asked"),
    [
        (10, 0, False),
        (11, 0, True),
        (36, 26, False),
        (37, 26, False),
        (36, 25, True),
        (100, 71, False),
        (100, 70, False),
        (100, 69, True),
        (1000, 699, True),
        (6, 6, False),
    ],
)
def test_large_change_asks(there: int, left: int, asked: bool) -> None:
    """More than 30 % and more than 10 members at once need a yes; the deletions are planned all the same."""
    made = shrunk(a_fleet(left), there)
    assert (made.approval is not None) == asked
    assert len(made.victims) == there - left


def test_reason_has_numbers() -> None:
    """The sentence says how many of how many, and which bound that passes."""
    made = shrunk(a_fleet(5), 20)
    assert made.approval is not None
    words = "15 of 20 members would be deleted, which is more than 30 % and more than 10"
    assert (made.approval.why, made.approval.given) == (words, False)


@pytest.mark.parametrize(
    ("change", "good"),
    [
        ({}, True),
        ({"source": "specs/web.yaml:3"}, True),
        ({"ref": replace(REF, name="WEB")}, True),
        ({"spec_digest": "1" * 64}, False),
        ({"ref": replace(REF, name="web2")}, False),
    ],
)
def test_token_fits_one_spec(change: dict[str, Any], good: bool) -> None:
    """A token is worthless for another set, and after any other edit of the spec."""
    fleet = a_fleet(0)
    token = limits.approval_token(fleet)
    edited = replace(fleet, approval=token, **change)
    approval = limits.approval(edited, explicit=11, members=11)
    assert approval is not None
    assert approval.given == good


def test_token_outlives_versions() -> None:
    """The token of a spec stays what it was: somebody may have written it into the spec a year ago."""
    ref = replace(a_fleet(0).ref, name="WEB")
    assert limits.approval_token(a_fleet(0)) == "5ef14bdd5f0f"
    assert limits.approval_token(a_fleet(0, ref=ref)) == "5ef14bdd5f0f"


@pytest.mark.parametrize("token", [None, "", "yes", "0" * 12])
def test_wrong_token_sends_nothing(token: str | None) -> None:
    """Without the right token no member of the explicit deletion is sent."""
    fleet = a_fleet(0, approval=token)
    assert pacing.delete_batch(fleet, shrunk(fleet, 20)) == ()


def test_right_token_sends() -> None:
    """With the token that the plan shows, the deletions go on in batches."""
    fleet = a_fleet(0)
    approved = replace(fleet, approval=limits.approval_token(fleet))
    assert len(pacing.delete_batch(approved, shrunk(approved, 60))) == 50


def test_shells_need_no_approval() -> None:
    """Evicted members are cleaned up while the explicit deletion waits."""
    shells = [
        a_member(n, priority=Priority.SPOT, power_state=PowerState.DEALLOCATED)
        for n in range(100, 120)
    ]
    fleet = a_fleet(10)
    seen = observed([*members_in({"1": 30}), *shells])
    made = plan(fleet, seen, Memory(), NOW)
    assert made.approval is not None
    assert set(pacing.delete_batch(fleet, made)) == {one.name for one in shells}


def test_pools_count_together() -> None:
    """What all pools lose together is what needs the approval."""
    pools = (a_pool(1, name="linux"), a_pool(1, name="windows"))
    members = [
        replace(member, pool=pool.name)
        for first, pool in zip((1, 8), pools, strict=True)
        for member in members_in({"1": 7}, first=first)
    ]
    made = plan(a_fleet(pools=pools), observed(members), Memory(), NOW)
    assert made.approval is not None
    assert made.approval.why.startswith("12 of 14 members")
