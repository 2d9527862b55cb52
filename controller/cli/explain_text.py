"""Why: what would happen to a fleet or to one instance, by which rule, and when it is looked at next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.describe_text import pairs
from controller.core.steps import Reason
from controller.formats.failures import explain_failure
from controller.formats.instances import deletable_words, instances_of
from controller.formats.rows import MEANINGS, PlanView, blocked_sentences, rows_of
from controller.formats.words import place_of

if TYPE_CHECKING:
    from controller.cli.screen import Screen
    from controller.formats.instances import FleetSight, InstanceFacts
    from controller.formats.rows import Row
    from providers.base import Json

_NOT_YET = "it does not exist yet"


def explain_fleet_text(sight: FleetSight, screen: Screen, *, next_look: str = "") -> str:
    """What the plan would do with a fleet, with what was nearly chosen instead of each choice.

    ``next_look`` is when somebody who keeps watching looks again; empty: what the plan asks for.
    """
    plan = sight.plan
    lines = [f"{plan.fleet}: {plan.desired} desired, {plan.observed} observed."]
    rows = rows_of(PlanView(plan, sight.sighting))
    if not rows:
        lines.append("Nothing would be done with it.")
    for row in rows:
        lines += ["", *_row_lines(row, screen)]
    prevented = blocked_sentences(plan)
    if prevented:
        lines += ["", "Wanted, and prevented:"]
        lines += [screen.wrap(text, "    ", first="  ! ") for text in prevented]
    if plan.notes:
        lines += ["", *(screen.wrap(note, "      ", first="Note: ") for note in plan.notes)]
    lines += ["", screen.wrap(f"Next look: {next_look or _next_look(sight)}.", "  ", first="")]
    return "\n".join(lines) + "\n"


def explain_instance_text(
    sight: FleetSight, name: str, screen: Screen, *, next_look: str = ""
) -> str:
    """Whether an instance may be deleted and by which rule, and what the plan would do with it.

    Raises LookupError when the fleet neither has nor is to get such an instance.
    """
    facts, row = find_instance(sight, name)
    lines = screen.wrap(_identity(sight, facts, row), "  ").removeprefix("  ").splitlines()
    lines += pairs(
        [
            ("may be deleted", deletable_words(facts) if facts else _unseen_words(row)),
            ("in the plan", _fate(sight, name, row)),
            ("why", row.why if row else _why_left(facts)),
            ("nearly chosen", row.runner_up if row else ""),
            ("next in line", _next_in_line(sight, name)),
        ],
        screen,
    )
    if facts and facts.failure:
        said = explain_failure(facts.failure.code, facts.failure.message)
        lines += ["", *(screen.wrap(text, "    ", first="  ") for text in said)]
    lines += ["", screen.wrap(f"Next look: {next_look or _next_look(sight)}.", "  ", first="")]
    return "\n".join(lines) + "\n"


def find_instance(sight: FleetSight, name: str) -> tuple[InstanceFacts | None, Row | None]:
    """The instance and its row in the plan, by name without regard to case."""
    wanted = name.lower()
    facts = [one for one in instances_of(sight.sighting) if one.name.lower() == wanted]
    rows = [
        row for row in rows_of(PlanView(sight.plan, sight.sighting)) if row.name.lower() == wanted
    ]
    if not facts and not rows:
        raise LookupError(name)
    return (facts[0] if facts else None), (rows[0] if rows else None)


def explain_document(sight: FleetSight, name: str | None) -> dict[str, Json]:
    """The same for machines. Raises LookupError as ``explain_instance_text`` does."""
    rows = rows_of(PlanView(sight.plan, sight.sighting))
    document: dict[str, Json] = {
        "fleet": sight.plan.fleet,
        "blocked": list(blocked_sentences(sight.plan)),
        "notes": list(sight.plan.notes),
        "lookAgainSeconds": sight.plan.look_again_seconds,
    }
    if name is None:
        return document | {"steps": [_row_document(row) for row in rows]}
    facts, row = find_instance(sight, name)
    return document | {
        "instance": facts.document() if facts else None,
        "mayBeDeleted": bool(facts and facts.owned and facts.obstacle is None),
        "rule": deletable_words(facts) if facts else None,
        "step": _row_document(row) if row else None,
    }


def _row_document(row: Row) -> dict[str, Json]:
    return {
        "action": MEANINGS[row.symbol],
        "instance": row.name,
        "reason": row.reason,
        "why": row.why,
        "runnerUp": row.runner_up,
    }


def _row_lines(row: Row, screen: Screen) -> list[str]:
    place = f" in {row.place}" if row.place else ""
    lines = [f"{row.symbol} {row.name}: {MEANINGS[row.symbol]}{place} ({row.reason})"]
    lines.append(screen.wrap(row.why, "    ", first="    "))
    if row.runner_up:
        lines.append(screen.wrap(f"nearly chosen: {row.runner_up}", "    ", first="    "))
    return lines


def _is_leftover(row: Row | None) -> bool:
    return row is not None and row.reason == Reason.LEFT_OVER


def _unseen_words(row: Row | None) -> str:
    return "when it has been left over for long enough" if _is_leftover(row) else _NOT_YET


def _identity(sight: FleetSight, facts: InstanceFacts | None, row: Row | None) -> str:
    if facts is None:
        name = row.name if row else ""
        if _is_leftover(row):
            return f"{name}: left behind by a member of fleet {sight.plan.fleet}."
        return f"{name}: to be created in fleet {sight.plan.fleet}."
    place = place_of(facts.zone, facts.fault_domain) or "a place that the platform does not show"
    return f"{facts.name}: {facts.priority} {facts.size} in {place}, {facts.phase}, fleet {facts.fleet}."


def _fate(sight: FleetSight, name: str, row: Row | None) -> str:
    if row is not None:
        return f"{MEANINGS[row.symbol]} ({row.reason})"
    wanted = any((one.instance or "").lower() == name.lower() for one in sight.plan.blocked)
    return "nothing, though it was wanted to go" if wanted else "nothing; it stays as it is"


def _next_in_line(sight: FleetSight, name: str) -> str:
    """For which row of the plan this instance was the runner-up."""
    rows = rows_of(PlanView(sight.plan, sight.sighting))
    after = [row.name for row in rows if name.lower() in row.runner_up.lower()]
    return f"after {', '.join(after)}" if after else ""


def _why_left(facts: InstanceFacts | None) -> str:
    if facts is None or not facts.owned:
        return ""
    return "no rule asks for a change of it"


def _next_look(sight: FleetSight) -> str:
    return f"in {sight.plan.look_again_seconds} s, or when the spec changes"
