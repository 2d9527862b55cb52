"""Looking at fleets once, for the commands that only show: specs, provider, one dry pass over each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.cli.place import opened_provider
from controller.cli.specs import choose, load_specs
from controller.cli.verdicts import exit_code, trouble_lines
from controller.core.conditions import PassFacts, Stop, conditions_after
from controller.engine.facts import facts_of
from controller.engine.reconcile import reconcile_once
from controller.formats.instances import FleetSight, UnseenFleet
from controller.formats.sighting import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.cli.exits import Exit
    from controller.cli.options import Show, Source
    from controller.cli.selector import Selector
    from controller.engine.compose import Composition
    from controller.engine.report import PassReport
    from controller.spec.compile import BrokenSpec
    from controller.spec.values import Fleet


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one look at several fleets gave: those that could be seen, and those that could not."""

    sights: tuple[FleetSight, ...]
    unseen: tuple[UnseenFleet, ...]
    now: datetime
    code: Exit


def gather(
    paths: Sequence[str],
    source: Source,
    show: Show,
    *,
    names: Sequence[str] = (),
    labelled: Selector | None = None,
) -> Gathered:
    """Read specs, look at their fleets once, and tell on stderr what could not be seen.

    ``labelled`` leaves out all fleets with other labels; what is broken has none that could be relied on.
    """
    prepared = prepare(paths, source, show, names=names, labelled=labelled)
    with opened_provider(source, read_only=True) as place:
        seen, reports = place.run(look_at(prepared, place))
    say_trouble(reports, show)
    return seen


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is to be looked at. ``broken`` are specs that are told of, ``faulty`` whether one is an error."""

    fleets: tuple[Fleet, ...]
    broken: tuple[BrokenSpec, ...]
    faulty: bool


def prepare(
    paths: Sequence[str],
    source: Source,
    show: Show,
    *,
    names: Sequence[str] = (),
    labelled: Selector | None = None,
) -> Prepared:
    """Read specs and choose fleets; mistakes are told on stderr. Raises ``CommandError``."""
    show.say(f"evenkeel: {source.sentence}")
    specs = load_specs(paths, show)
    fleets = choose(specs, names)
    if labelled is not None:
        fleets = tuple(fleet for fleet in fleets if labelled.matches(fleet.labels))
    # Who asks for one fleet by name is not troubled by the mistakes of others.
    return Prepared(
        fleets, () if names or labelled else specs.broken, specs.has_errors and not names
    )


async def look_at(
    prepared: Prepared, place: Composition
) -> tuple[Gathered, tuple[PassReport, ...]]:
    """Make one dry pass over each fleet, and give what it showed."""
    fleets = prepared.fleets
    reports = await reconcile_once(fleets, place.provider, place.clock, dry_run=True)
    now = place.clock.now
    seen = Gathered(
        sights=tuple(sights_of(fleets, reports)),
        unseen=(*broken_fleets(prepared.broken, now), *_unseen(fleets, reports, now)),
        now=now,
        code=exit_code(reports, broken=prepared.faulty, detailed=False),
    )
    return seen, reports


def sights_of(fleets: Sequence[Fleet], reports: Sequence[PassReport]) -> Iterator[FleetSight]:
    """What can be shown of the fleets that were seen."""
    for fleet, report in zip(fleets, reports, strict=True):
        if report.observed and report.plan and report.status:
            yield FleetSight(Sighting(fleet, report.observed), report.plan, report.status)


def broken_fleets(broken: Sequence[BrokenSpec], now: datetime) -> Iterator[UnseenFleet]:
    """What can be said of fleets whose specs are broken: that they are held as they are."""
    for one in broken:
        place = f"{one.file}:{one.line}"
        stop = Stop("SpecBroken", f"its spec is broken ({place})")
        told = conditions_after(None, PassFacts(wish=place, freeze=stop), now)
        yield UnseenFleet(one.name or place, "SpecBroken", told.conditions)


def _unseen(
    fleets: Sequence[Fleet], reports: Sequence[PassReport], now: datetime
) -> Iterator[UnseenFleet]:
    for fleet, report in zip(fleets, reports, strict=True):
        if report.plan is None:
            told = conditions_after(None, facts_of(report, fleet.spec_digest), now)
            yield UnseenFleet(report.fleet, "NotSeen", told.conditions)


def say_trouble(reports: Sequence[PassReport], show: Show) -> None:
    """Tell on stderr what went wrong with each fleet."""
    for report in reports:
        lines = list(trouble_lines(report))
        for number, line in enumerate(lines):
            first = "    " if number else f"evenkeel: {report.fleet}: "
            show.say(show.err.wrap(line, "    ", first=first))
