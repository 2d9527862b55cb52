"""A directory tree read from one open descriptor, whatever becomes of the path that led to it.

Links inside are followed as long as they stay inside; no step is ever taken over a link that was not
looked at, so that nothing outside can be reached.
"""

from __future__ import annotations

import contextlib
import errno
import os
import posixpath
import stat
from typing import TYPE_CHECKING

from controller.sources.directory import MAX_REFERRED_BYTES, SUFFIXES, read_at_most
from controller.spec.codes import Code
from controller.spec.secrets import SpecLines
from controller.spec.source import FileRefusedError, Problem, SourceFile, to_diagnostic
from controller.spec.text import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from controller.spec.diagnostics import Diagnostic

MAX_LINKS = 40


class TornError(Exception):
    """Something that was there is gone: the tree is being removed while it is read."""


class AbsentError(FileRefusedError):
    """Nothing is there: a link that leads nowhere, which matters only if it has the name of a spec."""


class DirTree:
    """The spec files beneath ``prefix`` of the directory that ``descriptor`` has open.

    ``shown`` is the path under which people know ``prefix``.
    """

    def __init__(self, descriptor: int, prefix: str, shown: Path) -> None:
        self.files: list[SourceFile] = []
        self.unread: list[Diagnostic] = []
        self._top = descriptor
        self._prefix = prefix
        self._shown_top = shown
        self._real: dict[str, str] = {}
        self._seen: set[str] = set()

    def collect(self) -> None:
        """Read every spec file. Raises ``TornError``, and ``FileRefusedError`` if the path is no tree."""
        real, mode = self._resolve(self._prefix)
        self._prefix = real
        if stat.S_ISDIR(mode):
            self._walk(real, "")
        elif stat.S_ISREG(mode):
            self._prefix = posixpath.dirname(real)
            self._take(real, str(self._shown_top))
        else:
            raise FileRefusedError("is neither a directory nor a regular file")
        self.files.sort(key=lambda one: one.path)

    def beside(self, source: SourceFile, relative: str) -> bytes:
        """Read what a spec refers to, beneath the named path and over no link."""
        path = steps_beneath(self._prefix, self._real[source.path], relative)
        content = self._content(path, MAX_REFERRED_BYTES)
        if content is None:
            raise FileRefusedError(f"has more than {MAX_REFERRED_BYTES:,} bytes")
        return content

    def _walk(self, folder: str, shown: str) -> None:
        if folder in self._seen:  # links would lead in circles
            return
        self._seen.add(folder)
        flags = os.O_RDONLY | os.O_DIRECTORY
        with self._opened(folder, flags) as descriptor, os.scandir(descriptor) as entries:
            names = sorted(entry.name for entry in entries)
        for name in names:
            if not name.startswith("."):
                self._meet(posixpath.join(folder, name), posixpath.join(shown, name))

    def _meet(self, path: str, shown: str) -> None:
        is_spec = path.lower().endswith(SUFFIXES)
        try:
            real, mode = self._resolve(path)
            if stat.S_ISDIR(mode):
                self._walk(real, shown)
            elif is_spec and stat.S_ISREG(mode):
                self._take(real, str(self._shown_top / shown))
            elif is_spec:
                self._refuse(shown, "is neither a directory nor a regular file")
        except AbsentError as absent:
            if is_spec:
                self._refuse(shown, str(absent))
        except FileRefusedError as refused:
            self._refuse(shown, str(refused))

    def _take(self, path: str, shown: str) -> None:
        if path in self._seen:  # reached on several ways, read once
            return
        self._seen.add(path)
        content = self._content(path, MAX_BYTES)
        if content is None:
            problem = Problem(
                Code.FILE_TOO_LARGE,
                f"the file has more than {MAX_BYTES:,} bytes",
                help="put each fleet into a file of its own",
            )
            self.unread.append(to_diagnostic(problem, shown, SpecLines()))
            return
        self._real[shown] = path
        self.files.append(SourceFile(shown, content, str(self._shown_top)))

    def _content(self, path: str, most: int) -> bytes | None:
        """Read a regular file; None if it has more than ``most`` bytes."""
        with self._opened(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise FileRefusedError("is not a regular file")
            with os.fdopen(os.dup(descriptor), "rb") as stream:
                return read_at_most(stream, most)

    def _resolve(self, path: str) -> tuple[str, int]:
        """Follow links step by step from the top. Returns the way without links, and what is there."""
        done: list[str] = []
        steps = [step for step in path.split("/") if step][::-1]
        links, mode = 0, stat.S_IFDIR
        while steps:
            step = steps.pop()
            if step == "..":
                if not done:
                    raise FileRefusedError("is reached over a link that leaves the directory")
                done.pop()
                mode = stat.S_IFDIR
                continue
            mode, target = self._look("/".join([*done, step]))
            if target is None:
                done.append(step)
                continue
            links += 1
            if links > MAX_LINKS:
                raise FileRefusedError("is reached over links that lead in circles")
            if posixpath.isabs(target):
                raise FileRefusedError("is reached over a link that leaves the directory")
            steps += [one for one in target.split("/") if one not in {"", "."}][::-1]
        return "/".join(done), mode

    def _look(self, path: str) -> tuple[int, str | None]:
        """The kind of what is at ``path``, and its target if it is a link."""
        parent, name = posixpath.split(path)
        with self._opened(parent, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
            try:
                mode = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode
                if stat.S_ISLNK(mode):
                    return mode, os.readlink(name, dir_fd=descriptor)
            except FileNotFoundError:
                raise AbsentError("does not exist") from None
            except OSError as error:
                raise FileRefusedError(_reason(error)) from None
        return mode, None

    @contextlib.contextmanager
    def _opened(self, path: str, flags: int) -> Iterator[int]:
        """Open step by step from the top, no link followed."""
        steps = [step for step in path.split("/") if step]
        descriptor = os.dup(self._top)
        try:
            for number, step in enumerate(steps, start=1):
                above = descriptor
                wanted = flags if number == len(steps) else os.O_RDONLY | os.O_DIRECTORY
                descriptor = os.open(step, wanted | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)
                os.close(above)
            yield descriptor
        except FileNotFoundError:
            self._is_torn()
            raise AbsentError("does not exist") from None
        except OSError as error:
            raise FileRefusedError(_reason(error)) from None
        finally:
            os.close(descriptor)

    def _is_torn(self) -> None:
        """Raise ``TornError`` if the whole tree has been taken away: then nothing missing means anything."""
        if os.fstat(self._top).st_nlink == 0:
            raise TornError

    def _refuse(self, shown: str, words: str) -> None:
        path = str(self._shown_top / shown)
        problem = Problem(
            Code.PATH_UNREADABLE, f"`{path}` {words}", help="put the file itself there"
        )
        self.unread.append(to_diagnostic(problem, path, SpecLines()))


def steps_beneath(bound: str, spec: str, relative: str) -> str:
    """Resolve a name used in the file ``spec``, beneath ``bound`` or, outside of it, the file's directory.

    Raises ``FileRefusedError`` for what is not named by a relative path that stays there.
    """
    if relative.startswith("/") or "\0" in relative:
        raise FileRefusedError("is not named by a relative path")
    parent = posixpath.dirname(spec)
    inside = not bound or f"{parent}/".startswith(f"{bound}/")
    bound = bound if inside else parent
    steps = [step for step in parent[len(bound) :].split("/") if step]
    for step in relative.split("/"):
        if step == "..":
            if not steps:
                raise FileRefusedError("lies outside the directory of the specs")
            steps.pop()
        elif step not in {"", "."}:
            steps.append(step)
    if not steps:
        raise FileRefusedError("is not a regular file")
    return "/".join([*([bound] if bound else []), *steps])


def _reason(error: OSError) -> str:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "is reached over a symbolic link, which is not followed"
    return f"cannot be read: {(error.strerror or 'no reason given').lower()}"
