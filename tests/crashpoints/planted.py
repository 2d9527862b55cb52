"""Bugs that only a death at the right moment shows, planted to see that the crash points find them."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from controller.core.chain import link
from controller.engine import audit, audited, last_good, trail_files
from providers.relay import Change
from tests.simulation.bugs.bug import Bug


async def _record_afterwards(self: Any, change: Change, go_on: Callable[[], Awaitable[Any]]) -> Any:
    found = await go_on()
    await self._intend(audited._word(change), self._why(change), audited._asked(change))
    return found


def _save_in_place(self: Any, accepted: Any, texts: Any) -> None:
    document = last_good._to_bytes(last_good._document(accepted, texts))
    with self._path.open("wb") as stream:
        stream.write(document)
        stream.flush()
        os.fsync(stream.fileno())


def _anchor_first(self: Any, bodies: Sequence[Any]) -> tuple[Any, ...]:
    made: list[Any] = []
    last = self.last
    for body in bodies:
        made.append(link(body, last))
        last = made[-1].anchor
    os.pwrite(self._head, trail_files._head_text(last), 0)
    os.write(self._file, b"".join(one.line for one in made))
    os.fsync(self._file)
    self.last = last
    return tuple(made)


def _cut_in_silence(self: Any) -> None:
    whole = self.path.read_bytes() if self.path.exists() else b""
    if whole and not whole.endswith(b"\n"):
        os.truncate(self.path, whole.rfind(b"\n") + 1)


BUGS: Mapping[str, Bug] = {
    "record-after-effect": Bug(
        "a change is put on record when it has been made",
        ((audited._Audited, "changing", _record_afterwards),),
    ),
    "last-good-in-place": Bug(
        "what is remembered of specs is written over itself",
        ((last_good.LastGood, "save", _save_in_place),),
    ),
    "anchor-first": Bug(
        "the anchor of the audit trail moves before its record is written",
        ((trail_files.Part, "append", _anchor_first),),
    ),
    "torn-in-silence": Bug(
        "a torn record is cut off and nobody is told",
        ((audit.Trail, "_set_torn_aside", _cut_in_silence),),
    ),
}
