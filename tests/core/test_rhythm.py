"""When a fleet is looked at again, and how many reads that costs."""

from __future__ import annotations

import random

import pytest

from controller.core.rhythm import (
    LISTS_PER_SECOND,
    LONGEST_BACKOFF_SECONDS,
    ReadBudget,
    Urgency,
    backoff_seconds,
    compute_resync,
    list_pages,
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
