"""A plan as a comment on a pull request: the summary first, each fleet folded below it.

Pictures are text in a code block, so that they look the same wherever Markdown is shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli import marks
from controller.cli.picture import draw, lanes_of, letters_in
from controller.cli.screen import Screen, legible
from controller.formats import rows
from controller.formats.rows import PlanView, blocked_sentences, rows_of, totals_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.steps import Approval, Plan
    from controller.formats.rows import Row, Unplanned

_PAPER = Screen(colour=False, unicode=True)
_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_[]<>|~#"})


def plan_markdown(
    views: Sequence[PlanView],
    *,
    unplanned: Sequence[Unplanned] = (),
    command: str = "evenkeel reconcile PATH",
) -> str:
    """The whole plan as Markdown. Fleets with something to do or to say are unfolded."""
    totals = totals_of(views)
    # A plan without a fleet that could not be seen must not read as if nothing changed.
    head = "No changes." if totals.nothing and not unplanned else totals.line
    blocks = [f"### {head}"]
    if totals.rest:
        blocks.append(totals.rest)
    blocks += [
        f"**{_plain(one.fleet)}** could not be planned: {_plain(one.why)}" for one in unplanned
    ]
    blocks += [_fleet(view, command) for view in views]
    return "\n\n".join(blocks) + "\n"


def _fleet(view: PlanView, command: str) -> str:
    plan = view.plan
    busy = bool(plan.steps or plan.blocked)
    parts = [f"<details{' open' if busy else ''}><summary>{_summary(plan)}</summary>"]
    if plan.steps:
        parts.append(_table(rows_of(view)))
    if busy:
        parts.append(_picture(view))
    if plan.blocked:
        parts.append("Wanted, and prevented:")
        parts.append("\n".join(f"- {_plain(one)}" for one in blocked_sentences(plan)))
    if plan.notes:
        parts.append("\n".join(f"- {_plain(note)}" for note in plan.notes))
    if plan.approval:
        parts.append(_approval(plan.approval, command))
    return "\n\n".join([*parts, "</details>"])


def _summary(plan: Plan) -> str:
    totals = totals_of([PlanView(plan)])
    said = [
        (len(plan.creates), "to add"),
        (totals.change, "to change"),
        (totals.delete, "to destroy"),
        (len(plan.blocked), "blocked"),
    ]
    words = ", ".join(f"{count} {what}" for count, what in said if count) or "nothing to do"
    return f"<b>{_plain(plan.fleet)}</b>: {plan.desired} desired, {plan.observed} observed: {words}"


def _table(found: Sequence[Row]) -> str:
    lines = [
        "| | instance | place | size | priority | reason | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found:
        cells = " | ".join(_plain(cell) for cell in (*row.columns, row.why))
        lines.append(f"| `{row.symbol}` | {cells} |")
    return "\n".join(lines)


def _picture(view: PlanView) -> str:
    lanes = lanes_of(view.plan, view.sighting)
    legend = "   ".join(f"{mark} {marks.MEANINGS[mark]}" for mark in letters_in(lanes))
    drawn = "\n".join([*draw(lanes, _PAPER), "", f"    {legend}"])
    return f"Spread: {rows.spread_sentence(view.plan.spread)}\n\n```text\n{drawn}\n```"


def _approval(approval: Approval, command: str) -> str:
    if approval.given:
        return f"Approved: {_plain(approval.why)}"
    return (
        f"**Waits for approval.** {_plain(approval.why)} "
        f"Approve with `{command} --approve {approval.token}`, or put "
        f"`evenkeel/approve: {approval.token}` under `metadata.annotations`."
    )


def _plain(text: str) -> str:
    """Text that Markdown leaves as it is, also inside a table."""
    return (
        legible(text).replace("\n", " ").translate(_SPECIAL).replace("@", "@\N{ZERO WIDTH SPACE}")
    )
