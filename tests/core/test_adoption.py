"""Adoption: tags make a VM ours that somebody else put into the set. Nothing else ever does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core import guard, tags
from controller.core.observed import Memory, member_of
from controller.core.plan import plan
from controller.core.steps import Blocked, Prevented, Reason, Tag
from controller.spec.values import SizeChoice
from providers.base import ProvisioningState
from tests.builders import (
    D2AS,
    NOW,
    REF,
    a_fleet,
    a_member,
    a_pool,
    an_instance,
    members_in,
    observed,
)

FOREIGN = a_member(9, name="legacy-1", owned=False)


@pytest.mark.parametrize("named", ["legacy-1", "LEGACY-1"])
def test_named_vm_is_tagged(named: str) -> None:
    """A VM that the spec names becomes ours by tags alone, and no template is claimed for it."""
    made = plan(a_fleet(1, adopt=(named,)), observed([FOREIGN]), Memory(), NOW)
    wanted = {tags.OWNER: tags.owner_mark(REF), tags.FLEET: "web", tags.POOL: None}
    why = "named in adopt: it counts as a member from now on"
    assert made.steps == (Tag("legacy-1", wanted, Reason.ADOPT, why),)
    assert (made.observed, made.unchanged) == (1, 0)


def test_pool_is_tagged() -> None:
    """In a fleet with pools the tags say which one the VM joins: the one with its size or template."""
    sizes = (SizeChoice(D2AS, 0),)
    pools = (a_pool(0, name="linux", sizes=sizes), a_pool(1, name="windows"))
    found = observed([replace(FOREIGN, fingerprint=None)])
    made = plan(a_fleet(pools=pools, adopt=("legacy-1",)), found, Memory(), NOW)
    (step,) = made.steps
    assert isinstance(step, Tag)
    assert step.tags[tags.POOL] == "windows"


def test_unknown_name_is_told() -> None:
    """A name in adopt that no VM of the set has is reported, once the set exists."""
    fleet = a_fleet(0, adopt=("legacy-7",))
    words = "there is no VM of this name in the scale set"
    blocked = (Blocked(Prevented.UNKNOWN_MEMBER, words, "legacy-7"),)
    assert plan(fleet, observed(), Memory(), NOW).blocked == blocked
    assert plan(fleet, observed(exists=False, group=None), Memory(), NOW).blocked == ()


def test_adopted_stays_quiet() -> None:
    """Once a VM is ours its name in adopt leads to nothing more."""
    fleet = a_fleet(1, adopt=("legacy-1",))
    made = plan(fleet, observed([replace(FOREIGN, owned=True)]), Memory(), NOW)
    assert (made.steps, made.blocked) == ((), ())


def test_leaving_vm_is_not_adopted() -> None:
    """A VM that is being deleted is not tagged any more."""
    leaving = a_member(
        9, name="legacy-1", owned=False, provisioning_state=ProvisioningState.DELETING
    )
    made = plan(a_fleet(0, adopt=("legacy-1",)), observed([leaving]), Memory(), NOW)
    assert made.steps == ()


def test_adopted_is_never_victim_at_once() -> None:
    """In the pass that adopts a VM another member goes, and the guard agrees."""
    fleet = a_fleet(3, adopt=("legacy-1",))
    seen = observed([*members_in({"1": 1, "2": 1, "3": 1}), FOREIGN])
    made = plan(fleet, seen, Memory(), NOW)
    assert made.victims == ("web-000001",)
    assert guard.check(fleet, seen, made, NOW) == ()


def test_adoption_instead_of_creation() -> None:
    """A VM that is adopted fills the place of a member that would have been created."""
    fleet = a_fleet(3, adopt=("legacy-1",))
    seen = observed([*members_in({"2": 1, "3": 1}), FOREIGN])
    made = plan(fleet, seen, Memory(), NOW)
    assert [type(step) for step in made.steps] == [Tag]


def test_only_adoptable_is_blocked() -> None:
    """With nobody else to go, the scale-in says that the VM is being adopted in this pass."""
    made = plan(a_fleet(0, adopt=("legacy-1",)), observed([FOREIGN]), Memory(), NOW)
    words = "it is being adopted in this pass"
    assert made.blocked == (Blocked(Prevented.NOT_OURS, words, "legacy-1"),)


@pytest.mark.parametrize(
    ("found", "ours"),
    [
        ({}, False),
        ({tags.OWNER: "ek-0000000000000000"}, False),
        ({tags.FLEET: "web"}, False),
        ({tags.OWNER: tags.owner_mark(REF)}, True),
        ({tags.OWNER: tags.owner_mark(replace(REF, name="WEB"))}, True),
        ({tags.OWNER: tags.owner_mark(replace(REF, name="other"))}, False),
    ],
)
def test_owner_tag_decides(found: dict[str, str], ours: bool) -> None:
    """A VM is ours by the mark of its set's id, without regard to case, and by nothing else."""
    assert member_of(REF, an_instance(tags=found)).owned == ours
