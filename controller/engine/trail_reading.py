"""Reading an audit trail: is it as it was written, and what was changed by whom and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from controller.core.chain import NOTHING, Anchor, Break, walk
from controller.engine.trail_files import beside, lines_of, parts_of, read_head

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from controller.core.chain import Record


@dataclass(frozen=True, slots=True)
class Change:
    """One change: what was meant, and what came of it. ``outcome`` None: there is no result on record."""

    intent: Mapping[str, Any]
    seq: int
    outcome: str | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """What a trail holds and where it is not as it was written. ``first`` and ``last`` are record numbers.

    ``unanswered`` counts intents without a result: a process died there, or a result is still to come.
    ``remarks`` are worth knowing and prove nothing wrong.
    """

    files: tuple[str, ...]
    records: int
    first: int
    last: Anchor
    changes: tuple[Change, ...]
    breaks: tuple[Break, ...]
    remarks: tuple[str, ...] = ()

    @property
    def whole(self) -> bool:
        """Whether everything is as it was written, as far as this can be known."""
        return not self.breaks

    @property
    def unanswered(self) -> int:
        """How many intents have no result."""
        return sum(one.outcome is None for one in self.changes)


@dataclass(slots=True)
class _Reader:
    """Grows while a trail is read."""

    changes: dict[int, Change] = field(default_factory=dict)
    breaks: list[Break] = field(default_factory=list)
    cut_off: str = ""
    first: int = 0

    def see(self, place: str, record: Record) -> None:
        """Take a record in, and hold it against those before it."""
        self.first = self.first or record.seq
        name, _, number = place.rpartition(":")
        if (record.kind == "header") is not (number == "1"):
            words = "a file must begin with its header, and have no other"
            self.breaks.append(Break(place, f"{words} ({name})"))
        if record.kind == "intent" and not _is_legible(record.body):
            self.breaks.append(Break(place, f"record {record.seq} does not say what was meant"))
        elif record.kind == "intent":
            self.changes[record.seq] = Change(record.body, record.seq)
        elif record.kind == "result":
            self._answer(place, record)

    def _answer(self, place: str, record: Record) -> None:
        asked = record.body.get("intent")
        if isinstance(asked, int) and asked < self.first:
            return  # its intent is in a file that was moved away
        found = self.changes.get(asked) if isinstance(asked, int) else None
        if found is None or found.outcome is not None:
            self.breaks.append(Break(place, f"a result of record {asked}, which has none to come"))
            return
        self.changes[found.seq] = Change(
            found.intent,
            found.seq,
            outcome=str(record.body.get("outcome")),
            code=str(record.body.get("code", "")),
            message=str(record.body.get("message", "")),
        )


def _is_legible(intent: Mapping[str, Any]) -> bool:
    """Whether an intent's lists are as ours are. Who can write a hash can write anything."""
    targets, because = intent.get("targets", []), intent.get("because", [])
    if not (isinstance(targets, list) and isinstance(because, list)):
        return False
    reasons = (isinstance(one, dict) and {"reason", "why"} <= set(one) for one in because)
    return all(isinstance(one, str) for one in targets) and all(reasons)


def examine(path: Path, *, heads: Sequence[Anchor] = (), archived: bool = False) -> Examination:
    """Read a trail with its closed files. Raises OSError if there is nothing to read.

    ``heads`` are anchors that were kept elsewhere. ``archived``: older files have been moved away, so the
    trail may begin anywhere.
    """
    # The anchor first: whoever is writing just now may be ahead of it, and never behind.
    head = read_head(path)
    files = (*parts_of(path), path)
    reader = _Reader()
    found = walk(
        _without_torn_end(files, reader),
        None if archived else NOTHING,
        anchors=[*([head] if head else []), *heads],
        see=reader.see,
    )
    # Where records are missing or changed, what others say of them follows from that.
    breaks = [*(found.breaks or reader.breaks), *_off_anchors(path, head, heads, found.unmet)]
    first = found.first.seq if found.first else 0
    return Examination(
        files=tuple(one.name for one in files),
        records=found.records,
        first=first,
        last=found.last,
        changes=tuple(reader.changes.values()),
        breaks=tuple(breaks),
        remarks=(reader.cut_off,) if reader.cut_off else (),
    )


def _without_torn_end(files: Sequence[Path], reader: _Reader) -> Iterator[tuple[str, bytes]]:
    """All lines but a last one without its end: that is no record yet, or what a crash has left of one."""
    for file in files:
        for place, line in lines_of(file):
            if file is files[-1] and not line.endswith(b"\n"):
                reader.cut_off = f"{place}: half a record, being written or left by a crash"
                return
            yield place, line


def _off_anchors(
    path: Path, head: Anchor | None, heads: Sequence[Anchor], unmet: Sequence[Anchor]
) -> Iterator[Break]:
    name = beside(path, "head").name
    if head is None:
        yield Break(name, "the anchor is missing or damaged, so a cut-off end would not show")
    elif head in unmet:
        yield Break(
            name, f"record {head.seq} is not there as it was written: the end is cut off or new"
        )
    for one in heads:
        if one in unmet and one != head:
            yield Break(str(one), "no record has this number and this hash")
