"""Golden transcripts: what a command printed when somebody last read it and found it good."""

from __future__ import annotations

import os
from pathlib import Path

_FOLDER = Path(__file__).parent / "golden"


def check_transcript(name: str, text: str) -> None:
    """Compare with ``golden/NAME.txt``; with EVENKEEL_UPDATE_GOLDEN=1 write the file instead."""
    file = _FOLDER / f"{name}.txt"
    if os.environ.get("EVENKEEL_UPDATE_GOLDEN") == "1":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), (
        f"{file.name} differs; see tests/cli/transcripts.py"
    )


def longest_line(text: str) -> int:
    """Width of the widest line."""
    return max(len(line) for line in text.splitlines())
