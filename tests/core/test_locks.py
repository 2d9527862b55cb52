"""Azure locks at every level: what they cover, how they are worded, and that unknown means none may go."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core import pacing
from controller.core.deletability import creation_lock, describe_scope, set_obstacle
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import Blocked, Prevented
from providers.base import Lock, LockLevel
from tests.builders import NOW, REF, a_fleet, a_lock, a_member, members_in, observed

VM = REF.instance_id("web-000001")
NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"
COMPUTE = f"{REF.group_scope}/providers/Microsoft.Compute"
SUBSCRIPTION = f"/subscriptions/{REF.subscription}"


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (VM, "CanNotDelete on the instance"),
        (VM.upper(), "CanNotDelete on the instance"),
        (f"{VM}/", "CanNotDelete on the instance"),
        (f"{NETWORK}/networkInterfaces/web-000001-nic", "CanNotDelete on its NIC web-000001-nic"),
        (f"{COMPUTE}/disks/web-000001_OsDisk_1", "CanNotDelete on its disk web-000001_OsDisk_1"),
        (f"{COMPUTE}/disks/data-x", "CanNotDelete on its disk data-x"),
        (f"{COMPUTE}/disks/DATA-X", "CanNotDelete on its disk DATA-X"),
        (f"{VM}/extensions/health", "CanNotDelete on extensions health"),
        (f"{VM}/providers/Microsoft.Insights/logs/a", "CanNotDelete on logs a"),
        (REF.id, "CanNotDelete on the scale set"),
        (REF.id.upper(), "CanNotDelete on the scale set"),
        (REF.group_scope, "CanNotDelete on the resource group web-rg"),
        (SUBSCRIPTION, "CanNotDelete on the subscription"),
        ("/", "CanNotDelete on /"),
        (REF.instance_id("web-0000011"), None),
        (REF.instance_id("web-000002"), None),
        (f"{NETWORK}/networkInterfaces/web-0000011-nic", None),
        (f"{NETWORK}/loadBalancers/web", None),
        (f"{COMPUTE}/virtualMachineScaleSets/web2", None),
        (f"{SUBSCRIPTION}/resourceGroups/web-rg2", None),
        ("/subscriptions/other", None),
        ("/tenant", None),
        (f"{REF.group_scope}/providers/Microsoft.Compute", None),
        (f"{REF.group_scope}/providers/Microsoft.Compute/virtualMachines", None),
    ],
)
def test_lock_covers(scope: str, words: str | None) -> None:
    """A lock keeps the members below it and those whose NIC or disk it is on, and no other member."""
    instance = a_member().instance
    disk = f"{COMPUTE}/disks/Data-X"
    member = replace(a_member(), instance=replace(instance, resources=(disk,)))
    lock = Lock(LockLevel.CAN_NOT_DELETE, scope)
    made = plan(a_fleet(0), observed([member], locks=[lock]), Memory(), NOW)
    wanted = () if words is None else (Blocked(Prevented.LOCKED, words, "web-000001"),)
    assert made.blocked == wanted
    assert made.victims == (() if words else ("web-000001",))


@pytest.mark.parametrize("order", [1, -1])
def test_locks_keep_the_set(order: int) -> None:
    """A lock over the set or inside it keeps it, the strictest is named, and unknown locks keep it too."""
    locks = [
        Lock(LockLevel.CAN_NOT_DELETE, SUBSCRIPTION),
        Lock(LockLevel.READ_ONLY, f"{REF.id}/extensions/a"),
        Lock(LockLevel.READ_ONLY, f"{COMPUTE}/virtualMachineScaleSets/web2"),
    ][::order]
    words = "ReadOnly on the scale set: the set stays"
    assert set_obstacle(REF, tuple(locks)) == Blocked(Prevented.LOCKED, words)
    unread = Blocked(Prevented.LOCKS_UNREADABLE, "the locks could not be read: the set stays")
    assert set_obstacle(REF, None) == unread
    elsewhere = Lock(LockLevel.READ_ONLY, f"{COMPUTE}/virtualMachineScaleSets/web2")
    assert set_obstacle(REF, (elsewhere,)) is None


@pytest.mark.parametrize("order", [1, -1])
def test_strictest_lock_is_named(order: int) -> None:
    """Of several locks the strictest is named, then the widest, in whatever order they were listed."""
    locks = [
        Lock(LockLevel.CAN_NOT_DELETE, SUBSCRIPTION),
        Lock(LockLevel.READ_ONLY, REF.group_scope),
        a_lock("web-000001"),
        a_lock("web-000001"),
    ][::order]
    made = plan(a_fleet(0), observed([a_member()], locks=locks), Memory(), NOW)
    assert [one.detail for one in made.blocked] == ["ReadOnly on the resource group web-rg"]


def test_unknown_locks_stop_deletions() -> None:
    """Acceptance 3: when the locks could not be read, nothing is deleted, and everything wanted is told."""
    made = plan(a_fleet(1), observed(members_in({"1": 3}), locks=None), Memory(), NOW)
    words = "the locks could not be read"
    assert made.steps == ()
    assert [(one.reason, one.detail) for one in made.blocked] == [
        (Prevented.LOCKS_UNREADABLE, words)
    ] * 2
    assert made.notes[0] == "the locks could not be read: nothing may be deleted"


def test_unknown_locks_let_grow() -> None:
    """Unknown locks stop no creation: a lock that forbids it makes Azure refuse, and nothing is lost."""
    made = plan(a_fleet(2), observed(locks=None), Memory(), NOW)
    assert len(made.creates) == 2


def test_all_locked_deletes_nobody() -> None:
    """Acceptance 4: with every member locked no deletion is planned, and each missing one is told."""
    members = members_in({"1": 2, "2": 2})
    locks = [a_lock(member.name) for member in members]
    made = plan(a_fleet(1), observed(members, locks=locks), Memory(), NOW)
    assert (made.deletes, len(made.blocked)) == ((), 3)


def test_group_lock_is_one_note() -> None:
    """Acceptance 5: a lock on the resource group keeps all members, and one note says so for all."""
    lock = Lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
    made = plan(a_fleet(6), observed(members_in({"1": 6}), locks=[lock]), Memory(), NOW)
    words = (
        "web-000001, web-000002, web-000003 and 3 more are locked "
        "(CanNotDelete on the resource group web-rg): not needed for this plan"
    )
    assert [note for note in made.notes if "locked" in note] == [words]


def test_locked_nic_blocks() -> None:
    """Acceptance 6: a lock on a NIC alone keeps its VM, whose deletion would orphan the NIC."""
    lock = Lock(LockLevel.CAN_NOT_DELETE, f"{NETWORK}/networkInterfaces/web-000001-nic-1")
    made = plan(a_fleet(0), observed([a_member(1), a_member(2)], locks=[lock]), Memory(), NOW)
    assert made.victims == ("web-000002",)


@pytest.mark.parametrize(
    ("level", "scope", "found"),
    [
        (LockLevel.READ_ONLY, SUBSCRIPTION, True),
        (LockLevel.READ_ONLY, REF.group_scope.upper(), True),
        (LockLevel.READ_ONLY, REF.id, True),
        (LockLevel.READ_ONLY, VM, False),
        (LockLevel.READ_ONLY, f"{COMPUTE}/virtualMachineScaleSets/web2", False),
        (LockLevel.CAN_NOT_DELETE, REF.id, False),
    ],
)
def test_read_only_stops_creations(level: LockLevel, scope: str, found: bool) -> None:
    """A ReadOnly lock over the set refuses creations; one elsewhere or of another level does not."""
    lock = Lock(level, scope)
    assert (creation_lock(REF, (lock,)) is lock) == found
    made = plan(a_fleet(1), observed(locks=[lock]), Memory(), NOW)
    assert len(made.creates) == (0 if found else 1)


def test_read_only_is_worded() -> None:
    """A creation that a ReadOnly lock forbids is blocked with the place of the lock."""
    lock = Lock(LockLevel.READ_ONLY, REF.group_scope)
    made = plan(a_fleet(2), observed(locks=[lock]), Memory(), NOW)
    words = "ReadOnly on the resource group web-rg refuses creations"
    assert made.blocked == (Blocked(Prevented.LOCKED, words),) * 2


def test_read_only_makes_no_set() -> None:
    """Under a ReadOnly lock the missing set is not asked for in every pass, and the plan says why."""
    lock = Lock(LockLevel.READ_ONLY, REF.group_scope)
    made = plan(a_fleet(2), observed(exists=False, group=None, locks=[lock]), Memory(), NOW)
    assert (made.steps, len(made.blocked)) == ((), 2)


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        ("", "on "),
        ("/subscriptions/x/resourceGroups/y/providers/Microsoft.Web/sites/z", "on sites z"),
        ("/tenant", "on the scope tenant"),
    ],
)
def test_odd_scopes_have_words(scope: str, words: str) -> None:
    """A scope of an unknown form is shown as it is."""
    assert describe_scope(REF, scope) == words


def test_lock_between_plan_and_post() -> None:
    """Acceptance 2: a lock that appears after the plan takes its victim out of the batch, and only it."""
    fleet, members = a_fleet(1), members_in({"1": 3})
    made = plan(fleet, observed(members), Memory(), NOW)
    assert made.victims == ("web-000001", "web-000002")
    fresh = observed(members, locks=[a_lock("WEB-000001")])
    verdict = pacing.confirm_victims(fleet, made, fresh, made.victims, NOW)
    assert verdict.go == ("web-000002",)
    assert verdict.stay == {"web-000001": "CanNotDelete on the instance"}


def test_needless_lock_is_a_note() -> None:
    """A locked member that did not have to go is no obstacle: one note, nothing blocked."""
    made = plan(
        a_fleet(2), observed(members_in({"1": 2}), locks=[a_lock("web-000001")]), Memory(), NOW
    )
    assert made.blocked == ()
    assert "web-000001 is locked (CanNotDelete): not needed for this plan" in made.notes
