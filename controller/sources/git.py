"""Specs from a git repository: one commit, read from the object store and never from the work tree.

A checkout, a rebase or a pull under way changes nothing of what is read: the commit is resolved once, and
all files come from it, those included that specs refer to. The work tree may be absent altogether.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from controller.sources.compiling import Recorder, compile_whole, no_fleet, to_snapshot
from controller.sources.gitcall import Answer, GitAbsentError, GitError, git, open_objects
from controller.sources.gitfiles import CommitFiles
from controller.sources.gitlocks import repository_above
from controller.sources.gittree import Tree
from controller.sources.links import links_on, nearest_directory
from controller.sources.snapshot import Revision, Snapshot, SourceTrouble, TroubleCode
from controller.spec.compile import CompileMemory
from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_ANCESTRY_SECONDS = 10.0
MAX_WATCHED = 256
"""Directories of branches and tags that are watched; a rescan sees what is written elsewhere."""
ATTEMPTS = 2
"""A commit may be pruned while it is read, after a forced push; then the next one is read instead."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is. ``top`` is the top of the work tree, or the repository itself if it is bare.

    ``prefix`` is the named path from there, empty for all of it. ``own`` is the directory with ``HEAD``,
    ``common`` that with the branches; they differ in a linked work tree.
    """

    top: str
    prefix: str
    own: str
    common: str


class _Refused(Exception):  # noqa: N818 -- it carries a trouble that is told, not an error of ours
    def __init__(self, code: TroubleCode, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class GitSource:
    """A repository, a directory in it, or one file; ``ref`` is what is read, by default what is checked out."""

    def __init__(self, path: str, *, ref: str = "HEAD") -> None:
        self.root = path
        self._memory = CompileMemory()
        self._ref = ref
        self._home: str | None = None
        self._last: tuple[Place, Snapshot | SourceTrouble] | None = None

    def read(self) -> Snapshot | SourceTrouble:
        """Resolve the commit and read it as a whole; what was read already is not read again."""
        reason = ""
        for _attempt in range(ATTEMPTS):
            try:
                return self._read()
            except _Refused as refused:
                return SourceTrouble(self.root, refused.code, refused.sentence)
            except GitAbsentError:
                return SourceTrouble(
                    self.root,
                    TroubleCode.GIT_MISSING,
                    f"{self.root} lies in a git repository, and there is no git on the path to read it: "
                    "install git, or read the files as they lie there with `--source plain`",
                )
            except GitError as error:
                reason = str(error)
        sentence = f"{self.root} cannot be read from git: {reason}. Try `git fsck` there"
        return SourceTrouble(self.root, TroubleCode.UNREADABLE, sentence)

    def watched(self) -> tuple[Path, ...]:
        """Where git writes when a commit is made or another is checked out; parents of links on the way."""
        links = tuple(link.parent for link in links_on(Path(self.root)))
        if self._last is None:
            return (*links, nearest_directory(Path(self.root)))
        place = self._last[0]
        return (*links, Path(place.top), *_written_by_git(place))

    def descends(self, older: Revision, newer: Revision) -> bool | None:
        """Ask the history. In one that was cut short, only a step back is beyond doubt."""
        if self._last is None or not all(
            one.kind == "git" and _COMMIT.fullmatch(one.id) for one in (older, newer)
        ):
            return None
        top = self._last[0].top
        try:
            if _is_ancestor(top, older, newer):
                return True
            shallow = git(top, "rev-parse", "--is-shallow-repository").output.strip() != b"false"
            return None if shallow and not _is_ancestor(top, newer, older) else False
        except GitError:
            return None

    def _read(self) -> Snapshot | SourceTrouble:
        place = self._locate()
        commit = self._commit(place)
        if self._last is not None and self._last[0] == place:
            last = self._last[1]
            if isinstance(last, Snapshot) and last.revision.id == commit:
                return last
        found = self._read_commit(place, commit)
        self._last = (place, found)
        return found

    def _locate(self) -> Place:
        named = Path(os.path.realpath(self.root))
        start = nearest_directory(named)
        own, common, inside, prefix = self._ask(start)
        if inside == "true":
            top = _above(start, prefix)
            steps = [*prefix.split("/"), *named.relative_to(start).parts]
        else:
            top = Path(own)
            steps = list(named.relative_to(own).parts) if named.is_relative_to(own) else []
        if self._home not in {None, common}:
            raise _Refused(
                TroubleCode.MISSING,
                f"{self.root} belonged to the repository {self._home} and now belongs to {common}: put the "
                "first one back, or start again to take the other",
            )
        self._home = common
        return Place(str(top), "/".join(step for step in steps if step), own, common)

    def _ask(self, start: Path) -> list[str]:
        """Ask git for the directories of the repository, whether this is a work tree, and the path in it."""
        questions = (
            "--absolute-git-dir",
            "--git-common-dir",
            "--is-inside-work-tree",
            "--show-prefix",
        )
        answer = git(str(start), "rev-parse", "--path-format=absolute", *questions)
        if answer.code != 0:
            raise self._no_repository(answer, start)
        lines = answer.output.decode("utf-8", "surrogateescape").split("\n")
        if len(lines) < len(questions) or not lines[0].startswith("/"):
            raise _Refused(
                TroubleCode.GIT_REFUSED,
                f"{self.root} cannot be read by the git on the path: version 2.31 or newer is needed",
            )
        return lines[: len(questions)]

    def _no_repository(self, answer: Answer, start: Path) -> _Refused:
        words = answer.words
        if "dubious ownership" in words or "unsafe repository" in words:
            return _Refused(
                TroubleCode.GIT_REFUSED,
                f"git does not trust {self.root}, because it belongs to another user than the one who runs "
                f"this (uid {os.geteuid()}): give it to that user, or tell git as that user with "
                f"`git config --global --add safe.directory {_shown(start)}`",
            )
        if not Path(self.root).exists():
            return _Refused(
                TroubleCode.MISSING,
                f"there is no {self.root}: check the path, and whether it is mounted or cloned yet",
            )
        return _Refused(
            TroubleCode.GIT_REFUSED,
            f"{self.root} cannot be read as a git repository: {words or 'git gives no reason'}",
        )

    def _commit(self, place: Place) -> str:
        wanted = f"{self._ref}^{{commit}}"
        answer = git(place.top, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)
        commit = answer.output.decode("ascii", "replace").strip()
        if answer.code != 0 or not _COMMIT.fullmatch(commit):
            raise _Refused(
                TroubleCode.EMPTY,
                f"`{self._ref}` is no commit in the repository of {self.root}: commit something there, or "
                "name a branch that exists. No commit never means that no fleet is wanted",
            )
        return commit

    def _not_there(self, reason: str, commit: str) -> _Refused:
        return _Refused(
            TroubleCode.NOT_IN_COMMIT,
            f"{self.root} {reason} {commit[:12]}: commit it, check out the right branch, or read the files "
            "as they lie there with `--source plain`",
        )

    def _read_commit(self, place: Place, commit: str) -> Snapshot | SourceTrouble:
        with open_objects(place.top) as objects:
            tree = Tree(place.top, commit, place.prefix, objects)
            tree.load()
            files = CommitFiles(self.root, tree)
            try:
                files.collect()
            except FileRefusedError as refused:
                raise self._not_there(str(refused), commit) from None
            if not files.files and not files.unread:
                return no_fleet(self.root)
            recorder = Recorder(files.beside)
            specs = compile_whole(files.files, files.unread, recorder, self._memory)
            revision = Revision("git", commit)
            return to_snapshot(self.root, revision, files.files, specs, recorder.beside)


def _is_ancestor(top: str, older: Revision, newer: Revision) -> bool:
    answer = git(
        top,
        "merge-base",
        "--is-ancestor",
        older.id,
        newer.id,
        limit_seconds=_ANCESTRY_SECONDS,
    )
    return answer.code == 0


def _above(start: Path, prefix: str) -> Path:
    depth = len([step for step in prefix.split("/") if step])
    return start.parents[depth - 1] if depth else start


def _written_by_git(place: Place) -> Iterator[Path]:
    own, common = Path(place.own), Path(place.common)
    yield own
    yield from (path for path in (own / "logs", common, common / "reftable") if path.is_dir())
    for above, _below, _names in islice(os.walk(common / "refs"), MAX_WATCHED):
        yield Path(above)


def _shown(start: Path) -> str:
    found = repository_above(start)
    return str(found if found is not None else start)
