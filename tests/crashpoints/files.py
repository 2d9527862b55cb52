"""Crash points in what a process does with files, found where they are: at every call into the system.

The interpreter tells of each call of a C function (``sys.setprofile``). So the points are those of the program
as it is, in whatever order and way it writes, and none has to be listed. A process that dies leaves exactly
what the kernel had been told by then: the directory is copied at that moment and put back when all of the
process is gone, because on its way out Python writes what it had only buffered.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, TypeVar

from tests.crashpoints.points import Kind, Mode, Point, Reaper
from tests.simulation.process import DeadError, Process

T = TypeVar("T")

Copy = dict[str, bytes]

_CALLS = frozenset(
    {
        ("posix", "open"),
        ("posix", "read"),
        ("posix", "pread"),
        ("posix", "write"),
        ("posix", "pwrite"),
        ("posix", "fsync"),
        ("posix", "replace"),
        ("posix", "rename"),
        ("posix", "truncate"),
        ("posix", "ftruncate"),
        ("posix", "unlink"),
        ("posix", "mkdir"),
        ("fcntl", "flock"),
        ("_io", "open"),
        ("io", "open"),
        ("BufferedReader", "read"),
        ("BufferedWriter", "write"),
        ("BufferedWriter", "flush"),
        ("FileIO", "readall"),
        ("FileIO", "write"),
    }
)
_EVENTS = frozenset({"c_call", "c_return", "c_exception"})
_NAMES = frozenset(name for _, name in _CALLS)
_WRITES = frozenset({"write", "pwrite", "flush"})
_SECTOR = 512
"""What lies in one sector is written as a whole or not at all: the anchor of the audit trail rests on that."""


def copy_of(directory: Path) -> Copy:
    """What stands in the files of a directory."""
    return {
        one.relative_to(directory).as_posix(): one.read_bytes()
        for one in sorted(directory.rglob("*"))
        if one.is_file()
    }


def put_back(directory: Path, copy: Copy) -> None:
    """Make the files of a directory what they were. Their inodes stay: locks are on those."""
    for name in copy_of(directory).keys() - copy.keys():
        (directory / name).unlink()
    for name, content in copy.items():
        file = directory / name
        if not file.exists() or file.read_bytes() != content:
            file.write_bytes(content)


def torn(before: Copy, after: Copy) -> Copy | None:
    """Half of what a write has done; None where there is no half of it."""
    for name, content in after.items():
        was = before.get(name, b"")
        is_added = content.startswith(was) and len(content) > len(was) + 1
        if is_added and not (len(was) == 0 and len(content) <= _SECTOR and name.endswith(".head")):
            half = len(was) + (len(content) - len(was)) // 2
            return {**after, name: content[:half]}
    return None


@contextmanager
def unheard() -> Iterator[None]:
    """Let files be used in the middle of a call of the program without that being the program's doing."""
    hears = sys.getprofile()
    sys.setprofile(None)
    try:
        yield
    finally:
        sys.setprofile(hears)


def close_all(directory: Path) -> None:
    """Close every descriptor of a file in a directory: the locks on them go with it."""
    for name in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            if name.readlink().is_relative_to(directory):
                os.close(int(name.name))


@dataclass(slots=True)
class Disk:
    """The directory of one host. ``left`` is what the process that died last left behind."""

    directory: Path
    reaper: Reaper
    left: Copy | None = None
    _process: Process | None = None
    _what: str = ""
    _open: list[tuple[Point, Copy | None]] = field(default_factory=list)

    def run(self, process: Process, what: str, call: Callable[[], T]) -> T:
        """Make a call of the program in which each call into the system is a crash point."""
        if process.dead:
            raise DeadError(process.why)
        self._process, self._what = process, what
        sys.setprofile(self._hear)
        try:
            return call()
        finally:
            sys.setprofile(None)
            self._open.clear()

    def bury(self) -> None:
        """Close the files of a dead process as the kernel does, and leave the directory as it left it."""
        close_all(self.directory)
        if self.left is not None:
            put_back(self.directory, self.left)
            self.left = None

    def _hear(self, _frame: FrameType, event: str, called: Any) -> None:
        # It is told of every call of a function, most of them in Python: those go first.
        if event not in _EVENTS or called.__name__ not in _NAMES:
            return
        owner = called.__self__
        place = owner.__name__ if isinstance(owner, ModuleType) else type(owner).__name__
        if (place, called.__name__) not in _CALLS:
            return
        if event == "c_call":
            self._enter(called.__name__)
        elif self._open:
            self._leave(*self._open.pop())

    def _enter(self, operation: str) -> None:
        point = self.reaper.point(Kind(self._what, operation))
        self._die(point, Mode.BEFORE, None)
        is_torn = self.reaper.is_new or self.reaper.is_due(point, Mode.TORN)
        before = copy_of(self.directory) if is_torn and operation in _WRITES else None
        self._open.append((point, before))

    def _leave(self, point: Point, before: Copy | None) -> None:
        half = None if before is None else torn(before, copy_of(self.directory))
        if half is not None:
            self._die(point, Mode.TORN, half)
        self._die(point, Mode.AFTER, None)

    def _die(self, point: Point, mode: Mode, left: Copy | None) -> None:
        assert self._process is not None
        if self.reaper.kill(self._process, point, mode, left):
            self.left = copy_of(self.directory) if left is None else left
            raise DeadError(f"{point.kind} {mode}")
