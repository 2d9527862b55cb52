"""The audit trail: a file to which records are only ever added, each durable before ``append`` returns.

Beside the file ``FILE`` stand ``FILE.head``, the anchor (number and hash of the last durable record, for
what a chain cannot show: that its end is missing), ``FILE.lock``, and ``FILE.000001`` and so on, earlier
parts. A part is never written again and never deleted here.

Nothing here is repaired in silence. A torn last record, as a crash leaves it, is set aside and recorded;
anything else that is not as it was written makes the trail unusable until a person has moved it away.
A trail that cannot be written says why, and goes on by itself when it can.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from controller.core.chain import NOTHING
from controller.engine.host import HOST
from controller.engine.trail_files import (
    PRIVATE,
    Part,
    Seen,
    beside,
    marks_of,
    part_path,
    sync_directory,
)
from controller.formats.redact import redact
from controller.formats.text import time_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from controller.core.chain import Anchor, Record
    from controller.engine.host import Host
    from providers.base import Document, Json

FORMAT_VERSION = "1.0"
PART_BYTES = 16 * 1024 * 1024
"""A file of this size is closed and another begun: some 20,000 changes, read through in under a second."""

RESERVE_BYTES = 1024 * 1024
"""Room that must be left on the disk: results of what was sent already must still find place."""


class TrailError(Exception):
    """The trail cannot be written; the sentence says why and what to do. Nothing was recorded.

    ``lasting``: it does not go away by itself.
    """

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.lasting = lasting


class TrailHeldError(TrailError):
    """Another process writes this trail."""


@dataclass(frozen=True, slots=True)
class Writer:
    """Who writes a trail: it stands in the header of every file.

    ``controller`` names the process for people, ``scope`` says what it was told to look after.
    """

    controller: str
    scope: tuple[str, ...] = ()


class Trail:
    """One trail, held by this process from the first record to ``close``.

    ``now`` tells the time. ``told`` are sentences about what was found at opening, for a log.
    """

    def __init__(
        self,
        path: Path,
        writer: Writer,
        now: Callable[[], datetime],
        *,
        part_bytes: int = PART_BYTES,
        host: Host = HOST,
    ) -> None:
        self.path = path
        self._host = host
        self.told: list[str] = []
        self._writer = writer
        self.now = now
        self._part_bytes = part_bytes
        self._file: Part | None = None
        self._number = 1
        self._lock: int | None = None
        self._alone = threading.RLock()
        self._broken: tuple[object, str] | None = None
        self._failing_since: datetime | None = None
        self._late: list[Document] = []
        self._waiting: list[tuple[Document, asyncio.Future[Record]]] = []
        self._flush: asyncio.Task[None] | None = None

    @property
    def head(self) -> Anchor:
        """The last durable record that this process knows of."""
        return self._file.last if self._file else NOTHING

    def open(self) -> None:
        """Open the trail and begin it if there is none. Raises ``TrailError``; the next record tries again."""
        with self._alone:
            self._ready()

    def trouble(self) -> str:
        """Why the trail cannot be written now; empty if it can. Opens it if it is not open."""
        try:
            self.open()
        except TrailError as error:
            return str(error)
        return ""

    def append(self, *bodies: Document) -> tuple[Record, ...]:
        """Write records, and return when the disk has them. Raises ``TrailError`` if it has none of them."""
        with self._alone:
            part = self._ready()
            late = tuple(self._late)
            try:
                self._check_room()
                made = part.append([_redacted(one) for one in (*self._recovery(), *late, *bodies)])
            except OSError as error:
                self._drop()
                raise self._failing(error) from error
            # Others may have been put off while these were being written.
            del self._late[: len(late)]
            self._failing_since = None
            self._turn_page(part)
        return made[len(made) - len(bodies) :]

    async def record(self, body: Document) -> Record:
        """The same without holding up the event loop; records of one moment share one write.

        A caller that is cancelled may leave a record behind whose action was never begun.
        """
        future: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self._waiting.append((body, future))
        if self._flush is None or self._flush.done():
            self._flush = asyncio.get_running_loop().create_task(self._write_waiting())
        return await asyncio.shield(future)

    def later(self, body: Document) -> None:
        """Keep a record that cannot be written now; it goes in front of the next one."""
        self._late.append({**body, "late": True})

    def close(self) -> None:
        """Write what is still to be written, if that is possible, and let the trail go."""
        if self._late:
            try:
                self.append()
            except TrailError as error:
                self.told.append(f"{len(self._late)} results were never recorded: {error}")
        self._drop()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _write_waiting(self) -> None:
        while self._waiting:
            taken, self._waiting = self._waiting, []
            try:
                made = await self._host.write(partial(self.append, *(body for body, _ in taken)))
            except TrailError as error:
                for _, future in taken:
                    _settle(future, error)
            else:
                for (_, future), record in zip(taken, made, strict=True):
                    _settle(future, record)

    def _ready(self) -> Part:
        if self._file is None:
            self._check_not_broken()
            try:
                self._hold()
                self._file = self._open()
            except OSError as error:
                raise self._failing(error) from error
        return self._file

    def _hold(self) -> None:
        if self._lock is not None:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(beside(self.path, "lock"), os.O_RDWR | os.O_CREAT, PRIVATE)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            sentence = f"{self.path}: another process writes this audit trail; give each its own"
            raise TrailHeldError(sentence) from error
        self._lock = descriptor

    def _open(self) -> Part:
        """Open the newest part, or begin one; whatever was torn is set aside first and told."""
        torn = self._set_torn_aside()
        seen = Seen.of(self.path)
        self._number = seen.number
        if seen.wrong:
            sentence = (
                f"the audit trail {self.path} is not as it was written: {seen.wrong}. Nothing is changed until "
                f"somebody has looked: move {self.path}* elsewhere as evidence, and a new trail begins"
            )
            self._broken = (marks_of(self.path), sentence)
            raise TrailError(sentence, lasting=True)
        part = Part(self.path, seen.last)
        if seen.empty:
            part.append([self._header(seen.last)])
        if torn:
            part.append([torn])
        return part

    def _check_not_broken(self) -> None:
        """A broken trail is read through again only after somebody has touched its files."""
        if self._broken is not None:
            marks, sentence = self._broken
            if marks == marks_of(self.path):
                raise TrailError(sentence, lasting=True)
            self._broken = None

    def _set_torn_aside(self) -> Document | None:
        """Cut off a last line without its end, keep its bytes in a file of their own, and tell."""
        try:
            whole = self.path.read_bytes()
        except FileNotFoundError:
            return None
        cut = whole.rfind(b"\n") + 1
        tail = whole[cut:]
        if not tail:
            return None
        digest = hashlib.sha256(tail).hexdigest()
        kept = beside(self.path, f"torn-{digest[:12]}")
        kept.write_bytes(tail)
        os.truncate(self.path, cut)
        sentence = f"the last {len(tail)} bytes were no whole record, as a crash leaves them; they are kept in {kept.name}"
        self.told.append(f"{self.path}: {sentence}")
        return self._note("tornTail", sentence, sha256=digest)

    def _turn_page(self, part: Part) -> None:
        """Close a full file and begin the next.

        What was written is durable already. If the disk refuses the next file, the next record meets that
        and says so.
        """
        if part.size < self._part_bytes:
            return
        self._drop()
        with contextlib.suppress(OSError, TrailError):
            self.path.rename(part_path(self.path, self._number))
            sync_directory(self.path)
            self._file = self._open()

    def _recovery(self) -> list[Document]:
        if self._failing_since is None:
            return []
        words = f"could not be written since {time_text(self._failing_since)}; nothing was sent meanwhile"
        return [self._note("recovered", words, late=len(self._late))]

    def _check_room(self) -> None:
        free = self._host.free_bytes(self.path.parent)
        if free < RESERVE_BYTES:
            raise OSError(errno.ENOSPC, f"only {free} bytes are left on the disk")

    def _failing(self, error: OSError) -> TrailError:
        self._failing_since = self._failing_since or self.now()
        why = error.strerror or "no reason given"
        return TrailError(
            f"the audit trail {self.path} cannot be written ({why}); nothing is changed until it can"
        )

    def _drop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _header(self, after: Anchor) -> Document:
        return {
            "kind": "header",
            "formatVersion": FORMAT_VERSION,
            "at": time_text(self.now()),
            "controller": self._writer.controller,
            "scope": list(self._writer.scope),
            "part": self._number,
            "continues": after.seq,
        }

    def _note(self, what: str, sentence: str, **more: Json) -> Document:
        return {
            "kind": "note",
            "at": time_text(self.now()),
            "what": what,
            "sentence": sentence,
            **more,
        }


def _redacted(body: Document) -> Document:
    found = redact(body)
    return found if isinstance(found, dict) else {}


def _settle(future: asyncio.Future[Record], found: Record | TrailError) -> None:
    if future.done():
        return
    if isinstance(found, TrailError):
        future.set_exception(found)
    else:
        future.set_result(found)
