"""Specs from a directory or file that somebody edits in place.

Nothing tells when an edit is complete. So a state counts only when it was read twice, some time apart,
with the very same content, and while no git is at work there. In between it is read now and then: a reading
that fell into the middle of an edit is given up as soon as the rest is seen, not when the time is over.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from controller.sources.compiling import (
    DIGEST_SHOWN,
    Recorder,
    compile_whole,
    digest_of,
    to_snapshot,
)
from controller.sources.directory import read_beside, read_sources
from controller.sources.gitlocks import checkout_stamp, work_under_way
from controller.sources.links import nearest_directory
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble, TroubleCode
from controller.spec.codes import Code
from controller.spec.compile import CompileMemory
from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from controller.spec.compile import SpecSet
    from controller.spec.diagnostics import Diagnostic
    from controller.spec.source import SourceFile


class Stopwatch(Protocol):
    """What a source measures and waits with, in the thread that reads it."""

    @property
    def elapsed(self) -> float:
        """Seconds since some fixed moment."""
        ...

    def wait(self, seconds: float) -> None:
        """Block for so many seconds; not at all for zero or less."""
        ...


SETTLE_SECONDS = 2.0
"""Between two equal readings. A checkout that stalls for 250 ms has been seen to pass two readings 100 ms
apart; two seconds leave a fleet's first action within four of the edit."""
STEP_SECONDS = 0.25
"""Between two readings of those in between: so much later than the last write does the time begin at most."""
LOCK_SECONDS, LOCK_TRIES = 0.2, 10
"""Git holds its lock for milliseconds unless it is really changing something."""
ROUNDS = 4
"""So many times the time to settle may something change before we give up for now and say so."""

_ROOT_TROUBLES = {
    Code.PATH_MISSING: TroubleCode.MISSING,
    Code.PATH_UNREADABLE: TroubleCode.UNREADABLE,
    Code.NOT_A_SPEC_FILE: TroubleCode.UNREADABLE,
    Code.NO_SPEC_FILE: TroubleCode.EMPTY,
}


@dataclass(frozen=True, slots=True)
class _Look:
    """What one reading found. ``digest`` covers everything that matters, troubles included.

    ``stamp`` changes also when git writes the same once more: then it may be about to write something else.
    ``read_at`` is when the spec files had been read; what they refer to is read later.
    """

    files: tuple[SourceFile, ...]
    unread: tuple[Diagnostic, ...]
    beside: dict[tuple[str, str], bytes | str]
    specs: SpecSet
    digest: str
    stamp: str
    read_at: float


class PlainSource:
    """A directory of spec files, or one spec file."""

    def __init__(
        self, path: str, clock: Stopwatch, *, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self.root = path
        self._memory = CompileMemory()
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._settled: tuple[_Look, Snapshot | SourceTrouble] | None = None

    def read(self) -> Snapshot | SourceTrouble:
        """Read until two readings agree. What was settled before and has not changed settles at once."""
        if self._settled is not None and self._again(self._settled[0])[0]:
            return self._settled[1]
        began = self._clock.elapsed
        while self._clock.elapsed <= began + ROUNDS * self._settle_seconds:
            look = self._look()
            if not self._stands_still(look):
                continue
            at_work = self._wait_for_git()
            if at_work:
                return SourceTrouble(self.root, TroubleCode.UNSETTLED, at_work)
            if self._again(look) == (True, True):
                result = self._conclude(look)
                self._settled = (look, result)
                return result
        return self._unsettled()

    def watched(self) -> tuple[Path, ...]:
        """The directory that holds it, itself, and every directory below it that is read."""
        path = Path(self.root)
        return (nearest_directory(path.absolute().parent), *directories_below(path))

    def descends(self, older: Revision, newer: Revision) -> bool | None:  # noqa: ARG002 -- edits have no order
        """Never known."""
        return None

    def _look(self) -> _Look:
        stamp = checkout_stamp(Path(self.root))
        found = read_sources([self.root])
        recorder = Recorder(read_beside)
        read_at = self._clock.elapsed
        specs = compile_whole(found.files, found.diagnostics, recorder, self._memory)
        digest = _digest(found.files, found.diagnostics, recorder.beside)
        return _Look(found.files, found.diagnostics, recorder.beside, specs, digest, stamp, read_at)

    def _stands_still(self, look: _Look) -> bool:
        """Wait until the time to settle is over. False, and at once, when something else is read on the way."""
        settled_at = look.read_at + self._settle_seconds
        while (left := settled_at - self._clock.elapsed) > 0:
            self._clock.wait(min(STEP_SECONDS, left))
            if self._again(look) != (True, True):
                return False
        return True

    def _again(self, look: _Look) -> tuple[bool, bool]:
        """Whether a new reading finds the same, what specs refer to included, and no trace of git."""
        found = read_sources([self.root])
        by_path = {one.path: one for one in found.files}
        beside: dict[tuple[str, str], bytes | str] = {}
        for path, relative in look.beside:
            beside[path, relative] = _beside(by_path.get(path), relative)
        same = _digest(found.files, found.diagnostics, beside) == look.digest
        return same, checkout_stamp(Path(self.root)) == look.stamp

    def _wait_for_git(self) -> str:
        """Give git a moment to end what it is doing; return a sentence if it does not."""
        lock = work_under_way(Path(self.root))
        for _try in range(LOCK_TRIES):
            if lock is None:
                return ""
            self._clock.wait(LOCK_SECONDS)
            lock = work_under_way(Path(self.root))
        return (
            f"git is at work around {self.root} ({lock} is there): end the merge, rebase or checkout; if no "
            "git runs any more, remove that file"
        )

    def _conclude(self, look: _Look) -> Snapshot | SourceTrouble:
        for problem in look.unread:
            if problem.file == str(Path(self.root)) and problem.code in _ROOT_TROUBLES:
                sentence = f"{problem.message}: {problem.help}"
                return SourceTrouble(self.root, _ROOT_TROUBLES[problem.code], sentence)
        revision = Revision("content", look.digest[:DIGEST_SHOWN])
        return to_snapshot(self.root, revision, look.files, look.specs, look.beside)

    def _unsettled(self) -> SourceTrouble:
        seconds = round(ROUNDS * self._settle_seconds)
        return SourceTrouble(
            self.root,
            TroubleCode.UNSETTLED,
            f"{self.root} has been changing for {seconds} s: what it says counts when it has been the same "
            f"for {self._settle_seconds:g} s",
        )


def directories_below(path: Path) -> tuple[Path, ...]:
    """The directory and those below it whose names do not begin with a dot, links left aside."""
    found: list[Path] = []
    for above, below, _names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found.append(Path(above))
    return tuple(found)


def _digest(
    files: Iterable[SourceFile],
    unread: Iterable[Diagnostic],
    beside: dict[tuple[str, str], bytes | str],
) -> str:
    return digest_of(files, beside, *(f"{one.code} {one.file}" for one in unread))


def _beside(source: SourceFile | None, relative: str) -> bytes | str:
    if source is None:
        return "is gone"
    try:
        return read_beside(source, relative)
    except FileRefusedError as refused:
        return str(refused)
