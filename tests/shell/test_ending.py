"""The end of a fleet as it is carried out: the mark, the last looks, the set, and its clock."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from controller.core import tags
from controller.engine.converge import End
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from controller.spec.values import DeletionPolicy
from providers.base import Lock, LockLevel
from providers.simulated.scenario import Call, CallFailure
from tests.builders import REF
from tests.crash import live_members
from tests.shell.altered import AlteredProvider
from tests.shell.stage import (
    all_passes,
    fail,
    one_pass,
    run,
    set_tags,
    settled,
    told,
    web,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import GroupSnapshot, Provider
    from providers.simulated.provider import SimulatedProvider


def ended(replicas: int = 3, **over: Any) -> Fleet:
    """The fleet ``web`` with a tombstone for a spec."""
    fleet = web(replicas, absent=True, deletion_policy=DeletionPolicy.DELETE, **over)
    return replace(fleet, spec_digest="e" * 64)


def unmarked(snapshot: GroupSnapshot, by_name: bool) -> GroupSnapshot:
    """By the last look somebody has taken the tombstone off the set."""
    if not by_name or snapshot.group is None:
        return snapshot
    kept = {name: value for name, value in snapshot.group.tags.items() if name != tags.TOMBSTONE}
    return replace(snapshot, group=replace(snapshot.group, tags=kept))


def locked(snapshot: GroupSnapshot, by_name: bool) -> GroupSnapshot:
    """By the last look somebody has locked the resource group."""
    lock = Lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
    return replace(snapshot, locks=(lock,)) if by_name else snapshot


def exists(provider: SimulatedProvider) -> bool:
    return provider.region.observe(REF).group is not None


def test_the_whole_way() -> None:
    """Passes on one clock mark the set, wait for the hold, empty it and delete it, in one call."""
    provider = settled(web(3))
    began = provider.region.clock.now
    done = run(all_passes(ended(), provider))
    assert (done.end, done.reports[0].verdict) == (End.CONVERGED, Verdict.NOTHING)
    assert (live_members(provider.region, REF), exists(provider)) == ((), False)
    assert (provider.region.clock.now - began).total_seconds() >= 600


def test_short_patience_ends_blocked() -> None:
    """A timeout shorter than the hold ends as blocked at once, with everybody there."""
    provider = settled(web(3))
    done = run(all_passes(ended(), provider, timeout_seconds=300))
    assert (done.end, done.reports[0].verdict) == (End.BLOCKED, Verdict.BLOCKED)
    assert len(live_members(provider.region, REF)) == 3
    assert tags.TOMBSTONE in set_tags(provider)


def test_mark_is_written_once() -> None:
    """A second pass within the hold writes nothing, and the mark keeps its time."""
    provider = settled(web(3))
    assert told(one_pass(ended(), provider).outcomes) == ["mark +"]
    first = set_tags(provider)[tags.TOMBSTONE]
    provider.region.clock.advance(60)
    assert one_pass(ended(), provider).outcomes == ()
    assert set_tags(provider)[tags.TOMBSTONE] == first
    assert first.endswith(f";{'e' * 16}")


def test_mark_goes_with_the_wish() -> None:
    """Present again takes the mark away; the same tombstone later waits its full time."""
    provider = settled(web(3))
    one_pass(ended(), provider)
    provider.region.clock.advance(300)
    assert told(one_pass(web(3), provider).outcomes) == ["mark +"]
    assert tags.TOMBSTONE not in set_tags(provider)
    provider.region.clock.advance(600)
    one_pass(ended(), provider)
    assert len(live_members(provider.region, REF)) == 3


def test_refused_mark_begins_nothing() -> None:
    """A mark that could not be written counts for nothing: the hold begins with the one that is."""
    provider = settled(web(3), fail(Call.PUT_GROUP, CallFailure.FORBIDDEN))
    report = one_pass(ended(), provider)
    assert told(report.outcomes) == ["mark - AuthorizationFailed"]
    assert tags.TOMBSTONE not in set_tags(provider)


def a_pass(fleet: Fleet, provider: Provider, region: SimulatedProvider) -> PassReport:
    """One pass through another provider, on the region's clock."""
    return run(run_pass(fleet, provider, region.region.clock))


def due(provider: SimulatedProvider, fleet: Fleet) -> None:
    """Mark the set and let the hold pass."""
    one_pass(fleet, provider)
    provider.region.clock.advance(601)


@pytest.mark.parametrize("alter", [unmarked, locked])
def test_last_look_keeps_members(alter: Callable[[GroupSnapshot, bool], GroupSnapshot]) -> None:
    """A mark taken away, or a lock set, between plan and deletion keeps everybody."""
    provider = settled(web(3))
    due(provider, ended())
    report = a_pass(ended(), AlteredProvider(provider, alter), provider)
    assert not any(one.accepted for one in report.outcomes)
    assert len(live_members(provider.region, REF)) == 3


@pytest.mark.parametrize("alter", [unmarked, locked])
def test_last_look_keeps_the_set(alter: Callable[[GroupSnapshot, bool], GroupSnapshot]) -> None:
    """A mark taken away, or a lock set, between plan and deletion keeps the empty set."""
    provider = settled(web(0))
    due(provider, ended(0))
    report = a_pass(ended(0), AlteredProvider(provider, alter), provider)
    assert told(report.outcomes) == ["deleteSet ."]
    assert exists(provider)
