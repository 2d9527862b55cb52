"""Writes what hunts have printed into docs/reliability.md: ``python -m tests.simulation.planted_table FILE ...``.

Each line of a hunt replaces the row of its bug. Bugs that are no more lose their rows, and all others stand in
the order of ``BUGS``, with their sentences as they are now.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.simulation.bugs.bug import NO_AIM, Bug
from tests.simulation.planted import BUGS

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"
_HEAD = "| bug | what it does | worlds | seeds | broke |\n|---|---|---|---|---|\n"
_TABLE = re.compile(re.escape(_HEAD) + r"(?P<rows>(?:\|.*\n)*)")
_LINE = re.compile(
    r"^ *(?P<seeds>>? *\d+) seeds +[\d.]+ s {2}(?P<name>[a-z-]+): (?P<what>.*)$", re.MULTILINE
)
_ROW = re.compile(
    r"^\| `(?P<name>[a-z-]+)` \|.*\| (?P<seeds>[^|]+) \| (?P<broke>[^|]+) \|$", re.MULTILINE
)
_MARKS = {"the guard refused": " (guard)", " plans: ": " (plan)"}


def found_in(printed: str) -> dict[str, tuple[str, str]]:
    """By bug: the seeds that it took, and what it broke, from the lines of a hunt."""
    return {
        one["name"]: (one["seeds"].replace(" ", ""), _broke(one["what"]))
        for one in _LINE.finditer(printed)
    }


def rows_of(page: str) -> dict[str, tuple[str, str]]:
    """The same from the table of a page; ``ValueError`` if it has none."""
    table = _TABLE.search(page)
    if table is None:
        raise ValueError("the page has no table of planted bugs")
    return {one["name"]: (one["seeds"], one["broke"]) for one in _ROW.finditer(table["rows"])}


def with_rows(page: str, found: Mapping[str, tuple[str, str]]) -> str:
    """The page with the rows of all bugs, those of ``found`` as they were found."""
    known = {**rows_of(page), **found}
    rows = "".join(_row(name, bug, *known.get(name, ("?", "?"))) for name, bug in BUGS.items())
    return _TABLE.sub(lambda _: _HEAD + rows, page)


def worlds_of(bug: Bug) -> str:
    """In which worlds a bug is hunted, in the table's words."""
    if bug.script is not None:
        return "hands"
    return "drawn" if bug.aim is NO_AIM else "aimed"


def _row(name: str, bug: Bug, seeds: str, broke: str) -> str:
    return f"| `{name}` | {bug.sentence} | {worlds_of(bug)} | {seeds} | {broke} |\n"


def _broke(what: str) -> str:
    if what.startswith("NOT CAUGHT"):
        return "nothing"
    invariant, at, words = what.partition(" at ")
    mark = next((mark for piece, mark in _MARKS.items() if piece in words), "")
    return f"{invariant}{mark}" if at else "the world ended"


def main(files: Iterable[str]) -> None:
    """Write them."""
    page = PAGE.read_text(encoding="utf-8")
    for file in files:
        page = with_rows(page, found_in(Path(file).read_text(encoding="utf-8")))
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
