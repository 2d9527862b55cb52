"""Fleets over shards, shards over processes."""

from __future__ import annotations

import random
from collections import Counter

from controller.core.shards import SHARDS, choose_moves, owner_of, shard_of

ALL = range(SHARDS)
KEYS = [f"/subscriptions/s/resourcegroups/g/providers/x/fleet-{number}" for number in range(1600)]

FIXED_SHARDS = [8, 1, 8]
FIXED_OWNERS = [
    "ben",
    "ann",
    "cat",
    "ben",
    "ann",
    "ben",
    "ben",
    "ann",
    "ann",
    "ben",
    "ann",
    "ann",
    "ann",
    "ben",
    "ben",
    "cat",
]


def some_members(dice: random.Random, count: int) -> list[str]:
    return [f"{dice.getrandbits(64):016x}" for _ in range(count)]


def test_hashes_never_change() -> None:
    """Processes of different versions agree: these answers are fixed for ever."""
    assert [shard_of(key) for key in ("web", "/subscriptions/s/x", "")] == FIXED_SHARDS
    assert [owner_of(shard, ["ann", "ben", "cat"]) for shard in ALL] == FIXED_OWNERS


def test_fleets_spread_evenly() -> None:
    """Each shard gets about its share of many fleets."""
    counted = Counter(shard_of(key) for key in KEYS)
    assert set(counted) == set(ALL)
    assert max(counted.values()) < 2 * min(counted.values())


def test_order_of_members_is_nothing() -> None:
    """The owner of a shard does not depend on the order in which members are listed."""
    members = some_members(random.Random(1), 5)
    for shard in ALL:
        assert owner_of(shard, members) == owner_of(shard, members[::-1]) in members
    assert owner_of(0, []) is None


def test_only_what_must_move_moves() -> None:
    """A member that comes takes shards and moves no other; when it goes, all is as it was before."""
    dice = random.Random(7)
    for count in range(1, 8):
        members = some_members(dice, count)
        (new,) = some_members(dice, 1)
        for shard in ALL:
            before, after = owner_of(shard, members), owner_of(shard, [*members, new])
            assert after in {before, new}


def test_each_free_shard_has_one_taker() -> None:
    """If all members see the same, each free shard is asked for by exactly one of them."""
    dice = random.Random(11)
    for count in range(1, 7):
        members = some_members(dice, count)
        taken = {shard for shard in ALL if dice.random() < 0.3}
        asked = Counter(
            shard
            for me in members
            for shard in choose_moves(me, members, taken=taken, mine={}).acquire
        )
        assert asked == Counter(set(ALL) - taken)


def test_alone_means_everything() -> None:
    """A single process asks for every shard, and hands none over."""
    moves = choose_moves("me", ["me"], taken=(), mine={3: False})
    assert moves.acquire == tuple(shard for shard in ALL if shard != 3)
    assert moves.hand_over == ()


def test_newcomer_gets_its_shards() -> None:
    """The holder of everything hands the newcomer's shards over, each once, and the newcomer waits for them."""
    members = ["old", "new"]
    theirs = tuple(shard for shard in ALL if owner_of(shard, members) == "new")
    assert theirs
    holding = dict.fromkeys(ALL, False)
    assert choose_moves("old", members, taken=ALL, mine=holding).hand_over == theirs
    assert choose_moves("new", members, taken=ALL, mine={}).acquire == ()
    going = {shard: shard in theirs for shard in ALL}
    assert choose_moves("old", members, taken=ALL, mine=going).hand_over == ()
    rest = set(ALL) - set(theirs)
    assert choose_moves("new", members, taken=rest, mine={}).acquire == theirs
