"""Lists that come back short, or older than the one before, and look whole: nobody is created in their place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from controller.engine.outcome import Verb
from controller.engine.reconcile import run_pass
from providers.base import GroupRef, GroupSnapshot, LeftoverSearch
from providers.errors import Forbidden, OutcomeUnknown, ProviderError
from tests.shell.altered import AlteredProvider
from tests.shell.stage import all_passes, names, run, settled, web

if TYPE_CHECKING:
    from providers.simulated.provider import SimulatedProvider


def shortened(provider: SimulatedProvider, kept: int) -> AlteredProvider:
    """A provider whose lists show only the first members."""

    def alter(snapshot: GroupSnapshot, named: bool) -> GroupSnapshot:
        return snapshot if named else replace(snapshot, instances=snapshot.instances[:kept])

    return AlteredProvider(provider, alter)


@pytest.mark.parametrize("kept", [0, 2, 5])
def test_process_remembers_whom_it_saw(kept: int) -> None:
    """Members that a process has seen and that the list does not show any more are asked for by name."""
    provider = settled(web(6))
    clock = provider.region.clock
    first = run(run_pass(web(6), provider, clock))
    short = run(run_pass(web(6), shortened(provider, kept), clock, memory=first.memory))
    assert short.plan is not None
    assert names(short.outcomes, Verb.CREATE) == []
    assert short.memory.members == first.memory.members


@pytest.mark.parametrize("kept", [0, 2, 5])
def test_new_process_sees_their_disks(kept: int) -> None:
    """A process that has never seen the fleet finds the hidden members by their NICs and disks."""
    provider = settled(web(6))
    short = run(run_pass(web(6), shortened(provider, kept), provider.region.clock))
    assert short.plan is not None
    assert (short.plan.creates, short.plan.deletes) == ((), ())


@dataclass(eq=False)
class Blind(AlteredProvider):
    """Answers no search for NICs and disks."""

    error: ProviderError = field(default_factory=lambda: OutcomeUnknown("NoAnswer", "no answer"))

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Refuse the search, pass everything else on."""
        if leftovers is not None:
            raise self.error
        return await super().observe(ref, names)


def test_new_process_waits_when_blind() -> None:
    """A process that knows nothing and cannot search creates nobody, and looks again."""
    provider = settled(web(6))
    report = run(run_pass(web(6), Blind(shortened(provider, 2)), provider.region.clock))
    assert (report.plan, report.outcomes) == (None, ())
    assert isinstance(report.error, OutcomeUnknown)


def test_gone_members_are_replaced() -> None:
    """Members that are gone in truth are asked for once, and then replaced."""
    provider = settled(web(6))
    clock = provider.region.clock
    first = run(run_pass(web(6), provider, clock))
    provider.region.delete_members(web(6).ref, ["web-000002", "web-000005"])
    clock.advance(90)
    after = run(run_pass(web(6), provider, clock, memory=first.memory))
    assert names(after.outcomes, Verb.CREATE) == ["web-000007", "web-000008"]
    assert "web-000002" not in (after.memory.members or ())


def test_forbidden_search_is_no_obstacle() -> None:
    """An identity that may not list NICs and disks creates all the same."""
    provider = settled(web(6))
    provider.region.delete_members(web(6).ref, ["web-000002"])
    provider.region.clock.advance(90)
    blind = Blind(provider, error=Forbidden("AuthorizationFailed", "no"))
    report = run(run_pass(web(6), blind, provider.region.clock))
    assert names(report.outcomes, Verb.CREATE) == ["web-000007"]


def test_numbers_of_others_are_asked_for() -> None:
    """Members that another process has created since the last look are asked for before others are created."""
    provider = settled(web(3))
    clock = provider.region.clock
    before = run(run_pass(web(3), provider, clock))
    run(all_passes(web(6), provider))
    blind = Blind(shortened(provider, 2))
    after = run(run_pass(web(6), blind, clock, memory=before.memory))
    assert after.plan is not None
    assert (after.error, after.plan.creates) == (None, ())
    assert after.memory.members == tuple(f"web-{number:06d}" for number in range(1, 7))


def test_partial_looks_are_made_up_for() -> None:
    """A look that nobody needed to be whole does not count as one: when members lack, NICs and disks are searched."""
    provider = settled(web(6))
    clock = provider.region.clock
    content = run(run_pass(web(2), Blind(shortened(provider, 2)), clock))
    assert (content.error, content.outcomes) == (None, ())
    waiting = run(run_pass(web(6), Blind(shortened(provider, 2)), clock, memory=content.memory))
    assert (waiting.plan, waiting.outcomes) == (None, ())
    found = run(run_pass(web(6), shortened(provider, 2), clock, memory=content.memory))
    assert found.plan is not None
    assert found.plan.creates == ()


def test_unreadable_locks_hide_nobody() -> None:
    """NICs and disks show a new process the hidden members when the locks cannot be read, too."""
    provider = settled(web(6))

    def alter(snapshot: GroupSnapshot, named: bool) -> GroupSnapshot:
        shown = snapshot.instances if named else snapshot.instances[:2]
        return replace(snapshot, instances=shown, locks=None)

    report = run(run_pass(web(6), AlteredProvider(provider, alter), provider.region.clock))
    assert report.plan is not None
    assert report.plan.creates == ()
    assert report.observed is not None
    assert report.observed.leftovers is None


def test_blind_identity_asks_for_all_numbers() -> None:
    """A new process that may not list NICs and disks asks for every number by name instead."""
    provider = settled(web(6))
    blind = Blind(shortened(provider, 2), error=Forbidden("AuthorizationFailed", "no"))
    report = run(run_pass(web(6), blind, provider.region.clock))
    assert report.plan is not None
    assert (report.plan.creates, report.memory.settled) == ((), 7)


@dataclass(eq=False)
class Nameless(AlteredProvider):
    """Shows lists, and no member by its name."""

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Refuse to show members one by one."""
        if names:
            raise Forbidden("AuthorizationFailed", "no")
        return await super().observe(ref, names, leftovers)


def test_refused_names_are_not_gone() -> None:
    """A new process that may not ask for those whose disks it found does not take them for gone."""
    provider = settled(web(6))
    report = run(run_pass(web(6), Nameless(shortened(provider, 2)), provider.region.clock))
    assert (report.plan, report.outcomes) == (None, ())
    assert isinstance(report.error, Forbidden)
