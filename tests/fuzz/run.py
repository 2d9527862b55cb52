"""Fuzz what reads specs: so many executions, guided by coverage where atheris is installed.

``make fuzz RUNS=1000000`` calls it. It runs in pieces, each a process of its own, so that what one of them
would leave behind cannot hide in the next. An input that breaks a property is kept below ``--work`` and
ends nothing; the exit code is 1 if there was any. Inputs that reached new code are kept there too.
"""

from __future__ import annotations

import argparse
import importlib
import re
import resource
import subprocess
import sys
import time
import traceback
import zlib
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).with_name("corpus")
PIECE = 50_000
"""Executions of one process."""
MAX_MEBIBYTES = 256
ONE_IN_BOTH_PARSERS = 100
KEPT_OF_A_KIND = 3
INSTRUMENTED = ("controller.spec", "controller.cli.diagnostics")


@dataclass(slots=True)
class Target:
    """Judges inputs, keeps those that break a property, and says each kind once."""

    kept_in: Path
    judged_by: Sequence[Callable[[bytes], object]] = ()
    kinds: Counter[str] = field(default_factory=Counter)
    executions: int = 0
    _peak: int = 0

    def __call__(self, content: bytes) -> None:
        self.executions += 1
        try:
            for judge in self.judged_by or (judge_spec,):
                judge(content)
            self._look_at_memory()
        except Exception as error:  # noqa: BLE001 -- whatever is raised is a finding
            self._keep(content, error)

    def _look_at_memory(self) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        first, self._peak = self._peak or peak, self._peak or peak
        assert peak - first <= MAX_MEBIBYTES, f"takes {peak - first} MiB"

    def _keep(self, content: bytes, error: Exception) -> None:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        kind = f"{type(error).__name__} in {frame.name}: {re.sub('[0-9]+', 'N', str(error))[:90]}"
        self.kinds[kind] += 1
        if self.kinds[kind] <= KEPT_OF_A_KIND:
            self.kept_in.mkdir(parents=True, exist_ok=True)
            path = self.kept_in / f"{sha256(kind.encode()).hexdigest()[:8]}-{self.kinds[kind]}"
            path.write_bytes(content)
            print(f"FINDING {kind}\n  {path}", flush=True)


def judge_spec(content: bytes) -> None:
    """Judge one input as a spec file; one in a hundred by both parsers."""
    from tests.fuzz.properties import judge, judge_by_both_parsers

    judge(content)
    if zlib.crc32(content) % ONE_IN_BOTH_PARSERS == 0:
        judge_by_both_parsers(content)


def fuzz_guided(atheris: Any, target: Target, options: argparse.Namespace) -> None:
    """One piece under libFuzzer, which never returns."""
    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        for name in ("controller.cli.diagnostics", "controller.spec.compile"):
            importlib.import_module(name)
    from tests.fuzz.mutations import mutate

    def change(content: bytes, max_size: int, seed: int) -> bytes:
        random = Random(seed)
        if random.random() < 0.2:
            return bytes(atheris.Mutate(content, min(max_size, len(content) + 64)))
        return mutate(content, random)[:max_size]

    corpus = options.work / "corpus"
    atheris.Setup(
        [
            *("fuzz", f"-runs={options.runs}", f"-seed={options.seed}", "-max_len=300000"),
            *("-len_control=0", "-timeout=60", "-rss_limit_mb=2048", "-print_final_stats=1"),
            *("-reload=0", f"-artifact_prefix={target.kept_in}/", "-verbosity=0", str(corpus)),
        ],
        target,
        custom_mutator=change,
    )
    atheris.Fuzz()


def fuzz_blindly(
    target: Callable[[bytes], None],
    seed: int,
    *,
    until: Callable[[], bool],
    starts: Sequence[bytes] = (),
) -> None:
    """Mutate and judge, without any guidance, until told to stop: half of the time one of the ``starts``."""
    from tests.fuzz.mutations import mutate
    from tests.fuzz.mutations import seed as start

    random = Random(seed)
    while not until():
        known = starts and random.random() < 0.5
        target(mutate(random.choice(starts) if known else start(random), random))


def piece(options: argparse.Namespace) -> None:
    """Run one piece in this process."""
    target = Target(options.work / "findings")
    target.kept_in.mkdir(parents=True, exist_ok=True)
    try:
        atheris: Any = None if options.blind else importlib.import_module("atheris")
    except ImportError:
        print("atheris is not installed: without guidance by coverage", flush=True)
        atheris = None
    if atheris is not None:
        fuzz_guided(atheris, target, options)
    starts = [path.read_bytes() for path in sorted((options.work / "corpus").iterdir())]
    is_done = lambda: target.executions >= options.runs  # noqa: E731 -- read once, beside its use
    fuzz_blindly(target, options.seed, until=is_done, starts=starts)
    print(f"stat::number_of_executed_units: {target.executions}")


def whole(options: argparse.Namespace) -> int:
    """Run all pieces, one process after the other, and say what came out."""
    corpus = options.work / "corpus"
    _lay_out(corpus)
    began, executed, added, findings = time.monotonic(), 0, 0, Counter[str]()
    for number, start in enumerate(range(0, options.runs, PIECE)):
        runs = min(PIECE, options.runs - start)
        command = [sys.executable, "-m", "tests.fuzz.run", "--piece", "--runs", str(runs)]
        command += ["--seed", str(options.seed + number), "--work", str(options.work)]
        command += ["--blind"] if options.blind else []
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 -- itself
        said = done.stdout + done.stderr
        executed += _stat(said, "number_of_executed_units")
        added += _stat(said, "new_units_added")
        findings.update(re.findall("^FINDING (.*)$", said, re.MULTILINE))
        if done.returncode:
            findings[f"the piece ended with {done.returncode}: {said[-1500:]}"] += 1
        rate = executed / (time.monotonic() - began)
        print(
            f"seed {options.seed + number}: {executed:,} executions, {rate:,.0f}/s, {added:,} new paths, "
            f"{len(findings)} kinds of findings, peak {_stat(said, 'peak_rss_mb')} MiB",
            flush=True,
        )
    for kind, count in findings.most_common():
        print(f"FOUND {kind} ({count})")
    return 1 if findings else 0


def _lay_out(corpus: Path) -> None:
    from tests.fuzz.mutations import seeds

    corpus.mkdir(parents=True, exist_ok=True)
    kept = [path.read_bytes() for path in sorted((CORPUS / "specs").glob("*"))]
    for content in (*seeds(), *kept):
        (corpus / sha256(content).hexdigest()[:16]).write_bytes(content)


def _stat(said: str, name: str) -> int:
    return sum(int(count) for count in re.findall(rf"stat::{name}: *([0-9]+)", said))


def main() -> int:
    """Read the options and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20_000, help="executions")
    parser.add_argument("--seed", type=int, default=1, help="of the first piece")
    parser.add_argument("--work", type=Path, default=ROOT / ".fuzz", help="findings and corpus")
    parser.add_argument("--blind", action="store_true", help="twice as fast, without coverage")
    parser.add_argument("--piece", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)
    if options.piece:
        piece(options)
        return 0
    return whole(options)


if __name__ == "__main__":
    sys.exit(main())
