"""Specs behind a symbolic link that is swapped: a mounted ConfigMap, git-sync, a release directory.

The links are resolved once, everything is read from the one directory that they lead to, and then the
links are looked at again. Who swaps a link has finished what it leads to: a new target counts at once. A
target that was known and whose content changes is edited in place, and has to settle like any directory.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from controller.sources.compiling import (
    DIGEST_SHOWN,
    Recorder,
    compile_whole,
    digest_of,
    no_fleet,
    to_snapshot,
)
from controller.sources.dirtree import DirTree, TornError
from controller.sources.links import Link, links_on, nearest_directory
from controller.sources.plain import ROUNDS, SETTLE_SECONDS, directories_below
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble, TroubleCode
from controller.spec.compile import CompileMemory
from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from controller.sources.plain import Stopwatch
    from controller.spec.compile import SpecSet

ATTEMPTS = 5
"""Readings in a row that a swap may spoil before we give up for now."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How the named path is reached: the directory behind the last link, and the path from there."""

    links: tuple[Link, ...]
    target: Path
    prefix: str


@dataclass(frozen=True, slots=True)
class _Look:
    """One reading from one target. ``place`` is that directory's device and inode."""

    way: _Way
    place: tuple[int, int]
    tree: DirTree
    specs: SpecSet
    beside: dict[tuple[str, str], bytes | str]
    digest: str


class LinkSource:
    """A path that leads over at least one symbolic link."""

    def __init__(
        self, path: str, clock: Stopwatch, *, settle_seconds: float = SETTLE_SECONDS
    ) -> None:
        self.root = path
        self._memory = CompileMemory()
        self._clock = clock
        self._settle_seconds = settle_seconds
        self._last: tuple[_Look, Snapshot | SourceTrouble] | None = None

    def read(self) -> Snapshot | SourceTrouble:
        """Read what the links lead to now."""
        look = self._look()
        for _round in range(ROUNDS):
            if isinstance(look, SourceTrouble):
                return look
            if self._last is not None and _same(self._last[0], look):
                return self._last[1]
            if self._last is not None and self._last[0].way.links != look.way.links:
                return self._conclude(look)
            self._clock.wait(self._settle_seconds)
            again = self._look()
            if not isinstance(again, SourceTrouble) and _same(again, look):
                return self._conclude(look)
            look = again
        sentence = f"{self.root} is edited in place and does not settle: swap the link instead"
        return SourceTrouble(self.root, TroubleCode.UNSETTLED, sentence)

    def watched(self) -> tuple[Path, ...]:
        """The directories that hold the links, and those that are read."""
        links = links_on(Path(self.root))
        way = _way(Path(self.root), links)
        real = way.target / way.prefix
        parents = (nearest_directory(link.parent) for link in links)
        return (*parents, nearest_directory(real), *directories_below(real))

    def descends(self, older: Revision, newer: Revision) -> bool | None:  # noqa: ARG002 -- swaps have no order
        """Never known."""
        return None

    def _look(self) -> _Look | SourceTrouble:
        """Read once, with the links unchanged from before to after."""
        for _attempt in range(ATTEMPTS):
            way = _way(Path(self.root), links_on(Path(self.root)))
            look: _Look | SourceTrouble
            try:
                look = self._read(way)
            except TornError:
                continue
            except OSError as error:
                look = self._unreadable(way, error)
            except FileRefusedError as refused:
                sentence = f"{self.root} {refused}: check what the link leads to"
                look = SourceTrouble(self.root, TroubleCode.UNREADABLE, sentence)
            if links_on(Path(self.root)) == way.links and _is_at(way, look):
                return look
        sentence = f"{self.root} was swapped {ATTEMPTS} times while it was read"
        return SourceTrouble(self.root, TroubleCode.UNSETTLED, sentence)

    def _read(self, way: _Way) -> _Look:
        descriptor = os.open(way.target, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            held = os.fstat(descriptor)
            tree = DirTree(descriptor, way.prefix, Path(self.root))
            tree.collect()
            recorder = Recorder(tree.beside)
            specs = compile_whole(tree.files, tree.unread, recorder, self._memory)
        finally:
            os.close(descriptor)
        unread = [f"{one.code} {one.file}" for one in tree.unread]
        digest = digest_of(tree.files, recorder.beside, *unread)
        place = (held.st_dev, held.st_ino)
        return _Look(way, place, tree, specs, recorder.beside, digest)

    def _unreadable(self, way: _Way, error: OSError) -> SourceTrouble:
        reason = (error.strerror or "no reason given").lower()
        is_gone = isinstance(error, FileNotFoundError)
        return SourceTrouble(
            self.root,
            TroubleCode.MISSING if is_gone else TroubleCode.UNREADABLE,
            f"{self.root} leads to {way.target}, which cannot be opened: {reason}. Check the mount and what "
            "swaps the link",
        )

    def _conclude(self, look: _Look) -> Snapshot | SourceTrouble:
        name = look.way.links[-1].target.rstrip("/").rpartition("/")[2] if look.way.links else ""
        revision = Revision("link", f"{name}@{look.digest[:DIGEST_SHOWN]}")
        result: Snapshot | SourceTrouble = no_fleet(self.root)
        if look.tree.files or look.tree.unread:
            result = to_snapshot(self.root, revision, look.tree.files, look.specs, look.beside)
        self._last = (look, result)
        return result


def _way(path: Path, links: tuple[Link, ...]) -> _Way:
    """Resolve the path, cut where the last link's target begins: nothing below is swapped."""
    real = Path(os.path.realpath(path))
    if not links:
        return _Way(links, real, "")
    last = links[-1]
    target = Path(os.path.realpath(last.parent / last.name))
    if target.is_file():
        target = target.parent
    if not real.is_relative_to(target):
        return _Way(links, target, "")  # the swapped link lies inside, as that of a ConfigMap does
    return _Way(links, target, "/".join(real.relative_to(target).parts))


def _same(one: _Look, other: _Look) -> bool:
    return (one.place, one.digest) == (other.place, other.digest)


def _is_at(way: _Way, look: _Look | SourceTrouble) -> bool:
    """Whether the target's path still leads to the directory that was read."""
    if isinstance(look, SourceTrouble):
        return True
    try:
        now = way.target.stat()
    except OSError:
        return False
    return (now.st_dev, now.st_ino) == look.place
