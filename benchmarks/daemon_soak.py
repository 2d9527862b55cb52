"""Half an hour with 200 fleets of 20 and an edit every few seconds: memory and open files must not grow."""

from __future__ import annotations

import random
import time
from pathlib import Path
from statistics import median

from benchmarks.daemon_stage import RunningDaemon, wait_for, write_spec

FLEETS, MEMBERS = 200, 20
EDIT_SECONDS = 4.0
SAMPLE_SECONDS = 15.0
SEED = 20261125


def soak(directory: Path, minutes: int) -> bool:
    """Run it, print the samples, and say whether the last third is like the middle third."""
    specs = directory / "specs"
    specs.mkdir()
    names = [f"f{number:03d}" for number in range(FLEETS)]
    for name in names:
        write_spec(specs, name, MEMBERS)
    daemon = RunningDaemon(
        ["specs", "--state", "none", "--speed", "10"], directory, directory / "log"
    )
    daemon.start()
    print(f"seed {SEED}; waiting for {FLEETS} fleets to come up", flush=True)
    began = time.monotonic()
    wait_for(daemon.at_rest, 1200, daemon.told)
    print(f"all at rest after {time.monotonic() - began:.0f} s", flush=True)
    samples = _edit(daemon, specs, names, minutes)
    code = daemon.stop()
    print(f"exit code {code}")
    return _flat(samples) and code == 0


def _edit(
    daemon: RunningDaemon, specs: Path, names: list[str], minutes: int
) -> list[tuple[float, int]]:
    dice = random.Random(SEED)
    samples: list[tuple[float, int]] = []
    began = time.monotonic()
    edits = 0
    while (passed := time.monotonic() - began) < minutes * 60:
        write_spec(specs, dice.choice(names), MEMBERS + dice.randrange(-3, 4))
        edits += 1
        if passed >= len(samples) * SAMPLE_SECONDS:
            samples.append(_look(daemon.pid))
            mib, files = samples[-1]
            print(f"{passed:6.0f} s  {edits:4d} edits  {mib:7.1f} MiB  {files} files", flush=True)
        time.sleep(EDIT_SECONDS)
    return samples


def _look(pid: int) -> tuple[float, int]:
    """Resident memory in MiB, and open files."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kib = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
    return int(kib) / 1024, len(list(Path(f"/proc/{pid}/fd").iterdir()))


def _flat(samples: list[tuple[float, int]]) -> bool:
    third = len(samples) // 3
    if not third:
        return True
    middle, last = samples[third : 2 * third], samples[2 * third :]
    memory = [median(one[0] for one in part) for part in (middle, last)]
    files = [median(one[1] for one in part) for part in (middle, last)]
    print(f"middle third {memory[0]:.1f} MiB, {files[0]:.0f} files")
    print(f"last third   {memory[1]:.1f} MiB, {files[1]:.0f} files")
    return memory[1] <= memory[0] * 1.03 + 2 and files[1] <= files[0] + 2
