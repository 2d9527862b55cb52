"""What ``wait`` does: look, judge, pause, until every fleet is there, one cannot come there, or the time is up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.cli.gather import look_at, prepare
from controller.cli.goals import hopeless
from controller.cli.items import items_of
from controller.cli.look import Look, look
from controller.cli.place import opened_provider
from controller.engine.clock import WallClock
from controller.formats.age import human_duration

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime

    from controller.cli.goals import Goal
    from controller.cli.look import Asked
    from controller.cli.options import Show
    from controller.cli.tables import Item
    from controller.engine.clock import Clock

PAUSE_SECONDS, LOOK_PAUSE_SECONDS = 2.0, 15.0
"""Between two questions to a daemon, which costs nothing, and between two looks at a cloud."""


STALLED_FOR = timedelta(seconds=5)
"""So long a daemon has to say that a fleet is stalled; it reads a changed spec within two or three seconds."""


@dataclass(slots=True)
class _Waiting:
    """One wait: the fleets that are there have been told, the others not yet."""

    asked: Asked
    goal: Goal
    show: Show
    there: set[str]
    stalled: dict[str, datetime] = field(default_factory=dict)

    def judge(self, seen: Look, now: datetime) -> Mapping[str, Item]:
        """Tell of fleets that have come there, and return the rest. Raises ``CommandError`` if one never will."""
        rest: dict[str, Item] = {}
        for fleet in seen.items:
            name = str(fleet.get("name"))
            if self.goal.met(fleet):
                if name not in self.there:
                    self.show.data(f"fleet/{name} condition met: {self.goal.words}")
                self.there.add(name)
            else:
                self.there.discard(name)
                rest[name] = fleet
        for name, fleet in rest.items():
            why = hopeless(self.goal, fleet)
            if not why:
                self.stalled.pop(name, None)
            elif self._lasts(name, now):
                raise CommandError(
                    f"fleet {name} is stalled, so waiting for {self.goal.words} does not help: {why}",
                    hint=f"see it: evenkeel describe {name}",
                )
        return rest

    def _lasts(self, name: str, now: datetime) -> bool:
        """Whether a fleet stays stalled. A daemon may be about to read what has just been mended."""
        if self.asked.server is None:
            return True
        return now - self.stalled.setdefault(name, now) >= STALLED_FOR


def waiting(asked: Asked, goal: Goal, timeout: float, show: Show) -> int:
    """Wait, and return the exit code. Raises ``CommandError`` when the time is up or waiting cannot help."""
    work = _Waiting(asked, goal, show, set())
    if asked.server is not None:
        asyncio.run(_until(work, lambda: _ask(asked, show), WallClock(), timeout))
        return Exit.DONE
    labelled = asked.labelled if asked.labelled.terms else None
    prepared = prepare(asked.paths, asked.source, show, names=asked.names, labelled=labelled)
    with opened_provider(asked.source, read_only=True) as place:

        async def see() -> Look:
            seen, _ = await look_at(prepared, place)
            return Look(tuple(items_of("fleets", seen.sights, seen.unseen)), seen.now)

        place.run(_until(work, see, place.clock, timeout))
    return Exit.DONE


async def _ask(asked: Asked, show: Show) -> Look:
    return look(asked, show)


async def _until(
    work: _Waiting, see: Callable[[], Awaitable[Look]], clock: Clock, seconds: float
) -> None:
    """Look and pause on ``clock``: in a simulated region waiting costs no time of ours."""
    end = clock.now + timedelta(seconds=seconds)
    pause = PAUSE_SECONDS if work.asked.server is not None else LOOK_PAUSE_SECONDS
    seen = await see()
    if not seen.items:
        raise CommandError("there is no fleet to wait for")
    while rest := work.judge(seen, clock.now):
        left = (end - clock.now).total_seconds()
        if left <= 0:
            raise _time_is_up(rest, work.goal, seconds)
        await clock.sleep(min(pause, left))
        # A look that does not succeed may do so later; the last one stands until then.
        seen = await _patiently(see) or seen


async def _patiently(see: Callable[[], Awaitable[Look]]) -> Look | None:
    try:
        return await see()
    except CommandError as error:
        if error.code in {Exit.UNREACHABLE, Exit.THROTTLED}:
            return None
        raise


def _time_is_up(rest: Mapping[str, Item], goal: Goal, timeout: float) -> CommandError:
    lines = [f"fleet {name}: {goal.now(fleet)}" for name, fleet in rest.items()]
    spent = human_duration(timeout)
    return CommandError("\n".join([f"not {goal.wish} after {spent}", *lines]))
