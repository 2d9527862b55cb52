"""What passes tell: events of members, of plans, of answers and of conditions."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from controller.core.conditions import Stop, Told, conditions_after
from controller.core.eventlog import Event
from controller.core.status import Truth
from controller.engine.facts import facts_of, reason_of
from controller.engine.happenings import events_of, events_of_conditions
from controller.engine.look import ATTEMPTS
from controller.engine.report import Incident, PassReport
from controller.spec.values import Fleet
from providers import errors
from providers.base import LockLevel, PowerState, ProvisioningState
from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import Call, CallFailure
from tests.builders import NOW, REF
from tests.shell.stage import A_WHILE, a_provider, fail, one_pass, settled, web

DIGEST = "d" * 64
LEAF: dict[str, dict[str, Any]] = {"Throttled": {"until": NOW}, "QuotaExceeded": {"quota": "cores"}}


def short(events: tuple[Event, ...]) -> list[str]:
    """``Normal Created web-000001``, each with the number of times."""
    return [f"{one.type} {one.reason} {one.subject}" for one in events]


def passes(fleet: Fleet, provider: SimulatedProvider) -> tuple[PassReport, PassReport]:
    """A pass, and another a while later."""
    first = one_pass(fleet, provider)
    provider.region.clock.advance(A_WHILE)
    return first, one_pass(fleet, provider)


def told_of(report: PassReport, before: Told | None = None, freeze: Stop | None = None) -> Told:
    return conditions_after(before, facts_of(report, DIGEST, freeze=freeze), report.ended_at)


def test_birth_is_told() -> None:
    """A new fleet's first pass tells of the set and of each creation with its reason, the next that it is ready."""
    first, second = passes(web(2), a_provider())
    assert short(events_of(first)) == [
        "Normal SetCreated web",
        "Normal Created web-000001",
        "Normal Created web-000002",
    ]
    words = events_of(first)[1].message
    assert re.match(r"Regular Standard_D2s_v5 in zone \d; ScaleOut: zone \d holds", words)
    assert short(events_of(second, first)) == []
    before, after = told_of(first), told_of(second, told_of(first))
    assert short(events_of_conditions("web", before, after, second.ended_at)) == [
        "Normal Ready web"
    ]


def test_scale_in_is_told() -> None:
    """Deletions are told with their reason when they are sent, and as done when the members are gone."""
    provider = settled(web(3))
    first = one_pass(web(2), provider)
    (asked,) = events_of(first)
    assert (asked.reason, asked.warning) == ("Deleting", False)
    assert asked.message.startswith("ScaleIn: ")
    provider.region.clock.advance(A_WHILE)
    second = one_pass(web(2), provider)
    assert short(events_of(second, first)) == [f"Normal Deleted {asked.subject}"]


def test_disappearance_is_a_warning() -> None:
    """A member that goes without our asking is told as such, and its replacement as a creation."""
    provider = settled(web(2))
    first = one_pass(web(2), provider)
    provider.region.delete_one(REF, "web-000002")
    provider.region.clock.advance(A_WHILE)
    second = one_pass(web(2), provider)
    assert short(events_of(second, first)) == [
        "Warning Disappeared web-000002",
        "Normal Created web-000003",
    ]


def test_phases_are_told_once() -> None:
    """A member that stops or fails is told when that begins, and not again as long as it lasts."""
    provider = settled(web(2))
    first = one_pass(web(2), provider)
    assert first.observed is not None
    sick = replace(first.observed.members[0].instance, power_state=PowerState.STOPPED)
    broken = replace(
        first.observed.members[0].instance, provisioning_state=ProvisioningState.FAILED
    )
    reports = [first]
    for instance in (sick, sick, broken):
        member = replace(first.observed.members[0], instance=instance)
        seen = replace(first.observed, members=(member, *first.observed.members[1:]))
        reports.append(replace(first, observed=seen))
    found = [short(events_of(after, before)) for before, after in pairwise(reports)]
    assert found == [["Warning Stopped web-000001"], [], ["Warning Degraded web-000001"]]
    (back,) = events_of(first, reports[1])
    assert (back.reason, back.type) == ("Running", "Normal")


def test_refusals_are_told() -> None:
    """What the platform refuses is a warning in one word, with its own text; a conflict is none."""
    fault = fail(Call.CREATE, CallFailure.FORBIDDEN)
    report = one_pass(web(1), a_provider(fault))
    assert short(events_of(report))[-1] == "Warning Forbidden web-000001"
    assert told_of(report).condition("Stalled").reason == "Forbidden"
    sent = next(one for one in report.outcomes if one.verb == "create")
    locked = replace(sent, error=errors.Locked("ScopeLocked", "no"))
    report = replace(report, outcomes=(locked,))
    assert short(events_of(report)) == ["Warning Locked web-000001"]
    assert told_of(report).condition("Locked").status is Truth.TRUE
    conflict = replace(report.outcomes[-1], error=errors.Conflict("Exists", "there"))
    assert short(events_of(replace(report, outcomes=(conflict,)))) == []


def test_blocked_and_approval_are_told() -> None:
    """What is wanted and prevented is told in the plan's words, and so is what waits for a yes."""
    provider = settled(web(20))
    report = one_pass(web(2), provider, dry_run=True)
    (asked,) = events_of(report)
    assert (asked.reason, "approve it with the token" in asked.message) == ("Approval", True)
    provider.region.add_lock(LockLevel.CAN_NOT_DELETE, REF.group_scope)
    report = one_pass(web(19), provider, dry_run=True)
    assert {one.reason for one in events_of(report)} == {"Locked"}


def test_blind_passes_are_told() -> None:
    """A look that fails, a guard's refusal and a mistake of our own are told of the fleet."""
    fault = fail(Call.OBSERVE, CallFailure.TRANSIENT, times=ATTEMPTS)
    report = one_pass(web(1), a_provider(fault))
    assert short(events_of(report)) == ["Warning Unreachable web"]
    assert told_of(report).condition("Ready").status is Truth.UNKNOWN
    assert told_of(report).condition("Stalled").status is Truth.FALSE
    wrong = replace(report, error=None, incident=Incident("1", "a mistake", ""), violations=("no",))
    assert short(events_of(wrong)) == ["Warning GuardRefused web", "Warning InternalError web"]
    assert told_of(wrong).condition("Stalled").reason == "GuardRefused"


def test_freezing_and_thawing_are_told() -> None:
    """A freeze is told when it begins and when it ends, and another spec when it comes into force."""
    report = one_pass(web(1), settled(web(1)), dry_run=True)
    well = told_of(report)
    held = told_of(report, well, Stop("SpecVanished", "nobody names it any more"))
    found = events_of_conditions("web", well, held, NOW)
    assert short(found) == ["Warning Stalled web", "Warning Frozen web"]
    assert found[1].message == "SpecVanished: nobody names it any more"
    again = conditions_after(held, facts_of(report, "e" * 64), NOW + timedelta(1))
    assert short(events_of_conditions("web", held, again, NOW)) == [
        "Normal Thawed web",
        "Normal SpecAccepted web",
    ]


@pytest.mark.parametrize(
    "kind",
    [
        one
        for one in vars(errors).values()
        if isinstance(one, type)
        and issubclass(one, errors.ProviderError)
        and not one.__subclasses__()
    ],
)
def test_every_error_has_a_word(kind: type[errors.ProviderError]) -> None:
    """Each leaf of the tree of errors is told in a word of its own, but for conflicts and what is simply refused."""
    error = kind("Code", "text", **LEAF.get(kind.__name__, {}))
    refused = kind.__name__ in {"Rejected", "Conflict"}
    assert (reason_of(error) == "Refused") is refused
