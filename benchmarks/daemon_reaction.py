"""200 fleets of 20 at rest; a spec is edited: how long until the first change is on record.

The audit trail is written before each change is sent, so its growth is the first action. Also: what a round
of looks at fleets at rest costs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.daemon_stage import RunningDaemon, environment, evenkeel, wait_for, write_spec

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FLEETS, MEMBERS = 200, 20
PROMISED = {"plain": 4.0, "link": 1.0, "git": 1.0}
REGION = "region.json"


def reaction(directory: Path, times: int) -> bool:
    """Measure each kind of source so many times, print, and say whether the promise was kept."""
    first = directory / "specs"
    first.mkdir()
    for number in range(FLEETS):
        write_spec(first, f"f{number:03d}", MEMBERS)
    print(f"bringing up {FLEETS} fleets of {MEMBERS}", flush=True)
    subprocess.run(
        evenkeel("reconcile", "specs", "--until-converged", "--state", REGION),
        cwd=directory,
        env=environment(),
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    kept = [_measure(directory, kind, times) for kind in PROMISED]
    return all(kept)


def _measure(directory: Path, kind: str, times: int) -> bool:
    offset = list(PROMISED).index(kind)
    root, edit = {"plain": _plain, "link": _link, "git": _git}[kind](directory)
    trail = directory / f"{kind}.jsonl"
    words = [root, "--state", REGION, "--state-dir", f"state-{kind}", "--audit", str(trail)]
    daemon = RunningDaemon(words, directory, directory / f"{kind}.log")
    daemon.start()
    wait_for(daemon.is_ready, 300, daemon.told)
    time.sleep(5)
    took = []
    for number in range(times):
        size = trail.stat().st_size
        # Each kind begins with what the one before left, so it edits other fleets.
        edit(f"f{number * len(PROMISED) + offset:03d}", MEMBERS + 1)
        took.append(_until_grown(trail, size))
        time.sleep(3)
    daemon.stop()
    print(f"{kind:5}  " + "  ".join(f"{one:.2f} s" for one in took), flush=True)
    return max(took) <= PROMISED[kind]


def _until_grown(trail: Path, size: int) -> float:
    began = time.monotonic()
    while trail.stat().st_size <= size:
        if time.monotonic() - began > 60:
            sys.exit(f"nothing happened within a minute ({trail})")
        time.sleep(0.005)
    return time.monotonic() - began


def _plain(directory: Path) -> tuple[str, Callable[[str, int], None]]:
    specs = directory / "specs"
    return "specs", lambda name, replicas: write_spec(specs, name, replicas)


def _link(directory: Path) -> tuple[str, Callable[[str, int], None]]:
    releases = directory / "releases"
    shutil.copytree(directory / "specs", releases / "0")
    current = directory / "current"
    current.symlink_to("releases/0")

    def edit(name: str, replicas: int) -> None:
        number = len(list(releases.iterdir()))
        shutil.copytree(current.resolve(), releases / str(number))
        write_spec(releases / str(number), name, replicas)
        fresh = directory / "fresh"
        fresh.symlink_to(f"releases/{number}")
        os.replace(fresh, current)  # noqa: PTH105 -- swaps the link itself

    return "current", edit


def _git(directory: Path) -> tuple[str, Callable[[str, int], None]]:
    checkout = directory / "checkout"
    shutil.copytree(directory / "current", checkout)

    def git(*words: str) -> None:
        who = ["-c", "user.name=proof", "-c", "user.email=proof@localhost"]
        subprocess.run(["git", *who, *words], cwd=checkout, check=True, stdout=subprocess.DEVNULL)  # noqa: S607 -- the user's git

    git("init", "-q")
    git("add", ".")
    git("commit", "-qm", "begin")

    def edit(name: str, replicas: int) -> None:
        write_spec(checkout, name, replicas)
        git("commit", "-qam", f"{name}: {replicas}")

    return "checkout", edit
