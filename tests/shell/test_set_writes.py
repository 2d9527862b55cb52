"""Writes of the scale set: its creation, the reservation of numbers, what a pass settles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.core import tags
from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from providers.base import ProvisioningState
from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
)
from tests.builders import REF
from tests.crash import Watch, live_members
from tests.shell.altered import AlteredProvider
from tests.shell.stage import (
    A_WHILE,
    a_provider,
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
    from providers.base import GroupSnapshot


def test_missing_set_is_made_first() -> None:
    """A set that is missing is created, waited for and filled in one pass."""
    provider = a_provider()
    report = one_pass(web(3), provider)
    assert told(report.outcomes) == [
        "ensureSet +",
        "create web-000001 +",
        "create web-000002 +",
        "create web-000003 +",
    ]
    assert set_tags(provider)[tags.SERIALS] == "1/4"
    assert provider.region.world.sets[REF.id.lower()].state is ProvisioningState.SUCCEEDED


def test_empty_fleet_gets_its_set() -> None:
    """A fleet of no members has a set all the same, with its owner's mark."""
    provider = a_provider()
    assert told(one_pass(web(0), provider).outcomes) == ["ensureSet +"]
    assert set_tags(provider)[tags.SERIALS] == "1/1"
    assert tags.owned(REF, set_tags(provider))


def test_numbers_are_reserved_first() -> None:
    """Numbers are reserved in the set's tag before the first member is asked for."""
    provider = settled(web(2), CallFault(Call.CREATE, CallFailure.TRANSIENT, times=9))
    report = one_pass(web(5), provider)
    assert told(report.outcomes)[:2] == ["reserve +", "create web-000003 - ServiceUnavailable"]
    assert set_tags(provider)[tags.SERIALS] == "3/6"


def test_lost_reservation_stops_creating() -> None:
    """Who loses the race for the tag creates nothing and looks again."""
    provider = settled(web(2))

    def outrun(snapshot: GroupSnapshot, by_name: bool) -> GroupSnapshot:
        if not by_name and snapshot.group is not None:
            stale = replace(snapshot.group, etag='"0"')
            return replace(snapshot, group=stale)
        return snapshot

    between = AlteredProvider(provider, outrun)
    report = run(run_pass(web(5), between, provider.region.clock))
    assert told(report.outcomes) == ["reserve - PreconditionFailed"]
    assert len(live_members(provider.region, REF)) == 2
    assert report.verdict is Verdict.CHANGES


@pytest.mark.parametrize(
    ("error", "applied", "serials"),
    [
        (CallFailure.OUTCOME_UNKNOWN, True, "3/5"),
        (CallFailure.OUTCOME_UNKNOWN, False, "3/3"),
        (CallFailure.TRANSIENT, False, "3/3"),
        (CallFailure.FORBIDDEN, False, "3/3"),
    ],
)
def test_failed_reservation_creates_nothing(
    error: CallFailure, applied: bool, serials: str
) -> None:
    """Without a reservation that is certain no member is asked for; the next process makes it good."""
    provider = settled(web(2), fail(Call.PUT_GROUP, error, applied=applied))
    report = one_pass(web(4), provider)
    assert names(report.outcomes, Verb.CREATE) == []
    assert set_tags(provider)[tags.SERIALS] == serials
    run(all_passes(web(4), provider))
    assert live_members(provider.region, REF) == tuple(f"web-00000{n}" for n in (1, 2, 3, 4))


def test_settled_numbers_are_closed() -> None:
    """When all members have been seen the window closes, and the pass after that does nothing."""
    provider = settled(web(3))
    assert set_tags(provider)[tags.SERIALS] == "4/4"
    assert one_pass(web(3), provider).outcomes == ()


def test_conflict_while_settling_is_harmless() -> None:
    """Losing the race for the closing write is no failure: the next pass closes."""
    provider = a_provider()
    one_pass(web(2), provider)
    provider.region.clock.advance(A_WHILE)

    def outrun(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
        group = snapshot.group
        return replace(snapshot, group=replace(group, etag='"0"')) if group else snapshot

    report = run(run_pass(web(2), AlteredProvider(provider, outrun), provider.region.clock))
    assert told(report.outcomes) == ["settle ."]
    assert report.verdict is Verdict.NOTHING
    assert told(one_pass(web(2), provider).outcomes) == ["settle +"]


def test_deleted_name_is_never_used_again() -> None:
    """The number of a shell is closed before the shell goes, so that no later member gets its name.

    Here the numbers of the second creations are still open when they turn out to be shells, because
    closing them had to wait for the batch deletion of the first ones.
    """
    region = a_provider(capacity=(CapacityLimit(instances=0, until=1800.0),)).region
    watch = Watch(REF)
    provider = SimulatedProvider(region, on_change=watch)
    run(all_passes(web(2), provider, timeout_seconds=3 * 3600))
    assert watch.reused == set()
    assert live_members(region, REF) == ("web-000005", "web-000006")


def test_unclosed_number_keeps_its_member() -> None:
    """A member whose number cannot be closed first is not deleted."""
    provider = a_provider(capacity=(CapacityLimit(instances=0),))
    one_pass(web(2), provider)
    provider.region.clock.advance(A_WHILE)

    def outrun(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
        group = snapshot.group
        return replace(snapshot, group=replace(group, etag='"0"')) if group else snapshot

    between = AlteredProvider(provider, outrun)
    report = run(run_pass(web(0), between, provider.region.clock))
    assert told(report.outcomes)[:3] == ["settle .", "delete web-000001 .", "delete web-000002 ."]
    assert len(live_members(provider.region, REF)) == 2
