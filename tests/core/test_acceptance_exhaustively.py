"""Every small history of sources, held against what must always be so."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from random import Random

import pytest

from controller.core.acceptance import (
    Accepted,
    FreezeReason,
    Reading,
    SourceReading,
    accept,
    key_of,
)
from controller.core.claims import is_approved
from controller.core.tombstone import desired
from tests.builders import NOW
from tests.core.readings import broken, ended, fails, key, named, says

NAMES = ("a", "b")
ABSENT, SMALL, BIG, BROKEN, TOMB = "absent", "small", "big", "broken", "tomb"
STATES = (ABSENT, SMALL, BIG, BROKEN, TOMB)


def reading_of(states: tuple[str, ...], *, untold: bool, root: str = "/specs") -> SourceReading:
    sizes = {SMALL: 2, BIG: 20}
    fleets = [
        ended(name, 20) if state == TOMB else named(name, sizes[state])
        for name, state in zip(NAMES, states, strict=True)
        if state in {SMALL, BIG, TOMB}
    ]
    mistakes = [
        broken(name, key=key(name))
        for name, state in zip(NAMES, states, strict=True)
        if state == BROKEN
    ]
    mistakes += [broken()] if untold else []
    return says(*fleets, broken=tuple(mistakes), revision=f"content:{states}{untold}", root=root)


def all_readings(root: str = "/specs") -> list[SourceReading]:
    told = [
        reading_of(states, untold=untold, root=root)
        for states in product(STATES, repeat=len(NAMES))
        for untold in (False, True)
    ]
    return [*told, fails(root), fails(root, passing=True)]


def histories() -> Iterator[tuple[Accepted, Accepted, tuple[SourceReading, ...]]]:
    """Every history of two readings of one source, and of two sources with few states each."""
    for first, second in product(all_readings(), repeat=2):
        before = accept(Accepted(), Reading((first,)), NOW)
        yield before, accept(before, Reading((second,)), NOW), (second,)
    few = [
        reading_of(states, untold=False, root=root)
        for root in ("/specs", "/other")
        for states in product((ABSENT, BIG, BROKEN), repeat=2)
    ]
    both = list(product([*few[:9], fails()], [*few[9:], fails("/other")]))
    for first_two, second_two in product(both, repeat=2):
        before = accept(Accepted(), Reading(first_two), NOW)
        yield before, accept(before, Reading(second_two), NOW), second_two


@pytest.mark.slow
def test_every_history_is_safe() -> None:
    """Whatever sources say: what acts is what they say now, what is frozen is what was good, none is lost."""
    count = 0
    for before, after, said in histories():
        acting = {one.key: one for one in after.standings if one.freeze is None}
        fresh = {(key_of(fleet), fleet.spec_digest) for one in said for fleet in one.fleets}
        steady = {one.root for one in said if one.trouble and one.trouble.passing}
        for one in acting.values():
            assert one.fleet is not None
            assert one.root in steady or (one.key, one.fleet.spec_digest) in fresh
        for one in after.standings:
            was = before.standing(one.key)
            if one.freeze is not None:
                assert one.fleet == (was.fleet if was else None)
                assert one.freeze.detail
        lost = {one.key for one in before.standings} - {one.key for one in after.standings}
        for missing in lost:
            was = before.standing(missing)
            assert was is not None
            assert was.fleet is None
        count += 1
    assert count == 52**2 + 100**2


@pytest.mark.slow
def test_same_reading_changes_nothing() -> None:
    """Taking the same reading once more leaves everything as it stands."""
    for before, after, said in histories():
        again = accept(after, Reading(said), NOW)
        assert again == after, (before, said)


def test_failing_source_changes_no_other() -> None:
    """Whatever becomes of one source or one spec, fleets of others act or freeze as they would have."""
    other = says(named("x", 5), root="/other")
    alone = accept(Accepted(), Reading((other,)), NOW).standing(key("x"))
    for first, second in product(all_readings(), repeat=2):
        before = accept(Accepted(), Reading((first, other)), NOW)
        after = accept(before, Reading((second, other)), NOW)
        assert after.standing(key("x")) == alone


def test_removals_against_brute_force() -> None:
    """No set of fleets that shrinks unapproved takes more than the limits, and nothing small is held."""
    random = Random(20261125)
    names = "abcde"
    for _case in range(400):
        old = {name: random.choice((1, 3, 10, 30, 90)) for name in names}
        new = {name: random.choice((old[name], 0, old[name] // 2, old[name] + 5)) for name in names}
        before = accept(
            Accepted(), Reading((says(*(named(name, old[name]) for name in names)),)), NOW
        )
        after = accept(before, Reading((says(*(named(name, new[name]) for name in names)),)), NOW)
        removed = sum(max(0, old[name] - new[name]) for name in names)
        large = removed > 10 and removed / sum(old.values()) > 0.3
        for name in names:
            one = after.standing(key(name))
            assert one is not None
            assert one.fleet is not None
            held = one.freeze is not None
            assert held == (large and new[name] < old[name])
            assert one.fleet.replicas == (old if held else new)[name]


def test_approvals_let_through_what_they_name() -> None:
    """Of a large removal exactly the approved fleets go, whichever and in whatever order they are approved."""
    names = "abcd"
    old = says(*(named(name, 20) for name in names))
    new = says(*(named(name, 5) for name in names))
    start = accept(accept(Accepted(), Reading((old,)), NOW), Reading((new,)), NOW)
    tokens = {one.key: one.freeze.token for one in start.standings if one.freeze}
    for size in range(len(names) + 1):
        for chosen in combinations(names, size):
            approvals: set[str] = set()
            now = start
            for name in chosen:
                token = tokens[key(name)]
                assert token is not None
                approvals.add(token)
                now = accept(now, Reading((new,), frozenset(approvals)), NOW)
            gone = {one.name for one in now.standings if one.fleet and desired(one.fleet) == 5}
            assert gone == set(chosen)
            held = [one for one in now.standings if one.freeze]
            assert all(
                one.freeze and one.freeze.reason is FreezeReason.LARGE_REMOVAL for one in held
            )
            assert all(
                one.fleet and is_approved(one.fleet) for one in now.standings if not one.freeze
            )
