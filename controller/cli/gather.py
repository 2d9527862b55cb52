"""Looking at fleets once, for the commands that only show: specs, provider, one dry pass over each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.cli.place import opened_provider
from controller.cli.specs import choose, load_specs
from controller.cli.verdicts import exit_code, trouble_lines
from controller.engine.reconcile import reconcile_once
from controller.formats.instances import FleetSight, UnseenFleet
from controller.formats.sighting import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from controller.cli.exits import Exit
    from controller.cli.options import Show, Source
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
    paths: Sequence[str], source: Source, show: Show, *, names: Sequence[str] = ()
) -> Gathered:
    """Read specs, look at their fleets once, and tell on stderr what could not be seen."""
    show.say(f"evenkeel: {source.sentence}")
    specs = load_specs(paths, show)
    fleets = choose(specs, names)
    # Who asks for one fleet by name is not troubled by the mistakes of others.
    broken = specs.has_errors and not names
    with opened_provider(source, read_only=True) as place:
        reports = place.run(reconcile_once(fleets, place.provider, place.clock, dry_run=True))
        now = place.clock.now
    say_trouble(reports, show)
    return Gathered(
        sights=tuple(sights_of(fleets, reports)),
        unseen=tuple(_unseen(() if names else specs.broken, reports)),
        now=now,
        code=exit_code(reports, broken=broken, detailed=False),
    )


def sights_of(fleets: Sequence[Fleet], reports: Sequence[PassReport]) -> Iterator[FleetSight]:
    """What can be shown of the fleets that were seen."""
    for fleet, report in zip(fleets, reports, strict=True):
        if report.observed and report.plan and report.status:
            yield FleetSight(Sighting(fleet, report.observed), report.plan, report.status)


def _unseen(broken: Sequence[BrokenSpec], reports: Sequence[PassReport]) -> Iterator[UnseenFleet]:
    for one in broken:
        yield UnseenFleet(one.name or f"{one.file}:{one.line}", "SpecBroken")
    for report in reports:
        if report.plan is None:
            yield UnseenFleet(report.fleet, "NotSeen")


def say_trouble(reports: Sequence[PassReport], show: Show) -> None:
    """Tell on stderr what went wrong with each fleet."""
    for report in reports:
        lines = list(trouble_lines(report))
        for number, line in enumerate(lines):
            first = "    " if number else f"evenkeel: {report.fleet}: "
            show.say(show.err.wrap(line, "    ", first=first))
