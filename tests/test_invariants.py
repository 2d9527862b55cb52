"""Each safety sentence fails when a plan is tampered with: a sentence that cannot fail guards nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import tags
from controller.core.observed import Memory, Observed, Serials
from controller.core.plan import plan
from controller.core.steps import Create, Delete, DeleteSet, Plan, Reason, Tag, Victim
from controller.spec.values import (
    DeletionPolicy,
    Fleet,
    Hold,
    Placement,
    Process,
    Suspension,
)
from providers.base import LockLevel, Priority, ProvisioningState
from tests import invariants
from tests.builders import (
    D2S,
    NOW,
    a_fleet,
    a_group,
    a_lock,
    a_member,
    a_pool,
    members_in,
    observed,
)

SIX = members_in({"1": 3, "2": 2, "3": 1})
SMALL, LARGE = a_fleet(5), a_fleet(7)
GONE = ("web-000001",)


def a_plan(fleet: Fleet, **look: Any) -> tuple[Fleet, Observed, Plan]:
    seen = observed(SIX)
    return fleet, replace(seen, **look), plan(fleet, seen, Memory(), NOW)


def first(**fields: Any) -> dict[str, Any]:
    """A look whose first member is another one; ``fields`` are the member's or the instance's."""
    member = SIX[0]
    own = {name: value for name, value in fields.items() if hasattr(member, name)}
    rest = {name: value for name, value in fields.items() if name not in own}
    other = replace(member, instance=replace(member.instance, **rest), **own)
    return {"members": (other, *SIX[1:])}


def a_create(name: str = "web-000007", zone: str | None = "3", **over: Any) -> Create:
    return replace(
        Create(name, "", zone, None, D2S, Priority.REGULAR, Reason.SCALE_OUT, "because"), **over
    )


def broken_by(fleet: Fleet, seen: Observed, made: Plan) -> list[str]:
    """Names of the sentences that a plan breaks."""
    found = invariants.violations(fleet, seen, made)
    return sorted({words.partition(":")[0] for words in found})


@pytest.mark.parametrize("fleet", [SMALL, LARGE, a_fleet(6), a_fleet(0)])
def test_good_plans_break_nothing(fleet: Fleet) -> None:
    """A plan of the planner breaks no sentence."""
    assert broken_by(*a_plan(fleet)) == []


@pytest.mark.parametrize(
    ("sentence", "fleet", "look"),
    [
        ("only_ours_deleted unmanaged_untouched never_too_few", SMALL, first(owned=False)),
        ("locked_stay", SMALL, {"locks": (a_lock("WEB-000001"),)}),
        ("locked_stay", SMALL, {"locks": (a_lock("web-000001", LockLevel.READ_ONLY),)}),
        ("unknown_locks_delete_nothing", SMALL, {"locks": None}),
        ("held_stay", SMALL, first(hold=Hold("ops", ""))),
        ("held_stay", replace(SMALL, holds={"WEB-000001": Hold("ops", "")}), {}),
        ("protected_stay", SMALL, first(protected=True)),
        (
            "open_numbers_stay",
            SMALL,
            {"serials": Serials(1, 9), "group": a_group(9, 1)},
        ),
        (
            "victims_once never_too_few",
            SMALL,
            first(provisioning_state=ProvisioningState.DELETING),
        ),
        ("names_are_new", LARGE, {"serials": Serials(8, 8)}),
    ],
)
def test_changed_look_breaks(sentence: str, fleet: Fleet, look: dict[str, Any]) -> None:
    """A plan that was made from another look breaks the sentences that the change is about."""
    made = plan(replace(fleet, holds={}), observed(SIX), Memory(), NOW)
    seen = replace(observed(SIX), **look)
    assert broken_by(fleet, seen, made) == sorted(sentence.split())


@pytest.mark.parametrize(
    ("sentence", "fleet", "steps"),
    [
        ("never_too_many skew_is_reachable", a_fleet(6), (a_create(),)),
        ("names_are_new", LARGE, (a_create("WEB-000001"),)),
        ("names_are_new", a_fleet(8), (a_create(), a_create())),
        ("places_allowed", LARGE, (a_create(zone="4"),)),
        ("places_allowed", LARGE, (a_create(zone=None),)),
        (
            "places_allowed",
            replace(LARGE, placement=Placement(zones=("1", "2", "3"), excluded=frozenset({"3"}))),
            (a_create(),),
        ),
        (
            "never_too_few skew_is_reachable",
            a_fleet(6),
            (Delete(Reason.SCALE_IN, (Victim("web-000001", "because"),), inferred=False),),
        ),
        (
            "only_ours_deleted",
            SMALL,
            (Delete(Reason.SCALE_IN, (Victim("web-000099", "because"),), inferred=False),),
        ),
        ("unmanaged_untouched", a_fleet(6), (Tag("legacy", {}, Reason.ADOPT, "because"),)),
    ],
)
def test_tampered_steps_break(sentence: str, fleet: Fleet, steps: tuple[Any, ...]) -> None:
    """A plan with other steps breaks the sentences about them, that on the reported skew among them."""
    _, seen, made = a_plan(fleet)
    assert broken_by(fleet, seen, replace(made, steps=steps)) == sorted(sentence.split())


BURIED = Delete(Reason.TOMBSTONE, (Victim("web-000001", "because"),), inferred=False)
GOES = DeleteSet(Reason.TOMBSTONE, "because")
ENDED = a_fleet(6, absent=True, deletion_policy=DeletionPolicy.DELETE)
ASLEEP = (Suspension(Process.DELETE, "ana", "audit", NOW + timedelta(hours=1)),)


@pytest.mark.parametrize(
    ("sentence", "fleet", "minutes", "steps"),
    [
        ("", ENDED, 11, (BURIED,)),
        ("ends_only_under_a_tombstone", ENDED, 9, (BURIED,)),
        ("ends_only_under_a_tombstone", replace(ENDED, spec_digest="1" * 64), 11, (BURIED,)),
        ("ends_only_under_a_tombstone", replace(ENDED, absent=False), 11, (BURIED,)),
        ("ends_only_under_a_tombstone", ENDED, 11, (GOES,)),
        (
            "ends_only_under_a_tombstone suspended_processes_sleep",
            replace(ENDED, suspended=True),
            11,
            (BURIED,),
        ),
        ("suspended_processes_sleep", replace(ENDED, suspensions=ASLEEP), 11, (BURIED,)),
        ("suspended_processes_sleep", replace(ENDED, pools=LARGE.pools), 11, (a_create(),)),
    ],
)
def test_endings_break(sentence: str, fleet: Fleet, minutes: int, steps: tuple[Any, ...]) -> None:
    """A fleet that ends too early, without its mark or its spec's word, or while it sleeps, breaks a sentence."""
    mark = f"{(NOW - timedelta(minutes=minutes)).isoformat()};{'0' * 16}"
    group = replace(a_group(7), tags={tags.TOMBSTONE: mark})
    _, seen, made = a_plan(LARGE, group=group)
    broken = broken_by(fleet, seen, replace(made, steps=steps))
    assert [one for one in broken if one != "skew_is_reachable"] == sentence.split()


def test_victim_twice_breaks() -> None:
    """A plan that deletes a member twice breaks the sentence about victims."""
    fleet, seen, made = a_plan(SMALL)
    assert made.victims == GONE
    assert broken_by(fleet, seen, replace(made, steps=made.steps * 2)) == ["victims_once"]


def test_worse_skew_breaks() -> None:
    """A plan that takes a member from the emptiest zone breaks the sentence about the spread."""
    fleet, seen, made = a_plan(SMALL)
    spread = replace(made.spread, after={"1": 3, "2": 2, "3": 0}, skew_after=3)
    step = Delete(Reason.SCALE_IN, (Victim("web-000006", "because"),), inferred=False)
    assert broken_by(fleet, seen, replace(made, steps=(step,), spread=spread)) == [
        "skew_is_reachable"
    ]


def test_crowded_set_breaks() -> None:
    """A set of a thousand VMs takes no other."""
    foreign = [a_member(n, owned=False, name=f"other-{n}") for n in range(1000)]
    fleet = a_fleet(1)
    made = plan(fleet, observed(), Memory(), NOW)
    assert broken_by(fleet, observed(foreign, serials=Serials(1, 1)), made) == ["never_too_many"]


def test_crowded_pool_breaks() -> None:
    """A pool gets no more new members than it wants members."""
    fleet = a_fleet(pools=(a_pool(1, name="linux"), a_pool(9, name="windows")))
    made = plan(fleet, observed(), Memory(), NOW)
    steps = tuple(replace(step, pool="linux") for step in made.creates)
    tampered = replace(made, steps=steps)
    assert broken_by(fleet, observed(), tampered) == ["never_too_many"]
