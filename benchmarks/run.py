"""Measure, and print the table of docs/benchmarks.md.

Every figure is CPU time, the least of several runs, each in a process of its own. ``x yardstick``
compares it with a fixed piece of plain Python measured in the same run, so that tables from different
machines can be held side by side.

    python benchmarks/run.py            print the table
    python benchmarks/run.py --write    put it into docs/benchmarks.md
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = 5
MARK = "<!-- table -->"


@dataclass(frozen=True, slots=True)
class Figure:
    """CPU seconds and peak memory of one workload."""

    cpu_seconds: float
    peak_mib: float


WORKLOADS = {
    "plan 1,000 creations": ("plan_1000_creations", 0.050),
    "plan nothing to do, 1,000 members": ("plan_nothing_for_1000", 0.025),
    "plan 500 deletions of 1,000": ("plan_500_deletions", None),
    "plan nothing to do, 10,000 members in ten fleets": ("plan_10000_members", 2.5),
    "plan nothing to do, 1,000 fleets of 100 (512 MiB)": ("plan_1000_fleets", 5.0),
    "draw the status page of 50 fleets of 100": ("render_50_fleets", 0.100),
    "validate 500 specs": ("validate_500_specs", 1.0),
    "decode a page of 1,000 members from Azure (8 MB)": ("decode_1000_members", 0.025),
}
COMMANDS = {
    "`evenkeel --help`, whole process": (["--help"], 0.15),
    "`evenkeel validate specs/web.yaml`, whole process": (["validate", "specs/web.yaml"], 0.35),
}


def main() -> None:
    """Measure everything and print or write the table."""
    if len(sys.argv) == 3 and sys.argv[1] == "--one":
        print(json.dumps(_measure_here(sys.argv[2])))
        return
    yardstick = _best([_in_process("yardstick") for _ in range(RUNS)])
    rows = ["| what | target | CPU | x yardstick | peak |", "|---|---:|---:|---:|---:|"]
    rows.append(f"| yardstick | | {_ms(yardstick.cpu_seconds)} | 1.0 | |")
    for title, (name, target) in WORKLOADS.items():
        rows.append(_row(title, target, _best([_in_process(name) for _ in range(RUNS)]), yardstick))
    for title, (arguments, target) in COMMANDS.items():
        figure = _best([_command(arguments) for _ in range(RUNS)])
        rows.append(_row(title, target, figure, yardstick))
    rows += ["", _kept()]
    table = "\n".join(rows)
    print(table)
    if "--write" in sys.argv:
        _write(table)


def _kept() -> str:
    sys.path.insert(0, str(ROOT))
    from benchmarks.workloads import kept_of_members

    return f"Of that page {kept_of_members(1000):.1f} KiB are kept for each member (target: under 4 KiB)."


def _row(title: str, target: float | None, figure: Figure, yardstick: Figure) -> str:
    wanted = _ms(target) if target else ""
    ratio = figure.cpu_seconds / yardstick.cpu_seconds
    verdict = " (missed)" if target and figure.cpu_seconds > target else ""
    spent = _ms(figure.cpu_seconds)
    return f"| {title} | {wanted} | {spent}{verdict} | {ratio:.1f} | {figure.peak_mib:.0f} MiB |"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _best(figures: list[Figure]) -> Figure:
    return min(figures, key=lambda figure: figure.cpu_seconds)


def _measure_here(name: str) -> dict[str, float]:
    sys.path.insert(0, str(ROOT))
    from benchmarks import workloads

    work = getattr(workloads, name)()
    started = time.process_time()
    work()
    spent = time.process_time() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"cpu_seconds": spent, "peak_mib": peak}


def _in_process(name: str) -> Figure:
    answer = subprocess.run(
        [sys.executable, str(Path(__file__)), "--one", name],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=_environment(),
    )
    return Figure(**json.loads(answer.stdout))


def _command(arguments: list[str]) -> Figure:
    """CPU time of a whole command, the interpreter's start included."""
    command = [str(Path(sys.executable).with_name("evenkeel")), *arguments]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT, env=_environment())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Figure(spent, after.ru_maxrss / 1024)


def _environment() -> dict[str, str]:
    """The caller's environment, with bytecode kept: that is how an installed program runs."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "NO_COLOR": "1"}


def _write(table: str) -> None:
    page = ROOT / "docs" / "benchmarks.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    _, _, after = rest.partition(MARK)
    page.write_text(f"{before}{MARK}\n{table}\n{MARK}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
