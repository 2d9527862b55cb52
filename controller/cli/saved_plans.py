"""Plans and observations in files: planning from one, saving one, and carrying out exactly a saved one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError
from controller.engine.reconcile import carry_out, reconcile_once
from controller.engine.replay import replay
from controller.formats.observation import read_observation
from controller.formats.plan_document import plan_document
from controller.formats.reading import DocumentError
from controller.formats.redact import redact
from controller.formats.saved_plan import read_plan, what_moved
from controller.formats.text import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from controller.cli.reconcile_output import Result
    from controller.engine.compose import Composition
    from controller.engine.reconcile import Between
    from controller.engine.report import PassReport
    from controller.formats.saved_plan import SavedPlan
    from controller.spec.values import Fleet


def plan_from_observation(file: Path, fleets: Sequence[Fleet]) -> tuple[PassReport, ...]:
    """Plan from a saved observation, for the time at which it was made, without any provider.

    A fleet that the observation lacks fails by itself: the others are planned all the same.
    """
    try:
        observed = read_observation(_read(file), str(file), fleets)
    except DocumentError as error:
        raise CommandError(str(error)) from error
    return replay(fleets, observed)


def save_plan(file: Path, result: Result) -> None:
    """Write the plan document for ``--apply``."""
    clean = redact(plan_document(result.plans, result.errors))
    text = json_text(clean if isinstance(clean, dict) else {})
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CommandError(f"the plan could not be saved to {file}: {reason}") from error


async def apply_saved(
    file: Path, fleets: Sequence[Fleet], place: Composition, between: Between | None = None
) -> tuple[PassReport, ...]:
    """Plan anew, and carry exactly that out if it is the saved plan. Raises ``CommandError`` if not."""
    saved = _saved(file, fleets)
    wanted = [fleet for fleet in fleets if fleet.name in saved]
    fresh = await reconcile_once(wanted, place.provider, place.clock, dry_run=True)
    # Exactly the plan compared here is carried out; planning once more could give another.
    moved = [line for report in fresh for line in _moved(saved[report.fleet], report)]
    if moved:
        shown = "".join(f"\n  {line}" for line in moved)
        raise CommandError(
            f"the plan in {file} is stale; nothing was done. What moved since:{shown}",
            hint="plan again: evenkeel reconcile PATH --dry-run --out FILE",
        )
    done = (
        carry_out(fleet, report, place.provider, place.clock, between=between)
        for fleet, report in zip(wanted, fresh, strict=True)
    )
    return tuple(await asyncio.gather(*done))


def _saved(file: Path, fleets: Sequence[Fleet]) -> Mapping[str, SavedPlan]:
    try:
        saved = read_plan(_read(file), str(file))
    except DocumentError as error:
        raise CommandError(str(error)) from error
    absent = [name for name in saved if name not in {fleet.name for fleet in fleets}]
    if absent:
        raise CommandError(
            f"the plan in {file} is stale; nothing was done. "
            f"It plans for {', '.join(absent)}, of which there is no valid spec",
            hint="name the same specs as when the plan was made, or plan again",
        )
    return saved


def _moved(saved: SavedPlan, report: PassReport) -> tuple[str, ...]:
    if report.plan is None:
        return (f"{report.fleet}: {next(iter(report.trouble), 'it cannot be seen')}",)
    return tuple(f"{report.fleet}: {line}" for line in what_moved(saved, report.plan))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or "no reason given"
        raise CommandError(f"{file} cannot be read: {reason}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is not UTF-8 (byte {error.start})") from error
