"""One world that lives for a year: ``python -m tests.simulation.soak --days 365 [--seed 0]``.

Each day begins with bad weather, of faults drawn anew. Then all is mended and the fleets come to rest; hands
edit specs, and the fleets come to rest after each edit; and from the early afternoon on nothing may be written.
Every change is judged, as in any world. Beside that it is measured what must not grow with time: memory, tasks,
open files, and at the end the audit trails are verified from their first record to their last.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import random
import resource
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from controller.engine.clock import WallClock
from controller.engine.trail_reading import examine
from tests.simulation import loop as virtual
from tests.simulation.options import Options, Right, draw
from tests.simulation.process import install
from tests.simulation.world import World, scratch

DAY = 86_400.0
_EDITS_A_DAY = 3
_HOURS_BETWEEN_EDITS = 1.0
_HOURS_TO_SETTLE = 4.0
"""Scarcity is remembered for an hour and a half, and leftovers go one by one: after that all is written."""
_HEARTBEAT_SECONDS = 30.0
"""With a beat every two seconds a third of the time of a year would go into beats."""
_TENDED = 10
"""Days before what grows at the beginning of every process is taken for what it is."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What there was at the end of a day. ``memory`` is the process' resident bytes, the world's own included."""

    day: int
    memory: int
    objects: int
    tasks: int
    files: int
    trail: int
    writes: int


@dataclass(slots=True)
class Life:
    """What became of a long life. ``trails``: records and files of each host, and where a chain is broken."""

    readings: list[Reading] = field(default_factory=list)
    breaches: list[str] = field(default_factory=list)
    trails: list[str] = field(default_factory=list)

    def slope(self, of: Callable[[Reading], float]) -> float:
        """By how much something grows each day, by least squares, after the first days."""
        rows = [(one.day, of(one)) for one in self.readings if one.day > _TENDED]
        if len(rows) < 2:
            return 0.0
        middle = sum(day for day, _ in rows) / len(rows)
        mean = sum(value for _, value in rows) / len(rows)
        over = sum((day - middle) * (value - mean) for day, value in rows)
        return over / sum((day - middle) ** 2 for day, _ in rows)


class LongLife(World):
    """A world whose weather comes again every day."""

    def __init__(self, options: Options, directory: Path) -> None:
        super().__init__(options, directory)
        self._always = options
        self.heartbeat_seconds = _HEARTBEAT_SECONDS

    async def live(self, days: int, told: Callable[[Reading], bool]) -> Life:
        """Live for so many days, or until something is broken, or ``told`` of a day says that it is enough."""
        life = Life()
        self._first_specs()
        self.cast.begin()
        for day in range(1, days + 1):
            await self._day(day)
            if self.record.breaches:
                break
            life.readings.append(self._read(day))
            if not told(life.readings[-1]):
                break
        await self.cast.end()
        life.breaches = [str(one) for one in self.record.breaches]
        for machine in self.cast.machines:
            life.trails.append(_verified(machine.name, machine.audit, life.breaches))
        return life

    async def _day(self, day: int) -> None:
        drawn = draw(self._always.seed * 100_000 + day)
        self.options = replace(self._always, faults=drawn.faults, seconds=drawn.seconds)
        await self.bad_weather()
        for edit in range(_EDITS_A_DAY + 1):
            if self.record.breaches or await self.come_to_rest() is None:
                return
            if edit < _EDITS_A_DAY:
                await self._until(lambda: False, 3600 * _HOURS_BETWEEN_EDITS)
                self.people.edit()
        await self._until(lambda: False, 3600 * _HOURS_TO_SETTLE)
        await self._rest(day * DAY)

    async def _rest(self, end: float) -> None:
        """I20, I16, I21, I22: nothing is written for the rest of the day, and nothing of ours is left behind."""
        before = self.record.writes
        await self._until(lambda: False, end - self.now)
        if self.record.writes != before:
            self.broken("I20", f"{self.record.writes - before} writes while nothing was wanted")
        if not self.is_at_rest():
            self.broken("I20", f"not at rest any more: {self.state()}")
        left = [one for one in self.region.world.leftovers.values() if self.judge.is_leak(one)]
        if left:
            self.broken("I22", f"{len(left)} leftovers at the end of a day, such as {left[0].id}")
        self.desk.forget_the_past()
        self.history.forget_the_past()
        self.explicit_by_plan.clear()

    def _read(self, day: int) -> Reading:
        gc.collect()
        return Reading(
            day=day,
            memory=_resident_bytes(),
            objects=len(gc.get_objects()),
            tasks=len(asyncio.all_tasks()),
            files=sum(1 for _ in Path("/proc/self/fd").iterdir()),
            trail=sum(
                path.stat().st_size
                for machine in self.cast.machines
                for path in machine.path.glob(f"{machine.audit.name}*")
            ),
            writes=self.record.writes,
        )


def _verified(host: str, trail: Path, breaches: list[str]) -> str:
    """Read a trail through; what is wrong with it is a breach."""
    if not trail.exists():
        return f"{host}: no trail"
    found = examine(trail)
    breaches += [f"I17 {host}: {one.sentence}" for one in found.breaks]
    return f"{host}: {found.records} records in {len(found.files)} files, {'broken' if found.breaks else 'whole'}"


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


def options_of(seed: int, right: Right = Right.SOLE) -> Options:
    """The world that lives on: calm numbers, because a year of heartbeats is long."""
    return replace(
        draw(seed),
        right=right,
        controllers=1 if right is Right.SOLE else 2,
        one_shots=right is not Right.SOLE,
        fleets=2,
        most=8,
        resync=300.0,
    )


def soak(options: Options, days: int, told: Callable[[Reading], bool] = lambda _: True) -> Life:
    """Let a world live; ``told`` hears of each day, and says whether it is to go on."""
    directory = scratch()

    async def work() -> Life:
        install(asyncio.get_running_loop())
        return await LongLife(options, directory).live(days, told)

    try:
        return virtual.run(random.Random(f"order {options.seed}"), work)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def main(words: Sequence[str] | None = None) -> int:
    """Live, tell every tenth day, and judge what has grown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=float("inf"))
    parser.add_argument("--right", type=Right, default=Right.SOLE, choices=list(Right))
    asked = parser.parse_args(words)
    clock = WallClock()
    began = clock.elapsed
    end: float = began + 60 * asked.minutes

    def told(one: Reading) -> bool:
        if one.day % 10 == 0 or sys.stderr.isatty():
            print(_line(one, clock.elapsed - began), flush=True)
        return clock.elapsed < end

    life = soak(options_of(asked.seed, asked.right), asked.days, told)
    print(*life.trails, *life.breaches, sep="\n")
    print(
        f"{len(life.readings)} days in {clock.elapsed - began:.0f} s, {len(life.breaches)} violations; a day adds "
        f"{life.slope(lambda one: one.memory) / 1024:.1f} KiB of memory, "
        f"{life.slope(lambda one: one.objects):.1f} objects, "
        f"{life.slope(lambda one: one.tasks):.3f} tasks, {life.slope(lambda one: one.files):.3f} open files, "
        f"{life.slope(lambda one: one.trail) / 1024:.1f} KiB of audit trail"
    )
    return 1 if life.breaches else 0


def _line(one: Reading, took: float) -> str:
    return (
        f"day {one.day:4}: {one.memory / 1024 / 1024:6.1f} MiB, {one.objects} objects, {one.tasks} tasks, "
        f"{one.files} open files, {one.trail / 1024 / 1024:5.1f} MiB of trail, {one.writes} changes, {took:.0f} s"
    )


if __name__ == "__main__":
    raise SystemExit(main())
