"""What holds of every plan, whatever the fleet, the look at it and the memory."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core import guard, limits
from controller.core.observed import Memory, Observed, Serials
from controller.core.plan import plan
from controller.core.steps import Plan, Tag
from controller.spec.values import Fleet
from providers.base import Extension, Instance, ProvisioningState
from tests import invariants
from tests.builders import NOW, a_group
from tests.core.worlds import MEMORIES, born, calm, fleets, looks, plain_fleets, plain_looks

WORLDS = {"fleet": fleets(), "seen": looks(), "memory": MEMORIES}
FEW = settings(max_examples=60, deadline=None, derandomize=True)
PASSES = 12


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
    """Where a plan does not reach the wanted number, its blocked entries say so, unless the fleet is at rest."""
    made = plan(fleet, seen, memory, NOW)
    if limits.is_at_rest(fleet):
        return
    after = made.observed - len(made.victims) + len(made.creates)
    assert after == made.desired or made.blocked


@FEW
@given(**WORLDS)
def test_reachable_is_not_worse(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """The skew that is called reachable is never above the one that the plan reaches."""
    made = plan(fleet, seen, memory, NOW)
    assert made.spread.reachable_skew <= made.spread.skew_after


@FEW
@given(**WORLDS)
def test_fleet_comes_to_rest(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """Where nothing stands in the way, a few passes bring a fleet to its number, and then nothing is planned."""
    fleet, seen = calm(fleet, seen)
    made = plan(fleet, seen, Memory((), memory.overshoot_frozen), NOW)
    for _ in range(PASSES):
        seen = carried_out(made, seen)
        made = plan(fleet, seen, Memory((), made.overshoot_frozen), NOW)
    assert (made.steps, made.blocked, made.observed) == ((), (), made.desired)


@FEW
@given(fleet=plain_fleets(), seen=plain_looks())
def test_plain_spread_is_best(fleet: Fleet, seen: Observed) -> None:
    """With members that all run, some locked, no plan leaves a higher skew than it has to."""
    made = plan(fleet, seen, Memory(), NOW)
    assert invariants.violations(fleet, seen, made) == []
    assert made.spread.skew_after == made.spread.reachable_skew


@pytest.mark.slow
@settings(FEW, max_examples=400)
@given(**WORLDS)
def test_many_plans_are_safe(fleet: Fleet, seen: Observed, memory: Memory) -> None:
    """Of many more worlds, too, none leads to a plan that a safety sentence or the guard is against."""
    made = plan(fleet, seen, memory, NOW)
    assert invariants.violations(fleet, seen, made) == []
    assert guard.check(fleet, seen, made, NOW) == ()


def extended(instance: Instance, extension: Extension | None) -> Instance:
    """The instance with one more extension, done."""
    if extension is None:
        return instance
    done = replace(extension, state=ProvisioningState.SUCCEEDED)
    return replace(instance, extensions=(*(instance.extensions or ()), done))


def carried_out(made: Plan, seen: Observed) -> Observed:
    """The look after all steps are done: victims and leaving gone, new ones running, tags and extensions there."""
    tagged = {step.instance for step in made.steps if isinstance(step, Tag)}
    created = [born(step, made) for step in made.creates]
    gone = {*made.victims, *made.leaving}
    installed = {step.instance: Extension(step.extension) for step in made.installs}
    kept = [
        replace(
            one,
            owned=one.owned or one.name in tagged,
            listed=True,
            instance=extended(one.instance, installed.get(one.name)),
        )
        for one in seen.members
        if one.name not in gone
    ]
    following = made.reservation.reserve_to
    return replace(
        seen,
        exists=True,
        members=tuple(sorted([*kept, *created], key=lambda one: one.name)),
        serials=Serials(following, following),
        group=a_group(following),
    )
