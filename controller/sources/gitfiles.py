"""The spec files of one commit, and the files that they refer to."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from controller.sources.directory import MAX_REFERRED_BYTES, SUFFIXES
from controller.sources.dirtree import AbsentError, steps_beneath
from controller.sources.gittree import FOLDER, LINK, REGULAR, SUBMODULE, Entry, Tree
from controller.spec.codes import Code
from controller.spec.secrets import SpecLines
from controller.spec.source import FileRefusedError, Problem, SourceFile, to_diagnostic
from controller.spec.text import MAX_BYTES

if TYPE_CHECKING:
    from controller.spec.diagnostics import Diagnostic


class CommitFiles:
    """Collects the files of a commit beneath the named path. ``unread`` says what could not be had."""

    def __init__(self, root: str, tree: Tree) -> None:
        self.files: list[SourceFile] = []
        self.unread: list[Diagnostic] = []
        self._root = root
        self._tree = tree
        self._bound = ""
        self._real: dict[str, str] = {}
        self._seen: set[str] = set()

    def collect(self) -> None:
        """Read every spec file. Raises ``FileRefusedError`` if the named path is not in the commit."""
        self._bound = self._tree.resolve(self._tree.prefix)
        entry = self._tree.find(self._bound)
        if entry is not None and entry.kind == REGULAR:
            name = self._bound
            self._bound = posixpath.dirname(name)
            self._take(self._root, name, entry)
        else:
            self._walk(self._bound, "")
        self.files.sort(key=lambda one: one.path)

    def beside(self, source: SourceFile, relative: str) -> bytes:
        """Read what a spec refers to: beneath the named path, in this commit, over no link."""
        path = steps_beneath(self._bound, self._real[source.path], relative)
        steps = path.split("/")
        for end in range(1, len(steps) + 1):
            entry = self._tree.find("/".join(steps[:end]))
            if entry is not None and entry.kind == LINK:
                raise FileRefusedError("is reached over a symbolic link, which is not followed")
        entry = self._tree.find(path)
        if entry is None:
            raise AbsentError("does not exist in the commit")
        if entry.kind != REGULAR:
            raise FileRefusedError("is not a regular file")
        content = self._tree.objects.blob(entry.object, MAX_REFERRED_BYTES)
        if content is None:
            raise FileRefusedError(f"has more than {MAX_REFERRED_BYTES:,} bytes")
        return content

    def _walk(self, folder: str, shown: str) -> None:
        if folder in self._seen:  # links would lead in circles
            return
        self._seen.add(folder)
        for relative, entry in list(self._tree.below(folder)):
            if any(step.startswith(".") for step in relative.split("/")):
                continue
            path = f"{folder}/{relative}" if folder else relative
            self._meet(path, posixpath.join(shown, relative), entry)

    def _meet(self, path: str, shown: str, entry: Entry) -> None:
        is_spec = path.lower().endswith(SUFFIXES)
        if entry.kind == REGULAR and is_spec:
            self._take(self._shown(shown), path, entry)
        elif entry.kind == LINK:
            self._follow(path, shown, is_spec=is_spec)
        elif entry.kind == SUBMODULE:
            self._refuse(
                shown,
                "is a submodule: its files are in another repository, and no commit here covers them",
                "name the submodule as a source of its own, or name directories without it",
            )

    def _follow(self, path: str, shown: str, *, is_spec: bool) -> None:
        try:
            real = self._tree.resolve(path)
        except AbsentError as absent:
            if is_spec:
                self._refuse(shown, str(absent), "put the file itself there")
            return
        except FileRefusedError as refused:
            self._refuse(shown, str(refused), "put the file itself there")
            return
        target = self._tree.find(real)
        if target is not None and target.kind == FOLDER:
            self._walk(real, shown)
        elif target is not None and target.kind == REGULAR and is_spec:
            self._take(self._shown(shown), real, target)

    def _take(self, shown: str, path: str, entry: Entry) -> None:
        if path in self._seen:  # reached on several ways, read once
            return
        self._seen.add(path)
        content = self._tree.objects.blob(entry.object, MAX_BYTES)
        if content is None:
            problem = Problem(
                Code.FILE_TOO_LARGE,
                f"the file has more than {MAX_BYTES:,} bytes",
                help="put each fleet into a file of its own",
            )
            self.unread.append(to_diagnostic(problem, shown, SpecLines()))
            return
        self._real[shown] = path
        self.files.append(SourceFile(shown, content, self._root))

    def _shown(self, relative: str) -> str:
        return str(PurePosixPath(self._root) / relative)

    def _refuse(self, shown: str, words: str, remedy: str) -> None:
        path = self._shown(shown)
        problem = Problem(Code.PATH_UNREADABLE, f"`{path}` {words}", help=remedy)
        self.unread.append(to_diagnostic(problem, path, SpecLines()))
