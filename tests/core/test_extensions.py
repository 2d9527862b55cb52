"""Extensions of members: which one is due, which one is waited for, and what is told of a failed one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core import guard, status
from controller.core.extensions import Stage, entries_of, read_standing
from controller.core.observed import Member, Memory
from controller.core.phase import Phase, classify
from controller.core.plan import plan
from controller.core.steps import Delete, Install, Plan, Prevented, Reason, Victim
from providers.base import (
    Extension,
    Failure,
    Lock,
    LockLevel,
    PowerState,
    ProvisioningState,
)
from tests.builders import (
    NOW,
    REF,
    TEMPLATE,
    a_fleet,
    a_member,
    a_pool,
    observed,
    with_extensions,
)

WISHING = with_extensions(TEMPLATE, "agent", "probe")
POOL = a_pool(1, template=WISHING)
FLEET = a_fleet(pools=(POOL,))
DONE = ProvisioningState.SUCCEEDED
AGENT, PROBE = Extension("agent", DONE), Extension("probe", DONE)
BROKEN = Extension("agent", ProvisioningState.FAILED, Failure("ExitCode", "it said 1"))


def having(*extensions: Extension, **over: Any) -> Member:
    """The member with these extensions."""
    return a_member(1, extensions=extensions, **over)


def planned(*members: Member, **over: Any) -> Plan:
    """A plan for the fleet with as many members as it wants, or as there are."""
    pool = replace(POOL, replicas=len(members))
    return plan(a_fleet(pools=(pool,)), observed(members, **over), Memory(), NOW)


@pytest.mark.parametrize(
    ("there", "stage", "extension"),
    [
        ((), Stage.DUE, "agent"),
        ((PROBE,), Stage.DUE, "agent"),
        ((AGENT,), Stage.DUE, "probe"),
        ((replace(AGENT, name="AGENT"),), Stage.DUE, "probe"),
        ((Extension("agent"),), Stage.DUE, "probe"),
        ((AGENT, PROBE), Stage.COMPLETE, ""),
        ((Extension("agent"), Extension("probe")), Stage.COMPLETE, ""),
        ((BROKEN,), Stage.FAILED, "agent"),
        ((replace(BROKEN, state=ProvisioningState.CANCELED),), Stage.FAILED, "agent"),
        ((AGENT, replace(BROKEN, name="probe")), Stage.FAILED, "probe"),
    ],
)
def test_next_waits_for_the_one_before(
    there: tuple[Extension, ...], stage: Stage, extension: str
) -> None:
    """The first extension that is not done decides; names ignore case, and one without a state is there."""
    standing = read_standing(POOL, having(*there))
    assert (standing.stage, standing.extension) == (stage, extension)


@pytest.mark.parametrize(
    "state", [ProvisioningState.CREATING, ProvisioningState.UPDATING, ProvisioningState.DELETING]
)
def test_one_under_way_is_waited_for(state: ProvisioningState) -> None:
    """While one is under way nothing is asked, the fleet is not at rest, and the next look comes soon."""
    made = planned(having(Extension("agent", state), provisioning_state=ProvisioningState.UPDATING))
    assert (made.steps, made.installing) == ((), ("web-000001",))
    assert made.notes == ("1 getting their extensions",)
    assert made.look_again_seconds == 15


def test_unknown_state_of_a_busy_member() -> None:
    """An extension whose state is not shown is under way as long as its member is being updated."""
    busy = having(AGENT, Extension("probe"), provisioning_state=ProvisioningState.UPDATING)
    assert read_standing(POOL, busy).stage is Stage.UNDER_WAY
    assert planned(busy).installing == ("web-000001",)


def test_step_says_why() -> None:
    """The step names member, extension and why; each member gets one at a time, by name."""
    other = a_member(2, "2", extensions=())
    made = planned(having(AGENT), other)
    assert made.steps == (
        Install(
            "web-000001",
            "probe",
            Reason.EXTENSION_MISSING,
            "it lacks probe, number 2 of 2 in its template",
        ),
        Install(
            "web-000002",
            "agent",
            Reason.EXTENSION_MISSING,
            "it lacks agent, number 1 of 2 in its template",
        ),
    )
    assert made.unchanged == 0


@pytest.mark.parametrize(
    "change",
    [
        {"extensions": None},
        {"provisioning_state": ProvisioningState.CREATING},
        {"provisioning_state": ProvisioningState.FAILED},
        {"power_state": PowerState.STOPPED},
        {"power_state": PowerState.UNKNOWN},
        {"owned": False},
    ],
)
def test_nothing_is_asked_of(change: dict[str, Any]) -> None:
    """No extension goes onto a member whose extensions are unknown, that is not up, or is not ours."""
    made = planned(a_member(1, **({"extensions": ()} | change)))
    assert made.installs == ()


def test_old_members_are_left_alone() -> None:
    """A member of an earlier template gets nothing of the present one; one without a fingerprint does."""
    old = replace(having(), fingerprint="v1:old")
    assert read_standing(POOL, old).stage is Stage.UNKNOWN
    assert read_standing(POOL, replace(old, fingerprint=None)).stage is Stage.DUE


def test_victims_get_nothing() -> None:
    """A member that goes in this plan gets no extension."""
    fleet = a_fleet(pools=(replace(POOL, replicas=1),))
    seen = observed([having(), a_member(2, "1", extensions=())])
    made = plan(fleet, seen, Memory(), NOW)
    assert [step.instance for step in made.installs] == [
        name for name in ("web-000001", "web-000002") if name not in made.victims
    ]


def test_failed_one_is_told_and_left() -> None:
    """A failed extension makes its member degraded; it is told with its code, and nothing is planned for it."""
    made = planned(having(BROKEN))
    assert classify(having(BROKEN).instance, NOW) is Phase.DEGRADED
    assert (made.steps, made.blocked) == ((), ())
    assert made.notes[0] == (
        "web-000001 running, though the last operation failed: counted, left alone"
    )
    assert made.notes[1] == (
        "web-000001: extension agent failed (ExitCode); it is not tried again until somebody "
        "removes the extension"
    )
    found = status.compute_status(FLEET, observed([having(BROKEN)]), made)
    assert (found.observed, found.ready, found.summary) == (1, 0, "NotReady")


def test_stopped_member_waits() -> None:
    """A member that is off and lacks extensions is told, not waited for."""
    made = planned(having(power_state=PowerState.DEALLOCATED))
    assert made.installing == ()
    assert made.notes[-1] == (
        "web-000001 lacks extensions, which are installed only on members that are up"
    )


@pytest.mark.parametrize(
    ("scope", "words"),
    [
        (REF.instance_id("web-000001"), "ReadOnly on the instance: agent has to wait"),
        (REF.group_scope, "ReadOnly on the resource group web-rg: agent has to wait"),
    ],
)
def test_read_only_lock_blocks(scope: str, words: str) -> None:
    """Under a ReadOnly lock Azure would refuse it in every pass: it is blocked, and says by what."""
    made = planned(having(), locks=(Lock(LockLevel.READ_ONLY, scope),))
    assert made.steps == ()
    (blocked,) = made.blocked
    assert (blocked.reason, blocked.detail, blocked.instance) == (
        Prevented.LOCKED,
        words,
        "web-000001",
    )


def test_other_locks_do_not_block() -> None:
    """A CanNotDelete lock, and locks that could not be read, do not stop an installation."""
    lock = Lock(LockLevel.CAN_NOT_DELETE, REF.instance_id("web-000001"))
    assert len(planned(having(), locks=(lock,)).installs) == 1
    assert len(planned(having(), locks=None).installs) == 1


def test_states_are_in_the_hash() -> None:
    """A plan made before an extension was done is another plan than one made after."""
    hashes = {planned(having(*some)).hash for some in ((), (AGENT,), (AGENT, PROBE), (BROKEN,))}
    assert len(hashes) == 4


def test_settings_are_in_no_step() -> None:
    """What the plan holds of an extension is its name: neither step nor plan shows its settings."""
    assert "level" in str(entries_of(POOL))
    assert "'level'" not in repr(planned(having()))


@pytest.mark.parametrize(
    ("step", "member", "rule"),
    [
        ({"extension": "other"}, having(), "which the spec does not have"),
        ({"instance": "web-000009"}, having(), "is not ours, or was not seen"),
        ({}, having(AGENT), "has it already"),
        ({}, a_member(1, extensions=None), "what it has is not known"),
        ({}, having(provisioning_state=ProvisioningState.UPDATING), "and is Updating"),
    ],
)
def test_guard_refuses(step: dict[str, Any], member: Member, rule: str) -> None:
    """The second opinion refuses an installation that no look supports."""
    made = planned(having())
    bad = replace(made, steps=(replace(made.installs[0], **step),))
    (violation,) = guard.check(FLEET, observed([member]), bad, NOW)
    assert violation.endswith(rule)


def test_guard_refuses_two_at_once() -> None:
    """Two extensions for one member in one plan, or one for a victim, are refused."""
    made = planned(having())
    twice = replace(made, steps=made.steps * 2)
    assert guard.check(FLEET, observed([having()]), twice, NOW) == (
        "web-000001 would get 2 extensions at once",
    )
    gone = Delete(Reason.FAILED_CREATE, (Victim("web-000001", "because"),), inferred=False)
    doomed = replace(made, steps=(gone, *made.steps))
    assert "web-000001 would get the extension agent and is about to be deleted" in guard.check(
        FLEET, observed([having()]), doomed, NOW
    )


def test_guard_sees_every_installation() -> None:
    """A member that was not seen does not hide what is wrong with the next one's installation."""
    made = planned(having())
    unseen = replace(made.installs[0], instance="web-000009")
    wrong = replace(made.installs[0], extension="other")
    bad = replace(made, steps=(unseen, wrong))
    assert guard.check(FLEET, observed([having()]), bad, NOW) == (
        "web-000009 would get the extension agent and is not ours, or was not seen",
        "web-000001 would get the extension other, which the spec does not have",
    )
