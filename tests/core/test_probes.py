"""Half-open offerings: a refusal that is over is tried by one creation, in one place, before others follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Member, Memory, Observed, Scarce
from controller.core.plan import plan
from controller.core.scarcity import PROBATION, decode, encode, learn_from_failures, remember
from controller.core.status import Truth, compute_status
from controller.core.steps import Plan, Prevented
from controller.spec.values import Fleet, Placement, SizeChoice, Spot, WhenUnsatisfiable
from providers.base import PowerState, Priority, ProvisioningState
from tests.builders import D2AS, D2S, NOW, a_fleet, a_member, a_pool, members_in, observed

MINUTE = timedelta(minutes=1)
ENDED = NOW - MINUTE
ZONE_1 = Scarce("1", D2S, None, ENDED, "ZoneFull", larger_too=True)
EVERYWHERE = Scarce(None, D2S, None, ENDED, "RegionFull")
NOBODY = observed()


def planned(fleet: Fleet, seen: Observed, *over: Scarce) -> Plan:
    return plan(fleet, seen, remember(Memory(), over, NOW), NOW)


def places(made: Plan) -> list[str | None]:
    return [create.zone for create in made.creates]


def on_trial(made: Plan) -> int:
    return sum(one.reason is Prevented.PROBING for one in made.blocked)


def test_one_zone_is_tried_by_one() -> None:
    """One member goes into the zone that was refused, the others where nothing was."""
    made = planned(a_fleet(6), NOBODY, ZONE_1)
    assert places(made).count("1") == 1
    assert len(places(made)) == 6
    assert made.blocked == ()


def test_region_is_tried_by_one() -> None:
    """Where everything was refused, one creation goes out, and the others wait and say for what."""
    made = planned(a_fleet(6), NOBODY, EVERYWHERE)
    assert (len(made.creates), on_trial(made)) == (1, 5)
    assert made.blocked[0].until == ENDED + PROBATION
    assert made.blocked[0].detail == (
        f"{D2S} was refused (RegionFull): one creation tries it again, and the others follow when that "
        "one has come up"
    )


def test_each_zone_is_tried_by_one() -> None:
    """Three zones, each refused for itself, are tried by one creation each."""
    rows = [replace(ZONE_1, zone=zone) for zone in ("1", "2", "3")]
    made = planned(a_fleet(9), NOBODY, *rows)
    assert (sorted(map(str, places(made))), on_trial(made)) == (["1", "2", "3"], 6)


def test_two_refusals_are_tried_together() -> None:
    """A place that two refusals cover is tried by one creation, for both of them."""
    made = planned(a_fleet(6), NOBODY, EVERYWHERE, replace(ZONE_1, priority=Priority.REGULAR))
    assert len(made.creates) == 1


def test_one_trial_hinders_no_other() -> None:
    """A refusal that is being tried already does not keep another one from its trial."""
    seen = observed(
        [a_member(1, "1", provisioning_state=ProvisioningState.CREATING, created_at=NOW)]
    )
    rows = [ZONE_1, replace(ZONE_1, zone="2"), replace(ZONE_1, zone="3")]
    assert sorted(map(str, places(planned(a_fleet(6), seen, *rows)))) == ["2", "3"]


def test_emptiest_zone_is_tried() -> None:
    """What was refused everywhere is tried where the fewest members are."""
    made = planned(a_fleet(6), observed(members_in({"1": 2, "3": 1})), EVERYWHERE)
    assert places(made) == ["2"]


def test_other_size_needs_no_trial() -> None:
    """One creation tries the size that was refused; the others take the next size of the spec."""
    sizes = (SizeChoice(D2S, 0), SizeChoice(D2AS, 1))
    made = planned(a_fleet(pools=(a_pool(4, sizes=sizes),)), NOBODY, EVERYWHERE)
    assert sorted(create.size for create in made.creates) == [D2AS] * 3 + [D2S]
    assert made.blocked == ()


@pytest.mark.parametrize("where", [Placement(fault_domains=3), Placement(fault_domains=1)])
def test_regional_set_is_tried_by_one(where: Placement) -> None:
    """Without zones, one creation tries what was refused, over all fault domains together."""
    made = planned(a_fleet(6, placement=where), NOBODY, EVERYWHERE)
    assert (len(made.creates), on_trial(made)) == (1, 5)


def test_pools_share_a_trial() -> None:
    """Two pools that want the same size send one creation, not one each."""
    fleet = a_fleet(pools=(a_pool(2, name="a"), a_pool(2, name="b")))
    made = planned(fleet, NOBODY, EVERYWHERE)
    assert (len(made.creates), on_trial(made)) == (1, 3)


def test_classes_share_a_trial() -> None:
    """A refusal of both classes is tried by one member of either."""
    made = planned(a_fleet(6, spot=Spot(2, 50)), NOBODY, EVERYWHERE)
    assert (len(made.creates), on_trial(made)) == (1, 5)


def test_block_names_the_trial() -> None:
    """Under Block the members that wait for the trial say so, with its end."""
    where = Placement(zones=("1", "2", "3"), when_unsatisfiable=WhenUnsatisfiable.BLOCK)
    made = planned(a_fleet(9, placement=where), NOBODY, ZONE_1)
    assert len(made.creates) == 5
    assert {one.reason for one in made.blocked} == {Prevented.SPREAD}
    assert all("one creation tries it again" in one.detail for one in made.blocked)
    assert {one.until for one in made.blocked} == {ENDED + PROBATION}


def tried(**over: Any) -> Member:
    """A member that was asked for after the refusal was over."""
    return a_member(1, "1", **{"created_at": NOW, **over})


CREATING = {
    "provisioning_state": ProvisioningState.CREATING,
    "power_state": PowerState.CREATING,
}


@pytest.mark.parametrize("born", [NOW, None])
def test_trial_under_way_is_waited_for(born: Any) -> None:
    """While the one that tries is being created, nobody else is asked for."""
    seen = observed([tried(**CREATING, created_at=born)])
    made = planned(a_fleet(6), seen, EVERYWHERE)
    assert (made.creates, on_trial(made)) == ((), 5)


def test_success_opens() -> None:
    """When the one that tried is up, the refusal is forgotten and all others follow at once."""
    made = planned(a_fleet(6), observed([tried()]), EVERYWHERE)
    assert (len(made.creates), made.blocked) == (5, ())


@pytest.mark.parametrize(
    "member",
    [
        tried(created_at=NOW - timedelta(days=1)),
        tried(created_at=None),
        tried(size=D2AS),
        tried(power_state=PowerState.STOPPED),
        replace(tried(), owned=False),
    ],
)
def test_others_prove_nothing(member: Member) -> None:
    """An older member, one of unknown age, another size, one that does not run or is not ours proves nothing."""
    known = learn_from_failures(Memory(probing=(EVERYWHERE,)), observed([member]), NOW)
    assert known.probing == (EVERYWHERE,)


def test_refused_again_is_remembered_anew() -> None:
    """A trial that was refused makes the refusal stand for its full time again."""
    again = replace(EVERYWHERE, until=NOW + timedelta(hours=1))
    known = remember(Memory(probing=(EVERYWHERE,)), [again], NOW)
    assert (known.scarcity, known.probing) == ((again,), ())


@pytest.mark.parametrize(
    ("ago", "kept"), [(timedelta(0), True), (PROBATION - MINUTE, True), (PROBATION, False)]
)
def test_probation_ends(ago: timedelta, kept: bool) -> None:
    """A refusal that is over is on probation for half an hour, by memory and by tag, and then forgotten."""
    one = replace(EVERYWHERE, until=NOW - ago)
    known = remember(Memory(), [one], NOW)
    assert (known.scarcity, known.probing) == ((), (one,) if kept else ())
    back = decode(encode(Memory(probing=(one,))), NOW)
    assert [found.until for found in back] == ([one.until] if kept else [])


def test_condition_knows_probation() -> None:
    """Members that wait for a trial make the fleet CapacityBlocked, with the reason Probing."""
    fleet = a_fleet(6)
    status = compute_status(fleet, NOBODY, planned(fleet, NOBODY, EVERYWHERE))
    capacity = next(one for one in status.conditions if one.type == "CapacityBlocked")
    assert (capacity.status, capacity.reason) == (Truth.TRUE, "Probing")


def test_hash_knows_probation() -> None:
    """A plan that rests on a refusal on probation has another hash than one without."""
    fleet, seen = a_fleet(1), NOBODY
    bare, trial = planned(fleet, seen), planned(fleet, seen, EVERYWHERE)
    assert bare.creates[0].size == trial.creates[0].size
    assert bare.hash != trial.hash
