"""Runs the transcripts of the pages: commands after ``$``, and below them what they print.

``…`` alone in a line stands for any lines, inside a line for any text. Every block runs in a directory of
its own that holds nothing but a copy of ``specs``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.docs.pages import PAGES, ROOT, Block, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS = "runs"
PRINTS = "prints"
SECONDS = 60


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command and the lines that it should print."""

    command: str
    lines: tuple[str, ...]


def marked(mark: str) -> list[Block]:
    """All blocks of all pages under a mark."""
    return [block for page in PAGES for block in blocks(page) if block.mark == mark]


def exchanges(block: Block) -> Iterator[Exchange]:
    """Take a transcript apart."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, *lines = part.splitlines()
        yield Exchange(command, tuple(lines))


def run(command: str, place: Path) -> str:
    """Run a command as a user would and return what a terminal would show."""
    shell = shutil.which("bash")
    assert shell is not None
    ran = subprocess.run(  # noqa: S603 - the commands are this project's own pages
        [shell, "-c", command],
        cwd=place,
        env=environment(place),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=SECONDS,
        check=False,
        text=True,
    )
    return ran.stdout


def environment(place: Path) -> dict[str, str]:
    """The variables of a user's shell who is at home in ``place``, and has this checkout's program on the path."""
    paths = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    found = {"PATH": paths, "HOME": str(place), "LANG": "C.UTF-8", "NO_COLOR": "1"}
    return {**found, "PYTHONPATH": str(ROOT)}


def furnish(place: Path) -> Path:
    """Put a copy of the specs where a block runs."""
    shutil.copytree(ROOT / "specs", place / "specs")
    return place


def matches(printed: str, lines: tuple[str, ...]) -> bool:
    """Whether a command printed what the page shows."""
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else re.escape(line).replace("…", ".*?") + r"\s*?\n"
        for line in lines
    )
    return re.fullmatch(pattern + r"\s*", printed.rstrip("\n") + "\n") is not None
