"""The daemon's own directory: held by one process, and looked after while it runs.

A directory that is full or that cannot be written any more stops all changes until it can be: the audit
trail and the memory of accepted revisions live there.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from controller.engine.host import HOST
from controller.engine.hostlock import read_holder, write_holder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controller.engine.host import Host
    from providers.leases import Holder

LOCK = "daemon.lock"
_PROBE = "probe"
_PRIVATE = 0o700
_SPARE_BYTES = 1024 * 1024
"""Room that has to be left: results of changes that were sent already must still find place."""


class StateDirectoryError(Exception):
    """The directory cannot be used; the sentence says why and what to do."""


class StateDirectoryHeldError(StateDirectoryError):
    """Another daemon uses the directory."""


@contextmanager
def held(path: Path, holder: Holder, host: Host = HOST) -> Iterator[StateDirectory]:
    """Hold a directory for as long as the block lasts. Raises ``StateDirectoryError``.

    The kernel lets go of it when the process ends, however it ends.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=_PRIVATE)
        descriptor = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StateDirectoryError(
            f"{path}: {error.strerror}; name a directory that can be written with --state-dir"
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StateDirectoryHeldError(
                f"{path} is in use: {read_holder(descriptor)}; stop that one, or give this one a "
                "directory of its own with --state-dir"
            ) from error
        write_holder(descriptor, holder)
        yield StateDirectory(path, descriptor, host)
    finally:
        os.close(descriptor)


class StateDirectory:
    """A directory that this process holds."""

    def __init__(self, path: Path, lock: int, host: Host = HOST) -> None:
        self.path = path
        self.host = host
        self._lock = lock
        self._lock_file = path / LOCK
        self._probe = path / _PROBE

    def trouble(self) -> str | None:
        """Why nothing can be kept here now; None if it can. Writes a few bytes to find out."""
        try:
            # A directory of the same name is another one if its lock is not the one that we hold.
            if not os.path.samestat(self._lock_file.stat(), os.fstat(self._lock)):
                return self._told("somebody has put another directory in its place")
            free = self.host.free_bytes(self.path)
            self._probe.write_bytes(b"evenkeel\n")
        except OSError as error:
            return self._told(error.strerror or "no reason given")
        finally:
            with suppress(OSError):
                self._probe.unlink(missing_ok=True)
        if free < _SPARE_BYTES:
            return self._told(f"{free} bytes are left on the disk")
        return None

    def _told(self, why: str) -> str:
        return f"the state directory {self.path} cannot be written ({why}); nothing is changed until it can"
