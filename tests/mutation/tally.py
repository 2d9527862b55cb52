"""Count what mutation testing found, for each module: ``make mutants`` calls it after a run.

It reads what mutmut keeps in ``mutants/`` and prints rows of a Markdown table: changes made, those that mypy
refuses, those that a test kills, those that survive. It also names each survivor; ``mutmut show NAME`` shows
the change. A timeout counts as killed: the test run did not pass.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = Path("mutants/controller/core")
REFUSED, KILLED, SURVIVED, UNTRIED = "refused by mypy", "killed", "survived", "not run"
OUTCOMES = {None: UNTRIED, 2: UNTRIED, 0: SURVIVED, 5: SURVIVED, 33: SURVIVED, 37: REFUSED}
"""By mutmut's exit code (2: interrupted; 5 and 33: no test reaches the change). All others are failures of a test run."""


def outcomes_of(meta: Path) -> dict[str, str]:
    """What became of each change to a module, by the name of the change."""
    codes = json.loads(meta.read_text())["exit_code_by_key"]
    return {name: OUTCOMES.get(code, KILLED) for name, code in codes.items()}


def row_of(module: str, counts: Counter[str]) -> str:
    """One row: the share is of the changes that mypy lets through and that were run."""
    run = counts[KILLED] + counts[SURVIVED]
    share = f"{100 * counts[KILLED] / run:.0f} %" if run else "-"
    cells = (
        counts.total(),
        counts[REFUSED],
        counts[KILLED],
        counts[SURVIVED],
        counts[UNTRIED],
        share,
    )
    return f"| {module} | {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str]) -> int:
    """Print the table, then the survivors; 1 if nothing was run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="names below controller/core; all if none is given"
    )
    wanted = set(parser.parse_args(arguments).modules)
    found = {
        meta.name.removesuffix(".py.meta"): outcomes_of(meta)
        for meta in sorted(KEPT.glob("*.meta"))
    }
    chosen = {name: one for name, one in found.items() if one and (not wanted or name in wanted)}
    print(
        "| module | changes | refused by mypy | killed | survived | not run | killed of those run |"
    )
    print("|---|---|---|---|---|---|---|")
    total: Counter[str] = Counter()
    for module, outcomes in chosen.items():
        counts = Counter(outcomes.values())
        total += counts
        print(row_of(module, counts))
    print(row_of("all", total))
    for outcomes in chosen.values():
        for name in (name for name, outcome in outcomes.items() if outcome == SURVIVED):
            print(name)
    return 0 if total[KILLED] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
