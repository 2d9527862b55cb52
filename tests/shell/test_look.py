"""One look: patient with reads that fail, and never content with half an answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controller.core import tags
from controller.core.observed import Memory, Scarce
from controller.engine.look import ATTEMPTS, Look, look, recall
from providers.base import Group, Priority
from providers.errors import CallError, Forbidden, Throttled, Transient
from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.builders import D2S, NOW, REF, a_group, a_member, observed
from tests.shell.altered import AlteredProvider
from tests.shell.stage import carry_out, one_pass, run, settled, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from providers.base import GroupSnapshot
    from providers.simulated.provider import SimulatedProvider


def look_at(provider: SimulatedProvider, alter: AlteredProvider | None = None) -> Look:
    """Look at the fleet ``web`` on the region's clock."""
    return run(look(web(), alter or provider, provider.region.clock))


def a_fault(
    error: CallFailure, times: int = 1, call: Call = Call.OBSERVE, wait: float = 30
) -> CallFault:
    """A read that fails so often."""
    return CallFault(call, error, times=times, retry_after=wait)


def test_look_shows_the_fleet() -> None:
    """A look has the set, its members, its locks, its serial numbers and the catalogue."""
    seen = look_at(settled(web(3))).observed
    assert [member.name for member in seen.members] == ["web-000001", "web-000002", "web-000003"]
    assert (seen.exists, seen.locks) == (True, ())
    assert seen.serials is not None
    assert (seen.serials.floor, seen.serials.next) == (4, 4)
    assert seen.catalog is not None


def test_open_numbers_are_asked_by_name() -> None:
    """Members that the list does not show yet are found by their reserved names."""
    provider = settled(web(2), list_lag=60.0)
    carry_out(web(4), provider)
    seen = look_at(provider).observed
    assert {member.name: member.listed for member in seen.members} == {
        "web-000001": True,
        "web-000002": True,
        "web-000003": False,
        "web-000004": False,
    }


@pytest.mark.parametrize("call", [Call.OBSERVE, Call.CATALOG])
@pytest.mark.parametrize(
    ("error", "times", "seconds"),
    [
        (CallFailure.TRANSIENT, 1, 1),
        (CallFailure.SERVER_ERROR, 3, 7),
        (CallFailure.OUTCOME_UNKNOWN, 2, 3),
        (CallFailure.THROTTLED, 1, 30),
        (CallFailure.THROTTLED, 2, 60),
    ],
)
def test_failed_reads_are_repeated(
    call: Call, error: CallFailure, times: int, seconds: int
) -> None:
    """A read that fails is tried again after 1, 2, 4 seconds, or when the provider says."""
    provider = settled(web(2), a_fault(error, times, call))
    before = provider.region.clock.now
    assert len(look_at(provider).observed.members) == 2
    assert provider.region.clock.now - before == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("fault", "raised", "seconds"),
    [
        (a_fault(CallFailure.TRANSIENT, ATTEMPTS), Transient, 7),
        (a_fault(CallFailure.THROTTLED, wait=61), Throttled, 0),
        (a_fault(CallFailure.FORBIDDEN), Forbidden, 0),
    ],
)
def test_looking_has_an_end(fault: CallFault, raised: type[Exception], seconds: int) -> None:
    """A look gives up after four attempts, and at once where waiting is too long or cannot help."""
    provider = settled(web(2), fault)
    before = provider.region.clock.now
    with pytest.raises(raised):
        look_at(provider)
    assert provider.region.clock.now - before == timedelta(seconds=seconds)


def _short(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
    return replace(snapshot, complete=False)


def _torn(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
    return replace(snapshot, instances=snapshot.instances * 2)


def _headless(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
    return replace(snapshot, group=None)


@pytest.mark.parametrize("alter", [_short, _torn, _headless])
def test_half_a_list_is_refused(alter: Callable[[GroupSnapshot, bool], GroupSnapshot]) -> None:
    """A list that is short, that names a member twice, or that has no set above it, is no list."""
    provider = settled(web(2))
    with pytest.raises(CallError, match=r"list|shown"):
        look_at(provider, AlteredProvider(provider, alter))


@pytest.mark.parametrize("error", list(CallFailure))
def test_blind_pass_changes_nothing(error: CallFailure) -> None:
    """A pass that cannot see sends nothing, whatever its spec says."""
    provider = settled(web(4), a_fault(error, 9, wait=300))
    before = provider.region.world.roster.members(REF), dict(provider.region.world.sets)
    report = one_pass(web(9), provider)
    assert report.error is not None
    assert (provider.region.world.roster.members(REF), provider.region.world.sets) == before
    assert provider.region.world.faults.calls != [0]


def test_scarcity_is_recalled() -> None:
    """What the set's tag remembers is added to what this process knows; what is over is forgotten."""
    end = format(int((NOW + timedelta(minutes=5)).timestamp()), "x")
    group: Group = replace(a_group(), tags={tags.SCARCITY: f"2/D2s_v5/R/N/{end}"})
    gone = Scarce("1", D2S, Priority.SPOT, NOW, "SkuNotAvailable")
    known = recall(observed((a_member(1),), group=group), Memory((gone,)), NOW)
    assert [(one.zone, one.size, one.priority) for one in known.scarcity] == [
        ("2", D2S, Priority.REGULAR)
    ]
