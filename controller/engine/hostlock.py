"""Locks between processes on one host: a small file for each fleet, locked by the kernel.

The kernel lets go of a lock when its process ends, however it ends, and at no other time: a process that
is stopped keeps it. What stands in the file is for people: who holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

from providers.leases import Holder

if TYPE_CHECKING:
    from pathlib import Path

_MODE = 0o644
_MUCH = 4096


class HostLocks:
    """The locks of one process in one directory.

    ``scope`` tells clouds apart: two emulators may know scale sets of the same id.
    """

    def __init__(self, directory: Path, holder: Holder, *, scope: str = "") -> None:
        self._directory = directory
        self._holder = holder
        self._scope = scope
        self._open: dict[str, int] = {}
        self._others: dict[str, str] = {}

    def trouble(self) -> str | None:
        """Why no lock can be made in the directory; None if one can."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            probe = os.open(self._directory / "probe.lock", os.O_RDWR | os.O_CREAT, _MODE)
        except OSError as error:
            return f"locks cannot be kept in {self._directory} ({error.strerror})"
        os.close(probe)
        return None

    def take(self, key: str) -> str | None:
        """Take the lock of a fleet, or keep it; None on success, else the sentence why not."""
        if key in self._open:
            return None
        path = self._path(key)
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        except OSError as error:
            return (
                f"the lock {path} cannot be opened ({error.strerror}), so another process might be at "
                "work on this fleet; name a state directory that can be written"
            )
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = read_holder(descriptor)
            os.close(descriptor)
            self._others[key] = holder
            return f"{holder} is at work on this fleet"
        except OSError as error:
            os.close(descriptor)
            return f"the lock {path} cannot be taken ({error.strerror})"
        self._open[key] = descriptor
        self._others.pop(key, None)
        write_holder(descriptor, self._holder)
        return None

    def holder_of(self, key: str) -> str | None:
        """Who holds a fleet's lock, in words: us, or who held it when it was last refused to us."""
        return self._holder.words if key in self._open else self._others.get(key)

    def release(self) -> None:
        """Let go of every lock. The files stay: removing one could divide a lock between two files."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open.clear()

    def _path(self, key: str) -> Path:
        name = hashlib.sha256(f"{self._scope}\n{key}".encode()).hexdigest()[:24]
        return self._directory / f"{name}.lock"


def write_holder(descriptor: int, holder: Holder) -> None:
    """Name the holder in the file. On a full disk the lock holds all the same, only nameless."""
    words = json.dumps(
        {
            "id": holder.id,
            "host": holder.host,
            "pid": holder.pid,
            "role": holder.role,
            "since": holder.since,
        }
    )
    with suppress(OSError):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, words.encode(), 0)


def read_holder(descriptor: int) -> str:
    """Who is named in a lock's file, in words."""
    try:
        found = json.loads(os.pread(descriptor, _MUCH, 0))
        holder = Holder(
            id=str(found["id"]),
            host=str(found["host"]),
            pid=int(found["pid"]),
            role=str(found["role"]),
            since=str(found["since"]),
        )
    except (OSError, ValueError, LookupError, TypeError):
        return "another process on this host"
    return holder.words
