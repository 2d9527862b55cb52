"""Directories that are edited in place: a state counts when two readings some time apart agree."""

from __future__ import annotations

from pathlib import Path

from controller.sources.plain import ROUNDS, PlainSource
from controller.sources.snapshot import Snapshot, SourceTrouble, TroubleCode
from tests.intake.places import Meanwhile
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
    """A quiet directory needs one pause; as long as nothing changes, none any more."""
    pause = Meanwhile()
    source = PlainSource(str(a_directory(tmp_path)), pause)
    assert (names(source.read()), len(pause.pauses)) == (["web"], 1)
    assert (names(source.read()), len(pause.pauses)) == (["web"], 1)


def test_edit_between_readings_is_waited_out(tmp_path: Path) -> None:
    """What changes between two readings counts only when it has stopped changing."""
    specs = a_directory(tmp_path)
    half = WEB[: len(WEB) // 2]
    pause = Meanwhile(
        lambda: (specs / "web.yaml").write_text(half), lambda: (specs / "web.yaml").write_text(WEB)
    )
    found = PlainSource(str(specs), pause).read()
    assert (names(found), len(pause.pauses)) == (["web"], 3)


def test_never_settled_is_said(tmp_path: Path) -> None:
    """A directory that changes without end gives a passing trouble and no snapshot."""
    specs = a_directory(tmp_path)
    writes = [
        lambda number=number: (specs / "web.yaml").write_text(f"{WEB}# {number}\n")
        for number in range(ROUNDS)
    ]
    found = PlainSource(str(specs), Meanwhile(*writes)).read()
    assert isinstance(found, SourceTrouble)
    assert (found.code, found.is_passing) == (TroubleCode.UNSETTLED, True)
