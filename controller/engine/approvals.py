"""Approvals that are given outside of specs: on the command line, or in a file of the daemon's directory.

A spec can approve itself by its annotation. A revision cannot: an old commit can hold no word about its own
return. Whoever may write into the daemon's directory can say it there, while the daemon runs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FILE_NAME = "approvals"
"""One token a line; what follows a ``#`` is for people."""

_TOKEN = re.compile(r"[0-9a-f]{12}")
_MOST_BYTES = 64 * 1024


def approvals(given: Iterable[str], directory: Path | None) -> Callable[[], frozenset[str]]:
    """Make what the intake asks for the tokens that hold now: those given at the start, and the file's."""
    fixed = frozenset(token for token in given if _TOKEN.fullmatch(token))

    def now() -> frozenset[str]:
        return fixed if directory is None else fixed | _in_file(directory / FILE_NAME)

    return now


def _in_file(path: Path) -> frozenset[str]:
    """Tokens in the file. One that is absent or cannot be read approves nothing."""
    try:
        with path.open("rb") as stream:
            text = stream.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return frozenset()
    words = (line.partition("#")[0].strip() for line in text.splitlines())
    return frozenset(word for word in words if _TOKEN.fullmatch(word))
