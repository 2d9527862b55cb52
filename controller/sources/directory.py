"""Spec files from named files and directories. Absence is never silent: it is an error with a code.

A directory that is empty, gone or unreadable must never look like "no fleets": everything that runs
would seem unwanted. Names that begin with a dot are skipped, which leaves out ``.git`` and the ``..data``
copies of a mounted ConfigMap; a file that is reached on several ways is read once.
"""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO

from controller.spec.codes import Code
from controller.spec.compile import BrokenSpec, SpecSet, compile_specs
from controller.spec.diagnostics import Diagnostic, in_order
from controller.spec.secrets import SpecLines
from controller.spec.source import FileRefusedError, Problem, SourceFile, to_diagnostic
from controller.spec.text import MAX_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SUFFIXES = (".yaml", ".yml")
MAX_REFERRED_BYTES = 64 * 1024
"""A file that a spec refers to is user data or custom data, of which Azure takes 64 KiB."""
_PIECE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Sources:
    """What was read. With any diagnostic the set is not whole: no absence may be concluded from it."""

    files: tuple[SourceFile, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(slots=True)
class _Reading:
    files: dict[str, SourceFile] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)

    def refuse(self, path: Path, code: Code, message: str, remedy: str) -> None:
        self.problems.append(
            to_diagnostic(Problem(code, message, help=remedy), str(path), SpecLines())
        )


def read_sources(paths: Sequence[str]) -> Sources:
    """Read the spec files among ``paths`` and beneath the directories among them, sorted by path.

    A file that is named is read whatever its suffix. Never raises for anything found on disk.
    """
    reading = _Reading()
    for text in paths:
        path = Path(text)
        try:
            mode = path.stat().st_mode
        except OSError as error:
            _refuse_path(reading, path, error)
            continue
        if stat.S_ISDIR(mode):
            _read_directory(reading, path)
        elif stat.S_ISREG(mode):
            _read_file(reading, path, path.parent)
        else:
            _refuse_kind(reading, path)
    files = sorted(reading.files.values(), key=lambda source: source.path)
    return Sources(tuple(files), in_order(reading.problems))


def _refuse_path(reading: _Reading, path: Path, error: OSError) -> None:
    if isinstance(error, FileNotFoundError):
        reading.refuse(
            path, Code.PATH_MISSING, f"there is no `{path}`", "check the path and the directory"
        )
    else:
        reason = (error.strerror or "no reason given").lower()
        reading.refuse(
            path,
            Code.PATH_UNREADABLE,
            f"`{path}` cannot be read: {reason}",
            "check its permissions and those of the directories above it",
        )


def _refuse_kind(reading: _Reading, path: Path) -> None:
    reading.refuse(
        path,
        Code.NOT_A_SPEC_FILE,
        f"`{path}` is neither a directory nor a regular file",
        "name a spec file or a directory of spec files",
    )


def _open_at_once(path: str, flags: int) -> int:
    """Open without waiting: a pipe that nobody writes to would hold the reader for ever."""
    return os.open(path, flags | os.O_NONBLOCK | os.O_CLOEXEC)


def _read_directory(reading: _Reading, directory: Path) -> None:
    found = False
    problems = len(reading.problems)
    for path in _spec_files(reading, directory):
        found = True
        _read_file(reading, path, directory)
    if not found and len(reading.problems) == problems:
        reading.refuse(
            directory,
            Code.NO_SPEC_FILE,
            f"`{directory}` holds no spec file",
            "a spec file ends in .yaml or .yml; an empty directory never means that no fleet is wanted",
        )


def _spec_files(reading: _Reading, directory: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        _refuse_path(reading, Path(str(error.filename)), error)

    seen: set[str] = set()
    for above, below, names in os.walk(directory, onerror=refuse, followlinks=True):
        real = os.path.realpath(above)
        if real in seen:  # a link to a directory above would lead in circles
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and name.lower().endswith(SUFFIXES):
                yield Path(above, name)


def _read_file(reading: _Reading, path: Path, root: Path) -> None:
    try:
        real = os.path.realpath(path, strict=True)
        if real in reading.files:
            return
        with open(path, "rb", opener=_open_at_once) as stream:
            if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                _refuse_kind(reading, path)
                return
            content = read_at_most(stream, MAX_BYTES)
    except OSError as error:
        _refuse_path(reading, path, error)
        return
    if content is None:
        reading.refuse(
            path,
            Code.FILE_TOO_LARGE,
            f"the file has more than {MAX_BYTES:,} bytes",
            "put each fleet into a file of its own",
        )
        return
    reading.files[real] = SourceFile(str(path), content, str(root))


def read_at_most(stream: BinaryIO, most: int) -> bytes | None:
    """Read a stream to its end; None if it has more than ``most`` bytes.

    Piece by piece: a read that asks for all that is allowed makes room for it first and cuts that off
    afterwards, where it stands. What is kept of hundreds of small files then lies in the heap at intervals
    that fit nothing, and a process that reads them again and again grows for ever.
    """
    content = bytearray()
    while len(content) <= most and (piece := stream.read(_PIECE_BYTES)):
        content += piece
    return bytes(content) if len(content) <= most else None


def load_specs(paths: Sequence[str]) -> SpecSet:
    """Read and compile what ``paths`` hold. What could not be read is broken: its absence means nothing."""
    sources = read_sources(paths)
    specs = compile_specs(sources.files, read_beside)
    if sources.files and not (specs.fleets or specs.broken or sources.diagnostics):
        sources = Sources((), (_no_fleet(paths),))
    unread = tuple(BrokenSpec(None, None, problem.file, 0) for problem in sources.diagnostics)
    return SpecSet(
        fleets=specs.fleets,
        broken=specs.broken + unread,
        diagnostics=in_order(specs.diagnostics + sources.diagnostics),
    )


def _no_fleet(paths: Sequence[str]) -> Diagnostic:
    problem = Problem(
        Code.NO_SPEC_FILE,
        "none of the files describes a fleet",
        help="a fleet is a document of `kind: Fleet`; no fleet at all is never taken for granted",
    )
    return to_diagnostic(problem, paths[0], SpecLines())


def read_beside(source: SourceFile, relative: str) -> bytes:
    """Read a file that ``source`` refers to, relative to its directory and beneath its root.

    No link is followed below the root, so that nothing outside can be reached by any name. Raises
    ``FileRefusedError`` for everything that is not a readable regular file of at most 64 KiB there.
    """
    root, steps = _steps(source, relative)
    descriptor = _open(str(root), os.O_RDONLY | os.O_DIRECTORY)
    for step in steps[:-1]:
        flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
        descriptor = _descend(descriptor, step, flags)
    descriptor = _descend(descriptor, steps[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise FileRefusedError("is not a regular file")
        content = read_at_most(stream, MAX_REFERRED_BYTES)
    if content is None:
        raise FileRefusedError(f"has more than {MAX_REFERRED_BYTES:,} bytes")
    return content


def _steps(source: SourceFile, relative: str) -> tuple[Path, list[str]]:
    """Resolve the way to the file: the real root, and the names below it.

    The spec's own path may lead over links, as it does in a mounted ConfigMap; from the real file on
    none is followed.
    """
    path = PurePosixPath(relative)
    if path.is_absolute() or "\0" in relative:
        raise FileRefusedError("is not named by a relative path")
    parent = Path(os.path.realpath(source.path)).parent
    root = Path(os.path.realpath(source.root)) if source.root else parent
    if not parent.is_relative_to(root):
        root = parent
    steps = list(parent.relative_to(root).parts)
    for part in path.parts:
        if part != "..":
            steps.append(part)
        elif steps:
            steps.pop()
        else:
            raise FileRefusedError("lies outside the directory of the specs")
    if not steps:
        raise FileRefusedError("is not a regular file")
    return root, steps


def _descend(directory: int, name: str, flags: int) -> int:
    try:
        return _open(name, flags, dir_fd=directory)
    finally:
        os.close(directory)


def _open(name: str, flags: int, *, dir_fd: int | None = None) -> int:
    try:
        return os.open(name, flags | os.O_CLOEXEC, dir_fd=dir_fd)
    except FileNotFoundError:
        raise FileRefusedError("does not exist") from None
    except OSError as error:
        raise FileRefusedError(_reason(error)) from None


def _reason(error: OSError) -> str:
    if error.errno in {errno.ELOOP, errno.ENOTDIR}:
        return "is reached over a symbolic link, which is not followed"
    return f"cannot be read: {(error.strerror or 'no reason given').lower()}"
