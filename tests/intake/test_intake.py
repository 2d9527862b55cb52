"""The intake: several sources joined, read in threads, remembered, and told whenever something stands anew."""

from __future__ import annotations

import asyncio
import shutil
import stat
import threading
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from controller.core.acceptance import Accepted
from controller.engine.approvals import approvals
from controller.engine.clock import WallClock
from controller.engine.last_good import FILE_NAME, LastGood
from controller.sources.choose import open_source
from controller.sources.git import GitSource
from controller.sources.plain import PlainSource
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble, SpecSource
from tests.intake.listening import acting, frozen, listening
from tests.intake.places import Meanwhile, Repository, spec, swap, write
from tests.specs.spec_texts import WEB

T = TypeVar("T")


def tell(story: Coroutine[object, object, T]) -> T:
    """Run a story; none takes a minute."""
    return asyncio.run(asyncio.wait_for(story, 60))


def is_acting(now: Accepted, **fleets: int) -> bool:
    """Whether just these fleets may be acted upon, with so many replicas each."""
    return acting(now) == fleets


class Strange:
    """A source that does what a test says."""

    def __init__(self, root: str, reads: threading.Event | Exception) -> None:
        self.root = root
        self._reads = reads

    def read(self) -> Snapshot | SourceTrouble:
        if isinstance(self._reads, Exception):
            raise self._reads
        self._reads.wait()
        raise OSError("released")

    def watched(self) -> tuple[Path, ...]:
        return (Path("/"),)

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        return older == newer


def test_edits_are_seen_without_being_asked(tmp_path: Path) -> None:
    """A commit, a swap and an edit are each told, from hints alone."""
    repository = Repository(tmp_path / "repository")
    repository.commit(a=1)
    write(tmp_path / "one" / "b.yaml", spec("b", 1))
    write(tmp_path / "two" / "b.yaml", spec("b", 2))
    swap(tmp_path / "current", "one")
    plain = write(tmp_path / "plain" / "c.yaml", spec("c", 1))
    paths = [repository.path / "specs", tmp_path / "current", plain.parent]

    async def story() -> None:
        sources = [open_source(str(path), Meanwhile()) for path in paths]
        async with listening(sources, rescan_seconds=3_600.0) as (_intake, heard):
            await heard.until(lambda now: acting(now) == {"a": 1, "b": 1, "c": 1})
            repository.commit(a=2)
            await heard.until(lambda now: acting(now)["a"] == 2)
            swap(tmp_path / "current", "two")
            await heard.until(lambda now: acting(now)["b"] == 2)
            write(plain, spec("c", 2))
            await heard.until(lambda now: acting(now) == {"a": 2, "b": 2, "c": 2})

    tell(story())


def test_directory_made_anew_is_watched_again(tmp_path: Path) -> None:
    """A directory that is removed freezes its fleets; made again, it is watched as before."""
    specs = write(tmp_path / "specs" / "a.yaml", spec("a", 1)).parent

    async def story() -> None:
        source = PlainSource(str(specs), Meanwhile())
        async with listening([source], rescan_seconds=3_600.0) as (_intake, heard):
            await heard.until(lambda now: acting(now) == {"a": 1})
            for number in (2, 3):
                shutil.rmtree(specs)
                await heard.until(lambda now: frozen(now) == {"a": "SourceUnreadable"})
                write(specs / "a.yaml", spec("a", number))
                await heard.until(partial(is_acting, a=number))
            write(specs / "below" / "b.yaml", spec("b", 1))
            await heard.until(lambda now: acting(now) == {"a": 3, "b": 1})
            write(specs / "below" / "b.yaml", spec("b", 2))
            await heard.until(lambda now: acting(now) == {"a": 3, "b": 2})

    tell(story())


def test_path_that_comes_later(tmp_path: Path) -> None:
    """A path that is not there yet is told as missing, and read as soon as it appears."""
    specs = tmp_path / "volume" / "specs"

    async def story() -> None:
        source = open_source(str(specs), Meanwhile())
        # Named twice, it is one source all the same: else it would claim its fleets twice.
        async with listening([source, source], rescan_seconds=3_600.0) as (_intake, heard):
            now = await heard.until(lambda now: now.sources[0].trouble is not None)
            assert len(now.sources) == 1
            write(specs / "a.yaml", spec("a", 1))
            await heard.until(partial(is_acting, a=1))

    tell(story())


def test_rescan_makes_up_for_hints(tmp_path: Path) -> None:
    """What no hint tells is seen at the next rescan: here behind a link that is not on the way."""
    write(tmp_path / "elsewhere" / "a.yaml", spec("a", 1))
    (tmp_path / "specs").mkdir()
    (tmp_path / "specs" / "a.yaml").symlink_to(tmp_path / "elsewhere" / "a.yaml")

    async def story() -> None:
        source = PlainSource(str(tmp_path / "specs"), Meanwhile())
        async with listening([source], rescan_seconds=0.2) as (_intake, heard):
            await heard.until(lambda now: acting(now) == {"a": 1})
            write(tmp_path / "elsewhere" / "a.yaml", spec("a", 2))
            await heard.until(lambda now: acting(now) == {"a": 2})

    tell(story())


def test_failing_source_is_told_alone(tmp_path: Path) -> None:
    """A source that raises is a trouble of its own, and fleets of others act."""
    write(tmp_path / "a.yaml", spec("a", 1))

    async def story() -> None:
        sources: list[SpecSource] = [PlainSource(str(tmp_path), Meanwhile())]
        sources.append(Strange("/strange", ValueError("odd")))
        async with listening(sources) as (_intake, heard):
            now = await heard.until(lambda now: acting(now) == {"a": 1})
            trouble = now.sources[1].trouble
            assert trouble is not None
            assert "mistake of ours (ValueError: odd)" in trouble.sentence

    tell(story())


def test_hanging_source_holds_up_nobody(tmp_path: Path) -> None:
    """A source whose disk hangs is told after a while; others act, and the intake ends when told to."""
    write(tmp_path / "a.yaml", spec("a", 1))
    released = threading.Event()

    async def story() -> None:
        sources: list[SpecSource] = [PlainSource(str(tmp_path), Meanwhile())]
        sources.append(Strange("/strange", released))
        async with listening(sources, read_limit_seconds=0.2) as (_intake, heard):
            now = await heard.until(lambda now: acting(now) == {"a": 1})
            trouble = now.sources[1].trouble
            assert trouble is not None
            assert trouble.code == "SourceSlow"

    tell(story())
    released.set()


def test_last_good_outlives_a_restart(tmp_path: Path) -> None:
    """After a restart a broken spec has its last good form, a vanished one is known, first-boot data too."""
    specs = tmp_path / "specs"
    write(specs / "a.yaml", spec("a", 1) + "---\n" + spec("c", 1))
    write(specs / "b.yaml", spec("b", 2))
    text = WEB.replace("    os: Linux", "    os: Linux\n    userData: {file: first.sh}")
    write(specs / "web.yaml", text)
    write(specs / "first.sh", "echo\n")
    state = tmp_path / "state"
    source = PlainSource(str(specs), Meanwhile())

    async def before() -> None:
        async with listening([source], last_good=LastGood(state)) as (_intake, heard):
            await heard.until(lambda now: len(acting(now)) == 4)

    async def after() -> None:
        async with listening([source], last_good=LastGood(state)) as (intake, heard):
            now = await heard.until(lambda now: "NotReadYet" not in frozen(now).values())
            assert frozen(heard.accepted[0]) == dict.fromkeys(("a", "b", "c", "web"), "NotReadYet")
            assert frozen(now) == {"a": "SpecBroken", "b": "SpecVanished", "web": "SpecBroken"}
            fleets = {one.name: one.fleet for one in now.standings}
            assert {name: fleet and fleet.replicas for name, fleet in fleets.items()} == {
                "a": 1,
                "b": 2,
                "c": 1,
                "web": 6,
            }
            assert intake.troubles == ()

    tell(before())
    write(specs / "a.yaml", spec("a", 1).replace("replicas", "replica") + "---\n" + spec("c", 1))
    (specs / "b.yaml").unlink()
    (specs / "first.sh").unlink()
    tell(after())


def test_break_outlives_a_restart(tmp_path: Path) -> None:
    """A spec that was broken before a restart, and is mended after it, was not in force all the time."""
    specs = tmp_path / "specs"
    write(specs / "a.yaml", spec("a", 1))
    state = tmp_path / "state"
    source = PlainSource(str(specs), Meanwhile())

    async def told(ready: Callable[[Accepted], bool]) -> datetime | None:
        async with listening([source], last_good=LastGood(state)) as (_intake, heard):
            (one,) = (await heard.until(ready)).standings
            return one.in_force_since

    assert tell(told(lambda now: acting(now) == {"a": 1})) is None
    write(specs / "a.yaml", spec("a", 1).replace("replicas", "replica"))
    since = tell(told(lambda now: frozen(now) == {"a": "SpecBroken"}))
    assert since is not None
    write(specs / "a.yaml", spec("a", 1))
    assert tell(told(lambda now: acting(now) == {"a": 1})) == since


def test_revision_outlives_a_restart(tmp_path: Path) -> None:
    """A step back that happens while nothing runs waits for approval; a token in the file gives it."""
    repository = Repository(tmp_path / "repository")
    first = repository.commit(a=1)
    repository.commit(a=2)
    state = tmp_path / "state"

    async def before() -> None:
        async with listening([GitSource(str(repository.path))], last_good=LastGood(state)) as (
            _intake,
            heard,
        ):
            await heard.until(lambda now: acting(now) == {"a": 2})

    async def after() -> None:
        async with listening(
            [GitSource(str(repository.path))],
            last_good=LastGood(state),
            approvals=approvals([], state),
        ) as (intake, heard):
            now = await heard.until(lambda now: frozen(now) == {"a": "RevisionNotDescendant"})
            freeze = now.standings[0].freeze
            assert freeze is not None
            write(
                state / "approvals", f"not a token\n{freeze.token}  # the release was taken back\n"
            )
            intake.rescan()
            await heard.until(lambda now: acting(now) == {"a": 1})

    tell(before())
    repository.git("reset", "--quiet", "--hard", first)
    tell(after())


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda text: text[: len(text) // 2], "it is not whole"),
        (lambda text: text.replace('"name": "a"', '"name": "z"'), "its checksum is wrong"),
        (
            lambda text: text.replace('"formatVersion": 1', '"formatVersion": 9'),
            "another version of Evenkeel wrote it: 9",
        ),
        (lambda _text: "[]", "it is not whole"),
    ],
)
def test_harmed_memory_is_told(tmp_path: Path, harm: object, words: str) -> None:
    """A state file that is cut off, edited or of another version is told and treated as absent."""
    assert callable(harm)
    specs = write(tmp_path / "specs" / "a.yaml", spec("a", 1)).parent
    source = PlainSource(str(specs), Meanwhile())

    async def story(expected: str) -> None:
        async with listening([source], last_good=LastGood(tmp_path)) as (intake, heard):
            await heard.until(lambda now: acting(now) == {"a": 1})
            assert [expected in one for one in intake.troubles] == ([True] if expected else [])

    tell(story(""))
    memory = tmp_path / FILE_NAME
    assert stat.S_IMODE(memory.stat().st_mode) == 0o600
    write(memory, harm(memory.read_text()))
    tell(story(words))
    assert LastGood(tmp_path).load([source.root], WallClock().now).trouble == ""


def test_unkept_memory_is_told(tmp_path: Path) -> None:
    """When the state directory cannot be written, fleets go on and the trouble says what is at stake."""
    specs = write(tmp_path / "specs" / "a.yaml", spec("a", 1)).parent
    write(tmp_path / "state", "a file where the directory should be")

    async def story() -> None:
        last_good = LastGood(tmp_path / "state" / "below")
        source = PlainSource(str(specs), Meanwhile())
        async with listening([source], last_good=last_good) as (intake, heard):
            await heard.until(lambda now: acting(now) == {"a": 1})
            await intake._save()
            assert any("cannot be kept" in one for one in intake.troubles)

    tell(story())
