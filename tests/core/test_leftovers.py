"""What members leave behind: what is taken for it, when it is marked, when it goes and what keeps it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import leftovers, tags
from controller.core.observed import Serials
from controller.core.steps import Prevented
from controller.spec.values import DeletionPolicy, Fleet, Limits, Override, Process, Suspension
from providers.base import Document, Health, Leftover, LeftoverKind, Lock, LockLevel
from tests.builders import NOW, REF, TEMPLATE, a_pool, members_in, observed
from tests.core.leftover_worlds import (
    DIGITS,
    OURS,
    TIDY,
    a_disk,
    a_look,
    left,
    marked_at,
    planned,
    tidy,
    told,
)

NIC = "web-000001-nic"


def kept(one: Leftover, fleet: Fleet | None = None) -> bool:
    """Whether a leftover survives the sorting of a listing and the plan: nothing is done to it."""
    fleet = fleet or tidy()
    look = a_look(one)
    traces = leftovers.read_traces(fleet, look)
    assert traces is not None
    found = leftovers.sort_out(fleet, traces, (one,))
    return not planned(a_look(*found), fleet).sweeps


def test_first_sight_marks() -> None:
    """What is seen for the first time is marked and not deleted, and the words say when it goes."""
    made = planned(a_look(left(NIC)))
    assert told(made) == [f"mark {NIC}"]
    assert "goes in 30 minutes" in made.sweeps[0].why
    assert (made.blocked, made.victims) == ((), ())


@pytest.mark.parametrize(("minutes", "goes"), [(0, False), (29, False), (30, True), (600, True)])
def test_half_an_hour_later_it_goes(minutes: float, *, goes: bool) -> None:
    """A leftover goes when it has been marked for half an hour; before that a note tells when."""
    made = planned(a_look(left(NIC, minutes)))
    assert told(made) == ([f"delete {NIC}"] if goes else [])
    waits = any("left over: deleted after" in note for note in made.notes)
    assert waits is not goes


@pytest.mark.parametrize("text", ["soon", "", (NOW + timedelta(hours=1)).isoformat()])
def test_wrong_marks_are_made_anew(text: str) -> None:
    """A mark that cannot be read, or lies in the future, counts as none."""
    assert told(planned(a_look(left(NIC, more_tags={tags.LEFT_OVER: text})))) == [f"mark {NIC}"]


@pytest.mark.parametrize("over", [{"confirmed": False}, {"used_by": "/vm"}, {"owner_exists": True}])
def test_only_what_is_surely_free_goes(over: dict[str, Any]) -> None:
    """What was not asked for by id, is in use, or has its VM, is neither marked nor deleted."""
    for minutes in (None, 600):
        assert planned(a_look(left(NIC, minutes, **over))).sweeps == ()


@pytest.mark.parametrize(
    "name",
    [
        "web-000005-nic",
        "web-000011-nic",
        "web-000000-nic",
        "web-000001",
        "web-000001nic",
        "web-1-nic",
        "web-a-000001-nic",
        "db-000001-nic",
        "web-000001-000007-nic",
        "web-000001_OsDisk_1_x",
    ],
)
def test_other_names_are_left_alone(name: str) -> None:
    """A member that is there, a number never given out, another fleet or another form: not ours to sweep."""
    assert kept(left(name, 600))


@pytest.mark.parametrize("name", ["web-000001-nic", "WEB-000004-storage", "web-000002-web-nic-ip"])
def test_names_of_lost_members_are_ours(name: str) -> None:
    """Interfaces and addresses that are called like a lost member are its own, in whatever case."""
    assert not kept(left(name, 600))
    assert not kept(left(name, 600, LeftoverKind.ADDRESS))


def test_open_numbers_are_left_alone() -> None:
    """What belongs to an open serial number may still be on its way up."""
    look = a_look(left("web-000003-nic", 600), serials=Serials(3, 11))
    assert planned(look).sweeps == ()
    assert told(planned(replace(look, serials=Serials(11, 11)))) == ["delete web-000003-nic"]


@pytest.mark.parametrize(
    "more",
    [
        {"tags": {tags.TEMPLATE: TEMPLATE.fingerprint, **marked_at(600)}},
        {"tags": {**OURS, tags.OWNER: "ek-somebody", **marked_at(600)}},
    ],
)
def test_disk_needs_our_tag(more: dict[str, Any]) -> None:
    """A disk without our owner tag, or with another one, is left alone whatever it is called."""
    assert kept(replace(a_disk(), **more))
    assert not kept(a_disk())


def test_other_owners_interface_stays() -> None:
    """An interface that carries another owner's tag is theirs."""
    assert kept(left(NIC, 600, more_tags={tags.OWNER: "ek-somebody"}))
    assert not kept(left(NIC, 600, more_tags={tags.OWNER: tags.owner_mark(REF)}))


@pytest.mark.parametrize("rest", [f"_disk2_{DIGITS}", f"_lun_0_2_{DIGITS}", f"_OsDisk_1_{DIGITS}"])
def test_retained_disks_are_never_swept(rest: str) -> None:
    """Where a template keeps a kind of disk, no disk of that kind is touched, nor spoken of."""
    keeps: Document = {
        **TIDY,
        "storageProfile": {"osDisk": {"deleteOption": "Detach"}, "dataDisks": [{"lun": 0}]},
    }
    assert kept(a_disk(rest), tidy(document=keeps))


def test_data_disks_are_judged_together() -> None:
    """One data disk that is kept keeps all of them, and not the OS disk."""
    data: list[Any] = [{"lun": 0, "deleteOption": "Delete"}, {"lun": 1, "deleteOption": "Detach"}]
    document: Document = {
        **TIDY,
        "storageProfile": {"osDisk": {"deleteOption": "Delete"}, "dataDisks": data},
    }
    fleet = tidy(document=document)
    assert kept(a_disk(f"_disk2_{DIGITS}"), fleet)
    assert not kept(a_disk(), fleet)


def test_disk_of_another_template_is_told() -> None:
    """A disk from a template that is not in force any more stays, and a note says why."""
    disk = a_disk(more_tags={tags.TEMPLATE: "v1:older"})
    made = planned(a_look(disk))
    assert made.sweeps == ()
    assert any("kept: it was made from another template" in note for note in made.notes)


@pytest.mark.parametrize("kind", [LeftoverKind.INTERFACE, LeftoverKind.ADDRESS])
def test_kept_interfaces_stay(kind: LeftoverKind) -> None:
    """As long as any pool keeps its interfaces or addresses, none of them is swept."""
    bare = a_pool(0, name="b", template=replace(TEMPLATE, document={}))
    fleet = tidy()
    both = replace(fleet, pools=(*fleet.pools, bare))
    assert kept(left(NIC, 600, kind), both)
    assert not kept(left(NIC, 600, kind), fleet)


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ({"more_tags": {tags.HOLD: "owner=ana"}}, "held by ana"),
        ({"more_tags": {tags.HOLD: "owner=ana;until=2026-11-21T13:00:00Z"}}, "held by ana"),
    ],
)
def test_hold_keeps_a_leftover(over: dict[str, Any], words: str) -> None:
    """A hold on the leftover keeps it as it keeps a member, and a note tells whose it is."""
    for minutes in (None, 600):
        made = planned(a_look(left(NIC, minutes, **over)))
        assert made.sweeps == ()
        assert any(words in note for note in made.notes)


def test_hold_that_is_over_keeps_nothing() -> None:
    """A hold whose time is over does not keep a leftover."""
    over = {tags.HOLD: "owner=ana;until=2026-11-21T11:00:00Z"}
    assert told(planned(a_look(left(NIC, 600, more_tags=over)))) == [f"delete {NIC}"]


@pytest.mark.parametrize("level", list(LockLevel))
def test_lock_keeps_a_leftover(level: LockLevel) -> None:
    """A lock on it, on its group or on the subscription keeps a leftover; one elsewhere does not."""
    one = left(NIC, 600)
    for scope in (one.id.upper(), REF.group_scope, f"/subscriptions/{REF.subscription}"):
        made = planned(a_look(one, locks=(Lock(level, scope),)))
        assert made.sweeps == ()
        assert any(f"locked ({level})" in note for note in made.notes)
    elsewhere = Lock(level, f"{one.id}-other")
    assert told(planned(a_look(one, locks=(elsewhere,)))) == [f"delete {NIC}"]


@pytest.mark.parametrize(
    "look",
    [
        a_look(left(NIC, 600), locks=None),
        a_look(left(NIC, 600), serials=None),
        replace(a_look(left(NIC, 600)), leftovers=None),
    ],
)
def test_blind_looks_sweep_nothing(look: Any) -> None:
    """Without the locks, the set's serial numbers or a search nothing is swept."""
    assert planned(look).sweeps == ()


def test_fleet_at_rest_sweeps_nothing() -> None:
    """A suspended fleet, and one that is to end, are not searched and sweep nothing."""
    ends = tidy(absent=True, deletion_policy=DeletionPolicy.DELETE)
    for fleet in (tidy(suspended=True), tidy(absent=True), ends):
        look = a_look(left(NIC), left("web-000002-nic", 600))
        assert leftovers.read_traces(fleet, look) is None
        assert planned(look, fleet).sweeps == ()


def test_cap_holds_for_leftovers() -> None:
    """No more leftovers go in a pass than members may by inference; the longest known first."""
    found = [left(f"web-{serial:06d}-nic", 30 + serial) for serial in (1, 2, 3, 4)]
    assert told(planned(a_look(*found))) == ["delete web-000004-nic"]
    two = tidy(limits=Limits(max_delete=2))
    assert told(planned(a_look(*found), two)) == ["delete web-000004-nic", "delete web-000003-nic"]
    assert planned(a_look(*found), tidy(limits=Limits(max_delete=0))).sweeps == ()
    aside = Limits(overrides=(Override("maxDelete", "ana", NOW + timedelta(hours=1)),))
    assert len(planned(a_look(*found), tidy(limits=aside)).sweeps) == 4


def test_meltdown_keeps_leftovers() -> None:
    """While much of the fleet is sick no leftover goes, unless somebody sets the guard aside."""
    sick = members_in({"1": 2, "2": 2, "3": 2}, first=5, health=Health.UNHEALTHY)
    look = replace(a_look(left(NIC, 600)), members=sick)
    assert planned(look).sweeps == ()
    aside = Limits(overrides=(Override("meltdown", "ana", NOW + timedelta(hours=1)),))
    assert told(planned(look, tidy(limits=aside))) == [f"delete {NIC}"]


@pytest.mark.parametrize(
    ("process", "expected"),
    [
        (Process.SWEEP, []),
        (Process.DELETE, ["mark web-000002-nic"]),
        (Process.CREATE, [f"delete {NIC}", "mark web-000002-nic"]),
    ],
)
def test_suspension_stops_sweeps(process: Process, expected: list[str]) -> None:
    """A suspended sweep does nothing, suspended deletions let leftovers be marked only."""
    asleep = (Suspension(process, "ana", "audit", NOW + timedelta(hours=1)),)
    look = a_look(left(NIC, 600), left("web-000002-nic"))
    assert told(planned(look, tidy(suspensions=asleep))) == expected
    over = (replace(asleep[0], until=NOW),)
    assert len(planned(look, tidy(suspensions=over)).sweeps) == 2


def test_leftovers_block_nothing() -> None:
    """A leftover that may not go is no obstacle: the fleet is as its spec says."""
    made = planned(a_look(left(NIC, 600), locks=(Lock(LockLevel.READ_ONLY, REF.group_scope),)))
    assert Prevented.LOCKED not in {one.reason for one in made.blocked}


def test_search_costs_nothing_without_losses() -> None:
    """A fleet whose every number has its member is not searched; one that lost a member is."""
    whole = observed(members_in({"1": 2, "2": 2, "3": 2}))
    assert leftovers.read_traces(tidy(), whole) is None
    lost = replace(whole, members=whole.members[1:])
    traces = leftovers.read_traces(tidy(), lost)
    assert traces is not None
    assert leftovers.search_for(traces).prefix == "web-"


def test_only_what_nothing_keeps_is_asked_for() -> None:
    """Held and locked leftovers need no further look, so none is taken."""
    free, held = left(NIC), left("web-000002-nic", more_tags={tags.HOLD: "owner=ana"})
    locked = left("web-000003-nic")
    look = a_look(free, held, locked, locks=(Lock(LockLevel.CAN_NOT_DELETE, locked.id),))
    traces = leftovers.read_traces(tidy(), look)
    assert traces is not None
    assert leftovers.to_confirm(tidy(), look, traces, NOW) == {free.id: "web-000001"}
