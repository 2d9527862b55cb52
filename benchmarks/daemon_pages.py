"""50 fleets of 100 while ten status pages are open: what the pages cost the loop that they show.

A page is what a browser does: it listens to ``/events``, and fetches the page again whenever something has changed.
How late the loop is, is how long a request waits that needs nothing but a turn of it (``/livez``). With pages and
without take turns, so that what else the machine does falls on both.
"""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp

from benchmarks.daemon_stage import RunningDaemon, wait_for, write_spec

if TYPE_CHECKING:
    from pathlib import Path

FLEETS, MEMBERS, PAGES, ROUNDS = 50, 100, 10, 3
SPEED, RESYNC = 30, 60
LEAST_WORK, MOST_LATENESS = 0.9, 2.0
"""Promised with pages open: so much of the passes without them, and of 100 turns 95 at most so many times as late."""


@dataclass(slots=True)
class Slice:
    """What some seconds showed. ``late`` are the seconds that each asked turn of the loop took."""

    passes: float
    cpu: float
    late: list[float]
    fetched: int = 0

    @property
    def late_95(self) -> float:
        """95 of 100 turns took less."""
        return statistics.quantiles(self.late, n=20)[-1]


def pages(directory: Path, seconds: int) -> bool:
    """Measure slices of so many seconds, print them, and say whether the promise was kept."""
    specs = directory / "specs"
    specs.mkdir()
    for number in range(FLEETS):
        write_spec(specs, f"f{number:02d}", MEMBERS)
    words = ["specs", "--state", "none", "--speed", str(SPEED), "--resync", str(RESYNC)]
    daemon = RunningDaemon([*words, "--state-dir", "state"], directory, directory / "daemon.log")
    daemon.start()
    print(f"bringing up {FLEETS} fleets of {MEMBERS}", flush=True)
    wait_for(daemon.at_rest, 600, daemon.told)
    try:
        without, with_pages = asyncio.run(_take_turns(daemon, seconds))
    finally:
        daemon.stop()
    return _judge(without, with_pages)


async def _take_turns(daemon: RunningDaemon, seconds: int) -> tuple[list[Slice], list[Slice]]:
    without, with_pages = [], []
    for _ in range(ROUNDS):
        without.append(await _measure(daemon, seconds, 0))
        with_pages.append(await _measure(daemon, seconds, PAGES))
    return without, with_pages


async def _measure(daemon: RunningDaemon, seconds: int, count: int) -> Slice:
    fetched: list[int] = []
    connections = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(daemon.url, connector=connections) as session:
        readers = [asyncio.ensure_future(_page(session, fetched)) for _ in range(count)]
        await asyncio.sleep(2)
        passes, cpu = await _counters(session)
        fetched.clear()
        late = await _turns(session, seconds)
        more, spent = await _counters(session)
        for one in readers:
            one.cancel()
        await asyncio.gather(*readers, return_exceptions=True)
    found = Slice((more - passes) / seconds, (spent - cpu) / seconds, late, len(fetched))
    print(
        f"{count:2} pages  {found.passes:5.1f} passes/s  {found.cpu * 100:4.0f} % of a CPU  "
        f"loop late {statistics.median(late) * 1000:.1f} ms, 95 of 100 under {found.late_95 * 1000:.1f} ms, "
        f"at most {max(late) * 1000:.0f} ms  {found.fetched} fetched",
        flush=True,
    )
    return found


async def _page(session: aiohttp.ClientSession, fetched: list[int]) -> None:
    """One open page, until it is closed."""
    forever = aiohttp.ClientTimeout(total=None)
    async with session.get("/events", timeout=forever) as stream:
        async for line in stream.content:
            if line.startswith(b"event: changed"):
                async with session.get("/") as answer:
                    fetched.append(len(await answer.read()))


async def _turns(session: aiohttp.ClientSession, seconds: int) -> list[float]:
    loop = asyncio.get_running_loop()
    end, late = loop.time() + seconds, []
    while (began := loop.time()) < end:
        async with session.get("/livez") as answer:
            await answer.read()
        late.append(loop.time() - began)
        await asyncio.sleep(0.02)
    return late


async def _counters(session: aiohttp.ClientSession) -> tuple[float, float]:
    """Passes and CPU seconds of the daemon so far."""
    async with session.get("/metrics") as answer:
        lines = (await answer.text()).splitlines()
    passes = sum(float(one.split()[-1]) for one in lines if one.startswith("evenkeel_passes_total"))
    [cpu] = [float(one.split()[-1]) for one in lines if one.startswith("process_cpu_seconds_total")]
    return passes, cpu


def _judge(without: list[Slice], with_pages: list[Slice]) -> bool:
    work = sum(one.passes for one in with_pages) / sum(one.passes for one in without)
    late = statistics.median(one.late_95 for one in with_pages)
    before = statistics.median(one.late_95 for one in without)
    print(
        f"with pages: {work:.2f} of the passes; the loop late {late * 1000:.1f} ms against {before * 1000:.1f} ms"
    )
    return work >= LEAST_WORK and late <= MOST_LATENESS * before
