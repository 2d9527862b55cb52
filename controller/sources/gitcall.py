"""Running git for reading: bounded in time, without hooks, prompts, network or inherited settings.

Only plumbing is called that reads the object store. Nothing of the repository's own configuration can make
these commands run a program, and nothing in the environment can point them to another repository.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_SECONDS = 20.0
"""How long one call may take; a read of 500 files from a pack takes some 20 ms."""

_SETTINGS = (
    "--no-pager",
    "--no-replace-objects",
    "--literal-pathspecs",
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "core.fsmonitor=false",
    "-c",
    "protocol.allow=never",
)
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_GRAFT_FILE": os.devnull,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What git said. ``words`` is the first line that it gave as its reason, for people."""

    code: int
    output: bytes
    words: str


class GitError(Exception):
    """Git could not be run, took too long, or broke off. Its text is a reason without a full stop."""


class GitAbsentError(GitError):
    """There is no git on the path."""


def environment() -> dict[str, str]:
    """Give what git may see: nothing of ``GIT_*`` from outside, and no way to ask anybody anything."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    return {**inherited, **_ENVIRONMENT}


def git(directory: str, *arguments: str, limit_seconds: float = LIMIT_SECONDS) -> Answer:
    """Run git in ``directory`` and return its answer, whatever its exit code. Raises ``GitError``."""
    try:
        done = subprocess.run(  # noqa: S603 -- a fixed program; arguments are no shell text
            _command(directory, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=limit_seconds,
            env=environment(),
            check=False,
        )
    except FileNotFoundError:
        raise _absent() from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took longer than {limit_seconds:g} s") from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    return Answer(done.returncode, done.stdout, _reason(done.stderr))


class Objects:
    """An open stream of objects from the store of one repository."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def blob(self, name: str, most: int) -> bytes | None:
        """Read the object ``name``; None if it has more than ``most`` bytes. Raises ``GitError``."""
        asked, told = _pipes(self._process)
        try:
            asked.write(f"{name}\n".encode())
            asked.flush()
        except OSError:
            raise GitError("git cat-file broke off, or took too long") from None
        header = told.readline().split()
        if len(header) != 3:  # `<name> missing`, or nothing at all
            raise GitError(_no_object(name, header))
        size = int(header[2])
        content = _take(told, size, keep=size <= most)
        return content if size <= most else None


@contextlib.contextmanager
def open_objects(directory: str, *, limit_seconds: float = LIMIT_SECONDS) -> Iterator[Objects]:
    """Open the object store. Raises ``GitError``; the stream breaks off after ``limit_seconds``."""
    try:
        process = subprocess.Popen(  # noqa: S603 -- a fixed program; arguments are no shell text
            _command(directory, "cat-file", "--batch"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment(),
        )
    except FileNotFoundError:
        raise _absent() from None
    except OSError as error:
        raise GitError(f"git cannot be run: {error.strerror}") from None
    watchdog = threading.Timer(limit_seconds, process.kill)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield Objects(process)
    finally:
        watchdog.cancel()
        process.kill()
        asked, told = _pipes(process)
        told.close()
        with contextlib.suppress(OSError):  # what was still in the pipe has no reader any more
            asked.close()
        process.wait()


def _command(directory: str, *arguments: str) -> list[str]:
    return ["git", *_SETTINGS, "-C", directory, *arguments]


def _absent() -> GitAbsentError:
    return GitAbsentError("there is no git on the path")


def _reason(stderr: bytes) -> str:
    """Give the first line that says why, without git's own prefix."""
    lines = stderr.decode("utf-8", "replace").splitlines()
    line = next((one for one in lines if one.startswith(("fatal:", "error:"))), "")
    return (line or next(iter(lines), "")).partition(": ")[2].strip() or line


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise GitError("git was started without pipes")
    return process.stdin, process.stdout


def _no_object(name: str, header: list[bytes]) -> str:
    if header[1:] == [b"missing"]:
        return f"object {name[:12]} is missing from the repository"
    return "git cat-file broke off, or took too long"


def _take(stream: IO[bytes], size: int, *, keep: bool) -> bytes:
    """Read exactly ``size`` bytes and the line feed after them, in memory only if wanted."""
    kept: list[bytes] = []
    left = size + 1
    while left:
        part = stream.read(min(left, 1 << 16))
        if not part:
            raise GitError("git cat-file broke off, or took too long")
        left -= len(part)
        if keep:
            kept.append(part)
    return b"".join(kept)[:size]
