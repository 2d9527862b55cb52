"""The chain of records: any change of any byte of any record is found."""

from __future__ import annotations

import json
from random import Random

import pytest

from controller.core.chain import (
    MAX_SEQ,
    NOTHING,
    Anchor,
    Record,
    Walk,
    link,
    misfit,
    read_record,
    walk,
)

RECORDS = 12


def a_chain(count: int = RECORDS) -> list[bytes]:
    """Records as they stand in a file."""
    lines: list[bytes] = []
    last = NOTHING
    for number in range(count):
        made = link({"kind": "intent", "target": f"web-{number:06d}", "why": "weil größer"}, last)
        lines.append(made.line)
        last = made.anchor
    return lines


def breaks(lines: list[bytes], *anchors: Anchor) -> list[str]:
    found = walk(((f"t:{n}", line) for n, line in enumerate(lines, 1)), anchors=anchors)
    return [f"{one.place} {one.sentence}" for one in found.breaks] + [
        f"unmet {one.seq}" for one in found.unmet
    ]


def end(lines: list[bytes]) -> Anchor:
    found = read_record(lines[-1])
    assert isinstance(found, Record)
    return found.anchor


def test_whole_chain_has_no_breaks() -> None:
    """A chain as it was written has no break, meets its anchor, and is counted."""
    lines = a_chain()
    assert breaks(lines, end(lines), end(lines[:5]), NOTHING) == []
    found = walk(("t", line) for line in lines)
    assert (found.records, found.last.seq, found.first is not None) == (RECORDS, RECORDS, True)
    assert str(found.last) == f"{RECORDS}:{found.last.hash}"


@pytest.mark.parametrize("number", range(RECORDS))
def test_every_byte_counts(number: int) -> None:
    """Whatever single byte of a record is changed, taken out or doubled, the chain breaks there."""
    lines = a_chain()
    line = lines[number]
    for place in range(len(line)):
        other = bytes([line[place] ^ 1])
        for changed in (other, b"", line[place : place + 1] * 2):
            broken = line[:place] + changed + line[place + 1 :]
            if broken == line:
                continue
            assert breaks([*lines[:number], broken, *lines[number + 1 :]]), (place, changed)


def test_every_deletion_is_found() -> None:
    """Whichever records are taken out, the place is told; at the end only the anchor knows."""
    lines = a_chain()
    for first in range(RECORDS):
        for after in range(first + 1, RECORDS + 1):
            rest = lines[:first] + lines[after:]
            found = breaks(rest, end(lines))
            assert found, (first, after)
            assert bool(breaks(rest)) is (after < RECORDS)
    assert breaks(lines[:4] + lines[6:]) == ["t:5 records 5 to 6 are missing before record 7"]


def test_every_exchange_is_found() -> None:
    """No two records can change places, and none can be put in or doubled."""
    lines = a_chain()
    for one in range(RECORDS):
        for other in range(one):
            swapped = list(lines)
            swapped[one], swapped[other] = swapped[other], swapped[one]
            assert breaks(swapped, end(lines)), (one, other)
            assert breaks([*lines[:one], lines[other], *lines[one:]]), (one, other)


def test_rewritten_end_is_found_by_anchor() -> None:
    """Who writes a whole new end, hashes and all, makes a sound chain that does not meet the anchor."""
    lines = a_chain()
    for kept in range(RECORDS):
        last = end(lines[:kept]) if kept else NOTHING
        forged = lines[:kept]
        for _ in range(kept, RECORDS + 2):
            made = link({"kind": "intent", "target": "forged"}, last)
            forged.append(made.line)
            last = made.anchor
        assert breaks(forged) == []
        assert breaks(forged, end(lines)) == [f"unmet {RECORDS}"]


def test_splices_of_two_chains_are_found() -> None:
    """Records of another trail do not fit, wherever they are put."""
    lines = a_chain()
    other = [link({"kind": "intent", "n": 0}, NOTHING).line]
    while len(other) < RECORDS:
        other.append(link({"kind": "intent", "n": len(other)}, end(other)).line)
    for place in range(1, RECORDS):
        assert breaks(lines[:place] + other[place:]) != []


def test_break_is_told_once() -> None:
    """Behind one damaged record the chain goes on: one edit is one break, in words."""
    lines = a_chain()
    lines[3] = lines[3].replace(b"web-000003", b"web-000004")
    assert breaks(lines) == ["t:4 record 4 was changed: its hash does not fit"]


def test_form_counts() -> None:
    """The same record with a blank in it, in another order or with a key twice is not the record."""
    line = a_chain(1)[0]
    assert breaks([line.replace(b":", b": ", 1)]) != []
    assert breaks([b'{"kind":"x",' + line[1:]]) != []
    assert breaks([line[:-1] + b"\r\n"]) != []
    assert breaks([line, b"\n"]) == ["t:2 the line is not JSON"]
    for text in (b"[]\n", b'{"seq":true,"prev":"","hash":""}\n', b"\xff\n", b"[" * 100_000 + b"\n"):
        assert len(breaks([text])) == 1


def test_random_damage_is_found() -> None:
    """Random overwriting of a run of bytes anywhere in the file is found."""
    seed = 7
    print(f"seed {seed}")
    dice = Random(seed)
    whole = b"".join(a_chain())
    for _ in range(500):
        start = dice.randrange(len(whole))
        length = dice.randint(1, 200)
        noise = dice.randbytes(min(length, len(whole) - start))
        damaged = whole[:start] + noise + whole[start + len(noise) :]
        if damaged != whole:
            lines = damaged.splitlines(keepends=True)
            assert breaks(lines, end(a_chain())), (start, length)


def test_own_keys_are_kept_apart() -> None:
    """A body cannot bring a number or hash of its own."""
    with pytest.raises(ValueError, match="hash"):
        link({"hash": "x"}, NOTHING)
    first = link({"kind": "a"}, NOTHING)
    assert misfit(link({"kind": "b"}, first.anchor), first.anchor) == ""


def written(**whole: object) -> bytes:
    """A line in the one form that records have, whatever it says."""
    return json.dumps(whole, sort_keys=True, separators=(",", ":")).encode() + b"\n"


NO_RECORD = "the line is not a record: it has no number and hashes"
REWRITTEN = "the line was written anew: it is not in the one form that records have"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (link({}, NOTHING).line[:-1], "the line is cut off"),
        (b"{\n", "the line is not JSON"),
        (b"[" * 100_000 + b"\n", "the line is not JSON"),
        (b"[]\n", NO_RECORD),
        (written(prev="", hash=""), NO_RECORD),
        (written(seq=1, hash=""), NO_RECORD),
        (written(seq=1, prev=""), NO_RECORD),
        (written(seq=True, prev="", hash=""), NO_RECORD),
        (written(seq=0, prev="", hash=""), NO_RECORD),
        (written(seq=MAX_SEQ + 1, prev="", hash=""), NO_RECORD),
        (b" " + link({}, NOTHING).line, REWRITTEN),
        (b'{"hash":"","prev":"","seq":1,"x":NaN}\n', REWRITTEN),
        (written(seq=1, prev="", hash=""), "record 1 was changed: its hash does not fit"),
        (
            written(seq=MAX_SEQ, prev="", hash=""),
            f"record {MAX_SEQ} was changed: its hash does not fit",
        ),
    ],
)
def test_damaged_line_says_what_is_wrong(line: bytes, sentence: str) -> None:
    """Whoever looks for what happened to a trail reads of each damaged line how it is damaged."""
    assert read_record(line) == sentence


def test_record_is_read_as_it_was_written() -> None:
    """A whole record gives back its place, its own keys and its line, and names what sort it is."""
    made = link({"kind": "intent", "who": "ana"}, Anchor(4, "a" * 64))
    assert read_record(made.line) == made
    assert (made.seq, made.prev, made.kind) == (5, "a" * 64, "intent")
    assert made.body == {"kind": "intent", "who": "ana"}
    assert link({}, NOTHING).kind == ""


@pytest.mark.parametrize(
    ("after", "sentence"),
    [
        (Anchor(4, "a"), ""),
        (Anchor(3, "a"), "record 4 is missing before record 5"),
        (Anchor(2, "a"), "records 3 to 4 are missing before record 5"),
        (Anchor(5, "a"), "record 5 stands where record 6 belongs"),
        (Anchor(4, "b"), "record 5 does not follow the record 4 that stands before it"),
    ],
)
def test_misfit_says_what_is_wrong(after: Anchor, sentence: str) -> None:
    """A record that does not follow says whether others are missing, or it stands elsewhere."""
    assert misfit(link({}, Anchor(4, "a")), after) == sentence


def test_own_keys_are_named() -> None:
    """Whoever writes a key of the chain itself is told which."""
    with pytest.raises(ValueError, match=r"^keys of the chain itself: \['hash', 'seq'\]$"):
        link({"hash": "", "seq": 1, "kind": ""}, NOTHING)


def test_chain_may_begin_anywhere() -> None:
    """Where older records are kept elsewhere the walk takes the first one that there is, and checks from there."""
    lines = [("t", line) for line in a_chain()[4:]]
    found = walk(lines, None)
    assert (found.breaks, found.records, found.last.seq) == ((), RECORDS - 4, RECORDS)
    assert walk([], None) == Walk()


def test_damaged_record_keeps_its_place() -> None:
    """Behind a damaged record the next number follows; if that is missing as well, it is told, too."""
    lines = [("t", line) for line in a_chain()]
    lines[3] = ("broken", b"\n")
    assert [one.place for one in walk(lines).breaks] == ["broken"]
    assert [one.sentence for one in walk([*lines[:4], *lines[5:]]).breaks] == [
        "the line is not JSON",
        "record 5 is missing before record 6",
    ]


def test_every_record_is_shown_in_turn() -> None:
    """Whoever follows the chain sees each whole record with its place, the misplaced ones as well."""
    lines = [(str(n), line) for n, line in enumerate(a_chain(4), 1)]
    seen: list[tuple[str, int]] = []
    found = walk([*lines[:1], ("x", b"\n"), *lines[2:]], see=lambda p, r: seen.append((p, r.seq)))
    assert seen == [("1", 1), ("3", 3), ("4", 4)]
    assert (found.records, found.first and found.first.seq) == (3, 1)
