"""From the files of one revision to a snapshot: compiled, with everything that the specs refer to."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from controller.sources.snapshot import (
    Revision,
    Snapshot,
    SourceTrouble,
    TroubleCode,
    recall,
)
from controller.spec.compile import BrokenSpec, CompileMemory, SpecSet, compile_specs
from controller.spec.diagnostics import Diagnostic, in_order
from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.sources.snapshot import Beside
    from controller.spec.source import ReadFile, SourceFile

DIGEST_SHOWN = 16
"""Hex digits of a content digest that stand in a revision: 64 bits, more than enough to tell edits apart."""


class Recorder:
    """Reads files beside specs and keeps what it gave, refusals included."""

    def __init__(self, read: ReadFile) -> None:
        self._read = read
        self.beside: dict[tuple[str, str], bytes | str] = {}

    def __call__(self, source: SourceFile, relative: str) -> bytes:
        """Read once; asked again, give the same. Raises ``FileRefusedError``."""
        key = (source.path, relative)
        if key not in self.beside:
            self.beside[key] = self._answer(source, relative)
        return recall(self.beside, source, relative)

    def _answer(self, source: SourceFile, relative: str) -> bytes | str:
        try:
            return self._read(source, relative)
        except FileRefusedError as refused:
            return str(refused)


def compile_whole(
    files: Sequence[SourceFile],
    unread: Sequence[Diagnostic],
    read: ReadFile,
    memory: CompileMemory,
) -> SpecSet:
    """Compile what was read. Each file that could not be read is a broken spec that may be anybody's."""
    specs = compile_specs(files, read, memory=memory)
    lost = tuple(BrokenSpec(None, None, problem.file, 0) for problem in unread)
    return SpecSet(
        fleets=specs.fleets,
        broken=specs.broken + lost,
        diagnostics=in_order([*specs.diagnostics, *unread]),
    )


def to_snapshot(
    root: str,
    revision: Revision,
    files: Sequence[SourceFile],
    specs: SpecSet,
    beside: Beside,
) -> Snapshot | SourceTrouble:
    """Vouch for one revision, unless it describes no fleet at all: that is never taken for a wish."""
    if not specs.fleets and not specs.broken:
        return no_fleet(root)
    return Snapshot(root, revision, tuple(files), specs, beside)


def no_fleet(root: str) -> SourceTrouble:
    """The trouble of a source that is there and says nothing."""
    return SourceTrouble(
        root,
        TroubleCode.EMPTY,
        f"{root} describes no fleet. That is never taken for a wish: check that it is mounted and checked "
        "out. A fleet ends by `state: Absent` in its spec",
    )


def digest_of(
    files: Iterable[SourceFile], beside: Mapping[tuple[str, str], bytes | str], *stamps: str
) -> str:
    """Digest names and contents; ``stamps`` are further facts that must be the same, such as a lock file."""
    digest = hashlib.sha256()

    def add(*parts: bytes) -> None:
        for part in parts:
            digest.update(b"%d:" % len(part))
            digest.update(part)

    for one in files:
        add(one.path.encode("utf-8", "surrogateescape"), one.content)
    for (path, relative), content in sorted(beside.items(), key=lambda item: item[0]):
        kind = b"refused" if isinstance(content, str) else b"read"
        text = content.encode() if isinstance(content, str) else content
        add(kind, path.encode("utf-8", "surrogateescape"), relative.encode(), text)
    for stamp in stamps:
        add(b"stamp", stamp.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
