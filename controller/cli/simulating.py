"""What ``simulate`` does: a fresh region, hours of passes in it, and what is told of them."""

from __future__ import annotations

import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controller.cli.exits import Exit
from controller.cli.gather import say_trouble
from controller.cli.place import composed
from controller.cli.simulation_text import document, text_lines
from controller.cli.specs import choose, load_specs
from controller.engine.compose import SIMULATED, Settings
from controller.engine.metered import Metered
from controller.engine.rehearsal import rehearse

if TYPE_CHECKING:
    from pathlib import Path

    from controller.cli.options import Show
    from controller.engine.rehearsal import Course

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""When every simulated life begins: the same seed is to tell the same on any day."""

_SECONDS_OF_AN_HOUR = 3600


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for."""

    paths: tuple[str, ...]
    show: Show
    scenario: Path | None = None
    hours: float = 1.0
    seed: int = 0
    resync_seconds: float = 60.0


class Calls:
    """Counts what the platform was asked, by call and answer."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()

    def called(self, call: str, outcome: str, seconds: float) -> None:
        """A call has ended."""
        del seconds
        self.counts[call, outcome] += 1


@dataclass(frozen=True, slots=True)
class Lived:
    """Everything that came of it."""

    start: datetime
    hours: float
    seed: int
    courses: tuple[Course, ...]
    calls: Counter[tuple[str, str]]


def simulate(request: Request) -> int:
    """Let the hours go by, print what happened, and return the exit code."""
    show = request.show
    under = f" under {request.scenario}" if request.scenario else ""
    show.say(f"evenkeel: a simulated region in memory{under}, seed {request.seed}")
    specs = load_specs(request.paths, show)
    fleets = choose(specs, ())
    settings = Settings(
        provider=SIMULATED,
        scenario=request.scenario,
        environment=os.environ,
        seed=request.seed,
        start=START,
    )
    calls = Calls()
    with composed(settings) as place:
        courses = place.run(
            rehearse(
                fleets,
                Metered(place.provider, place.clock, calls),
                place.clock,
                random.Random(request.seed),  # noqa: S311 -- jitter, not secrets
                seconds=request.hours * _SECONDS_OF_AN_HOUR,
                resync_seconds=request.resync_seconds,
            )
        )
    lived = Lived(START, request.hours, request.seed, courses, calls.counts)
    say_trouble([one.last for one in courses if one.last], show)
    if show.output == "text":
        show.data("\n".join(text_lines(lived, show.out)))
    else:
        show.document(document(lived))
    settled = all(one.since is not None for one in courses)
    return Exit.DONE if settled and not specs.has_errors else Exit.ERROR
