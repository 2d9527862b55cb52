"""Stories of fleets that end: a tombstone is set, stands, is taken back, meets locks and strangers."""

from __future__ import annotations

from controller.spec.values import DeletionMode, EvictionPolicy, Placement, Spot
from tests.builders import a_fleet
from tests.stories.happenings import (
    approves,
    cancels,
    ends,
    holds,
    joins,
    locks_group,
    locks_some,
    suspends,
    unlocks,
    wants,
)
from tests.stories.stage import cast_of
from tests.stories.teller import Story

THREE = cast_of({"1": 1, "2": 1, "3": 1})
TWO_ZONES = Placement(zones=("1", "2"))

STORIES = (
    Story(
        "A tombstone is taken back within its hold",
        "Marked at first sight, held for ten minutes, cancelled after five: nobody goes, the mark goes.",
        ((a_fleet(3), THREE),),
        ends="1/1/1",
        happenings=(ends(0), cancels(300)),
        lasts=900,
    ),
    Story(
        "A tombstone stands and a lock holds one member",
        "After the hold all go but the locked one; when its lock is gone it follows, and then the set.",
        ((a_fleet(3), THREE),),
        ends="",
        happenings=(ends(0), locks_some(60, "2", 1), unlocks(1200)),
        lasts=1300,
    ),
    Story(
        "An edited tombstone begins anew",
        "Somebody edits the spec while it says Absent: the hold starts again from that edit.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="",
        happenings=(ends(0), ends(400, hold_minutes=20)),
        lasts=1700,
    ),
    Story(
        "A fleet is ended while it grows",
        "Numbers that are still open keep everybody until they are settled; then the fleet goes whole.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="",
        happenings=(wants(0, 6), ends(15)),
        lasts=800,
    ),
    Story(
        "A large fleet ends only after a yes",
        "Twelve members are more than ten: the tombstone stands, and nobody goes before somebody approves.",
        ((a_fleet(12), cast_of({"1": 4, "2": 4, "3": 4})),),
        ends="",
        happenings=(ends(0), approves(1000)),
        lasts=1000,
    ),
    Story(
        "A stranger keeps the scale set",
        "All members of ours go; a VM of somebody else stays, and so does the set that it is in.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="",
        happenings=(joins(-100, "legacy-vm", "3"), ends(0)),
        lasts=900,
        blocked=True,
    ),
    Story(
        "A locked scale set outlives its members",
        "The members go one by one; the empty set waits until the lock on its group is taken away.",
        ((a_fleet(2, deletion=DeletionMode.SINGLE), cast_of({"1": 1, "2": 1})),),
        ends="",
        happenings=(ends(0), locks_group(625), unlocks(1500)),
        lasts=1500,
    ),
    Story(
        "A held voter and a mix of Spot end in their time",
        "A hold outlasts the tombstone's own hold time; its member and the set go when it is over.",
        (
            (
                a_fleet(4, placement=TWO_ZONES, spot=Spot(2, 0, EvictionPolicy.DEALLOCATE)),
                cast_of({"1": 1, "2": 1}) + cast_of({"1": 1, "2": 1}, "Spot"),
            ),
        ),
        ends="",
        happenings=(holds(-1, "2", 1000), ends(0)),
        lasts=1100,
    ),
    Story(
        "Deletions sleep while a tombstone stands",
        "A suspension of deletions outlasts the hold; what waits for it goes when it ends by itself.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="",
        happenings=(suspends(-1, "delete", 1500), ends(0)),
        lasts=1600,
    ),
    Story(
        "Creations sleep for a while",
        "A member is missing and nobody creates one until the suspension of creations is over.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="2/1/1",
        happenings=(suspends(0, "create", 400), wants(0, 4)),
        lasts=500,
    ),
    Story(
        "Deletions sleep during a scale-in",
        "The fleet grows and must not shrink until the suspension of deletions is over.",
        ((a_fleet(6), cast_of({"1": 2, "2": 2, "3": 2})),),
        ends="1/1/1",
        happenings=(suspends(0, "delete", 400), wants(0, 3)),
        lasts=500,
    ),
)
