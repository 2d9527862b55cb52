"""Whom a look asks for by name: everybody who could be there and whom the list does not show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.core.observed import Memory, Observed, Serials
from controller.core.unseen import MOST_ASKED, in_reach, last_given_out, names_to_ask, remember
from providers.base import ProvisioningState
from tests.builders import NOW, a_fleet, a_group, a_member, observed


def listed(*numbers: int, floor: int, following: int | None = None) -> Observed:
    """A list that shows the members of these numbers, under a tag ``floor/following``."""
    serials = Serials(floor, following or floor)
    found = observed(
        [a_member(number) for number in numbers], group=a_group(serials.next, serials.floor)
    )
    return replace(found, serials=serials)


def names(*numbers: int) -> tuple[str, ...]:
    """The names that belong to numbers."""
    return tuple(a_member(number).name for number in numbers)


@pytest.mark.parametrize(
    ("look", "memory", "asked"),
    [
        (listed(1, 2, floor=3), Memory(members=names(1, 2), settled=3), ()),
        (listed(1, floor=3), Memory(members=names(1, 2), settled=3), (2,)),
        (listed(1, floor=6), Memory(members=names(1), settled=3), (3, 4, 5)),
        (listed(1, 4, floor=6), Memory(members=names(1), settled=3), (3, 5)),
        (listed(1, floor=4, following=6), Memory(members=names(1), settled=3), (4, 5, 3)),
        (listed(1, floor=4, following=6), Memory(members=names(1), settled=4), (4, 5)),
        (listed(1, floor=6), Memory(members=names(1)), ()),
        (listed(1, floor=6), Memory(members=names(1, 4)), (4,)),
        (listed(1, floor=3), Memory(members=names(7), settled=9), (7, 2)),
        (listed(2, floor=3), Memory(members=names(7), settled=9), (7, 1)),
        (listed(2, floor=3), Memory(members=names(2), settled=3), ()),
    ],
    ids=[
        "all shown",
        "one seen before",
        "numbers given out since",
        "some of them shown",
        "open ones too",
        "open ones once",
        "never seen whole",
        "seen, but never whole",
        "the set was made anew",
        "from its first number on",
        "whoever was gone before stays gone",
    ],
)
def test_whoever_may_hide_is_asked_for(
    look: Observed, memory: Memory, asked: tuple[int, ...]
) -> None:
    """Asked for are open numbers, members seen before, and numbers given out since the last whole look."""
    assert names_to_ask(a_fleet(3), look, memory) == names(*asked)


def test_whoever_leaves_is_asked_for() -> None:
    """A member that the list shows as leaving may be gone already, so it is asked for as well."""
    found = listed(1, floor=3)
    leaving = a_member(2, provisioning_state=ProvisioningState.DELETING)
    look = replace(found, members=(*found.members, leaving))
    memory = Memory(members=names(1, 2), settled=3)
    assert names_to_ask(a_fleet(3), look, memory) == names(2)


def test_set_without_numbers_asks_for_none() -> None:
    """A set whose tag is gone tells nothing about numbers: only members seen before are asked for."""
    look = replace(listed(1, floor=6), serials=None)
    assert names_to_ask(a_fleet(3), look, Memory(members=names(1, 2), settled=3)) == names(2)


@pytest.mark.parametrize(("given_out", "known"), [(MOST_ASKED, 3), (MOST_ASKED + 1, None)])
def test_long_absence_makes_a_stranger(given_out: int, known: int | None) -> None:
    """A process that missed more numbers than a set has members knows the fleet no better than a new one."""
    look = listed(1, floor=3 + given_out)
    memory = Memory(members=names(1), settled=3, searched_at=NOW)
    after = in_reach(a_fleet(3), look, memory)
    assert (after.settled, after.searched_at) == (known, NOW if known else None)


@pytest.mark.parametrize(
    ("look", "memory", "asked"),
    [
        (listed(2, floor=5), Memory(), (1, 3, 4)),
        (listed(2, floor=5, following=7), Memory(), (1, 3, 4)),
        (listed(2, floor=5), Memory(settled=2), ()),
        (
            listed(MOST_ASKED, floor=MOST_ASKED + 5),
            Memory(),
            (*range(5, MOST_ASKED), *range(1001, 1005)),
        ),
    ],
    ids=["all below the floor", "no open ones", "seen whole before", "the last thousand"],
)
def test_strangers_ask_for_the_last_numbers(
    look: Observed, memory: Memory, asked: tuple[int, ...]
) -> None:
    """A process that never saw the whole fleet may ask for the last settled numbers, a thousand at most."""
    assert last_given_out(a_fleet(3), look, memory) == names(*asked)


@pytest.mark.parametrize(
    ("look", "memory", "settled"),
    [
        (listed(1, 2, floor=3), Memory(), 3),
        (listed(1, floor=3), Memory(), None),
        (listed(1, floor=3), Memory(settled=2), 3),
        (listed(1, 2, 3, floor=3, following=5), Memory(), 3),
        (replace(listed(1, floor=3), serials=None), Memory(), 2),
    ],
    ids=["nobody is missing", "one is missing", "seen before", "open numbers", "no numbers"],
)
def test_whole_looks_are_told_from_others(
    look: Observed, memory: Memory, settled: int | None
) -> None:
    """A look is whole if one before it was, or if every settled number shows its member."""
    after = remember(a_fleet(3), look, memory)
    assert after.settled == settled
    assert after.members == tuple(member.name for member in look.members)


def test_only_open_numbers_are_remembered() -> None:
    """What is known of requests on their way is kept for open numbers, and let go once those are settled."""
    look = listed(1, 2, 3, 5, floor=4, following=7)
    memory = Memory(arrived=names(3, 4), answered=names(3, 6))
    after = remember(a_fleet(3), look, memory)
    assert (after.arrived, after.answered) == (names(4, 5), names(6))
