"""Examining a trail: whole as it was written, and every single change of it is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller.core.chain import Anchor
from controller.engine.audit import Trail
from controller.engine.audited import audited, context_of
from controller.engine.reconcile import run_pass
from controller.engine.trail_files import beside, parts_of, read_head
from controller.engine.trail_reading import Examination, examine
from tests.shell.stage import a_provider, run, web
from tests.shell.trails import a_trail, an_intent


def a_real_trail(path: Path) -> Path:
    """The trail of a fleet of four from its birth to two, over several files."""
    provider = a_provider()
    clock = provider.region.clock

    def passes(trail: Trail) -> None:
        for replicas in (4, 4, 2, 2):
            run(
                run_pass(
                    web(replicas),
                    provider,
                    clock,
                    between=lambda fleet, planned, inner: audited(
                        inner, trail, context_of(fleet, planned, "a test"), trail.now
                    ),
                )
            )
            clock.advance(90)

    trail = a_trail(path, part_bytes=3000)
    passes(trail)
    trail.close()
    return path


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One real trail for all tests, which work on copies."""
    return a_real_trail(tmp_path_factory.mktemp("real") / "audit.jsonl")


def copy(real: Path, to: Path) -> Path:
    for one in (real, beside(real, "head"), *parts_of(real)):
        (to / one.name).write_bytes(one.read_bytes())
    return to / real.name


def files_of(path: Path) -> list[Path]:
    return [*parts_of(path), path]


def lines_of(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def words(found: Examination) -> str:
    return "\n".join(f"{one.place}: {one.sentence}" for one in found.breaks)


def test_real_trail_is_whole(real: Path) -> None:
    """A trail over several files is whole, and tells of each change what came of it."""
    found = examine(real)
    assert (found.whole, found.first, found.unanswered) == (True, 1, 0)
    assert len(found.files) >= 3
    assert found.last == read_head(real)
    calls = [str(one.intent["call"]) for one in found.changes]
    assert (calls.count("create"), calls.count("delete")) == (4, 1)
    assert {one.outcome for one in found.changes} == {"accepted"}


@pytest.mark.slow
def test_every_single_change_is_found(real: Path, tmp_path: Path) -> None:
    """Each record of a real trail changed, deleted, doubled, moved or cut off is found, file by file."""
    path = copy(real, tmp_path)
    tried = 0
    for file in files_of(path):
        before = file.read_bytes()
        lines = lines_of(file)
        for number, line in enumerate(lines):
            rest = [*lines[:number], *lines[number + 1 :]]
            ways = {
                "deleted": rest,
                "doubled": [*lines[:number], line, *lines[number:]],
                "cut off here": lines[:number],
                "cut in two": [*lines[:number], line[: len(line) // 2]],
                "first": [line, *rest] if number else rest,
                "last": [*rest, line] if number + 1 < len(lines) else rest,
            }
            for place in range(0, len(line), 7):
                changed = line[:place] + bytes([line[place] ^ 1]) + line[place + 1 :]
                ways[f"byte {place}"] = [*lines[:number], changed, *lines[number + 1 :]]
            for what, tampered in ways.items():
                file.write_bytes(b"".join(tampered))
                assert not examine(path).whole, (file.name, number, what)
                tried += 1
        file.write_bytes(before)
    assert examine(path).whole
    assert tried > 500


def test_lost_and_exchanged_files_are_found(real: Path, tmp_path: Path) -> None:
    """A file that is missing, empty or in another's place is found; a missing first one can be allowed."""
    path = copy(real, tmp_path)
    first, second = parts_of(path)[:2]
    kept = {one: one.read_bytes() for one in (first, second)}
    first.write_bytes(kept[second])
    second.write_bytes(kept[first])
    assert not examine(path).whole
    second.write_bytes(b"")
    first.write_bytes(kept[first])
    assert not examine(path).whole
    second.write_bytes(kept[second])
    first.unlink()
    assert "are missing before record" in words(examine(path))
    assert examine(path, archived=True).whole
    second.unlink()
    first.write_bytes(kept[first])
    assert not examine(path, archived=True).whole


def test_anchor_finds_a_cut_end(real: Path, tmp_path: Path) -> None:
    """A cut-off end shows by the anchor beside the trail, and by one kept elsewhere if both were changed."""
    path = copy(real, tmp_path)
    whole = examine(path).last
    lines = lines_of(path)
    path.write_bytes(b"".join(lines[:-2]))
    assert "the end is cut off or new" in words(examine(path))
    beside(path, "head").unlink()
    assert "the anchor is missing" in words(examine(path))
    # Whoever can write both files can hide it from them, and from nobody who has the anchor.
    short = examine(path).last
    beside(path, "head").write_text(f'{{"seq": {short.seq}, "hash": "{short.hash}"}}')
    assert examine(path).whole
    assert f"{whole}: no record has this number" in words(examine(path, heads=[whole]))
    assert not examine(path, heads=[Anchor(3, "0" * 64)]).whole


def test_half_a_record_is_remarked(real: Path, tmp_path: Path) -> None:
    """Half a record behind the anchor is being written, or left by a crash; nothing is missing."""
    path = copy(real, tmp_path)
    with path.open("ab") as file:
        file.write(b'{"kind":"inte')
    found = examine(path)
    assert (found.whole, len(found.remarks)) == (True, 1)


def test_open_intents_are_counted(tmp_path: Path) -> None:
    """An intent without a result is no break, but is counted; a result of nothing is a break."""
    trail = a_trail(tmp_path / "audit.jsonl")
    intent, other = trail.append(an_intent(), an_intent())
    trail.append({"kind": "result", "intent": intent.seq, "outcome": "refused", "code": "No"})
    found = examine(trail.path)
    assert (found.whole, found.unanswered) == (True, 1)
    assert [(one.outcome, one.code) for one in found.changes] == [("refused", "No"), (None, "")]
    trail.append({"kind": "result", "intent": intent.seq}, {"kind": "header"})
    trail.close()
    said = words(examine(trail.path))
    assert f"a result of record {intent.seq}, which has none to come" in said
    assert "begin with its header" in said
    assert other.seq == intent.seq + 1
