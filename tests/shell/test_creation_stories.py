"""How members are created, and what each refusal does to the rest of the pass."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import tags
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.serials import LATE_REQUEST
from controller.engine.execute import execute
from controller.engine.look import look
from controller.engine.outcome import Verb, Work
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from controller.engine.requests import instance_request
from controller.spec.values import ScaleIn, SizeChoice
from providers.base import LockLevel
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CreationFault,
    CreationOutcome,
)
from tests.builders import D2AS, D2S, REF
from tests.crash import live_members
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
    from controller.engine.execute import Execution


def test_lost_answer_is_looked_up() -> None:
    """A creation without an answer is neither repeated in its pass nor made twice later."""
    lost = fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, skip=1, applied=True)
    provider = settled(web(2), lost)
    report = one_pass(web(5), provider)
    assert told(report.outcomes) == [
        "reserve +",
        "create web-000003 +",
        "create web-000004 - GatewayTimeout",
        "create web-000005 +",
    ]
    run(all_passes(web(5), provider))
    assert live_members(provider.region, REF) == tuple(f"web-00000{n}" for n in range(1, 6))


def test_unsent_creation_keeps_its_name() -> None:
    """A creation that never arrived is tried again under the same name, after the set says so."""
    provider = settled(web(2), fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN))
    one_pass(web(3), provider)
    assert told(one_pass(web(3), provider).outcomes) == ["reserve +", "create web-000003 +"]
    assert tags.RETRIED_AT in set_tags(provider)


def test_second_request_needs_its_note() -> None:
    """When the note of a second request could not be written, the request is not sent."""
    lost = fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN)
    provider = settled(web(2), lost, fail(Call.PUT_GROUP, CallFailure.TRANSIENT, skip=1))
    one_pass(web(3), provider)
    assert told(one_pass(web(3), provider).outcomes) == [
        "reserve - ServiceUnavailable",
        "create web-000003 .",
    ]


def test_refused_creation_needs_no_note() -> None:
    """A creation whose refusal was heard is tried again by its process at once, and its number closes when it is seen."""
    provider = settled(web(2), fail(Call.CREATE, CallFailure.TRANSIENT))
    first = one_pass(web(3), provider)
    again = run(run_pass(web(3), provider, provider.region.clock, memory=first.memory))
    assert told(again.outcomes) == ["create web-000003 +"]
    run(all_passes(web(3), provider))
    assert set_tags(provider)[tags.SERIALS] == "4/4"


def test_late_request_revives_nobody() -> None:
    """The first of two requests arrives when somebody has deleted what the second made: one member, never two."""
    provider = settled(web(2), fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN))
    region, clock = provider.region, provider.region.clock
    first = one_pass(web(3), provider)
    assert first.plan is not None
    (step,) = first.plan.creates
    memory = run(run_pass(web(3), provider, clock, memory=first.memory)).memory
    clock.advance(60)
    memory = run(run_pass(web(3), provider, clock, memory=memory)).memory
    region.delete_members(REF, [step.instance])
    memory = run(run_pass(web(3), provider, clock, memory=memory)).memory
    clock.advance(A_WHILE)
    region.create(REF, instance_request(web(3), step))
    report = run(run_pass(web(3), provider, clock, memory=memory))
    assert names(report.outcomes, Verb.CREATE) == []
    assert live_members(region, REF) == ("web-000001", "web-000002", "web-000003")


def test_number_of_twins_closes_in_time() -> None:
    """Ten minutes after a second request its number is closed, the note taken away, and its member may go."""
    provider = settled(web(2), fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN))
    one_pass(web(3), provider)
    run(all_passes(web(3), provider))
    fleet = web(2, scale_in=ScaleIn(remove=("web-000003",)))
    early = one_pass(fleet, provider)
    assert names(early.outcomes, Verb.DELETE) != ["web-000003"]
    assert set_tags(provider)[tags.SERIALS] == "3/4"
    provider.region.clock.advance(LATE_REQUEST.total_seconds())
    one_pass(web(2), provider)
    written = set_tags(provider)
    assert (written[tags.SERIALS], tags.RETRIED_AT in written) == ("4/4", False)


def test_throttling_ends_the_pass() -> None:
    """Once the provider throttles, nothing more is sent, and the next look waits as long as it says."""
    slow = fail(Call.CREATE, CallFailure.THROTTLED, skip=2, retry_after=120.0)
    provider = settled(web(2), slow)
    report = one_pass(web(7), provider)
    assert told(report.outcomes) == [
        "reserve +",
        "create web-000003 +",
        "create web-000004 +",
        "create web-000005 - TooManyRequests",
        "create web-000006 .",
        "create web-000007 .",
    ]
    assert (report.verdict, report.look_again_seconds) == (Verdict.THROTTLED, 120)


def test_refused_offering_is_not_asked_again() -> None:
    """After one refusal of a size the same pass does not ask for it again, and the next one plans anew."""
    fleet = web(4, sizes=(SizeChoice(D2S, 0), SizeChoice(D2AS, 1)))
    provider = a_provider(quotas={"standardDSv5Family": 0})
    hidden = AlteredProvider(provider, quotas=False)
    report = run(run_pass(fleet, hidden, provider.region.clock))
    assert told(report.outcomes)[1:] == [
        "create web-000001 - OperationNotAllowed",
        "create web-000002 .",
        "create web-000003 .",
        "create web-000004 .",
        "settle +",
    ]
    assert report.verdict is Verdict.BLOCKED
    run(all_passes(fleet, provider))
    assert {found.size for found in provider.region.world.roster.members(REF)} == {D2AS}


def test_refused_numbers_are_burnt() -> None:
    """When every creation was surely not done, the numbers are closed and never used again."""
    provider = settled(web(2), CallFault(Call.CREATE, CallFailure.FORBIDDEN, times=1))
    report = one_pass(web(3), provider)
    assert told(report.outcomes) == [
        "reserve +",
        "create web-000003 - AuthorizationFailed",
        "settle +",
    ]
    assert set_tags(provider)[tags.SERIALS] == "4/4"
    assert names(one_pass(web(3), provider).outcomes, Verb.CREATE) == ["web-000004"]


def test_wrong_template_costs_one_request() -> None:
    """What the platform rejects once is not sent for the other members of the pool."""
    report = one_pass(web(4, sizes=(SizeChoice("Standard_D2s_v99", 0),)), a_provider())
    assert told(report.outcomes)[1:] == [
        "create web-000001 - InvalidParameter",
        "create web-000002 .",
        "create web-000003 .",
        "create web-000004 .",
    ]
    assert report.verdict is Verdict.FAILED
    assert "Standard_D2s_v99 is not available" in report.trouble[0]


def test_late_failure_is_learned() -> None:
    """A creation that fails after it was accepted teaches which zone to leave out for an hour."""
    fault = CreationFault(CreationOutcome.ALLOCATION_FAILED, times=9, zone="2")
    provider = a_provider(creations=(fault,))
    done = run(all_passes(web(3), provider))
    zones = sorted(str(found.zone) for found in provider.region.world.roster.members(REF))
    assert zones in (["1", "1", "3"], ["1", "3", "3"])
    assert "2/D2s_v5/*/Z+" in set_tags(provider)[tags.SCARCITY]
    assert done.reports[0].plan is not None


def test_existing_name_is_looked_up() -> None:
    """A name that exists already is no failure: an earlier request has arrived."""
    provider = settled(web(2))

    async def story() -> Execution:
        clock = provider.region.clock
        seen = await look(web(3), provider, clock)
        made = plan(web(3), seen.observed, seen.memory, seen.observed.observed_at)
        work = Work(web(3), seen.observed, made, provider, clock)
        await execute(work, Memory())
        group = (await provider.observe(REF)).group
        late = replace(work, observed=replace(seen.observed, group=group))
        return await execute(late, Memory())

    done = run(story())
    assert told(done.outcomes) == ["reserve +", "create web-000003 - PreconditionFailed"]
    assert done.outcomes[1].sentence == "web-000003 exists already; the next look shows it"
    assert len(live_members(provider.region, REF)) == 3


def test_lock_on_group_stops_creating() -> None:
    """A ReadOnly lock that appears after the look costs one request."""
    provider = settled(web(2))
    one_pass(web(2), provider)
    locked = AlteredProvider(provider, lambda snapshot, _: replace(snapshot, locks=()))
    provider.region.add_lock(LockLevel.READ_ONLY, f"{REF.group_scope}")
    report = run(run_pass(web(5), locked, provider.region.clock))
    assert told(report.outcomes)[0] == "reserve - ScopeLocked"
    assert names(report.outcomes, Verb.CREATE) == []
    assert report.verdict is Verdict.BLOCKED


def test_replacement_waits_for_deletion() -> None:
    """When the deletion of a shell fails, its replacement waits: there is never one member too many."""
    broken = CreationFault(CreationOutcome.ALLOCATION_FAILED, times=2)
    refusal = CallFault(Call.DELETE, CallFailure.TRANSIENT)
    provider = a_provider(refusal, creations=(broken,))
    one_pass(web(3), provider)
    provider.region.clock.advance(A_WHILE)
    report = one_pass(web(3), provider)
    assert report.plan is not None
    assert (len(report.plan.victims), len(report.plan.creates)) == (2, 2)
    assert names(report.outcomes, Verb.DELETE) + names(report.outcomes, Verb.CREATE) == []
    assert len(live_members(provider.region, REF)) == 3
    run(all_passes(web(3), provider, timeout_seconds=4 * 3600))
    assert len(live_members(provider.region, REF)) == 3


def test_number_with_a_twin_stays_open() -> None:
    """A retry that is refused does not close its number while the first request may still arrive."""
    lost = fail(Call.CREATE, CallFailure.OUTCOME_UNKNOWN)
    refusal = fail(Call.CREATE, CallFailure.FORBIDDEN, skip=1)
    provider = settled(web(2), lost, refusal)
    one_pass(web(3), provider)
    report = one_pass(web(3), provider)
    assert told(report.outcomes) == ["reserve +", "create web-000003 - AuthorizationFailed"]
    assert set_tags(provider)[tags.SERIALS] == "3/4"


def test_throttling_stops_writing_too() -> None:
    """What was learned before the provider throttled is written by a later pass."""
    slow = fail(Call.CREATE, CallFailure.THROTTLED, skip=2)
    provider = settled(web(2), slow, quotas={"standardDSv5Family": 6})
    hidden = AlteredProvider(provider, quotas=False)
    report = run(run_pass(web(5), hidden, provider.region.clock))
    assert told(report.outcomes) == [
        "reserve +",
        "create web-000003 +",
        "create web-000004 - OperationNotAllowed",
        "create web-000005 - TooManyRequests",
    ]
