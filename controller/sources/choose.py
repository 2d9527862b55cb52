"""Which kind of source a path is."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from controller.sources.git import GitSource
from controller.sources.gitlocks import repository_above
from controller.sources.link import LinkSource
from controller.sources.links import CONFIG_MAP_LINK, links_on
from controller.sources.plain import PlainSource
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble

if TYPE_CHECKING:
    from controller.sources.plain import Stopwatch
    from controller.sources.snapshot import SpecSource

SourceKind: TypeAlias = Literal["auto", "git", "link", "plain"]


def open_source(
    path: str, clock: Stopwatch, *, kind: SourceKind = "auto", ref: str = "HEAD"
) -> SpecSource:
    """Choose how ``path`` is read.

    ``auto``: a mounted ConfigMap, and a link into a tree of its own such as git-sync makes, by ``link``;
    what lies in a git repository by ``git``; any other path over a link by ``link``; the rest as it lies.
    ``clock`` is asked and waited on in the reading thread. ``ref`` is for git only.
    """
    opening = _Opening(path, clock, ref)
    return AutoSource(opening) if kind == "auto" else opening.open(kind)


@dataclass(frozen=True, slots=True)
class _Opening:
    path: str
    clock: Stopwatch
    ref: str

    def open(self, kind: SourceKind) -> SpecSource:
        if kind == "git":
            return GitSource(self.path, ref=self.ref)
        if kind == "link":
            return LinkSource(self.path, self.clock)
        return PlainSource(self.path, self.clock)


class AutoSource:
    """A path whose kind is seen when it is read. What was read once as a whole keeps its kind.

    A volume may be mounted, and a repository cloned, after the daemon was started.
    """

    def __init__(self, opening: _Opening) -> None:
        self.root = opening.path
        self._opening = opening
        self._source: SpecSource | None = None
        self._fixed = False

    def read(self) -> Snapshot | SourceTrouble:
        """Read by the kind that the path has."""
        source = self._chosen()
        found = source.read()
        self._fixed = self._fixed or isinstance(found, Snapshot)
        self._source = source if self._fixed else None
        return found

    def watched(self) -> tuple[Path, ...]:
        """What the source of this kind watches."""
        return self._chosen().watched()

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        """What the source of this kind knows."""
        return self._chosen().descends(older, newer)

    def _chosen(self) -> SpecSource:
        if self._source is not None:
            return self._source
        return self._opening.open(_kind_of(Path(self._opening.path)))


def _kind_of(path: Path) -> SourceKind:
    links = links_on(path)
    if any(link.name == CONFIG_MAP_LINK for link in links):
        return "link"
    top = repository_above(Path(os.path.realpath(path)))
    if top is None:
        return "link" if links else "plain"
    # The tree behind a swapped link is a linked work tree, whose repository may well be out of reach here.
    return "link" if links and (top / ".git").is_file() else "git"
