"""What was compared and what differs, with a reason for each difference, as a page of the documentation."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

from tests.conformance.reasons import REASONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conformance.comparing import Compared, Difference

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "conformance.md"


@dataclass
class Ledger:
    """Counts of one part of the proof: what was asked, compared, equal and left out, and what differs.

    ``first`` is the first place where a difference was seen.
    """

    cases: int = 0
    asked: int = 0
    compared: int = 0
    equal: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    times: Counter[Difference] = field(default_factory=Counter)
    first: dict[Difference, str] = field(default_factory=dict)

    def enter(self, place: str, result: Compared) -> None:
        """Enter one request and what differs in its answer. ``place`` says which request that is."""
        self.asked += 1
        self.compared += result.aspects
        self.equal += result.aspects - result.unequal
        for difference in sorted(set(result.differences)):
            self.times[difference] += 1
            self.first.setdefault(difference, place)

    def unexplained(self) -> list[str]:
        """Differences for which no reason is known."""
        return [
            f"{each.operation}: {each.aspect} {each.how} ({self.first[each]})"
            for each in sorted(self.times)
            if reason_for(each) is None
        ]

    def tables(self) -> str:
        """One table of differences for each reason, in the order of the reasons."""
        by_reason: defaultdict[str, list[Difference]] = defaultdict(list)
        for difference in sorted(self.times):
            by_reason[reason_for(difference) or "No reason is known."].append(difference)
        order = [text for text, _ in REASONS if text in by_reason]
        return "\n".join(self._table(text, by_reason[text]) for text in order)

    def _table(self, reason: str, differences: list[Difference]) -> str:
        rows = [
            f"| {each.operation} | {each.aspect} | {_cell(each.how)} | {self.times[each]} | {self.first[each]} |"
            for each in differences
        ]
        head = "| operation | aspect | here | times | first in |\n|---|---|---|---|---|"
        return f"{fill(reason, width=138)}\n\n{head}\n" + "\n".join(rows) + "\n"


def reason_for(difference: Difference) -> str | None:
    """Why a difference is accepted; None if nobody has said."""
    text = text_of(difference)
    for reason, patterns in REASONS:
        if any(re.search(pattern, text) for pattern in patterns):
            return reason
    return None


def text_of(difference: Difference) -> str:
    """What the patterns of reasons are searched in."""
    return f"{difference.operation} {difference.aspect} {difference.how}"


def counted(page: Path, what: str) -> int:
    """A number of the page's table of numbers; 0 if it is not there."""
    found = re.search(rf"^\| {re.escape(what)} \| ([\d,]+) \|", page.read_text(), re.MULTILINE)
    return int(found[1].replace(",", "")) if found else 0


def numbers(rows: Mapping[str, int]) -> str:
    """A table of numbers."""
    lines = [f"| {name} | {count:,} |" for name, count in rows.items()]
    return "| | |\n|---|---|\n" + "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "/").replace("<", "&lt;")
