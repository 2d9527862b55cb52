"""Records that are chained: each carries the SHA-256 of the one before, so that none can be changed alone.

A record is one line of canonical JSON (sorted keys, no blanks, UTF-8) with ``seq``, ``prev`` and ``hash``
beside its own keys. ``hash`` covers all of it but itself. A line that says the same in another way is
not the same record.

What the chain shows by itself: any edit, any record taken out, put in or put elsewhere. What it cannot
show is that its end is missing; for that an ``Anchor`` has to be kept where the chain is not.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from providers.base import Json

START = "0" * 64
"""What the first record of a chain names as the one before it."""

OWN_KEYS = frozenset({"seq", "prev", "hash"})

MAX_SEQ = 2**53 - 1
"""No trail gets so long, and every reader of JSON still counts right; beyond, numbers cannot even be printed."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a chain: the number of a record and its hash."""

    seq: int
    hash: str

    def __str__(self) -> str:
        """``41:9f86…``, as it is printed and taken back."""
        return f"{self.seq}:{self.hash}"


NOTHING = Anchor(0, START)
"""The place before the first record."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record that is whole in itself. ``line`` ends with a line end."""

    seq: int
    prev: str
    hash: str
    body: Mapping[str, Any]
    line: bytes

    @property
    def anchor(self) -> Anchor:
        """Its place."""
        return Anchor(self.seq, self.hash)

    @property
    def kind(self) -> str:
        """What sort of record it says it is."""
        return str(self.body.get("kind", ""))


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain is not as it was written, in words. ``place`` is the caller's name for the line."""

    place: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a chain was followed. ``breaks`` in the order of the lines; ``first`` None: no record at all.

    ``unmet`` are the anchors that the walk was to come by and did not.
    """

    first: Record | None = None
    last: Anchor = NOTHING
    records: int = 0
    breaks: tuple[Break, ...] = ()
    unmet: tuple[Anchor, ...] = ()


def link(body: Mapping[str, Json], after: Anchor) -> Record:
    """The next record of a chain. Raises ValueError for a body that is not JSON or uses a key of the chain."""
    if OWN_KEYS & set(body):
        raise ValueError(f"keys of the chain itself: {sorted(OWN_KEYS & set(body))}")
    whole = {**body, "seq": after.seq + 1, "prev": after.hash}
    digest = hashlib.sha256(_canonical(whole)).hexdigest()
    line = _canonical({**whole, "hash": digest}) + b"\n"
    return Record(after.seq + 1, after.hash, digest, dict(body), line)


def read_record(line: bytes) -> Record | str:
    """Read one line, with its line end; a sentence says what is wrong with one that is no whole record."""
    if not line.endswith(b"\n"):
        return "the line is cut off"
    try:
        whole = json.loads(line)
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not isinstance(whole, dict) or not _has_place(whole):
        return "the line is not a record: it has no number and hashes"
    if not _is_canonical(whole, line):
        return "the line was written anew: it is not in the one form that records have"
    covered = {key: value for key, value in whole.items() if key != "hash"}
    if hashlib.sha256(_canonical(covered)).hexdigest() != whole["hash"]:
        return f"record {whole['seq']} was changed: its hash does not fit"
    body = {key: value for key, value in whole.items() if key not in OWN_KEYS}
    return Record(whole["seq"], whole["prev"], whole["hash"], body, line)


def misfit(record: Record, after: Anchor) -> str:
    """What is wrong with a record following ``after``; empty if it follows."""
    wanted = after.seq + 1
    if record.seq > wanted:
        lost = f"record {wanted} is" if record.seq == wanted + 1 else _lost(wanted, record.seq - 1)
        return f"{lost} missing before record {record.seq}"
    if record.seq < wanted:
        return f"record {record.seq} stands where record {wanted} belongs"
    if record.prev != after.hash:
        return f"record {record.seq} does not follow the record {after.seq} that stands before it"
    return ""


def walk(
    lines: Iterable[tuple[str, bytes]],
    after: Anchor | None = NOTHING,
    *,
    anchors: Sequence[Anchor] = (),
    see: Callable[[str, Record], None] | None = None,
) -> Walk:
    """Follow a chain through lines that come with their places, and tell every break.

    ``after`` None: the chain may begin anywhere, because what came before is kept elsewhere. Behind a
    break the walk goes on from the next whole record, so that one edit is told once. ``anchors`` are
    places that were noted elsewhere and must be met. ``see`` is shown each record with its place.
    """
    breaks: list[Break] = []
    last, first, count = after, None, 0
    unmet = [one for one in anchors if one not in {NOTHING, after}]
    for place, line in lines:
        found = read_record(line)
        if isinstance(found, str):
            breaks.append(Break(place, found))
            # The damaged record was there: its place is passed over, what follows names its hash.
            last = Anchor(last.seq + 1, "") if last else None
            continue
        wrong = "" if last is None or _passed_over(found, last) else misfit(found, last)
        if wrong:
            breaks.append(Break(place, wrong))
        first = first or found
        last, count = found.anchor, count + 1
        if see is not None:
            see(place, found)
        unmet = [one for one in unmet if one != last]
    return Walk(first, last or NOTHING, count, tuple(breaks), tuple(unmet))


def _passed_over(record: Record, last: Anchor) -> bool:
    return not last.hash and record.seq == last.seq + 1


def _has_place(whole: dict[str, Any]) -> bool:
    seq, prev, digest = whole.get("seq"), whole.get("prev"), whole.get("hash")
    is_number = type(seq) is int and 1 <= seq <= MAX_SEQ
    return is_number and isinstance(prev, str) and isinstance(digest, str)


def _is_canonical(whole: dict[str, Any], line: bytes) -> bool:
    """Python reads more than it writes: NaN, halves of characters, brackets a thousand deep."""
    try:
        return _canonical(whole) + b"\n" == line
    except (ValueError, RecursionError):
        return False


def _lost(first: int, last: int) -> str:
    return f"records {first} to {last} are"


def _canonical(value: object) -> bytes:
    text = json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode()
