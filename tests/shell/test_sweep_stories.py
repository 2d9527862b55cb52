"""Leftovers from the first sighting to the deletion: searched seldom, marked, looked at again, deleted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from controller.core import tags
from controller.core.observed import Memory
from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from providers.base import LockLevel, TagChange
from providers.errors import Transient
from providers.simulated.scenario import Call, CallFailure, DeletionFault
from tests.builders import REF
from tests.shell.altered import AlteredProvider
from tests.shell.stage import (
    A_WHILE,
    carry_out,
    fail,
    names,
    one_pass,
    run,
    settled,
    told,
    web,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.engine.report import PassReport
    from providers.base import GroupRef, GroupSnapshot, Leftover, LeftoverSearch
    from providers.simulated.provider import SimulatedProvider

HALF_AN_HOUR = 1800.0
NIC = f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/web-000001-nic"


@dataclass(eq=False, kw_only=True)
class Searching(AlteredProvider):
    """Notes every search for leftovers; ``broken``: none is answered."""

    searches: list[LeftoverSearch] = field(default_factory=list)
    broken: bool = False

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Note the search and pass on."""
        if leftovers is not None:
            self.searches.append(leftovers)
            if self.broken:
                raise Transient("ServerError", "not now")
        return await super().observe(ref, names, leftovers)


def after_losses() -> SimulatedProvider:
    """A fleet of two that has lost two members, whose NICs and disks have stayed and are not marked."""
    provider = settled(web(4), deletions=(DeletionFault(times=2),))
    assert len(names(one_pass(web(2), provider).outcomes, Verb.DELETE)) == 2
    provider.region.clock.advance(A_WHILE)
    return provider


def left(provider: SimulatedProvider) -> list[str]:
    """What lies about, by the beginnings of its names."""
    found = provider.region.leftovers(REF)
    return sorted(one.id.rpartition("/")[2].partition("_OsDisk")[0] for one in found)


def marked(provider: SimulatedProvider) -> int:
    """How many of it are marked."""
    return sum(tags.LEFT_OVER in one.tags for one in provider.region.leftovers(REF))


def due() -> SimulatedProvider:
    """The same, marked half an hour ago."""
    provider = after_losses()
    one_pass(web(2), provider)
    assert marked(provider) == 4
    provider.region.clock.advance(HALF_AN_HOUR)
    return provider


def passes(provider: SimulatedProvider, count: int) -> list[PassReport]:
    """So many passes, each of a process that knows nothing."""
    return [one_pass(web(2), provider) for _ in range(count)]


def test_leftovers_are_marked_then_deleted() -> None:
    """Every NIC and disk is marked at once, and half an hour later they go, one in each pass."""
    provider = after_losses()
    assert left(provider) == ["web-000001", "web-000001-nic", "web-000003", "web-000003-nic"]
    one_pass(web(2), provider)
    assert (marked(provider), len(left(provider))) == (4, 4)
    assert passes(provider, 1)[0].converged
    provider.region.clock.advance(HALF_AN_HOUR)
    counts = []
    for _ in range(4):
        one_pass(web(2), provider)
        counts.append(len(left(provider)))
    assert counts == [3, 2, 1, 0]
    assert passes(provider, 1)[0].converged


def test_dry_run_touches_no_leftover() -> None:
    """A dry run shows the sweep and sends nothing."""
    provider = after_losses()
    report = one_pass(web(2), provider, dry_run=True)
    assert report.plan is not None
    assert (len(report.plan.sweeps), marked(provider)) == (4, 0)


def _used(one: Leftover) -> Leftover:
    return replace(one, used_by="/subscriptions/s/vm")


def _back(one: Leftover) -> Leftover:
    return replace(one, owner_exists=True)


def _held(one: Leftover) -> Leftover:
    return replace(one, tags={**one.tags, tags.HOLD: "owner=ana"})


def _unmarked(one: Leftover) -> Leftover:
    return replace(one, tags={})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_used, "has it"),
        (_back, "web-000001 exists"),
        (_held, "held by ana"),
        (_unmarked, "for 30 minutes"),
    ],
)
def test_last_look_saves_a_leftover(change: Callable[[Leftover], Leftover], words: str) -> None:
    """What the look right before the deletion shows in use, held or unmarked stays, and says why."""

    def alter(snapshot: GroupSnapshot, _named: bool) -> GroupSnapshot:
        shown = snapshot.leftovers
        return replace(snapshot, leftovers=None if shown is None else tuple(map(change, shown)))

    provider = due()
    done = carry_out(web(2), provider, AlteredProvider(provider, alter))
    assert [one.accepted for one in done.outcomes] == [False]
    assert words in done.outcomes[0].sentence
    assert len(left(provider)) == 4


def test_lock_of_the_last_moment_saves_it() -> None:
    """A lock that was set after the plan, and locks that cannot be read any more, keep the leftover."""
    provider = due()

    def lock(snapshot: GroupSnapshot, _named: bool) -> GroupSnapshot:
        provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
        return replace(snapshot, locks=provider.region.observe(REF).locks)

    def blind(snapshot: GroupSnapshot, _named: bool) -> GroupSnapshot:
        return replace(snapshot, locks=None)

    for alter, words in ((blind, "locks could not be read"), (lock, "locked (CanNotDelete)")):
        done = carry_out(web(2), provider, AlteredProvider(provider, alter))
        assert words in done.outcomes[0].sentence
    assert len(left(provider)) == 4


def test_leftover_gone_meanwhile_is_no_error() -> None:
    """What somebody else has deleted in the meantime is left out without an error."""
    provider = due()

    def empty(snapshot: GroupSnapshot, _named: bool) -> GroupSnapshot:
        return replace(snapshot, leftovers=() if snapshot.leftovers is not None else None)

    done = carry_out(web(2), provider, AlteredProvider(provider, empty))
    assert "gone already" in done.outcomes[0].sentence


def test_refused_sweep_disturbs_nobody() -> None:
    """A sweep that fails ends in its own outcome; the others are sent."""
    provider = after_losses()
    fault = fail(Call.SWEEP, CallFailure.TRANSIENT, instance="web-000001-nic")
    provider.region.use(replace(provider.region.scenario, failures=(fault,)))
    report = one_pass(web(2), provider)
    assert len([one for one in report.outcomes if one.error is not None]) == 1
    assert len(names(report.outcomes, Verb.SWEEP)) == 3
    assert marked(provider) == 3


def test_throttled_sweep_ends_the_pass() -> None:
    """After a throttled sweep nothing more is sent in the pass."""
    provider = after_losses()
    fault = fail(Call.SWEEP, CallFailure.THROTTLED)
    provider.region.use(replace(provider.region.scenario, failures=(fault,)))
    report = one_pass(web(2), provider)
    assert told(report.outcomes)[0].endswith("TooManyRequests")
    assert (names(report.outcomes, Verb.SWEEP), marked(provider)) == ([], 0)
    assert len(report.outcomes) == 4


def test_process_searches_every_ten_minutes() -> None:
    """One process lists leftovers once in ten minutes; its passes in between do without."""
    provider = after_losses()
    searching, clock = Searching(provider), provider.region.clock
    memory = Memory()
    counts = []
    for seconds in (0, 300, 299, 1):
        clock.advance(seconds)
        report = run(run_pass(web(2), searching, clock, memory=memory))
        memory = report.memory
        counts.append(sum(bool(one.prefix) for one in searching.searches))
    assert counts == [1, 1, 1, 2]


def test_whole_fleet_is_not_searched() -> None:
    """A fleet that has lost nobody is not searched at all: a pass with nothing to do costs no listing."""
    provider = settled(web(4))
    searching = Searching(provider)
    assert run(run_pass(web(4), searching, provider.region.clock)).converged
    assert searching.searches == []


def test_failing_search_stops_nothing() -> None:
    """A search that fails sweeps nothing, and the pass goes on as if nobody had looked."""
    provider = after_losses()
    searching, clock = Searching(provider, broken=True), provider.region.clock
    report = run(run_pass(web(3), searching, clock, memory=Memory(members=(), settled=1)))
    assert len(names(report.outcomes, Verb.CREATE)) == 1
    assert report.observed is not None
    assert (report.observed.leftovers, marked(provider)) == (None, 0)


def test_crash_between_mark_and_deletion_costs_time() -> None:
    """A new process reads the mark off the leftover itself, and goes on from there."""
    provider = due()
    provider.region.sweep(NIC, TagChange({tags.LEFT_OVER: None}))
    passes(provider, 4)
    assert left(provider) == ["web-000001-nic"]
    assert marked(provider) == 1
