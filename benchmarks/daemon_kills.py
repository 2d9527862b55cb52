"""``kill -9`` at random moments while fleets grow and shrink in front of the emulator, which lives on.

A watcher counts the living members at the emulator all the time: never more than the most that was ever
wished for, never fewer than the least. At the end everything is as wished, no serial number was used twice,
and the audit trail is whole.
"""

from __future__ import annotations

import io
import json
import random
import signal
import subprocess
import threading
import time
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from benchmarks.daemon_stage import (
    SUBSCRIPTION,
    RunningDaemon,
    environment,
    evenkeel,
    wait_for,
    write_spec,
)

if TYPE_CHECKING:
    from pathlib import Path

FLEETS = ("ada", "bob", "cyd", "dan", "eve")
LEAST, MOST = 6, 9
SEED = 20261125
LONGEST_LIFE_SECONDS = 3.0
_LIST = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/many-rg/providers/Microsoft.Compute/virtualMachines"
    "?api-version=2024-07-01"
)


@dataclass
class Watcher:
    """Looks at the emulator in a thread of its own. ``wrong`` are the moments at which a count was."""

    url: str
    up: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    looks: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Look until told to stop."""
        while not self.stop.wait(0.1):
            counts = self.count()
            self.looks += 1
            for name in FLEETS:
                living = counts[name]
                self.up |= {name} if living >= LEAST else set()
                if living > MOST or (name in self.up and living < LEAST):
                    self.wrong.append(f"{name} has {living} members")

    def count(self) -> Counter[str]:
        """Living members of each fleet: those that are not being deleted."""
        return Counter(
            one["name"].rpartition("-")[0].lower()
            for one in self.members()
            if one["properties"]["provisioningState"] != "Deleting"
        )

    def members(self) -> list[dict[str, Any]]:
        """All VMs of the resource group."""
        found: list[dict[str, Any]] = []
        link = self.url + _LIST
        while link:
            ask = urllib.request.Request(link, headers={"Authorization": "Bearer proof"})  # noqa: S310 -- loopback
            with urllib.request.urlopen(ask, timeout=20) as answer:  # noqa: S310 -- loopback
                page = json.load(answer)
            found += page["value"]
            link = page.get("nextLink", "")
        return found


def kills(directory: Path, times: int) -> bool:
    """Kill the daemon so many times, let the last one finish, and judge."""
    dice = random.Random(SEED)
    wished = dict.fromkeys(FLEETS, LEAST)
    _publish(directory, wished)
    emulator = subprocess.Popen(
        evenkeel(
            *("emulator", "--http", "--port", "0", "--state", "none"),
            *("--speed", "30", "--throttle", "off"),
        ),
        cwd=directory,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    url = json.loads((emulator.stdout or io.BytesIO()).readline())["url"]
    watcher = Watcher(url)
    thread = threading.Thread(target=watcher.run, daemon=True)
    thread.start()
    words = ["specs", "--provider", "azure", "--arm-url", url, "--resync", "10"]
    daemon = RunningDaemon(words, directory, directory / "log")
    print(f"seed {SEED}", flush=True)
    try:
        for number in range(times):
            if number % 3 == 2:
                name = dice.choice(FLEETS)
                wished[name] = LEAST + MOST - wished[name]
                _publish(directory, wished)
            _live_and_die(daemon, dice.uniform(0.0, LONGEST_LIFE_SECONDS))
            if number % 20 == 19:
                print(f"{number + 1} kills, {watcher.looks} looks, {wished}", flush=True)
        daemon.start()
        wait_for(lambda: dict(watcher.count()) == wished and daemon.at_rest(), 300, daemon.told)
        daemon.stop()
        watcher.stop.set()
        thread.join()
        return _judge(directory, watcher)
    finally:
        emulator.terminate()
        emulator.communicate(timeout=30)


def _publish(directory: Path, wished: dict[str, int]) -> None:
    """Put all specs in place at once, by a link: so they are read at once, too."""
    releases = directory / "releases"
    fresh = releases / str(len(list(releases.iterdir())) if releases.exists() else 0)
    fresh.mkdir(parents=True)
    for name, replicas in wished.items():
        write_spec(fresh, name, replicas)
    link = directory / "fresh"
    link.symlink_to(fresh)
    link.rename(directory / "specs")


def _live_and_die(daemon: RunningDaemon, life: float) -> None:
    """Start it, and kill it when it has listened for so long."""
    daemon.start()
    time.sleep(life)
    daemon.stop(signal.SIGKILL)


def _judge(directory: Path, watcher: Watcher) -> bool:
    verified = subprocess.run(
        evenkeel("audit", "verify", ".evenkeel/audit.jsonl"),
        cwd=directory,
        env=environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    trail = directory / ".evenkeel" / "audit.jsonl"
    records = [json.loads(line) for line in trail.read_text(encoding="utf-8").splitlines()]
    bodies = [one.get("body", one) for one in records]
    intents = [one for one in bodies if one.get("kind") == "intent"]
    created = Counter(name for one in intents if one["call"] == "create" for name in one["targets"])
    reasons = Counter(
        because["reason"]
        for one in intents
        if one["call"] == "delete"
        for because in one["because"]
    )
    print(
        f"{len(intents)} intents, {len(created)} names created, deletions by reason {dict(reasons)}"
    )
    print(f"{watcher.looks} looks at the emulator, wrong: {watcher.wrong[:5] or 'none'}")
    print(f"audit verify: exit {verified.returncode}: {verified.stdout.strip().splitlines()[-1:]}")
    unfounded = set(reasons) - {"ScaleIn", "FailedCreate"}
    return not watcher.wrong and verified.returncode == 0 and not unfounded
