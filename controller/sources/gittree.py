"""The tree of one commit: which files it has, and where links in it lead."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.sources.dirtree import AbsentError
from controller.sources.gitcall import GitError, git
from controller.spec.source import FileRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.sources.gitcall import Objects

REGULAR, LINK, FOLDER, SUBMODULE = "file", "link", "folder", "submodule"
_KINDS = {"100644": REGULAR, "100755": REGULAR, "120000": LINK, "040000": FOLDER}
MAX_LINKS = 40
"""Links on the way to one file, as Linux allows them."""
MAX_TARGET_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Entry:
    """One name in the tree: what it is, and the object that it stands for."""

    kind: str
    object: str


@dataclass(slots=True)
class Tree:
    """Paths of one commit, relative to the top of the repository; ``""`` is the top itself.

    Only what is beneath ``prefix`` is listed at first; the rest when a link leads there.
    """

    directory: str
    commit: str
    prefix: str
    objects: Objects
    _entries: dict[str, Entry] = field(default_factory=dict)
    _whole: bool = False

    def load(self) -> None:
        """List what is beneath the prefix. Raises ``GitError``."""
        self._entries = _listed(self.directory, self.commit, self.prefix)
        self._whole = not self.prefix

    def find(self, path: str) -> Entry | None:
        """Find an entry, without following it."""
        if not path:
            return Entry(FOLDER, "")
        beneath = not self.prefix or f"{path}/".startswith(f"{self.prefix}/")
        if path not in self._entries and not beneath and not self._whole:
            self._entries = _listed(self.directory, self.commit, "")
            self._whole = True
        return self._entries.get(path)

    def below(self, folder: str) -> Iterator[tuple[str, Entry]]:
        """Everything below a folder, in the order of git, links not followed."""
        start = f"{folder}/" if folder else ""
        self.find(folder)
        for path, entry in self._entries.items():
            if path.startswith(start):
                yield path[len(start) :], entry

    def resolve(self, path: str) -> str:
        """Follow every link on the way to ``path``. Raises ``FileRefusedError`` if that leaves the tree."""
        done: list[str] = []
        steps = path.split("/")[::-1]
        links = 0
        while steps:
            step = steps.pop()
            if step in {"", "."}:
                continue
            if step == "..":
                if not done:
                    raise FileRefusedError("is reached over a link that leaves the repository")
                done.pop()
                continue
            entry = self.find("/".join([*done, step]))
            if entry is None:
                raise AbsentError("does not exist in the commit")
            if entry.kind != LINK:
                done.append(step)
                continue
            links += 1
            if links > MAX_LINKS:
                raise FileRefusedError("is reached over links that lead in circles")
            steps += self._target(entry).split("/")[::-1]
        return "/".join(done)

    def _target(self, link: Entry) -> str:
        content = self.objects.blob(link.object, MAX_TARGET_BYTES)
        target = (content or b"").decode("utf-8", "surrogateescape")
        if not target or posixpath.isabs(target):
            raise FileRefusedError("is reached over a link that leaves the repository")
        return target


def _listed(directory: str, commit: str, path: str) -> dict[str, Entry]:
    pathspec = ["--", path] if path else []
    answer = git(directory, "ls-tree", "-r", "-t", "-z", "--full-tree", commit, *pathspec)
    if answer.code != 0:
        raise GitError(f"git ls-tree failed: {answer.words}")
    found: dict[str, Entry] = {}
    for line in answer.output.split(b"\0")[:-1]:
        facts, _tab, name = line.partition(b"\t")
        mode, _kind, object_name = facts.decode("ascii").split()
        kind = _KINDS.get(mode, SUBMODULE)
        found[name.decode("utf-8", "surrogateescape")] = Entry(kind, object_name)
    return found
