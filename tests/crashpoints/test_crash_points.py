"""Processes die at chosen crash points of all stories; the next one brings each to its own end."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.crashpoints.files import Disk, copy_of, put_back, torn
from tests.crashpoints.life import Right
from tests.crashpoints.points import Mode, Point, Reaper
from tests.crashpoints.sweep import PAIRED, judge, singles, spread, undisturbed
from tests.simulation.process import DeadError, Process
from tests.stories.book import BOOK

# Who dies when a file has just been opened closes it no more.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")

SLUGS = tuple(one.slug for one in BOOK)
SHORT = ("a-fleet-begins", "a-fleet-shrinks", "a-tombstone-is-taken-back-within-its-hold")
"""Stories in which every kind of point is met."""


def points_of(slug: str, right: Right) -> list[tuple[str, tuple[Mode, ...]]]:
    """What a telling touches, in order, and the ways to die there."""
    return [(str(one.kind), tuple(one.leaves)) for one in undisturbed(slug, right).points]


def faults_of_spread(slugs: tuple[str, ...], most: int) -> list[str]:
    """What is wrong with a choice of plans."""
    verdicts = [judge(slug, way.plan) for slug, way in spread(slugs, most)]
    print(f"{len(verdicts)} plans over {len(slugs)} stories")
    return [str(one) for one in verdicts if one.faults]


@pytest.mark.slow
def test_deaths_in_short_stories() -> None:
    """A death at every kind of point of a few stories, in every mode, does no harm."""
    assert faults_of_spread(SHORT, 0) == []


@pytest.mark.slow
def test_deaths_in_all_stories() -> None:
    """Deaths at every kind of point in every mode, and at points spread over all stories, do no harm."""
    assert faults_of_spread(SLUGS, 300) == []


@pytest.mark.parametrize("right", Right)
def test_points_repeat(right: Right) -> None:
    """The same plan meets the same points, and dies where it is told."""
    (slug, *_) = SHORT
    undisturbed.cache_clear()
    before = points_of(slug, right)
    undisturbed.cache_clear()
    assert points_of(slug, right) == before
    ways = [way for way in singles(slug) if way.plan.right is right]
    ((number, _),) = ways[-1].plan.deaths
    assert judge(slug, ways[-1].plan).places == (before[number - 1][0],)


@pytest.mark.parametrize("slug", ["an-edited-tombstone-begins-anew", "a-hold-ends"])
def test_judge_agrees_with_stories(slug: str) -> None:
    """The judge of simulated worlds has all that it asks for, and no fault to find with stories as they are."""
    for right in Right:
        calm = undisturbed(slug, right)
        assert (calm.faults, calm.breaches, calm.died) == ((), (), ())


def test_every_kind_of_touch_is_seen() -> None:
    """Cloud, leases, locks, the audit trail, what is remembered, approvals and specs: all have crash points."""
    touched = {point.kind.what for slug in SHORT for point in undisturbed(slug, Right.FILE).points}
    leased = {str(point.kind) for point in undisturbed(SHORT[0], Right.LEASED).points}
    assert touched == {
        "approvals",
        "audit",
        "cloud",
        "last good",
        "lock",
        "specs",
        "state directory",
    }
    assert {"lease acquire", "lease release"} <= leased


def test_spread_leaves_nothing_out() -> None:
    """The choice that `make test` makes leaves no kind of point and no mode out."""
    wanted = {
        (kind, mode) for slug in SHORT for way in singles(slug) for kind, mode in way.stands_for
    }
    chosen = {(kind, mode) for _, way in spread(SHORT, 0) for kind, mode in way.stands_for}
    assert chosen == wanted
    assert {mode for _, mode in chosen} == set(Mode)


def test_pairs_are_of_stories_that_exist() -> None:
    """The stories of which pairs are tried are in the book."""
    assert set(PAIRED) <= set(SLUGS)
    assert set(SHORT) <= set(SLUGS)


def write_twice(path: Path) -> None:
    """What a program might do with a file: one write at once, another one through a buffer."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.write(descriptor, b"0123456789")
    os.close(descriptor)
    with path.open("ab") as file:
        file.write(b"abcdef")
        file.flush()


def modes_of(points: list[Point]) -> list[tuple[str, tuple[Mode, ...]]]:
    return [(one.kind.operation, tuple(one.leaves)) for one in points]


def test_system_calls_are_points(tmp_path: Path) -> None:
    """Each call that touches a file is a point; where half of it can be on the disk there is a torn mode."""
    reaper = Reaper()
    Disk(tmp_path, reaper).run(Process("p", "h"), "file", lambda: write_twice(tmp_path / "f"))
    both, all_three = (Mode.BEFORE, Mode.AFTER), (Mode.BEFORE, Mode.TORN, Mode.AFTER)
    assert modes_of(reaper.points) == [
        ("open", both),
        ("write", all_three),
        ("open", both),
        ("write", both),
        ("flush", all_three),
    ]
    assert sys.getprofile() is None


@pytest.mark.parametrize(
    ("number", "mode", "left"),
    [
        (1, Mode.BEFORE, {}),
        (1, Mode.AFTER, {"f": b""}),
        (2, Mode.TORN, {"f": b"01234"}),
        (2, Mode.AFTER, {"f": b"0123456789"}),
        (4, Mode.AFTER, {"f": b"0123456789"}),
        (5, Mode.TORN, {"f": b"0123456789abc"}),
        (5, Mode.AFTER, {"f": b"0123456789abcdef"}),
    ],
)
def test_disk_is_left_as_it_was(
    number: int, mode: Mode, left: dict[str, bytes], tmp_path: Path
) -> None:
    """A death leaves what had been written by then, and not what Python still had in a buffer."""
    disk = Disk(tmp_path, Reaper({number: mode}))

    async def live() -> None:
        disk.run(Process("p", "h"), "file", lambda: write_twice(tmp_path / "f"))

    with pytest.raises(DeadError):
        asyncio.run(live())
    disk.bury()
    assert copy_of(tmp_path) == left


def test_directory_is_put_back(tmp_path: Path) -> None:
    """What was changed, removed or added since is undone."""
    (tmp_path / "kept").write_bytes(b"1")
    (tmp_path / "gone").write_bytes(b"2")
    before = copy_of(tmp_path)
    (tmp_path / "kept").write_bytes(b"3")
    (tmp_path / "gone").unlink()
    (tmp_path / "new").write_bytes(b"4")
    put_back(tmp_path, before)
    assert copy_of(tmp_path) == before


def test_one_sector_is_never_torn() -> None:
    """What is written over itself within a sector is there or not; what is added can be cut off."""
    assert torn({"a": b"old"}, {"a": b"new"}) is None
    assert torn({"a": b"old"}, {"a": b"old and"}) == {"a": b"old a"}
