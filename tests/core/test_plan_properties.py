"""What holds of every plan, whatever the fleet, the look at it and the memory."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import guard
from controller.core.observed import Memory, Observed, Serials
from controller.core.plan import plan
from controller.spec.values import Fleet
from tests import invariants
from tests.builders import NOW, a_group
from tests.core.worlds import MEMORIES, born, fleets, looks

WORLDS = {"fleet": fleets(), "seen": looks(), "memory": MEMORIES}
FEW = settings(max_examples=150, deadline=None, derandomize=True)


@FEW
@given(**WORLDS)
def test_plan_is_safe(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """No world leads to an exception, or to a plan that breaks a safety sentence."""
    assert invariants.violations(fleet, seen, plan(fleet, seen, memory, NOW)) == []


@FEW
@given(**WORLDS)
def test_guard_agrees(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """The guard refuses no plan that the planner makes."""
    assert guard.check(fleet, seen, plan(fleet, seen, memory, NOW), NOW) == ()


@FEW
@given(**WORLDS, seed=st.integers(0, 1 << 16))
def test_order_does_not_matter(fleet: Fleet, seen: Observed, memory: Memory, seed: int) -> None:
    """Members and locks in another order give the same plan, down to its hash."""
    dice = random.Random(seed)
    members = dice.sample(seen.members, len(seen.members))
    locks = None if seen.locks is None else tuple(dice.sample(seen.locks, len(seen.locks)))
    shuffled = replace(seen, members=tuple(members), locks=locks)
    assert plan(fleet, shuffled, memory, NOW) == plan(fleet, seen, memory, NOW)


@FEW
@given(**WORLDS)
def test_wants_are_accounted_for(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """Where a plan does not reach the wanted number, its blocked entries say so."""
    made = plan(fleet, seen, memory, NOW)
    after = made.observed - len(made.victims) + len(made.creates)
    assert after == made.desired or made.blocked


@FEW
@given(**WORLDS)
def test_reachable_is_not_worse(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """The skew that is called reachable is never above the one that the plan reaches."""
    made = plan(fleet, seen, memory, NOW)
    assert made.spread.reachable_skew <= made.spread.skew_after


@FEW
@given(fleet=fleets(), seen=looks(most=0), memory=st.just(Memory()))
def test_second_plan_is_empty(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """Once the creations of a plan run, the next plan has no steps."""
    fleet = replace(fleet, adopt=())
    made = plan(fleet, seen, memory, NOW)
    created = {step.instance: born(step, made) for step in made.creates}
    following = made.reservation.reserve_to
    later = replace(
        seen,
        exists=True,
        members=tuple(invariants.after(made, seen, created)),
        serials=Serials(following, following),
        group=a_group(following),
        catalog=None,
    )
    again = plan(fleet, later, memory, NOW)
    assert [step for step in again.steps if made.blocked == ()] == []
