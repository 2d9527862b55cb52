"""Directories that are edited in place: a state counts when two readings some time apart agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.sources.plain import ROUNDS, SETTLE_SECONDS, STEP_SECONDS, PlainSource
from controller.sources.snapshot import Snapshot, SourceTrouble, TroubleCode
from tests.intake.places import Meanwhile, Repository, write
from tests.specs.spec_texts import WEB


def a_directory(tmp_path: Path) -> Path:
    specs = tmp_path / "specs"
    specs.mkdir()
    (specs / "web.yaml").write_text(WEB)
    return specs


def names(found: Snapshot | SourceTrouble) -> list[str]:
    assert isinstance(found, Snapshot), found
    return [fleet.name for fleet in found.specs.fleets]


def test_quiet_directory_settles_once(tmp_path: Path) -> None:
    """A quiet directory is waited for once; as long as nothing changes, not any more."""
    pause = Meanwhile()
    source = PlainSource(str(a_directory(tmp_path)), pause)
    assert (names(source.read()), pause.elapsed) == (["web"], SETTLE_SECONDS)
    assert (names(source.read()), pause.elapsed) == (["web"], SETTLE_SECONDS)


def test_edit_between_readings_is_waited_out(tmp_path: Path) -> None:
    """What changes between two readings counts only when it has stopped changing."""
    specs = a_directory(tmp_path)
    half = WEB[: len(WEB) // 2]
    pause = Meanwhile(
        lambda: (specs / "web.yaml").write_text(half), lambda: (specs / "web.yaml").write_text(WEB)
    )
    found = PlainSource(str(specs), pause).read()
    assert (names(found), pause.elapsed) == (["web"], SETTLE_SECONDS + 2 * STEP_SECONDS)


def test_half_a_write_costs_a_moment(tmp_path: Path) -> None:
    """A first reading that met half a file is given up when the rest is seen, not when its time is over."""
    specs = a_directory(tmp_path)
    (specs / "web.yaml").write_text(WEB[: len(WEB) // 2])
    clock = Meanwhile(lambda: (specs / "web.yaml").write_text(WEB))
    assert names(PlainSource(str(specs), clock).read()) == ["web"]
    assert clock.elapsed < 2.5


def test_change_at_the_very_end_is_seen(tmp_path: Path) -> None:
    """What changes in the last moment of the time to settle makes it begin anew."""
    specs = a_directory(tmp_path)
    quiet = [lambda: None] * round(SETTLE_SECONDS / STEP_SECONDS - 1)
    clock = Meanwhile(*quiet, lambda: write(specs / "web.yaml", WEB.replace(": 6", ": 7")))
    found = PlainSource(str(specs), clock).read()
    assert isinstance(found, Snapshot)
    assert [fleet.replicas for fleet in found.specs.fleets] == [7]
    assert clock.elapsed == 2 * SETTLE_SECONDS


def test_never_settled_is_said(tmp_path: Path) -> None:
    """A directory that changes without end gives a passing trouble and no snapshot."""
    specs = a_directory(tmp_path)
    writes = [
        lambda number=number: (specs / "web.yaml").write_text(f"{WEB}# {number}\n")
        for number in range(100)
    ]
    clock = Meanwhile(*writes)
    found = PlainSource(str(specs), clock).read()
    assert isinstance(found, SourceTrouble)
    assert (found.code, found.is_passing) == (TroubleCode.UNSETTLED, True)
    assert clock.elapsed == ROUNDS * SETTLE_SECONDS + STEP_SECONDS


@pytest.mark.parametrize("sign", ["index.lock", "MERGE_HEAD", "rebase-merge", "BISECT_LOG"])
def test_git_at_work_is_waited_for(tmp_path: Path, sign: str) -> None:
    """While git is changing the directory nothing of it counts; when it has ended, the directory does."""
    repository = Repository(tmp_path)
    repository.commit(a=1)
    lock = write(tmp_path / ".git" / sign, "")
    source = PlainSource(str(tmp_path / "specs"), Meanwhile())
    found = source.read()
    assert isinstance(found, SourceTrouble)
    assert (found.code, str(lock) in found.sentence) == (TroubleCode.UNSETTLED, True)
    lock.unlink()
    assert names(source.read()) == ["a"]


def test_lock_for_a_moment_is_sat_out(tmp_path: Path) -> None:
    """A lock that git holds for a moment costs a moment, and no trouble."""
    Repository(tmp_path).commit(a=1)
    lock = write(tmp_path / ".git" / "index.lock", "")
    quiet = [lambda: None] * round(SETTLE_SECONDS / STEP_SECONDS)
    clock = Meanwhile(*quiet, lock.unlink)
    assert names(PlainSource(str(tmp_path / "specs"), clock).read()) == ["a"]


def test_trace_of_git_costs_a_round(tmp_path: Path) -> None:
    """When git has written between two equal readings, the time begins anew: it may not be done."""
    Repository(tmp_path).commit(a=1)
    clock = Meanwhile(lambda: write(tmp_path / ".git" / "index", "written anew"))
    assert names(PlainSource(str(tmp_path / "specs"), clock).read()) == ["a"]
    assert clock.elapsed == SETTLE_SECONDS + STEP_SECONDS


def test_linked_work_tree_has_its_own_locks(tmp_path: Path) -> None:
    """In a linked work tree the lock lies in the repository it belongs to."""
    repository = Repository(tmp_path / "main")
    repository.commit(a=1)
    repository.git("worktree", "add", "--quiet", "--detach", str(tmp_path / "linked"))
    write(tmp_path / "main" / ".git" / "worktrees" / "linked" / "index.lock", "")
    found = PlainSource(str(tmp_path / "linked" / "specs"), Meanwhile()).read()
    assert isinstance(found, SourceTrouble)
    assert names(PlainSource(str(tmp_path / "main" / "specs"), Meanwhile()).read()) == ["a"]


def test_absence_is_an_error(tmp_path: Path) -> None:
    """A directory that is missing, empty or without any fleet is a trouble of the source."""
    source = PlainSource(str(tmp_path / "specs"), Meanwhile())
    missing = source.read()
    (tmp_path / "specs").mkdir()
    empty = source.read()
    write(tmp_path / "specs" / "x.yaml", "apiVersion: evenkeel/v1alpha1\nkind: Scenario\n")
    idle = source.read()
    codes = [one.code if isinstance(one, SourceTrouble) else one for one in (missing, empty, idle)]
    assert codes == [TroubleCode.MISSING, TroubleCode.EMPTY, TroubleCode.EMPTY]
