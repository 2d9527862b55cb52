"""Single processes asleep: what that stops, what it does not, and how it is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from controller.core import guard
from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.core.status import Truth, compute_status
from controller.core.steps import Plan, Prevented
from controller.spec.values import Fleet, Process, Suspension
from providers.base import PowerState, ProvisioningState
from tests.builders import NOW, a_fleet, a_member, members_in, observed

LATER = NOW + timedelta(hours=1)
LACKING, EXCESS = observed(members_in({"1": 1})), observed(members_in({"1": 4, "2": 4}))
FAILED = observed(
    [
        a_member(
            1,
            provisioning_state=ProvisioningState.FAILED,
            power_state=PowerState.UNKNOWN,
            created_at=NOW,
        )
    ]
)
NO_SET = observed(exists=False, group=None)


def asleep(*processes: str, until: datetime = LATER, replicas: int = 3) -> Fleet:
    """A fleet of which ana has put these processes to sleep."""
    rows = tuple(Suspension(Process(one), "ana", "the audit runs", until) for one in processes)
    return a_fleet(replicas, suspensions=rows)


def planned(fleet: Fleet, seen: Observed) -> Plan:
    made = plan(fleet, seen, Memory(), NOW)
    assert guard.check(fleet, seen, made, NOW) == ()
    return made


@pytest.mark.parametrize("seen", [LACKING, NO_SET])
def test_creations_sleep(seen: Observed) -> None:
    """Nobody is created, nor the set; each missing member is told with who suspends it and until when."""
    made = planned(asleep("create"), seen)
    missing = 3 - made.observed
    words = "creations are suspended by ana: the audit runs"
    assert made.steps == ()
    assert [(one.reason, one.detail, one.until) for one in made.blocked] == [
        (Prevented.SUSPENDED, words, LATER)
    ] * missing
    assert f"{words}, until 2026-11-21 13:00 UTC" in made.notes


def test_deletions_sleep() -> None:
    """Nobody is deleted for whatever reason; creations go on."""
    shrinking, broken = planned(asleep("delete"), EXCESS), planned(asleep("delete"), FAILED)
    assert (shrinking.victims, broken.victims) == ((), ())
    assert {(one.reason, one.until) for one in shrinking.blocked} == {(Prevented.SUSPENDED, LATER)}
    assert [one.instance for one in broken.blocked] == ["web-000001"]
    assert len(broken.creates) == 2
    assert not any("not needed for this plan" in note for note in shrinking.notes)


def test_creations_sleep_and_deletions_do_not() -> None:
    """A failed creation goes although its successor may not come."""
    made = planned(asleep("create"), FAILED)
    assert (made.victims, made.creates) == (("web-000001",), ())


@pytest.mark.parametrize(
    ("process", "seen", "words"),
    [("create", LACKING, "creations are"), ("delete", EXCESS, "deletions are")],
)
def test_over_is_awake(process: str, seen: Observed, words: str) -> None:
    """A suspension that is over stops nothing, and the notes ask for its removal."""
    made = planned(asleep(process, until=NOW), seen)
    assert (bool(made.steps), made.blocked) == (True, ())
    assert made.notes[0] == (
        f"a suspension by ana ended at 2026-11-21 12:00 UTC and counts no more: {words} awake again; "
        "take it out of the spec"
    )


@pytest.mark.parametrize("process", ["drift", "repair", "rebalance"])
def test_idle_processes_are_told(process: str) -> None:
    """Suspending what this version does not do changes no plan, and the notes say so."""
    made, bare = planned(asleep(process), EXCESS), planned(a_fleet(3), EXCESS)
    assert made.steps == bare.steps
    assert made.notes[0].endswith("nothing does that in this version anyway")


def test_guard_knows_sleepers() -> None:
    """The second opinion refuses what is suspended, whoever planned it."""
    growing, shrinking = planned(a_fleet(3), LACKING), planned(a_fleet(3), EXCESS)
    assert guard.check(asleep("create"), LACKING, growing, NOW) == (
        "members would be created, and creations are suspended",
    )
    assert guard.check(asleep("delete"), EXCESS, shrinking, NOW) == (
        "something would be deleted, and deletions are suspended",
    )


def test_condition_tells() -> None:
    """The condition Frozen says who suspends what; a fleet that is suspended whole says so, too."""
    fleet = asleep("create")
    status = compute_status(fleet, LACKING, planned(fleet, LACKING))
    frozen = next(one for one in status.conditions if one.type == "Frozen")
    assert (frozen.status, frozen.reason) == (Truth.TRUE, "Suspended")
    assert frozen.message == "creations are suspended by ana: the audit runs (and 1 more)"
    whole = replace(a_fleet(3), suspended=True)
    status = compute_status(whole, LACKING, planned(whole, LACKING))
    frozen = next(one for one in status.conditions if one.type == "Frozen")
    assert (frozen.status, frozen.reason) == (Truth.TRUE, "Suspended")
