"""Tells a story: passes over a simulated region until nothing is left to do, while things happen.

The passes are those of the program, on the region's own clock. A story can be told as it was written,
shuffled (another seed for durations, order and small delays), and interrupted at any mutating call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random

from controller.core.observed import Memory
from controller.engine.clock import Clock
from controller.engine.reconcile import Between, run_pass
from controller.engine.report import PassReport
from controller.spec.values import Fleet
from providers.base import GroupRef, Provider
from providers.simulated.scenario import Scenario
from tests.crash import Crash, MortalProvider, When
from tests.invariants import violations
from tests.stories import transcript
from tests.stories.happenings import Happening, place_words
from tests.stories.stage import Part, Stage, raise_curtain
from tests.stories.truth import Truth
from tests.stories.wire import Tally, Wire

PASSES_AT_MOST = 400
"""A story that is not over by then goes round in circles."""

_LOOKS = frozenset({"list", "names", "catalog", "leftovers"})
_TICK = 0.001
"""Virtual seconds that pass at least between two rounds, because sums of fractions are not exact."""


@dataclass(frozen=True, slots=True)
class Story:
    """A story as it is written. ``title`` is its sentence, ``tells`` what there is to see in it.

    ``fleets`` come with their cast. ``lasts`` is for how many seconds it goes on at least. ``ends`` are
    the living members of the first fleet by place, the fullest first; ``blocked`` whether something
    wanted stays prevented at the end.
    """

    title: str
    tells: str
    fleets: tuple[tuple[Fleet, tuple[Part, ...]], ...]
    ends: str
    happenings: tuple[Happening, ...] = ()
    scenario: Scenario = field(default_factory=Scenario)
    lasts: float = 0.0
    blocked: bool = False

    @property
    def members(self) -> int:
        """How many members the first fleet has at the end."""
        return sum(int(number) for number in self.ends.split("/") if number)

    @property
    def slug(self) -> str:
        """The title as a file name and as a test's id."""
        return self.title.lower().replace(",", "").replace("'", "").replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Cut:
    """The process dies at the mutating call of this number, counted from 1."""

    number: int
    when: When


@dataclass(frozen=True, slots=True)
class Way:
    """How a story is told: ``shuffled`` with the seed, ``cut`` at a call, on lists that are ``stale``.

    ``rival`` is the number of the mutating call in front of which a second process, which knows nothing of
    the first, makes a whole pass. 0: there is none. ``between`` stands between plan and cloud in every pass.
    """

    seed: int = 1
    shuffled: bool = False
    cut: Cut | None = None
    stale_seconds: float = 0.0
    list_lag: float | None = None
    rival: int = 0
    between: Between | None = None


@dataclass(slots=True)
class Telling:
    """What came of telling a story.

    ``broken`` are safety sentences that did not hold. ``over``: it came to its end. ``idle``: a process
    that starts then, with no memory, finds nothing to do and sends nothing.
    """

    stage: Stage
    tally: Tally
    lines: list[str]
    broken: list[str]
    reports: dict[str, PassReport]
    passes: int
    over: bool
    idle: bool
    ends: str

    @property
    def members(self) -> int:
        """How many living members the first fleet has."""
        return len(self.stage.living(self.stage.fleet.ref))

    @property
    def blocked(self) -> bool:
        """Whether anything wanted is prevented at the end."""
        return any(report.blocked for report in self.reports.values())

    def faults(self, story: Story) -> list[str]:
        """Everything in which a telling is not as its story says; empty if it is."""
        found = list(self.broken)
        if not self.over:
            found.append(f"not over after {self.passes} passes")
        if not self.idle:
            found.append("a pass after the end still finds something to do")
        if self.ends != story.ends:
            found.append(f"it ends with {self.ends or 'nobody'}, not with {story.ends or 'nobody'}")
        if self.blocked != story.blocked:
            found.append(f"at the end blocked is {self.blocked}, not {story.blocked}")
        return found

    def text(self, story: Story) -> str:
        """The transcript."""
        return "\n".join(
            [
                story.title,
                "=" * len(story.title),
                story.tells,
                "",
                *self.lines,
                "",
                *transcript.end_lines(self.stage, self.tally),
                "",
            ]
        )


def tell(story: Story, way: Way | None = None) -> Telling:
    """Tell a story to its end, or until ``PASSES_AT_MOST``."""
    teller = Teller(story, way or Way())
    # The telling is no result of the coroutine: the event loop would spell it out for its own messages.
    asyncio.run(teller.tell())
    return teller.telling()


class Teller:
    """One telling of one story. Who has processes of another kind overrides ``_round`` and what it needs."""

    def __init__(self, story: Story, way: Way) -> None:
        self._story = story
        self._way = way
        random = Random(way.seed) if way.shuffled else None
        self._random = random
        self.stage = raise_curtain(story.fleets, self._scenario(), seed=way.seed, random=random)
        self._truth = Truth(self.stage)
        self._tally = Tally()
        self._waiting = _in_time(story.happenings, random)
        # What happens last has to be seen in a list, too.
        last = max((one.at for one in self._waiting), default=0.0)
        self._lasts = max(story.lasts, last + way.stale_seconds)
        self._memories: dict[str, Memory] = {}
        self._reports: dict[str, PassReport] = {}
        self._wire = Wire(self.stage.region, self, self._tally, stale_seconds=way.stale_seconds)
        cut = way.cut or Cut(0, When.BEFORE)
        self._provider = MortalProvider(self._wire, cut.number, cut.when)
        self._rival = self._over = self._idle = False
        self._lines: list[str] = []
        self._told: dict[str, list[str]] = {}
        self._passes = 0

    async def tell(self) -> None:
        """Go on until everything has happened and nothing is left to do."""
        self._remember()
        await self._go_on()
        self._idle = await self._is_idle()

    async def _go_on(self) -> None:
        while not self._over and self._passes < PASSES_AT_MOST:
            self._happen()
            await self._round()
            self._over = self._is_over()
            if not self._over:
                self._wait()

    def telling(self) -> Telling:
        """What has come of it."""
        return Telling(
            stage=self.stage,
            tally=self._tally,
            lines=self._lines,
            broken=self._truth.broken,
            reports=self._reports,
            passes=self._passes,
            over=self._over,
            idle=self._idle,
            ends=place_words(self.stage),
        )

    async def hear(self, call: str, turn: int) -> None:
        """Let happen what waits for this call, and a rival's pass if it is due."""
        if call not in _LOOKS and self._tally.number + 1 == self._way.rival and not self._rival:
            self._rival = True
            await self._pass_of_rival()
        due = [
            one
            for one in self._waiting
            if one.cue is not None
            and (one.cue.call, one.cue.turn) == (call, turn)
            and one.at <= self.stage.seconds
        ]
        for one in due:
            self._waiting.remove(one)
            self._say(f"{self._time()}  meanwhile {one.act(self.stage)}")

    def brace(self, ref: GroupRef) -> None:
        """Remember how things are."""
        self._truth.brace(ref)

    def judge(self, call: str, ref: GroupRef, names: Sequence[str]) -> None:
        """Hold what was done against the truth."""
        self._truth.judge(call, ref, names)

    async def _round(self) -> None:
        """A pass over each fleet whose spec is in force."""
        for fleet in self.stage.active:
            try:
                clock = self.stage.region.clock
                await self._pass(fleet, self._provider, clock, self._way.between)
            except Crash:
                self._say(f"{self._time()}  the process dies, and a new one starts with no memory")
                self._forget()
                self._provider = MortalProvider(self._wire)

    def _forget(self) -> None:
        """What a process knew dies with it."""
        self._memories, self._reports = {}, {}

    async def _pass(
        self, fleet: Fleet, provider: Provider, clock: Clock, between: Between | None
    ) -> None:
        self._passes += 1
        self._wire.start_pass()
        report = await run_pass(
            fleet,
            provider,
            clock,
            memory=self._memories.get(fleet.ref.id),
            number=self._passes,
            between=between,
        )
        self._memories[fleet.ref.id] = report.memory
        self._reports[fleet.ref.id] = report
        self._check(fleet, report)
        self._tell_pass(fleet, report)

    def _check(self, fleet: Fleet, report: PassReport) -> None:
        """Hold the pass against the safety sentences, and the program against its own guard."""
        self._truth.broken += report.violations
        if report.incident is not None:
            self._truth.broken.append(report.incident.trace)
        if report.plan is not None and report.observed is not None:
            self._truth.broken += violations(fleet, report.observed, report.plan)

    async def _is_idle(self) -> bool:
        before = self._tally.number
        clock = self.stage.region.clock
        reports = [await run_pass(fleet, self._wire, clock) for fleet in self.stage.active]
        steps = [report.plan.steps for report in reports if report.plan is not None]
        return self._tally.number == before and len(steps) == len(reports) and not any(steps)

    async def _pass_of_rival(self) -> None:
        wire = Wire(self.stage.region, self, self._tally, stale_seconds=self._way.stale_seconds)
        for fleet in self.stage.active:
            self._check(fleet, await run_pass(fleet, wire, self.stage.region.clock))

    def _tell_pass(self, fleet: Fleet, report: PassReport) -> None:
        # Thousands of tellings are for counting, not for reading.
        if self._way.shuffled or self._way.cut:
            return
        name = f" over {fleet.name}" if len(self.stage.fleets) > 1 else ""
        lines = transcript.pass_lines(fleet, report)
        first = f"{self._time()}  pass {self._passes}{name}: "
        if lines == self._told.get(fleet.ref.id):
            self._say(f"{first}as before")
        else:
            self._lines += transcript.indented(lines, first)
        self._told[fleet.ref.id] = lines

    def _happen(self) -> None:
        due = [one for one in self._uncued() if one.at <= self.stage.seconds]
        for one in due:
            self._waiting.remove(one)
            self._say(f"{self._time()}  {one.act(self.stage)}")

    def _uncued(self) -> list[Happening]:
        return [one for one in self._waiting if one.cue is None]

    def _wait(self) -> None:
        """Until a pass is due or something happens, whichever comes first."""
        clock = self.stage.region.clock
        seconds = self._pause()
        if self._random is not None:
            seconds *= self._random.uniform(0.5, 1.5)
        coming = [one.at - self.stage.seconds for one in self._uncued()]
        seconds = max(_TICK, min([seconds, *coming]))
        # A list to come shows this moment, so it has to be seen when it is the present.
        pause = max(0.0, seconds - self._way.stale_seconds)
        clock.advance(pause)
        self._remember()
        clock.advance(max(0.0, seconds - pause))

    def _pause(self) -> float:
        """How long until a pass is due."""
        return min((float(one.look_again_seconds) for one in self._reports.values()), default=1.0)

    def _is_over(self) -> bool:
        if self._waiting or self.stage.seconds < self._lasts:
            return False
        active = [fleet.ref.id for fleet in self.stage.active]
        known = [self._reports.get(key) for key in active]
        return all(report is not None and report.settled for report in known)

    def _scenario(self) -> Scenario:
        if self._way.list_lag is None:
            return self._story.scenario
        return replace(self._story.scenario, list_lag=self._way.list_lag)

    def _remember(self) -> None:
        for fleet in self.stage.fleets.values():
            self._wire.remember(fleet.ref)

    def _time(self) -> str:
        return transcript.clock_words(self.stage.region.clock.now)

    def _say(self, line: str) -> None:
        self._lines.append(line)


def _in_time(happenings: Sequence[Happening], random: Random | None) -> list[Happening]:
    """By time; a shuffle delays each a little, which also changes the order of those close together.

    What is so before the story begins (a negative time), or waits for a call, keeps its time.
    """
    found = [
        one
        if random is None or one.at < 0 or one.cue is not None
        else replace(one, at=one.at + random.uniform(0.0, 20.0))
        for one in happenings
    ]
    return sorted(found, key=lambda one: one.at)
