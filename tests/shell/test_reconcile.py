"""One pass and its report: what it says, and that nothing gets out of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from controller.core.observed import Memory
from controller.core.steps import Approval, Blocked, Prevented
from controller.engine.outcome import Verb, accepted, not_sent, refused
from controller.engine.reconcile import carry_out, reconcile_once, run_pass
from controller.engine.report import Incident, PassReport, Verdict
from providers.base import GroupRef
from providers.errors import (
    Conflict,
    Forbidden,
    Locked,
    NoCapacity,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    QuotaExceeded,
    Rejected,
    Throttled,
    Transient,
)
from providers.simulated.scenario import Call, CallFailure, CallFault
from tests.builders import NOW, REF, SUBSCRIPTION
from tests.crash import live_members
from tests.shell.altered import AlteredProvider
from tests.shell.stage import a_provider, one_pass, run, settled, told, web

if TYPE_CHECKING:
    from controller.spec.values import Fleet
    from providers.base import GroupSnapshot
    from providers.errors import ProviderError

QUIET = one_pass(web(2), settled(web(2)))
BUSY = one_pass(web(5), settled(web(2)), dry_run=True)


def failed_look(error: ProviderError) -> PassReport:
    """A report of a pass that saw nothing."""
    return PassReport("web", 1, NOW, 30, error=error)


def acted(*errors: ProviderError) -> PassReport:
    """A report of a pass in which each of these errors met one creation."""
    return replace(QUIET, outcomes=tuple(refused(Verb.CREATE, "web-000003", e) for e in errors))


BLOCK = Blocked(Prevented.LOCKED, "CanNotDelete on the instance", "web-000001")
QUIET_PLAN, BUSY_PLAN = QUIET.plan, BUSY.plan
assert QUIET_PLAN is not None
assert BUSY_PLAN is not None
ASKED = Approval("abc", "40 of 50", given=False)
VERDICTS = [
    (QUIET, Verdict.NOTHING),
    (BUSY, Verdict.CHANGES),
    (replace(QUIET, outcomes=(accepted(Verb.SETTLE, None, ""),)), Verdict.CHANGES),
    (replace(QUIET, outcomes=(not_sent(Verb.SETTLE, None, ""),)), Verdict.NOTHING),
    (replace(QUIET, plan=replace(QUIET_PLAN, blocked=(BLOCK,))), Verdict.BLOCKED),
    (replace(BUSY, plan=replace(BUSY_PLAN, blocked=(BLOCK,))), Verdict.BLOCKED),
    (replace(BUSY, plan=replace(BUSY_PLAN, approval=ASKED)), Verdict.BLOCKED),
    (replace(BUSY, plan=replace(BUSY_PLAN, approval=replace(ASKED, given=True))), Verdict.CHANGES),
    (replace(QUIET, violations=("a rule",)), Verdict.FAILED),
    (replace(QUIET, incident=Incident("1", "a mistake", "")), Verdict.FAILED),
    (failed_look(Transient("a", "b")), Verdict.UNREACHABLE),
    (failed_look(OutcomeUnknown("a", "b")), Verdict.UNREACHABLE),
    (failed_look(Forbidden("a", "b")), Verdict.UNREACHABLE),
    (failed_look(Throttled("a", "b", until=NOW)), Verdict.THROTTLED),
    (failed_look(NotFound("a", "b")), Verdict.FAILED),
    (failed_look(Rejected("a", "b")), Verdict.FAILED),
    (failed_look(Locked("a", "b")), Verdict.FAILED),
    (acted(Conflict("a", "b")), Verdict.CHANGES),
    (acted(NoCapacity("a", "b")), Verdict.BLOCKED),
    (acted(NotOffered("a", "b")), Verdict.BLOCKED),
    (acted(QuotaExceeded("a", "b", quota="q")), Verdict.BLOCKED),
    (acted(Locked("a", "b")), Verdict.BLOCKED),
    (acted(Transient("a", "b")), Verdict.UNREACHABLE),
    (acted(OutcomeUnknown("a", "b")), Verdict.UNREACHABLE),
    (acted(Throttled("a", "b", until=NOW)), Verdict.THROTTLED),
    (acted(Rejected("a", "b")), Verdict.FAILED),
    (acted(NotFound("a", "b")), Verdict.FAILED),
    (acted(Forbidden("a", "b")), Verdict.FAILED),
    (acted(NoCapacity("a", "b"), Throttled("a", "b", until=NOW)), Verdict.THROTTLED),
    (acted(Throttled("a", "b", until=NOW), Rejected("a", "b")), Verdict.FAILED),
]


@pytest.mark.parametrize(("report", "verdict"), VERDICTS)
def test_verdict_is_the_worst(report: PassReport, verdict: Verdict) -> None:
    """The verdict of a pass is the worst thing that happened in it."""
    assert report.verdict is verdict


@pytest.mark.parametrize(
    ("report", "settled_now", "converged"),
    [
        (QUIET, True, True),
        (BUSY, False, False),
        (replace(QUIET, plan=replace(QUIET_PLAN, blocked=(BLOCK,))), True, False),
        (replace(QUIET, plan=replace(QUIET_PLAN, creating=("web-000001",))), False, False),
        (replace(QUIET, plan=replace(QUIET_PLAN, leaving=("web-000001",))), False, False),
        (replace(QUIET, outcomes=(accepted(Verb.SETTLE, None, ""),)), False, False),
        (replace(QUIET, violations=("a rule",)), False, False),
        (failed_look(Transient("a", "b")), False, False),
    ],
)
def test_converged_means_nothing_left(
    report: PassReport, settled_now: bool, converged: bool
) -> None:
    """A fleet has converged when there is no step, nothing under way, and nothing prevented."""
    assert (report.settled, report.converged) == (settled_now, converged)


def test_trouble_is_told_in_sentences() -> None:
    """Refusals, broken rules and a failed look are told; a lost race is not trouble."""
    report = replace(
        acted(Rejected("Bad", "no such size"), Conflict("Precondition", "it exists")),
        violations=("two at once",),
    )
    assert report.trouble == (
        "the plan would break a safety rule: two at once",
        "web-000003: Bad: no such size",
    )
    assert failed_look(NotFound("Gone", "no group")).trouble == ("Gone: no group",)


def broken(_: GroupSnapshot, by_name: bool) -> GroupSnapshot:
    """A mistake in this program, as if it were a provider's."""
    raise AttributeError(f"'NoneType' object has no attribute 'x' {by_name}")


def test_own_mistake_is_an_incident() -> None:
    """A mistake of our own ends in the report, with an id that finds it and no traceback in words."""
    provider = settled(web(2))
    report = run(run_pass(web(3), AlteredProvider(provider, broken), provider.region.clock))
    again = run(run_pass(web(3), AlteredProvider(provider, broken), provider.region.clock))
    assert report.incident is not None
    assert report.incident.id in report.incident.sentence
    assert "Traceback" not in report.incident.sentence
    assert "AttributeError" in report.incident.trace
    assert again.incident == report.incident


def test_throttled_look_says_when() -> None:
    """A throttled look names the time of the next one."""
    provider = settled(web(2), CallFault(Call.OBSERVE, CallFailure.THROTTLED, retry_after=900))
    report = one_pass(web(2), provider)
    assert (report.verdict, report.look_again_seconds) == (Verdict.THROTTLED, 900)


def named(name: str, replicas: int = 2) -> Fleet:
    """A fleet in a resource group of its own."""
    return web(replicas, name=name, ref=GroupRef(SUBSCRIPTION, f"{name}-rg", name, "westeurope"))


def test_fleets_do_not_disturb_each_other() -> None:
    """One fleet's failure is in its own report, and the reports are in the order of the fleets."""
    fleets = [named(f"fleet{index}") for index in range(20)]
    provider = a_provider()

    def alter(snapshot: GroupSnapshot, _: bool) -> GroupSnapshot:
        turns.append(1)
        if len(turns) == 5:
            raise ValueError("a mistake of our own")
        return snapshot

    turns: list[int] = []
    reports = run(reconcile_once(fleets, AlteredProvider(provider, alter), provider.region.clock))
    assert [report.fleet for report in reports] == [fleet.name for fleet in fleets]
    assert sum(report.incident is not None for report in reports) == 1
    assert sum(len(live_members(provider.region, fleet.ref)) for fleet in fleets) == 38


def test_dry_run_can_be_carried_out() -> None:
    """What a dry run planned can be carried out, and it is exactly that plan."""
    provider = settled(web(2))
    planned = one_pass(web(4), provider, dry_run=True)
    done = run(carry_out(web(4), planned, provider, provider.region.clock))
    assert told(done.outcomes) == ["reserve +", "create web-000003 +", "create web-000004 +"]
    assert (done.plan, done.dry_run) == (planned.plan, False)
    assert len(live_members(provider.region, REF)) == 4


def test_nothing_planned_nothing_done() -> None:
    """Without a plan there is nothing to carry out."""
    provider = settled(web(2))
    before = provider.region.world.changes
    done = run(carry_out(web(4), failed_look(Transient("a", "b")), provider, provider.region.clock))
    assert done.outcomes == ()
    assert provider.region.world.changes == before


def test_memory_goes_from_pass_to_pass() -> None:
    """The overshoot freeze is remembered by the report for the next pass."""
    provider = settled(web(8))
    first = one_pass(web(2, approval=None), provider)
    assert first.memory.overshoot_frozen
    assert not QUIET.memory.overshoot_frozen
    assert QUIET.memory == Memory(members=("web-000001", "web-000002"), settled=3)
