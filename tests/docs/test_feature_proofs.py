"""Proofs for rows of ``docs/features.md`` that are nobody else's subject."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.core.steps import Plan, Prevented
from controller.spec.compile import compile_specs
from controller.spec.source import SourceFile
from controller.spec.values import Fleet, Placement, SizeAllocation, SizeChoice
from tests.builders import (
    D2AS,
    D2S,
    NOW,
    a_catalog,
    a_fleet,
    a_group,
    a_pool,
    observed,
)
from tests.specs.spec_texts import WEB

BOTH = (SizeChoice(D2S, 0), SizeChoice(D2AS, 1))


def planned(fleet: Fleet, seen: Observed | None = None) -> Plan:
    """The plan for a fleet; without a look, for a set that is there and empty."""
    return plan(fleet, seen or observed(), Memory(), NOW)


def test_uniform_set_is_left_alone() -> None:
    """A1: a set with Uniform orchestration is refused, whatever is wanted, and nothing is done with it."""
    made = planned(a_fleet(6), observed(group=replace(a_group(), flexible=False)))
    assert made.steps == ()
    assert [one.reason for one in made.blocked] == [Prevented.UNIFORM_SET]


def test_preferred_size_comes_first() -> None:
    """B2: the first size is taken where it is offered, and the next one where it is not."""
    fleet = a_fleet(6, pools=(a_pool(6, sizes=BOTH),))
    made = planned(fleet, observed(catalog=a_catalog(d2s=frozenset({"1", "3"}))))
    sizes = {(step.zone, step.size) for step in made.creates}
    assert sizes == {("1", D2S), ("2", D2AS), ("3", D2S)}


def test_weights_share_out_sizes() -> None:
    """B2: under CapacitySpread members are shared out among the sizes by weight."""
    sizes = (SizeChoice(D2S, 0, weight=2), SizeChoice(D2AS, 1, weight=1))
    pool = a_pool(9, sizes=sizes, size_allocation=SizeAllocation.CAPACITY_SPREAD)
    made = planned(a_fleet(9, pools=(pool,)), observed(catalog=a_catalog()))
    assert Counter(step.size for step in made.creates) == {D2S: 6, D2AS: 3}


def test_max_spreading_is_not_claimed() -> None:
    """D3: with max spreading no place is chosen, and a note says that nothing of it can be seen."""
    made = planned(a_fleet(3, placement=Placement(fault_domains=1)))
    assert {(step.zone, step.fault_domain) for step in made.creates} == {(None, None)}
    assert "max spreading: the platform spreads the members and shows nothing of it" in made.notes


def test_large_user_data_is_refused() -> None:
    """B13: user data above 64 KiB is an error (EK0604), and 64 KiB are not."""

    def codes(size: int) -> list[str]:
        text = WEB.replace(
            "    os: Linux", f"    os: Linux\n    userData: {{inline: {'x' * size}}}"
        )
        found = compile_specs([SourceFile("web.yaml", text.encode())], lambda *_: b"")
        return [one.code for one in found.errors]

    assert (codes(64 * 1024), codes(64 * 1024 + 1)) == ([], ["EK0604"])
