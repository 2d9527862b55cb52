"""The audit trail on a disk: durable, chained over files, honest about torn ends, closed to tampering."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller.core.chain import walk
from controller.engine.audit import Trail, TrailError, TrailHeldError
from controller.engine.trail_files import beside, lines_of, parts_of, read_head
from tests.shell.trails import a_trail, an_intent, bodies, kinds, written

ROOT = Path(__file__).resolve().parents[2]


def refusal(trail: Trail) -> str:
    """Why a trail takes no record."""
    with pytest.raises(TrailError) as caught:
        trail.append(an_intent())
    return str(caught.value)


def test_first_record_says_whose_trail(tmp_path: Path) -> None:
    """A trail begins with who writes it and for what, and its files are nobody else's to read."""
    path = written(tmp_path / "audit.jsonl", count=1)
    header, intent = bodies(path)
    assert (header["kind"], header["controller"]) == ("header", "evenkeel on a test")
    assert (header["scope"], header["part"], header["seq"]) == (["specs/"], 1, 1)
    assert (intent["seq"], intent["prev"]) == (2, header["hash"])
    assert path.stat().st_mode & 0o077 == 0


def test_trail_goes_on_where_it_ended(tmp_path: Path) -> None:
    """A second process goes on in the chain of the first, and the anchor names the last record."""
    path = written(tmp_path / "audit.jsonl", count=2)
    written(path, count=2)
    assert kinds(path) == ["header", *["intent"] * 4]
    found = walk(lines_of(path))
    assert (found.breaks, found.last) == ((), read_head(path))


def test_full_file_is_followed_by_another(tmp_path: Path) -> None:
    """Full files are closed and the chain goes on in the next, which begins with a header of its own."""
    path = written(tmp_path / "audit.jsonl", count=9, part_bytes=700)
    parts = [*parts_of(path), path]
    assert [one.name for one in parts[:2]] == ["audit.jsonl.000001", "audit.jsonl.000002"]
    assert {kinds(one)[0] for one in parts} == {"header"}
    assert [bodies(one)[0]["part"] for one in parts] == list(range(1, len(parts) + 1))
    found = walk(line for one in parts for line in lines_of(one))
    assert (found.breaks, found.last) == ((), read_head(path))
    written(path, count=1, part_bytes=700)
    assert walk(line for one in [*parts_of(path), path] for line in lines_of(one)).breaks == ()


def test_closed_files_may_be_moved_away(tmp_path: Path) -> None:
    """Closed files can be archived: the trail goes on, and no later file takes the name of an earlier one."""
    path = written(tmp_path / "audit.jsonl", count=9, part_bytes=700)
    names = {one.name for one in parts_of(path)}
    for one in parts_of(path):
        one.unlink()
    written(path, count=9, part_bytes=700)
    assert not names & {one.name for one in parts_of(path)}


@pytest.mark.parametrize("kept", [0, 1, 40, -1])
def test_torn_end_is_set_aside(tmp_path: Path, kept: int) -> None:
    """Half a record at the end, as a crash leaves it, is kept beside the trail, told, and recorded."""
    path = written(tmp_path / "audit.jsonl", count=3)
    whole = path.read_bytes()
    torn = (b'{"kind":"intent","seq":5,' + b"x" * 60)[: kept or 1]
    path.write_bytes(whole + torn)
    trail = a_trail(path)
    assert trail.trouble() == ""
    trail.append(an_intent())
    trail.close()
    assert len(trail.told) == 1
    assert f"{len(torn)} bytes were no whole record" in trail.told[0]
    note = bodies(path)[4]
    assert (note["what"], kinds(path)[4:]) == ("tornTail", ["note", "intent"])
    (aside,) = tmp_path.glob("audit.jsonl.torn-*")
    assert aside.read_bytes() == torn
    assert walk(lines_of(path)).breaks == ()


@pytest.mark.slow
def test_every_cut_of_a_durable_record_freezes(tmp_path: Path) -> None:
    """Cut anywhere, the trail takes no record until somebody has looked: the anchor knows what was durable."""
    whole = written(tmp_path / "whole.jsonl", count=3).read_bytes()
    head = beside(tmp_path / "whole.jsonl", "head").read_bytes()
    for cut in range(len(whole)):
        path = tmp_path / f"cut{cut}.jsonl"
        path.write_bytes(whole[:cut])
        beside(path, "head").write_bytes(head)
        trail = a_trail(path)
        said = trail.trouble()
        trail.close()
        assert "its end is missing" in said, cut


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"web-000002", b"web-000009", "audit.jsonl:3: record 3 was changed"),
        (b'"kind":"header"', b'"kind":"intent"', "audit.jsonl:1: record 1 was changed"),
    ],
)
def test_changed_middle_freezes(tmp_path: Path, old: bytes, new: bytes, words: str) -> None:
    """A trail that was changed takes nothing more; moved away, a new one begins by itself."""
    path = written(tmp_path / "audit.jsonl")
    path.write_bytes(path.read_bytes().replace(old, new))
    trail = a_trail(path)
    said = refusal(trail)
    assert words in said
    assert "move " in said
    assert refusal(trail) == said
    before = path.read_bytes()
    for one in tmp_path.glob("audit.jsonl*"):
        if one.suffix != ".lock":
            one.rename(tmp_path / f"old-{one.name}")
    trail.append(an_intent())
    trail.close()
    assert (tmp_path / "old-audit.jsonl").read_bytes() == before
    assert kinds(path) == ["header", "intent"]


@pytest.mark.parametrize("lost", ["audit.jsonl", "audit.jsonl.head"])
def test_lost_file_freezes(tmp_path: Path, lost: str) -> None:
    """Without its anchor, or with nothing but its anchor, a trail is not taken for a new one."""
    path = written(tmp_path / "audit.jsonl")
    (tmp_path / lost).unlink()
    assert "is not as it was written" in refusal(a_trail(path))


def test_crash_before_the_anchor_is_no_tampering(tmp_path: Path) -> None:
    """A trail that is ahead of its anchor, as a crash between the two leaves it, goes on."""
    path = written(tmp_path / "audit.jsonl", count=1)
    old = beside(path, "head").read_bytes()
    written(path, count=1)
    beside(path, "head").write_bytes(old)
    written(path, count=1)
    assert kinds(path) == ["header", "intent", "intent", "intent"]
    fresh = tmp_path / "fresh.jsonl"
    fresh.touch()
    beside(fresh, "head").touch()
    written(fresh, count=1)
    assert kinds(fresh) == ["header", "intent"]


def test_two_processes_never_share_a_trail(tmp_path: Path) -> None:
    """A trail that another process writes takes nothing, and says so; afterwards it does."""
    path = tmp_path / "audit.jsonl"
    first, second = a_trail(path), a_trail(path)
    first.append(an_intent())
    with pytest.raises(TrailHeldError, match="another process writes this audit trail"):
        second.append(an_intent())
    first.close()
    second.append(an_intent())
    second.close()
    assert kinds(path) == ["header", "intent", "intent"]


def test_unwritable_directory_fails_closed(tmp_path: Path) -> None:
    """Where nothing can be written nothing is recorded, in words; as soon as it can, the trail goes on."""
    place = tmp_path / "state"
    place.write_text("a file where the directory should be")
    trail = a_trail(place / "audit.jsonl")
    assert "cannot be written (File exists); nothing is changed until it can" in refusal(trail)
    assert trail.trouble() != ""
    place.unlink()
    trail.append(an_intent())
    trail.close()
    assert kinds(place / "audit.jsonl") == ["header", "note", "intent"]


DISK_FULL = """
import resource, signal, sys
from pathlib import Path
from controller.engine.audit import TrailError
from tests.shell.trails import a_trail, an_intent
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
trail = a_trail(path)
trail.append(an_intent(1))
full = path.stat().st_size + int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (full, resource.RLIM_INFINITY))
for _ in range(2):
    try:
        trail.append(an_intent(2))
        print("written")
    except TrailError as error:
        print(error)
trail.later({"kind": "result", "intent": 2})
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
trail.append(an_intent(3))
trail.close()
"""


@pytest.mark.parametrize("room", [0, 8, 100])
def test_full_disk_fails_closed_and_recovers(tmp_path: Path, room: int) -> None:
    """On a full disk nothing counts as recorded; what was put off is written first when there is room again."""
    path = tmp_path / "audit.jsonl"
    done = subprocess.run(  # noqa: S603 -- our own program in this very interpreter
        [sys.executable, "-c", DISK_FULL, str(path), str(room)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.count("File too large") == 2
    found = walk(lines_of(path))
    assert (found.breaks, found.last) == ((), read_head(path))
    assert kinds(path) == ["header", "intent", "note", "result", "intent"]
    assert bodies(path)[2]["what"] == "recovered"
    assert bodies(path)[3]["late"] is True


def test_records_of_one_moment_share_a_write(tmp_path: Path) -> None:
    """Many records at once come into the chain in the order in which they were asked for."""
    path = tmp_path / "audit.jsonl"
    trail = a_trail(path)

    async def story() -> list[int]:
        found = await asyncio.gather(*(trail.record(an_intent(n)) for n in range(50)))
        return [one.seq for one in found]

    assert asyncio.run(story()) == list(range(2, 52))
    # Another event loop in the same process, as one command after another has it.
    assert asyncio.run(story()) == list(range(52, 102))
    trail.close()
    assert walk(lines_of(path)).breaks == ()


def test_late_results_are_written_at_last(tmp_path: Path) -> None:
    """What was put off is written when the trail is closed, and told if even that fails."""
    trail = a_trail(tmp_path / "audit.jsonl")
    trail.append(an_intent())
    trail.later({"kind": "result", "intent": 2})
    trail.close()
    assert kinds(trail.path)[-1] == "result"
    lost = a_trail(tmp_path / "audit.jsonl" / "below")
    lost.later({"kind": "result", "intent": 2})
    lost.close()
    assert "1 results were never recorded" in lost.told[0]


def test_secrets_never_reach_the_disk(tmp_path: Path) -> None:
    """Whatever is recorded goes through the redaction."""
    trail = a_trail(tmp_path / "audit.jsonl")
    trail.append(
        {"kind": "result", "message": "see https://x/y?sig=abc123", "userData": "c2VjcmV0"}
    )
    trail.close()
    text = trail.path.read_text()
    assert "abc123" not in text
    assert "c2VjcmV0" not in text
