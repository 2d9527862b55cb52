"""When a fleet is looked at again, and how many reads that costs."""

from __future__ import annotations

import random

import pytest

from controller.core import report
from controller.core.rhythm import (
    LISTS_PER_SECOND,
    LONGEST_BACKOFF_SECONDS,
    MOST_CREATIONS,
    NextLook,
    Outlook,
    ReadBudget,
    Resync,
    Urgency,
    Window,
    backoff_seconds,
    compute_resync,
    list_pages,
    next_look,
    rank,
    spread_out,
)


@pytest.mark.parametrize("failures", range(1, 40))
def test_backoff_doubles_up_to_five_minutes(failures: int) -> None:
    """After k failures a fleet is left alone for at least min(2^k, 300) seconds, and little longer."""
    least = min(2.0**failures, 300.0)
    for fraction in (0.0, 0.5, 0.999):
        assert least <= backoff_seconds(failures, fraction) <= 1.2 * least
    assert backoff_seconds(10_000, 0.0) == LONGEST_BACKOFF_SECONDS


def test_no_failure_no_backoff() -> None:
    """A fleet whose last pass went well is not kept waiting."""
    assert backoff_seconds(0, 0.9) == 0


def test_waiting_makes_urgent() -> None:
    """Whoever has been due for a minute is as urgent as a change, so that changes starve nobody."""
    assert [rank(Urgency.RESYNC, seconds) for seconds in (0, 29, 30, 60, 6000)] == [2, 2, 1, 0, 0]
    assert rank(Urgency.CHANGE, -5) == 0


def test_resync_is_kept_while_affordable() -> None:
    """Forty fleets in one region are looked at as often as was asked for, and nothing is said."""
    resync = compute_resync(60, [1] * 40)
    assert (resync.seconds, resync.why) == (60, "")


def test_resync_stretches_and_says_so() -> None:
    """Two thousand fleets are looked at less often, at under a fifth of Azure's rate, and it is told."""
    resync = compute_resync(60, [1] * 2000)
    assert 2000 / resync.seconds < LISTS_PER_SECOND / 5
    assert resync.why == (
        "resync every 2500 s instead of 60 s: one round of looks costs 2000 list requests, "
        "and a fifth of Azure's limit is kept to"
    )


def test_jitter_only_adds() -> None:
    """A pause is made longer by chance, never shorter."""
    assert spread_out(100, 0.0) == 100
    assert 100 < spread_out(100, 0.999) < 121


@pytest.mark.parametrize(("members", "pages"), [(0, 1), (1, 1), (1000, 1), (1001, 2), (2500, 3)])
def test_pages_of_a_list(members: int, pages: int) -> None:
    """A list costs one request for each thousand members, and an empty one costs one, too."""
    assert list_pages(members) == pages


@pytest.mark.parametrize("seed", range(5))
def test_resting_looks_keep_to_a_fifth(seed: int) -> None:
    """Whatever asks for reads, looks at rest get a fifth of Azure's bucket, and all together one half."""
    print(f"seed {seed}")
    dice = random.Random(seed)
    now, budget = 0.0, ReadBudget.full(0.0)
    taken = dict.fromkeys(Urgency, 0)
    while now < 3600:
        now += dice.random()
        budget = budget.at(now)
        for urgency in (Urgency.RESYNC, Urgency.LOOK_AGAIN):
            for _ in range(dice.randrange(8)):
                pages = dice.randrange(1, 4)
                if budget.wait(urgency, pages) <= 0:
                    budget = budget.less(urgency, pages)
                    taken[urgency] += pages
    fifth, half = 180 + 3600 * 1.0, 450 + 3600 * 2.5
    assert 0.95 * fifth < taken[Urgency.RESYNC] <= fifth
    assert 0.95 * half < sum(taken.values()) <= half


def test_budget_says_how_long() -> None:
    """An empty bucket says after how many seconds the next look may begin, and then lets it."""
    budget = ReadBudget.full(0.0)
    for _ in range(180):
        assert budget.wait(Urgency.RESYNC, 1) == 0
        budget = budget.less(Urgency.RESYNC, 1)
    assert budget.wait(Urgency.RESYNC, 1) == pytest.approx(1.0)
    assert budget.wait(Urgency.CHANGE, 1) == 0
    assert budget.at(1.0).wait(Urgency.RESYNC, 1) == pytest.approx(0.0)
    assert budget.at(-50.0).resting.tokens == budget.resting.tokens


@pytest.mark.parametrize(
    ("failures", "urgency"), [(1, Urgency.LOOK_AGAIN), (3, Urgency.LOOK_AGAIN), (4, Urgency.RESYNC)]
)
def test_ailing_fleet_does_not_crowd_out(failures: int, urgency: Urgency) -> None:
    """A fleet whose passes fail is soon looked at again three times, and then in turn; it counts as ailing."""
    found = next_look(Outlook(5.0, failures=failures), Resync(60.0, 60.0), 0.0)
    assert (found.urgency, found.ailing) == (urgency, True)


def test_affordable_looks_are_not_stretched() -> None:
    """Fleets that take just what looks at rest may use are looked at as often as is wanted."""
    assert compute_resync(60.0, [48]) == Resync(60.0, 60.0)


@pytest.mark.parametrize(
    ("outlook", "seconds", "urgency", "why"),
    [
        (Outlook(15.0, moving=True), 15.0, Urgency.LOOK_AGAIN, "something is under way"),
        (Outlook(90.0, moving=True), 90.0, Urgency.LOOK_AGAIN, "something is under way"),
        (Outlook(20.0), 20.0, Urgency.LOOK_AGAIN, "what is in the way may be gone then"),
        (Outlook(60.0), 60.0, Urgency.RESYNC, "a regular look"),
        (Outlook(900.0), 60.0, Urgency.RESYNC, "a regular look"),
        (Outlook(30.0, failures=1), 30.0, Urgency.LOOK_AGAIN, "the last pass failed"),
        (Outlook(1.0, failures=2), 4.0, Urgency.LOOK_AGAIN, "the last 2 passes failed"),
    ],
)
def test_next_look_says_when_and_why(
    outlook: Outlook, seconds: float, urgency: Urgency, why: str
) -> None:
    """What goes on decides when a fleet is looked at again, and the reason is told."""
    ailing = outlook.failures > 0
    wanted = NextLook(urgency, seconds, why, ailing=ailing)
    assert next_look(outlook, Resync(60.0, 60.0), 0.0) == wanted
    assert next_look(outlook, Resync(60.0, 60.0), 0.5).seconds == pytest.approx(seconds * 1.1)


def test_stretched_rest_is_explained() -> None:
    """A fleet that is looked at less often than wanted says so with each look; trouble is not stretched."""
    resync = Resync(60.0, 9_999.0, "too many fleets")
    at_rest = next_look(Outlook(report.RESYNC_SECONDS), resync, 0.0)
    assert at_rest == NextLook(Urgency.RESYNC, 9_999.0, "too many fleets")
    blocked = next_look(Outlook(report.RESYNC_SECONDS - 1), resync, 0.0)
    assert (blocked.urgency, blocked.seconds) == (Urgency.LOOK_AGAIN, report.RESYNC_SECONDS - 1)


def test_creations_on_their_way_grow_and_shrink() -> None:
    """Each creation that is taken lets one more in, a failure halves the number, and never below one."""
    window = Window()
    assert window.size == 4.0
    assert window.accepted(7.0) == Window(5.0, 7.0)
    assert window.failed(8.0) == Window(2.0, 8.0)
    assert Window(1.5, 0.0).failed(1.0) == Window(1.0, 1.0)
    assert Window(MOST_CREATIONS - 0.5, 0.0).accepted(1.0).size == MOST_CREATIONS


@pytest.mark.parametrize(("elapsed", "size"), [(309.0, 32.0), (310.0, 4.0)])
def test_old_lessons_are_forgotten(elapsed: float, size: float) -> None:
    """Five minutes after the last creation nothing is known any more of what the platform can take."""
    found = Window(32.0, 10.0).before(elapsed)
    assert (found.size, found.at) == (size, 10.0 if size == 32.0 else elapsed)


def test_work_leaves_rest_alone() -> None:
    """Urgent looks take from the whole allowance only, looks at rest from both; time fills them again."""
    full = ReadBudget.full(0.0)
    assert (full.resting.tokens, full.working.tokens) == (180.0, 450.0)
    worked = full.less(Urgency.CHANGE, 100)
    assert (worked.resting.tokens, worked.working.tokens) == (180.0, 350.0)
    rested = worked.less(Urgency.RESYNC, 180)
    assert (rested.resting.tokens, rested.working.tokens) == (0.0, 170.0)
    assert (rested.wait(Urgency.RESYNC, 10), rested.wait(Urgency.CHANGE, 170)) == (10.0, 0.0)
    later = rested.at(20.0)
    assert (later.resting.tokens, later.working.tokens) == (20.0, 220.0)
    assert (later.at(10.0), later.at(9_999.0).working.tokens) == (later, 450.0)


def test_what_never_fits_waits_for_all() -> None:
    """A look that costs more than the allowance holds waits until it is full, and not for ever."""
    empty = ReadBudget.full(0.0).less(Urgency.CHANGE, 450)
    assert empty.wait(Urgency.CHANGE, 1_000) == 180.0
