"""What a source of specs gives: everything of one revision, or the sentence why it gives nothing.

A snapshot is never a mixture: its files, and the files that they refer to, were all of them there at one
moment under one revision. Whoever cannot vouch for that returns a ``SourceTrouble`` instead.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from controller.spec.compile import SpecSet
    from controller.spec.source import SourceFile

RevisionKind: TypeAlias = Literal["git", "link", "content"]


@dataclass(frozen=True, slots=True)
class Revision:
    """Which state of a source was read.

    ``git``: ``id`` is a full commit id. ``link``: the last part of the link's target, ``@``, and the
    beginning of a digest of the content. ``content``: the beginning of such a digest alone.
    """

    kind: RevisionKind
    id: str

    def __str__(self) -> str:
        """``git:0a1b…``, the form in which a revision is written down and compared."""
        return f"{self.kind}:{self.id}"

    @property
    def is_known(self) -> bool:
        """Whether it names anything; a source that was never accepted has a revision without an id."""
        return bool(self.id)


def revision_of(text: str) -> Revision | None:
    """Read a revision from the form in which it is written down; None for any other text."""
    kind, _colon, name = text.partition(":")
    if not name:
        return None
    match kind:
        case "git" | "link" | "content":
            return Revision(kind, name)
        case _:
            return None


class TroubleCode(StrEnum):
    """Why a source gave nothing. ``UNSETTLED`` passes by itself; the others need somebody."""

    MISSING = "SourceMissing"
    UNREADABLE = "SourceUnreadable"
    EMPTY = "SourceEmpty"
    UNSETTLED = "SourceUnsettled"
    GIT_MISSING = "GitMissing"
    GIT_REFUSED = "GitRefused"
    NOT_IN_COMMIT = "NotInCommit"
    SLOW = "SourceSlow"


@dataclass(frozen=True, slots=True)
class SourceTrouble:
    """A source that could not be read, or not as a whole. It never means that no fleet is wanted.

    ``sentence`` says what, where, why and what to do, for a person on call.
    """

    root: str
    code: TroubleCode
    sentence: str

    @property
    def is_passing(self) -> bool:
        """Whether somebody is just writing, so that the next reading may well succeed."""
        return self.code is TroubleCode.UNSETTLED


Beside: TypeAlias = "Mapping[tuple[str, str], bytes | str]"
"""Files that specs refer to, by the spec's path and the name used there; text is why one was refused."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that a source says at one revision.

    ``files`` are the spec files, ``beside`` what they refer to, ``specs`` what all of it means.
    """

    root: str
    revision: Revision
    files: tuple[SourceFile, ...]
    specs: SpecSet
    beside: Beside = field(default_factory=dict)

    def read_file(self, source: SourceFile, relative: str) -> bytes:
        """Give a file that a spec refers to, from this very revision. Raises ``FileRefusedError``."""
        return recall(self.beside, source, relative)


def recall(beside: Beside, source: SourceFile, relative: str) -> bytes:
    """Find what was read beside ``source``. Raises ``FileRefusedError`` for what was refused or not read."""
    found = beside.get((source.path, relative), "was not read together with the spec")
    if isinstance(found, str):
        raise FileRefusedError(found)
    return found


class SpecSource(Protocol):
    """One place that specs come from. A source has no state but what saves work; it decides nothing."""

    @property
    def root(self) -> str:
        """The path as it was named: what people read, and the key of what is remembered."""
        ...

    def read(self) -> Snapshot | SourceTrouble:
        """Read one revision as a whole. Blocks, for some seconds at most; raises nothing."""
        ...

    def watched(self) -> tuple[Path, ...]:
        """Name the directories in which a change may be a new revision, the parents of links included."""
        ...

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        """Whether ``newer`` follows upon ``older``; None if there is no order or it cannot be known."""
        ...
