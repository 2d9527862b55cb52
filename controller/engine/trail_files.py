"""The files of an audit trail: the one that is being written, the closed ones, and the anchor beside them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core.chain import NOTHING, Anchor, link, read_record, walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from controller.core.chain import Record, Walk
    from providers.base import Document

PRIVATE = 0o600
"""Names of instances and reasons are nobody else's business."""

_HEAD_BYTES = 128


class Part:
    """The file that is being written, and its anchor."""

    def __init__(self, path: Path, last: Anchor) -> None:
        self.last = last
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE)
        self.size = os.fstat(self._file).st_size
        self._head = os.open(beside(path, "head"), os.O_WRONLY | os.O_CREAT, PRIVATE)
        if not self.size:
            os.fsync(self._head)
            sync_directory(path)

    def append(self, bodies: Sequence[Document]) -> tuple[Record, ...]:
        """Write, wait for the disk, then move the anchor. On an error what was written is cut off again."""
        made: list[Record] = []
        last = self.last
        for body in bodies:
            made.append(link(body, last))
            last = made[-1].anchor
        text = b"".join(one.line for one in made)
        try:
            _write_whole(self._file, text)
            os.fsync(self._file)
        except OSError:
            # A record that nobody was told of must not count; if this fails too, opening sorts it out.
            os.ftruncate(self._file, self.size)
            raise
        self.size += len(text)
        self.last = last
        os.pwrite(self._head, _head_text(last), 0)
        return tuple(made)

    def close(self) -> None:
        """Give the files back."""
        os.close(self._file)
        os.close(self._head)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the newest file holds. ``number`` is its place among the files, ``wrong`` what is not as written."""

    last: Anchor
    number: int
    empty: bool = False
    wrong: str = ""

    @classmethod
    def of(cls, path: Path) -> Seen:
        """Read the newest file of a trail through. Closed files may have been moved away."""
        parts = parts_of(path)
        before = _end_of(parts[-1]) if parts else None
        number = int(parts[-1].suffix[1:]) + 1 if parts else 1
        if isinstance(before, str):
            return cls(NOTHING, number, wrong=before)
        try:
            lines = list(lines_of(path))
        except FileNotFoundError:
            lines = []
        head = read_head(path)
        found = walk(lines, before, anchors=[head] if head else [])
        last = found.last if lines else (before or NOTHING)
        first = found.first.seq - 1 if found.first else last.seq
        wrong = _wrong(path, found) or off_anchor(head, last, met=not found.unmet, first=first)
        if found.first is not None:
            told = found.first.body.get("part")
            number = told if type(told) is int else number
        return cls(last, number, not lines, wrong)


def _wrong(path: Path, found: Walk) -> str:
    """What the newest file itself shows that was not written so."""
    if found.breaks:
        return f"{found.breaks[0].place}: {found.breaks[0].sentence}"
    if found.first is not None and found.first.kind != "header":
        return f"{path.name}:1: the first record of a file must be its header"
    return ""


def beside(path: Path, ending: str) -> Path:
    """A file that belongs to a trail: its anchor, its lock."""
    return path.with_name(f"{path.name}.{ending}")


def parts_of(path: Path) -> tuple[Path, ...]:
    """The closed files of a trail, the oldest first."""
    known = [one for one in path.parent.glob(f"{path.name}.*") if one.suffix[1:].isdecimal()]
    return tuple(sorted(known, key=lambda one: int(one.suffix[1:])))


def lines_of(path: Path) -> Iterator[tuple[str, bytes]]:
    """The lines of one file, each with its place ``name:number``. Raises OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield f"{path.name}:{number}", line


def read_head(path: Path) -> Anchor | None:
    """The anchor that is kept beside a trail; None if there is none, or nothing that can be read."""
    try:
        found = json.loads(beside(path, "head").read_bytes())
        return Anchor(int(found["seq"]), str(found["hash"]))
    except (OSError, ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return None


def off_anchor(anchor: Anchor | None, last: Anchor, *, met: bool, first: int = 0) -> str:
    """What the anchor shows that a file does not, which ends at ``last``; empty if they agree.

    The file may be ahead: a crash can fall between the two. There may be no anchor yet beside a first
    record. An anchor from before ``first`` says nothing about this file.
    """
    if anchor is None:
        return (
            ""
            if last.seq <= 1
            else "its anchor, the file that ends with .head, is missing or damaged"
        )
    if anchor.seq > last.seq:
        return (
            f"its end is missing: record {anchor.seq} was written, and the last one is {last.seq}"
        )
    if not met and anchor.seq > first:
        return f"record {anchor.seq} is not the one that was written"
    return ""


def _end_of(part: Path) -> Anchor | str:
    """The last record of a closed file, or what is wrong with it."""
    place, line = part.name, b""
    for place, line in lines_of(part):  # noqa: B007 -- the last of them is wanted
        pass
    found = read_record(line)
    return f"{place}: {found}" if isinstance(found, str) else found.anchor


def marks_of(path: Path) -> object:
    """What changes when somebody touches a trail's files."""
    marks: list[tuple[str, int, int]] = []
    for one in (path, beside(path, "head"), *parts_of(path)):
        try:
            stat = one.stat()
        except OSError:
            continue
        marks.append((one.name, stat.st_size, stat.st_mtime_ns))
    return tuple(marks)


def part_path(path: Path, number: int) -> Path:
    """Where a file goes when it is closed."""
    return beside(path, f"{number:06d}")


def _head_text(anchor: Anchor) -> bytes:
    """Always of one length and within one sector, so that writing it over the last one is all or nothing."""
    text = json.dumps({"seq": anchor.seq, "hash": anchor.hash})
    return text.ljust(_HEAD_BYTES - 1).encode() + b"\n"


def _write_whole(file: int, text: bytes) -> None:
    while text:
        text = text[os.write(file, text) :]


def sync_directory(path: Path) -> None:
    """Make names durable, too."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
