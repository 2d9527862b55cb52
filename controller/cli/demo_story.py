"""The story that ``demo`` tells, on the same planner, executor and region as every other command."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import controller
from controller.cli.exits import CommandError
from controller.cli.gather import sights_of
from controller.cli.marks import MEANINGS, Mark
from controller.cli.picture import draw, lanes_now, lanes_of, letters_in
from controller.cli.plan_text import fleet_head, plan_text, summary_lines
from controller.cli.progress import LineProgress
from controller.cli.screen import Paint
from controller.cli.specs import read_specs
from controller.engine.converge import End, converge
from controller.engine.reconcile import reconcile_once
from controller.formats.rows import PlanView, spread_sentence
from controller.formats.sighting import Sighting
from controller.formats.words import counted
from providers.base import LockLevel
from providers.simulated.provider import SimulatedProvider
from providers.simulated.region import SimulatedRegion

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.options import Show
    from controller.core.steps import Plan
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet

SPECS = ("web.yaml", "quorum.yaml", "workers.yaml")
SEED = 7
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
PATIENCE_SECONDS = 3600.0
SCALED_IN_BY = 3


class Story:
    """One run of the demo. Holds the region and the fleets as their specs are at each point."""

    def __init__(self, show: Show) -> None:
        self._show = show
        # Lines instead of a live view: the story is to be read afterwards, too.
        self._screen = replace(show.out, live=False)
        self._region = SimulatedRegion.fresh(START, seed=SEED)
        self._provider = SimulatedProvider(self._region)
        self._fleets = list(demo_fleets())

    async def tell(self) -> bool:
        """Tell everything; whether the fleets settled in the end."""
        self._plan_all(await self._look())
        self._say(
            "Each letter below is one VM: R is Regular, S is Spot, a small letter is on its way up, "
            "H may not be deleted because its spec holds it. On the left, the time that has passed."
        )
        ready = await self._bring_up(self._fleets, "specs/")
        await self._scale_in_around_lock()
        done = await self._bring_up(self._fleets[:1], f"specs/{SPECS[0]}")
        self._final(await self._look())
        return ready and done

    def _plan_all(self, reports: Sequence[PassReport]) -> None:
        names = ", ".join(fleet.name for fleet in self._fleets)
        self._say(
            f"Three specs describe three fleets of VMs: {names}. None of them exists yet. "
            "The region is simulated and lives in memory; everything else is the real controller."
        )
        self._command("evenkeel reconcile specs/ --dry-run")
        views = self._views(reports)
        self._lines([plan_text(views[:1], self._screen)])
        self._say("The other two, in short:")
        for view in views[1:]:
            self._lines(
                [
                    *fleet_head(view, self._screen),
                    *draw(lanes_of(view.plan, view.sighting), self._screen),
                    "",
                ]
            )

    async def _bring_up(self, fleets: Sequence[Fleet], path: str) -> bool:
        self._command(f"evenkeel reconcile {path} --until-converged")
        named = {fleet.name: fleet for fleet in fleets}
        progress = LineProgress(named, self._screen, self._show.data, self._region.clock.now)
        ended = await converge(
            fleets,
            self._provider,
            self._region.clock,
            timeout_seconds=PATIENCE_SECONDS,
            on_pass=progress.note,
        )
        self._lines([""])
        return ended.end is End.CONVERGED

    async def _scale_in_around_lock(self) -> None:
        """Lock the very instance that would go first, then show that another one goes."""
        fleet = self._fleets[0]
        smaller = scaled_in(fleet, SCALED_IN_BY)
        self._fleets[0] = smaller
        first = (await self._look())[0].plan
        if first is None or not first.victims:
            raise CommandError("the demo's first fleet has nobody to scale in")
        locked = first.victims[0]
        self._region.add_lock(LockLevel.CAN_NOT_DELETE, fleet.ref.instance_id(locked))
        self._say(
            f"Now {fleet.name} is to have {smaller.replicas} instances instead of {fleet.replicas}. "
            f"{locked} would go first, but somebody has put an Azure lock on it. Locks are never "
            "touched and never risked: another one goes, and the zones stay as even as before."
        )
        self._command(f"evenkeel reconcile specs/{SPECS[0]} --dry-run")
        self._lines([plan_text(self._views(await self._look())[:1], self._screen)])

    def _final(self, reports: Sequence[PassReport]) -> None:
        self._say("All fleets are as their specs say. This is what stands now:")
        found: set[Mark] = set()
        for sight in sights_of(self._fleets, reports):
            view = PlanView(sight.plan, sight.sighting)
            lanes = lanes_now(sight.plan, sight.sighting)
            found |= set(letters_in(lanes))
            self._lines([*fleet_head(view, self._screen), *draw(lanes, self._screen)])
            words = f"{spread_sentence(sight.plan.spread)}; SLA {sight.status.sla.words}"
            self._lines([self._screen.wrap(words, "    "), ""])
        self._lines(["   ".join(f"{mark} {MEANINGS[mark]}" for mark in Mark if mark in found), ""])
        self._say("A second pass has nothing to do, which is how it should be:")
        self._command("evenkeel reconcile specs/ --dry-run")
        plans = [report.plan for report in reports if report.plan is not None]
        self._lines([*summary_lines(self._views(reports), self._screen), ""])
        self._lines([_closing(plans)])

    async def _look(self) -> tuple[PassReport, ...]:
        return await reconcile_once(self._fleets, self._provider, self._region.clock, dry_run=True)

    def _views(self, reports: Sequence[PassReport]) -> list[PlanView]:
        return [
            PlanView(report.plan, Sighting(fleet, report.observed))
            for fleet, report in zip(self._fleets, reports, strict=True)
            if report.plan is not None and report.observed is not None
        ]

    def _say(self, text: str) -> None:
        self._lines([self._screen.wrap(text), ""])

    def _command(self, text: str) -> None:
        self._lines([self._screen.paint(f"$ {text}", Paint.STRONG)])

    def _lines(self, lines: Sequence[str]) -> None:
        for line in lines:
            self._show.line(line)


def demo_fleets() -> tuple[Fleet, ...]:
    """The fleets of the specs that come with the program. Raises ``CommandError`` if they are not there."""
    checkout = Path(controller.__file__).parent.parent / "specs"
    for folder in (checkout, Path(sys.prefix) / "share/evenkeel/specs"):
        files = [folder / name for name in SPECS]
        if all(file.is_file() for file in files):
            loaded = read_specs([str(file) for file in files])
            by_place = {fleet.source.rpartition(":")[0]: fleet for fleet in loaded.fleets}
            return tuple(by_place[str(file)] for file in files if str(file) in by_place)
    raise CommandError("the demo's specs are not installed", hint="run it in a checkout: make demo")


def scaled_in(fleet: Fleet, by: int) -> Fleet:
    """The fleet with so many members fewer in its first pool."""
    first, *rest = fleet.pools
    return replace(fleet, pools=(replace(first, replicas=first.replicas - by), *rest))


def _closing(plans: Sequence[Plan]) -> str:
    members = sum(plan.observed for plan in plans)
    return f"{counted(members, 'instance')} in {counted(len(plans), 'fleet')}, on an even keel."
