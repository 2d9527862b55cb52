"""Whether an audit trail is whole, and tells of every tail that a crash tore off."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from controller.core.chain import walk
from controller.engine.audit import Trail, TrailError, Writer
from controller.engine.trail_files import lines_of, read_head

_LATER = datetime(2027, 1, 1, tzinfo=UTC)


def tail_of(trail: Path) -> bytes:
    """The torn end of a trail, nothing if it is whole."""
    if not trail.exists():
        return b""
    whole = trail.read_bytes()
    return whole[whole.rfind(b"\n") + 1 :]


def faults_of(trail: Path, torn: Sequence[bytes]) -> Iterator[str]:
    """What is wrong with a trail, once the next process has opened it; ``torn`` are the tails that it had."""
    if not trail.exists():
        return
    try:
        _open(trail)
    except TrailError as error:
        yield str(error)
        return
    found = walk(lines_of(trail))
    yield from (f"{one.place}: {one.sentence}" for one in found.breaks)
    if read_head(trail) != found.last:
        yield "the anchor is not at the end"
    yield from _untold(trail, torn)


def _open(path: Path) -> None:
    trail = Trail(path, Writer("the next process"), lambda: _LATER)
    try:
        trail.open()
        trail.append({"kind": "note", "what": "opened"})
    finally:
        trail.close()


def _untold(trail: Path, torn: Sequence[bytes]) -> Iterator[str]:
    """Each torn tail is kept, and a note of the chain names it."""
    records = [json.loads(line) for _, line in lines_of(trail)]
    told = {one.get("sha256") for one in records if one.get("what") == "tornTail"}
    for tail in torn:
        digest = hashlib.sha256(tail).hexdigest()
        if not trail.with_name(f"{trail.name}.torn-{digest[:12]}").exists():
            yield f"a torn tail of {len(tail)} bytes is lost"
        if digest not in told:
            yield f"nothing tells of a torn tail of {len(tail)} bytes"
