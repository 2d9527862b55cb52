"""How members are deleted, and everything that keeps them from it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest

from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from controller.engine.requests import instance_request
from controller.spec.values import DeletionMode
from providers.base import GroupRequest, LockLevel, PowerOperation
from providers.simulated import events
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    DeleteUnderLock,
    ForeignEdit,
)
from tests.builders import REF
from tests.crash import live_members
from tests.shell.altered import AlteredProvider
from tests.shell.stage import (
    A_WHILE,
    all_passes,
    fail,
    names,
    one_pass,
    run,
    set_tags,
    settled,
    told,
    web,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.core.steps import Plan
    from controller.spec.values import Fleet
    from providers.base import GroupSnapshot
    from providers.simulated.provider import SimulatedProvider


def after_the_plan(
    provider: SimulatedProvider, happens: Callable[[GroupSnapshot], GroupSnapshot]
) -> AlteredProvider:
    """A provider whose looks by name are altered, from the last one before a deletion on.

    A pass that deletes looks three times: at the list, at each member by name, and at the victims.
    """
    looks = count(1)

    def alter(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
        return happens(snapshot) if next(looks) >= 3 else snapshot

    return AlteredProvider(provider, alter)


def before_the_request(provider: SimulatedProvider, happens: Callable[[], None]) -> AlteredProvider:
    """A provider behind which something happens once the plan's looks are over."""
    looks = count(1)

    def alter(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
        if next(looks) == 2:
            happens()
        return snapshot

    return AlteredProvider(provider, alter)


def plan_of(fleet: Fleet, provider: SimulatedProvider) -> Plan:
    """What would be done now."""
    made = one_pass(fleet, provider, dry_run=True).plan
    assert made is not None
    return made


def planned_victims(fleet: Fleet, provider: SimulatedProvider) -> tuple[str, ...]:
    """Who would go now."""
    return plan_of(fleet, provider).victims


def test_scale_in_is_one_batch() -> None:
    """All victims of a small scale-in go in one request."""
    provider = settled(web(6))
    report = one_pass(web(3), provider)
    assert len(names(report.outcomes, Verb.DELETE)) == 3
    assert report.outcomes[0].sentence.endswith("is being deleted")
    assert len(live_members(provider.region, REF)) == 3


def test_late_lock_keeps_its_victim() -> None:
    """A lock that appears between the plan and the request saves its instance, and only that one."""
    provider = settled(web(6))
    spared, *others = planned_victims(web(3), provider)

    def lock() -> None:
        provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(spared))

    report = run(run_pass(web(3), before_the_request(provider, lock), provider.region.clock))
    assert told(report.outcomes) == [f"delete {spared} ."] + [f"delete {name} +" for name in others]
    assert spared in live_members(provider.region, REF)


def test_late_departure_stops_the_batch() -> None:
    """A victim that leaves between the plan and the request shows that somebody else deletes, too."""
    provider = settled(web(6))
    first, *_ = planned_victims(web(3), provider)
    going = before_the_request(provider, lambda: provider.region.delete_one(REF, first))
    report = run(run_pass(web(3), going, provider.region.clock))
    assert names(report.outcomes, Verb.DELETE) == []
    assert report.outcomes[0].sentence.startswith(f"{first} is already being deleted")
    assert len(live_members(provider.region, REF)) == 5


def test_vanished_victim_stops_the_batch() -> None:
    """A victim that is gone at the last look shows that the plan counted members that are gone."""
    provider = settled(web(6))
    first, *_ = planned_victims(web(3), provider)
    without = after_the_plan(
        provider,
        lambda shot: replace(
            shot, instances=tuple(found for found in shot.instances if found.name != first)
        ),
    )
    report = run(run_pass(web(3), without, provider.region.clock))
    assert names(report.outcomes, Verb.DELETE) == []
    assert "which is gone" in report.outcomes[0].sentence


def test_unreadable_locks_stop_deleting() -> None:
    """When the locks cannot be read at the last look, nobody goes."""
    provider = settled(web(6))
    blind = after_the_plan(provider, lambda shot: replace(shot, locks=None))
    report = run(run_pass(web(3), blind, provider.region.clock))
    assert names(report.outcomes, Verb.DELETE) == []
    assert {one.sentence.partition(" stays: ")[2] for one in report.outcomes} == {
        "the locks could not be read"
    }
    assert len(live_members(provider.region, REF)) == 6


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (CallFailure.FORBIDDEN, Verdict.FAILED),
        (CallFailure.TRANSIENT, Verdict.UNREACHABLE),
        (CallFailure.THROTTLED, Verdict.THROTTLED),
    ],
)
def test_failed_last_look_stops_deleting(error: CallFailure, verdict: Verdict) -> None:
    """When the last look fails for good, nobody goes."""
    blind = CallFault(Call.OBSERVE, error, skip=2, times=9, retry_after=100.0)
    provider = settled(web(6), blind)
    report = one_pass(web(3), provider)
    assert [line.split()[2] for line in told(report.outcomes)] == ["-"] * 3
    assert report.verdict is verdict
    assert len(live_members(provider.region, REF)) == 6


@pytest.mark.parametrize("deletion", list(DeletionMode))
def test_deletion_under_lock_is_left(deletion: DeletionMode) -> None:
    """A locked member stays, whether Azure would have refused its deletion or not."""
    provider = settled(web(6), delete_under_lock=DeleteUnderLock.ALLOW)
    for name in live_members(provider.region, REF)[:2]:
        provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(name))
    fleet = web(1, deletion=deletion)
    done = run(all_passes(fleet, provider))
    assert live_members(provider.region, REF) == ("web-000001", "web-000002")
    assert done.end.value == "blocked"


def test_second_batch_waits() -> None:
    """A second batch is not sent while the first one runs, because it would cut it short."""
    fleet = web(5, approval="x")
    provider = settled(web(60))
    approved = replace(fleet, approval=_token(fleet, provider))
    first = one_pass(approved, provider)
    assert len(names(first.outcomes, Verb.DELETE)) == 50
    second = one_pass(approved, provider)
    assert names(second.outcomes, Verb.DELETE) == []
    run(all_passes(approved, provider))
    assert len(live_members(provider.region, REF)) == 5


def _token(fleet: Fleet, provider: SimulatedProvider) -> str:
    approval = plan_of(fleet, provider).approval
    assert approval is not None
    return approval.token


def test_large_deletion_waits_for_approval() -> None:
    """Without approval a large scale-in is planned, told, and not carried out."""
    provider = settled(web(40))
    report = one_pass(web(10), provider)
    assert report.outcomes == ()
    assert report.awaits_approval
    assert report.verdict is Verdict.BLOCKED
    assert len(live_members(provider.region, REF)) == 40


def test_stale_list_deletes_nobody() -> None:
    """While the list still shows members that are gone, nobody else goes in their stead."""
    provider = settled(web(6), list_lag=300.0)
    one_pass(web(3), provider)
    provider.region.clock.advance(A_WHILE)
    report = one_pass(web(3), provider)
    assert report.plan is not None
    assert (report.plan.observed, report.outcomes) == (3, ())


def test_lag_and_lock_do_not_add_up() -> None:
    """A lock that moves the choice to other members while the list lags costs no member too many."""
    provider = settled(web(6), list_lag=300.0)
    gone = names(one_pass(web(3), provider).outcomes, Verb.DELETE)
    provider.region.clock.advance(A_WHILE)
    provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(gone[0]))
    one_pass(web(3), provider)
    provider.region.clock.advance(A_WHILE)
    assert len(live_members(provider.region, REF)) == 3


def test_no_tag_write_during_batch() -> None:
    """New numbers wait until a running batch deletion has ended: reserving them would cut it short."""
    provider = settled(web(6))
    going = names(one_pass(web(3), provider).outcomes, Verb.DELETE)
    report = one_pass(web(8), provider)
    assert told(report.outcomes) == ["reserve ."] + [f"create web-{n:06d} ." for n in range(7, 12)]
    provider.region.clock.advance(A_WHILE)
    assert not set(going) & set(live_members(provider.region, REF))
    run(all_passes(web(8), provider))
    assert len(live_members(provider.region, REF)) == 8


def test_preempted_batch_is_planned_anew() -> None:
    """When somebody else's write cuts a batch short, what is left of it is planned and deleted again."""
    provider = settled(web(6))
    one_pass(web(2), provider)
    record = provider.region.world.sets[REF.id.lower()]
    foreign = GroupRequest(record.zones, record.fault_domain_count, {**record.tags, "team": "x"})
    provider.region.put_set(REF, foreign, etag=record.shown_etag)
    assert len(live_members(provider.region, REF)) == 6
    run(all_passes(web(2), provider))
    assert len(live_members(provider.region, REF)) == 2
    assert set_tags(provider)["team"] == "x"


@pytest.mark.parametrize("applied", [True, False])
def test_lost_deletion_is_looked_up(applied: bool) -> None:
    """A deletion without an answer is not repeated in its pass, and nobody else goes for it later."""
    lost = fail(Call.DELETE, CallFailure.OUTCOME_UNKNOWN, applied=applied)
    provider = settled(web(6), lost)
    report = one_pass(web(4), provider)
    assert [line.split()[2:] for line in told(report.outcomes)] == [["-", "GatewayTimeout"]] * 2
    run(all_passes(web(4), provider))
    assert len(live_members(provider.region, REF)) == 4


@pytest.mark.parametrize("deletion", [DeletionMode.BATCH, DeletionMode.SINGLE])
def test_lost_deletion_takes_nobody_else(deletion: DeletionMode) -> None:
    """A member whose deletion may still arrive is asked again, though another would be chosen by now."""
    call = Call.DELETE if deletion is DeletionMode.BATCH else Call.OPERATE
    provider = settled(web(6), fail(call, CallFailure.OUTCOME_UNKNOWN))
    fleet = web(5, deletion=deletion)
    (asked,) = planned_victims(fleet, provider)
    lost = one_pass(fleet, provider)
    assert told(lost.outcomes) == [f"delete {asked} - GatewayTimeout"]
    idle = next(name for name in live_members(provider.region, REF) if name != asked)
    off = ForeignEdit(0, idle, operation=PowerOperation.POWER_OFF)
    events.apply(provider.region.world, off, provider.region.clock.elapsed)
    assert planned_victims(fleet, provider) == (idle,)
    again = run(run_pass(fleet, provider, provider.region.clock, memory=lost.memory))
    assert told(again.outcomes) == [f"delete {asked} +"]


def test_single_deletion_goes_one_by_one() -> None:
    """Under ``deletion: Single`` each member has a DELETE of its own, and one refusal stops no other."""
    lost = fail(Call.OPERATE, CallFailure.TRANSIENT, skip=1)
    provider = settled(web(6), lost)
    report = one_pass(web(3, deletion=DeletionMode.SINGLE), provider)
    assert [line.split()[2] for line in told(report.outcomes)] == ["+", "-", "+"]
    provider.region.clock.advance(A_WHILE)
    assert set(live_members(provider.region, REF)).isdisjoint(names(report.outcomes, Verb.DELETE))


def test_single_deletion_leaves_locks_to_azure() -> None:
    """Under ``deletion: Single`` ARM refuses even a lock that appeared after the last look."""
    provider = settled(web(6))
    spared, *others = planned_victims(web(3), provider)

    def lock_at_last(snapshot: GroupSnapshot) -> GroupSnapshot:
        provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(spared))
        return snapshot

    late = after_the_plan(provider, lock_at_last)
    report = run(run_pass(web(3, deletion=DeletionMode.SINGLE), late, provider.region.clock))
    assert told(report.outcomes) == [f"delete {spared} - ScopeLocked"] + [
        f"delete {name} +" for name in others
    ]
    assert report.verdict is Verdict.BLOCKED


def test_single_deletions_look_each_time() -> None:
    """Under ``deletion: Single`` a lock that comes before the first DELETE saves all that come after it."""
    provider = settled(web(6))
    first, *others = planned_victims(web(3), provider)

    def lock_the_others(snapshot: GroupSnapshot) -> GroupSnapshot:
        for name in others:
            provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.instance_id(name))
        return snapshot

    late = after_the_plan(provider, lock_the_others)
    report = run(run_pass(web(3, deletion=DeletionMode.SINGLE), late, provider.region.clock))
    assert told(report.outcomes) == [f"delete {first} +"] + [f"delete {name} ." for name in others]


@pytest.mark.parametrize(
    ("deletion", "call"),
    [(DeletionMode.BATCH, Call.DELETE), (DeletionMode.SINGLE, Call.OPERATE)],
)
def test_throttled_deletion_ends_the_pass(deletion: DeletionMode, call: Call) -> None:
    """A throttled deletion is not tried again, and nothing is sent after it."""
    provider = settled(web(6), fail(call, CallFailure.THROTTLED, retry_after=50.0))
    report = one_pass(web(3, deletion=deletion), provider)
    assert [line.split()[2:] for line in told(report.outcomes)] == [["-", "TooManyRequests"]] * 3
    assert (report.verdict, report.look_again_seconds) == (Verdict.THROTTLED, 50)
    assert provider.region.world.faults.calls == [1]


def test_foreign_deletion_is_not_cut_short() -> None:
    """While somebody else's VM in the set is being deleted, our batch waits: it could be a batch, too."""
    provider = settled(web(4))
    foreign = instance_request(web(1), plan_of(web(5), provider).creates[0])
    provider.region.create(REF, replace(foreign, name="theirs", tags={}))
    provider.region.clock.advance(A_WHILE)
    provider.region.delete_members(REF, ["theirs"])
    report = one_pass(web(2), provider)
    assert [line.split()[2] for line in told(report.outcomes)] == [".", "."]
    run(all_passes(web(2), provider))
    assert len(live_members(provider.region, REF)) == 2
    assert "theirs" not in {found.name for found in provider.region.world.roster.members(REF)}
