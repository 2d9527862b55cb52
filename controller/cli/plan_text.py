"""A plan as a person wants to read it on a terminal or in a log: 80 columns, nothing cut off.

For each fleet: who it is, one line per instance with its reason and a sentence, a picture of its zones
or fault domains before and after, what was prevented and until when, what waits for approval and how
to give it. At the end the legend of what was used, and the summary.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli import marks
from controller.cli.columns import display_width, pad
from controller.cli.picture import draw, lanes_of, letters_in
from controller.cli.screen import Paint
from controller.formats import rows
from controller.formats.rows import Symbol, rows_of, totals_of
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.screen import Screen
    from controller.core.steps import Approval, Plan
    from controller.formats.rows import PlanView, Row, Unplanned

_PAINTS = {
    Symbol.CREATE: Paint.ADDED,
    Symbol.DELETE: Paint.REMOVED,
    Symbol.CHANGE: Paint.CHANGED,
    Symbol.REPLACE: Paint.CHANGED,
}
_SENTENCE = " " * 8


def plan_text(
    views: Sequence[PlanView],
    screen: Screen,
    *,
    unplanned: Sequence[Unplanned] = (),
    command: str = "evenkeel reconcile PATH",
    verbose: bool = False,
) -> str:
    """The whole plan. ``command`` is what the user typed, to which ``--approve`` can be added.

    ``verbose`` adds to each instance what was nearly chosen instead.
    """
    blocks = [_fleet(view, screen, command, verbose=verbose) for view in views]
    blocks += [_missing(one, screen) for one in unplanned]
    if legend := _legend(views, screen):
        blocks.append(legend)
    blocks.append(summary_lines(views, screen, unplanned=unplanned))
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def summary_lines(
    views: Sequence[PlanView], screen: Screen, *, unplanned: Sequence[Unplanned] = ()
) -> list[str]:
    """``Plan: 2 to add, 0 to change, 0 to destroy.`` on a line of its own, and what it does not say."""
    totals = totals_of([view.plan for view in views])
    lines = [screen.paint(totals.line, Paint.STRONG)]
    if totals.rest:
        lines.append(screen.wrap(totals.rest))
    if totals.nothing and views and not unplanned:
        who = (
            "The fleet is as its spec says"
            if len(views) == 1
            else "Every fleet is as its spec says"
        )
        lines.insert(0, f"No changes. {who}.")
    if unplanned:
        lines.append(f"{counted(len(unplanned), 'fleet')} could not be planned: see above.")
    return lines


def fleet_head(view: PlanView, screen: Screen) -> list[str]:
    """``web   6 desired, 4 observed   web-rg/web in westeurope``, on two lines where one is too short."""
    plan = view.plan
    name = screen.paint(plan.fleet, Paint.STRONG)
    counts = f"{plan.desired} desired, {plan.observed} observed"
    line = f"{plan.fleet}   {counts}"
    if view.sighting is None:
        return [f"{name}   {counts}"]
    ref = view.sighting.fleet.ref
    place = screen.paint(f"{ref.resource_group}/{ref.name} in {ref.location}", Paint.MUTED)
    if len(line) + 3 + len(f"{ref.resource_group}/{ref.name} in {ref.location}") <= screen.width:
        return [f"{name}   {counts}   {place}"]
    return [f"{name}   {counts}", f"  {place}"]


def instance_lines(
    found: Sequence[Row], screen: Screen, *, indent: str = "  ", verbose: bool = False
) -> list[str]:
    """One line per instance in columns, its sentence below. A line that is too long is broken."""
    table = [row for row in found if row.size]
    shown = [column for column in range(5) if any(row.columns[column] for row in table)]
    widths = {c: max(display_width(row.columns[c]) for row in table) for c in shown}
    lines: list[str] = []
    for row in found:
        # A row without a size is no instance of which everything is known: it has no columns.
        cells = [pad(row.columns[c], widths[c]) for c in shown] if row.size else row.columns
        sign = f"{indent}{pad(row.symbol, 3)}"
        plain = "  ".join(cell for cell in cells if cell).rstrip()
        if len(sign) + 1 + display_width(plain) > screen.width:
            plain = f"{row.name}\n" + screen.wrap(" ".join(row.columns[1:]), _SENTENCE)
        lines.append(f"{screen.paint(sign, _PAINTS[row.symbol])} {plain}")
        lines += _sentences(row, screen, verbose=verbose)
    return lines


def approval_lines(approval: Approval, view: PlanView, screen: Screen, command: str) -> list[str]:
    """What has to be approved, and both ways to do it: once, or in the spec."""
    if approval.given:
        return ["", screen.wrap(f"Approved: {approval.why}", "    ", first="  ")]
    sighting = view.sighting
    where = f" in {sighting.fleet.source}" if sighting and sighting.fleet.source else ""
    return [
        "",
        "  " + screen.paint("Waits for approval. No member is deleted before.", Paint.WARNED),
        screen.wrap(approval.why, "    "),
        "    Approve once, on the command line:",
        f"      {command} --approve {approval.token}",
        screen.wrap(f"    or in the spec{where}, under metadata.annotations:", "    ", first=""),
        f"      evenkeel/approve: {approval.token}",
    ]


def _fleet(view: PlanView, screen: Screen, command: str, *, verbose: bool) -> list[str]:
    plan = view.plan
    lines = fleet_head(view, screen)
    if plan.steps:
        lines += ["", *instance_lines(rows_of(view), screen, verbose=verbose)]
    if plan.steps or plan.blocked:
        lines += ["", *_spread(view, screen)]
    lines += _blocked(plan, screen)
    lines += _notes(plan, screen)
    if plan.approval:
        lines += approval_lines(plan.approval, view, screen, command)
    if not plan.steps and not plan.blocked:
        lines.insert(len(fleet_head(view, screen)), "  nothing to do")
    return lines


def _sentences(row: Row, screen: Screen, *, verbose: bool) -> list[str]:
    lines = [screen.wrap(row.why, _SENTENCE)] if row.why else []
    if verbose and row.runner_up:
        lines.append(screen.wrap(f"nearly: {row.runner_up}", _SENTENCE))
    return lines


def _spread(view: PlanView, screen: Screen) -> list[str]:
    title = {"zone": "zones", "faultDomain": "fault domains"}.get(
        view.plan.spread.domain, "the region"
    )
    sentence = rows.spread_sentence(view.plan.spread)
    return [
        screen.wrap(f"Spread over {title}: {sentence}", "    ", first="  "),
        *draw(lanes_of(view.plan, view.sighting), screen),
    ]


def _blocked(plan: Plan, screen: Screen) -> list[str]:
    if not plan.blocked:
        return []
    lines = ["", "  " + screen.paint("Wanted, and prevented:", Paint.WARNED)]
    return lines + [
        screen.wrap(sentence, "      ", first="    ! ") for sentence in rows.blocked_sentences(plan)
    ]


def _notes(plan: Plan, screen: Screen) -> list[str]:
    if not plan.notes:
        return []
    return ["", *(screen.wrap(note, "        ", first="  Note: ") for note in plan.notes)]


def _missing(one: Unplanned, screen: Screen) -> list[str]:
    name = screen.paint(one.fleet, Paint.STRONG)
    return [name, screen.wrap(f"not planned: {one.why}", "    ", first="  ! ")]


def _legend(views: Sequence[PlanView], screen: Screen) -> list[str]:
    found = rows.symbols_in(row for view in views for row in rows_of(view))
    drawn = [view for view in views if view.plan.steps or view.plan.blocked]
    letters = {mark for view in drawn for mark in letters_in(lanes_of(view.plan, view.sighting))}
    parts = [f"{symbol} {rows.MEANINGS[symbol]}" for symbol in found]
    parts += [
        f"{screen.glyph(mark, '#') if mark is marks.Mark.PLAIN else mark} {marks.MEANINGS[mark]}"
        for mark in marks.Mark
        if mark in letters
    ]
    return screen.flow(parts, "        ", first="Legend: ").splitlines() if parts else []
