"""Leftovers that were asked for by id: what that look shows counts, before the plan and before a deletion."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core import leftovers, tags
from controller.core.leftovers import AGE
from controller.core.observed import Observed
from controller.core.steps import Reason, Sweep
from providers.base import (
    Document,
    GroupSnapshot,
    Leftover,
    LeftoverKind,
    Lock,
    LockLevel,
    PowerState,
    ProvisioningState,
)
from tests.builders import NOW, REF, a_group, a_member
from tests.core.leftover_worlds import a_disk, a_look, left, planned, tidy, told

NIC = "web-000001-nic"
CAPITALS = f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/{NIC}".upper()


def asked(*found: Leftover, **over: Any) -> GroupSnapshot:
    """A look that asked for leftovers by id, and found these."""
    return replace(GroupSnapshot(NOW, a_group(), (), (), complete=False, leftovers=found), **over)


def words(sure: GroupSnapshot) -> str:
    """Why the NIC of web-000001 stays after all."""
    one = left(NIC, 600)
    step = Sweep(one.id, "web-000001", False, Reason.LEFT_OVER, "")  # noqa: FBT003 -- a field of a value
    return leftovers.why_it_stays(tidy(), sure, step, NOW)


def test_what_was_asked_for_counts() -> None:
    """What was asked for by id takes the place of what the listing showed; the rest stays unconfirmed."""
    listed = (left(NIC, 600, confirmed=False), left("web-000002-nic", 600, confirmed=False))
    look = leftovers.confirm(a_look(*listed), asked(left(NIC, 600, id=CAPITALS)))
    assert look.leftovers is not None
    assert [(one.id, one.confirmed) for one in look.leftovers] == [
        (CAPITALS, True),
        (listed[1].id, False),
    ]
    assert told(planned(look)) == [f"delete {NIC.upper()}"]


@pytest.mark.parametrize("sure", [asked(), asked(leftovers=None)])
def test_nothing_found_confirms_nothing(sure: GroupSnapshot) -> None:
    """When nothing was found, or nobody could ask, the listing stands and nothing of it is touched."""
    look = a_look(left(NIC, 600, confirmed=False))
    assert leftovers.confirm(look, sure) == look
    assert planned(look).sweeps == ()
    blind = replace(look, leftovers=None)
    assert leftovers.confirm(blind, sure).leftovers == ()


def test_owners_that_are_not_seen() -> None:
    """A listing names each member once that has left something and is not in the list."""
    look: Observed = a_look()
    traces = leftovers.read_traces(tidy(), look)
    assert traces is not None
    found = (
        left("web-000003-nic"),
        left(NIC),
        a_disk(),
        left("web-000001-ip"),
        left("web-000005-nic"),
    )
    assert leftovers.unseen_owners(traces, found) == ("web-000001", "web-000002", "web-000003")
    assert leftovers.unseen_owners(traces, found[-1:]) == ()


@pytest.mark.parametrize("arm_id", [left(NIC).id, CAPITALS])
def test_free_leftover_goes(arm_id: str) -> None:
    """A leftover that is free, known for long enough and kept by nothing goes, however its id is written."""
    assert words(asked(left("web-000002-nic", used_by="/vm"), left(NIC, 30, id=arm_id))) == ""


@pytest.mark.parametrize(
    ("sure", "why"),
    [
        (asked(), "it is gone already"),
        (asked(leftovers=None), "it is gone already"),
        (asked(left("web-000002-nic", 600)), "it is gone already"),
        (asked(left(NIC, 600), locks=None), "the locks could not be read"),
        (asked(left(NIC, 600, confirmed=False)), "web-000001 exists"),
        (asked(left(NIC, 600, owner_exists=True)), "web-000001 exists"),
        (asked(left(NIC, 600, used_by="/vm")), "/vm has it"),
        (asked(left(NIC)), "it has not been left over for 30 minutes"),
        (asked(left(NIC, 29)), "it has not been left over for 30 minutes"),
        (asked(left(NIC, -1)), "it has not been left over for 30 minutes"),
        (asked(left(NIC, 600, more_tags={tags.HOLD: "owner=ana"})), "held by ana"),
        (
            asked(left(NIC, 600), locks=(Lock(LockLevel.READ_ONLY, REF.group_scope),)),
            "locked (ReadOnly)",
        ),
    ],
)
def test_leftover_stays_after_all(sure: GroupSnapshot, why: str) -> None:
    """What is gone, used, owned, fresh, held or locked by now stays, and so does all when locks are unknown."""
    assert words(sure) == why


def test_disk_of_another_template_stays_after_all() -> None:
    """A disk whose template is not in force any more stays at the last look, too."""
    disk = a_disk(more_tags={tags.TEMPLATE: "v1:older"})
    step = Sweep(disk.id, "web-000002", False, Reason.LEFT_OVER, "")  # noqa: FBT003 -- a field of a value
    why = leftovers.why_it_stays(tidy(), asked(disk), step, NOW)
    assert why == "it was made from another template, which may have wanted it kept"


@pytest.mark.parametrize(("seconds", "goes"), [(0, True), (1, False)])
def test_hold_ends(seconds: int, *, goes: bool) -> None:
    """A hold keeps a leftover until its end, and not at its end any more."""
    until = (NOW + timedelta(seconds=seconds)).isoformat()
    one = left(NIC, 600, more_tags={tags.HOLD: f"owner=ana;until={until}"})
    assert told(planned(a_look(one))) == ([f"delete {NIC}"] if goes else [])


def test_unwanted_data_disks_go() -> None:
    """A data disk goes as an OS disk does, where its template wants it deleted."""
    disk = a_disk("_disk2_" + "0123456789abcdef" * 2)
    traces = leftovers.read_traces(tidy(), a_look())
    assert traces is not None
    assert leftovers.sort_out(tidy(), traces, (disk,)) == (disk,)


@pytest.mark.parametrize("keeps", list(LeftoverKind))
def test_kinds_are_kept_each_for_itself(keeps: LeftoverKind) -> None:
    """A template that keeps its addresses, or its interfaces, keeps those and nothing else."""
    option = {kind: "Detach" if kind is keeps else "Delete" for kind in LeftoverKind}
    address: Document = {"properties": {"deleteOption": option[LeftoverKind.ADDRESS]}}
    inner: Document = {"properties": {"publicIPAddressConfiguration": address}}
    outer: Document = {"deleteOption": option[LeftoverKind.INTERFACE], "ipConfigurations": [inner]}
    document: Document = {
        "storageProfile": {"osDisk": {"deleteOption": option[LeftoverKind.DISK]}},
        "networkProfile": {"networkInterfaceConfigurations": [{"properties": outer}]},
    }
    fleet = tidy(document=document)
    traces = leftovers.read_traces(fleet, a_look())
    assert traces is not None
    found = {
        LeftoverKind.INTERFACE: left(NIC),
        LeftoverKind.ADDRESS: left("web-000001-ip", kind=LeftoverKind.ADDRESS),
        LeftoverKind.DISK: a_disk(),
    }
    going = leftovers.sort_out(fleet, traces, tuple(found.values()))
    assert {one.id for one in going} == {one.id for kind, one in found.items() if kind is not keeps}


@pytest.mark.parametrize(
    ("numbers", "names"),
    [
        ((1,), "web-000001-nic is"),
        ((2, 1), "web-000001-nic, web-000002-nic are"),
        ((3, 1, 2), "web-000001-nic, web-000002-nic, web-000003-nic are"),
        ((4, 3, 1, 2), "web-000001-nic, web-000002-nic, web-000003-nic and 1 more are"),
    ],
)
def test_leftovers_are_counted_in_words(numbers: tuple[int, ...], names: str) -> None:
    """A note names three at most and counts the rest, whether they wait or are kept."""
    waiting = tuple(left(f"web-{number:06d}-nic", 10) for number in numbers)
    later = f"{NOW - timedelta(minutes=10) + AGE:%H:%M}"
    note = f"{names} left over: deleted after {later} UTC unless held or used"
    assert note in planned(a_look(*waiting)).notes
    lock = Lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
    made = planned(a_look(*waiting, locks=(lock,)))
    assert f"{names} left over, and kept: locked (CanNotDelete)" in made.notes


def test_marks_are_fifty_in_a_pass() -> None:
    """Of many leftovers that are seen for the first time fifty are marked in one pass, the others later."""
    found = [left(f"web-000001-nic-{number:02d}") for number in range(51)]
    marked = [f"mark {one.name}" for one in found[:50]]
    assert told(planned(a_look(*found))) == marked
    old = left("web-000002-nic", 600)
    assert told(planned(a_look(*found, old))) == ["delete web-000002-nic", *marked]


def test_member_that_is_there_hinders_nobody() -> None:
    """What belongs to a member that is there is passed over, and what others left is still swept."""
    found = (left("web-000005-nic", 600), left(NIC, 31))
    assert told(planned(a_look(*found))) == [f"delete {NIC}"]


def test_shells_take_the_room_of_leftovers() -> None:
    """A member that goes by inference in the same pass counts against the cap on leftovers."""
    shell = a_member(5, provisioning_state=ProvisioningState.FAILED, power_state=PowerState.UNKNOWN)
    look = a_look(left(NIC, 600))
    made = planned(replace(look, members=(shell, *look.members[1:])))
    assert (made.victims, made.sweeps) == (("web-000005",), ())
