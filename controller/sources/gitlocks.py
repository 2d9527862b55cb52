"""Signs that git is changing a work tree, for directories that are read as they lie there."""

from __future__ import annotations

import os
from pathlib import Path

_AT_WORK = (
    "index.lock",
    "HEAD.lock",
    "rebase-merge",
    "rebase-apply",
    "sequencer",
    "MERGE_HEAD",
    "CHERRY_PICK_HEAD",
    "REVERT_HEAD",
    "BISECT_LOG",
)


def repository_above(path: Path) -> Path | None:
    """Find the directory that is, or that holds, the repository to which ``path`` would belong."""
    return next((one for one in (path, *path.parents) if _holds_work(one) or _is_bare(one)), None)


def own_directory(top: Path) -> Path:
    """The directory with ``HEAD`` and the locks of the work tree at ``top``; a linked one has its own."""
    entry = top / ".git"
    try:
        text = entry.read_text(errors="surrogateescape") if entry.is_file() else ""
    except OSError:
        return entry
    return top / text.removeprefix("gitdir:").strip() if text else entry


def work_under_way(path: Path) -> Path | None:
    """Name the file that says that git is at work around ``path``, or None."""
    own = _own(path)
    if own is None:
        return None
    return next((own / name for name in _AT_WORK if os.path.lexists(own / name)), None)


def checkout_stamp(path: Path) -> str:
    """Something that changes whenever git changes the work tree around ``path``; empty without git."""
    own = _own(path)
    if own is None:
        return ""
    facts = []
    for name in ("HEAD", "index"):
        try:
            status = (own / name).stat()
        except OSError:
            facts.append("absent")
        else:
            facts.append(f"{status.st_ino} {status.st_mtime_ns} {status.st_size}")
    return " ".join(facts)


def _own(path: Path) -> Path | None:
    top = next((one for one in _upwards(path) if _holds_work(one)), None)
    return None if top is None else own_directory(top)


def _upwards(path: Path) -> tuple[Path, ...]:
    real = Path(os.path.realpath(path))
    return (real, *real.parents)


def _holds_work(path: Path) -> bool:
    return os.path.lexists(path / ".git")


def _is_bare(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()
