"""Conditions over time: when they change, which spec they speak of, what is Unknown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.conditions import (
    TYPES,
    PassFacts,
    Stop,
    Told,
    changed,
    conditions_after,
    stop_of,
    wish_of,
)
from controller.core.observed import Member, Memory
from controller.core.plan import plan
from controller.core.standings import Freeze, FreezeReason, Standing
from controller.core.status import Status, Truth, compute_status
from tests.builders import NOW, a_fleet, a_lock, members_in, observed

EVEN = {"1": 2, "2": 2, "3": 2}
LATER = NOW + timedelta(minutes=5)
LATEST = NOW + timedelta(minutes=10)
DIGEST, OTHER = "a" * 64, "b" * 64
BROKEN = Stop("SpecBroken", "web.yaml:7: replicas must be a number")


def status(replicas: int = 6, members: tuple[Member, ...] | None = None, **look: Any) -> Status:
    fleet = a_fleet(replicas)
    seen = replace(observed(members_in(EVEN) if members is None else members), **look)
    return compute_status(fleet, seen, plan(fleet, seen, Memory(), NOW))


def well(**over: Any) -> PassFacts:
    return replace(PassFacts(DIGEST, status=status()), **over)


def short(told: Told, *names: str) -> list[str]:
    """``Ready=True AsDesired`` for each of the names."""
    found = [told.condition(name) for name in names]
    return [f"{one.type}={one.status} {one.reason}" for one in found]


def test_all_conditions_from_the_start() -> None:
    """A fleet has every condition from its first pass on, in one order, each with a time and a generation."""
    told = conditions_after(None, well(), NOW)
    assert tuple(one.type for one in told.conditions) == TYPES
    assert {(one.since, one.generation) for one in told.conditions} == {(NOW, 1)}
    assert all(one.reason and one.message for one in told.conditions)


def test_first_look_still_to_come() -> None:
    """Before the first look everything that only a look can tell is Unknown."""
    told = conditions_after(None, PassFacts(DIGEST), NOW)
    unknown = {one.type for one in told.conditions if one.status is Truth.UNKNOWN}
    assert unknown == set(TYPES) - {"Stalled", "SpecValid", "Throttled"}
    ready, stalled = told.condition("Ready"), told.condition("Stalled")
    assert (ready.reason, ready.message) == ("NotLookedYet", "no look has been made yet")
    words = "it is tried again without anybody's help"
    assert (stalled.status, stalled.reason, stalled.message) == (Truth.FALSE, "Moving", words)


def test_fleet_without_spec_is_not_called_wrong() -> None:
    """As long as no spec of a fleet is known it is Unknown whether it is valid, and nothing is wished."""
    told = conditions_after(None, PassFacts(), NOW).condition("SpecValid")
    words = "no spec of this fleet is known"
    assert (told.status, told.reason, told.message) == (Truth.UNKNOWN, "NoSpec", words)
    unread = Freeze(FreezeReason.NOT_READ_YET, "because")
    assert wish_of(Standing("k", "web", "/specs", None, unread, "content:1", NOW)) == ""


def test_platform_that_answers_throttles_nobody() -> None:
    """As long as no answer asks for patience the fleet is not Throttled, and that is said."""
    told = conditions_after(None, well(), NOW).condition("Throttled")
    words = "no request was put off"
    assert (told.status, told.reason, told.message) == (Truth.FALSE, "Clear", words)


def test_time_changes_with_status_only() -> None:
    """Another reason or sentence leaves the time of a condition; another status sets it."""
    first = conditions_after(None, well(), NOW)
    fewer = well(status=status(6, members_in({"1": 2, "2": 2, "3": 1})))
    second = conditions_after(first, fewer, LATER)
    third = conditions_after(second, well(status=status(9)), LATEST)
    assert [one.condition("Ready").since for one in (first, second, third)] == [NOW, LATER, LATER]
    assert second.condition("Ready").message != third.condition("Ready").message
    assert third.condition("SpecValid").since == NOW


def test_generation_counts_specs() -> None:
    """Each spec that differs from the one before raises the generation, and going back does, too."""
    told = None
    seen = []
    for digest in (DIGEST, DIGEST, OTHER, DIGEST):
        told = conditions_after(told, well(digest=digest), NOW)
        seen.append((told.generation, told.observed, told.condition("Ready").generation))
    assert seen == [(1, 1, 1), (1, 1, 1), (2, 2, 2), (3, 3, 3)]


def test_broken_spec_freezes_on_last_good() -> None:
    """A broken spec is not valid and freezes its fleet; what is said of the members is about the last good one."""
    good = conditions_after(None, well(), NOW)
    held = conditions_after(good, well(freeze=BROKEN, wish="SpecBroken: 7"), LATER)
    assert short(held, "Ready", "Reconciling", "Stalled", "SpecValid", "Frozen") == [
        "Ready=True AsDesired",
        "Reconciling=False SpecBroken",
        "Stalled=True SpecBroken",
        "SpecValid=False SpecBroken",
        "Frozen=True SpecBroken",
    ]
    assert (held.generation, held.observed) == (2, 1)
    assert (held.condition("SpecValid").generation, held.condition("Ready").generation) == (2, 1)
    again = conditions_after(held, well(digest=OTHER), LATEST)
    assert (again.generation, again.observed) == (3, 3)
    assert short(again, "SpecValid", "Frozen") == ["SpecValid=True Valid", "Frozen=False Clear"]


def test_unreadable_source_does_not_stall() -> None:
    """A source that may come back by itself freezes without waiting for a person, and breaks no spec."""
    freeze = Stop("SourceUnreadable", "/specs: no such directory", lasting=False)
    told = conditions_after(None, well(freeze=freeze), NOW)
    assert short(told, "Frozen", "Stalled", "SpecValid") == [
        "Frozen=True SourceUnreadable",
        "Stalled=False Moving",
        "SpecValid=True Valid",
    ]


def test_never_accepted_spec_is_unknown() -> None:
    """Of a fleet whose spec was never good nothing is known but that."""
    told = conditions_after(None, PassFacts(wish="x", freeze=BROKEN), NOW)
    assert (told.generation, told.observed) == (1, 0)
    assert short(told, "Ready", "SpecValid", "Stalled") == [
        "Ready=Unknown SpecBroken",
        "SpecValid=False SpecBroken",
        "Stalled=True SpecBroken",
    ]


@pytest.mark.parametrize(("lasting", "stalled"), [(False, Truth.FALSE), (True, Truth.TRUE)])
def test_failed_look_is_unknown(lasting: bool, stalled: Truth) -> None:
    """After a failed look nothing is claimed about the members; it stalls only if a person has to help."""
    before = conditions_after(None, well(), NOW)
    blind = Stop("Unreachable", "the look failed: no route", lasting=lasting)
    told = conditions_after(before, well(status=None, blind=blind), LATER)
    for name in ("Ready", "Reconciling", "SpreadSatisfied", "Locked", "QuotaBlocked", "Frozen"):
        one = told.condition(name)
        assert (one.status, one.since, one.message) == (Truth.UNKNOWN, LATER, blind.detail)
    assert told.condition("Stalled").status is stalled
    assert told.condition("SpecValid").status is Truth.TRUE


def test_answers_stand_over_the_look() -> None:
    """What the platform has just refused is true, although the look before showed nothing of it."""
    no = Stop("Locked", "ScopeLocked: no", lasting=False)
    limit = Stop("Throttled", "TooManyRequests", lasting=False)
    told = conditions_after(None, well(refused=(("Locked", no),), throttled=limit), NOW)
    assert short(told, "Locked", "Throttled") == ["Locked=True Locked", "Throttled=True Throttled"]
    told = conditions_after(None, well(stalled=Stop("NotRecorded", "the disk is full")), NOW)
    assert short(told, "Stalled") == ["Stalled=True NotRecorded"]


def test_changes_are_told() -> None:
    """Only conditions with another status count as changed; the first time those that are not False."""
    first = conditions_after(None, well(), NOW)
    assert [one.type for one in changed(None, first)] == ["Ready", "SpecValid", "SpreadSatisfied"]
    assert changed(first, conditions_after(first, well(), LATER)) == ()
    locked = well(status=status(0, locks=(a_lock("web-000001"),)))
    after = conditions_after(first, locked, LATER)
    assert [one.type for one in changed(first, after)] == ["Ready", "Reconciling", "Locked"]


@pytest.mark.parametrize("reason", list(FreezeReason))
def test_every_freeze_becomes_conditions(reason: FreezeReason) -> None:
    """Each reason for which a source can hold a fleet makes it Frozen, and stalls it unless it can pass."""
    freeze = Freeze(reason, "because")
    standing = Standing("k", "web", "/specs", a_fleet(), freeze, "content:1", NOW)
    stop = stop_of(standing)
    told = conditions_after(None, well(freeze=stop, wish=wish_of(standing)), NOW)
    assert told.condition("Frozen").reason == reason.value
    passing = reason.value in {"NotReadYet", "SourceUnreadable", "SourceIncomplete"}
    assert (told.condition("Stalled").status is Truth.TRUE) is not passing
    assert wish_of(standing) == (a_fleet().spec_digest if passing else f"{reason}: because")
    assert stop_of(replace(standing, freeze=None)) is None
