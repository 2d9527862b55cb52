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


COMMENT_BYTES = 65_000
"""A comment on GitHub has at most 65,536 characters; bytes are counted, which are never fewer."""

SMALLEST_FLEET = 100
"""Bytes; where there are fewer left, no fleet needs to be tried."""

ROWS_WHEN_SHORT = 20
"""So many rows are left of a table that would be too long."""


def plan_markdown(
    views: Sequence[PlanView],
    *,
    unplanned: Sequence[Unplanned] = (),
    command: str = "evenkeel reconcile PATH",
    paths: str = "",
) -> str:
    """The whole plan as Markdown. Fleets with something to do or to say are unfolded.

    A hidden first line names the ``paths``, so that the comment can be found again and written anew. What
    would be longer than a comment may be is shortened, tables first, then whole fleets; the text says so.
    """
    head = [marker(paths), *_head(views, unplanned)]
    whole = [*head, *(_fleet(view, command) for view in views)]
    if _size(whole) <= COMMENT_BYTES:
        return "\n\n".join(whole) + "\n"
    return _shortened(head, views, command)


def marker(paths: str) -> str:
    """The hidden line by which a comment is known."""
    # Nothing in a path may end the comment of HTML.
    return f"<!-- evenkeel-plan: {legible(paths).replace('>', '_')} -->"


def _head(views: Sequence[PlanView], unplanned: Sequence[Unplanned]) -> list[str]:
    totals = totals_of([view.plan for view in views])
    # A plan without a fleet that could not be seen must not read as if nothing changed.
    blocks = [f"### {'No changes.' if totals.nothing and not unplanned else totals.line}"]
    if totals.rest:
        blocks.append(totals.rest)
    return blocks + [
        f"**{_plain(one.fleet)}** could not be planned: {_plain(one.why)}" for one in unplanned
    ]


def _shortened(head: Sequence[str], views: Sequence[PlanView], command: str) -> str:
    """As much of the plan as fits: each fleet at least by its line, while there is room for that."""
    remark = (
        "> This plan is longer than a comment may be, so some of it is left out. "
        f"All of it: `{command} --dry-run`"
    )
    blocks = [*head, remark]
    lines = [f"- {_summary(view.plan)}" for view in views]
    # One line is kept for the sentence about the fleets for which there is no room at all.
    room = COMMENT_BYTES - _size(blocks) - _size(["- and 1000000 more fleets"])
    kept = _fitting(lines, room)
    room -= _size(lines[:kept])
    for at, view in enumerate(views[:kept]):
        if room < SMALLEST_FLEET:
            break
        for fuller in (_fleet(view, command), _fleet(view, command, at_most=ROWS_WHEN_SHORT)):
            more = _size([fuller]) - _size([lines[at]])
            if more <= room:
                lines[at], room = fuller, room - more
                break
    left = [f"- and {len(lines) - kept} more fleets"] if kept < len(lines) else []
    return "\n\n".join([*blocks, *lines[:kept], *left]) + "\n"


def _fitting(lines: Sequence[str], room: int) -> int:
    """How many of the first lines fit."""
    for count, line in enumerate(lines):
        room -= _size([line])
        if room < 0:
            return count
    return len(lines)


def _size(blocks: Sequence[str]) -> int:
    """Bytes of these blocks, each with the empty line behind it."""
    return sum(len(block.encode()) + 2 for block in blocks)


def _fleet(view: PlanView, command: str, *, at_most: int | None = None) -> str:
    plan = view.plan
    busy = bool(plan.steps or plan.blocked)
    parts = [f"<details{' open' if busy else ''}><summary>{_summary(plan)}</summary>"]
    if plan.steps:
        parts.append(_table(rows_of(view), at_most))
    if busy:
        parts.append(_picture(view))
    if plan.blocked:
        parts.append("Wanted, and prevented:")
        parts.append(_bullets(blocked_sentences(plan), at_most))
    if plan.notes:
        parts.append(_bullets(plan.notes, at_most))
    if plan.approval:
        parts.append(_approval(plan.approval, command))
    return "\n\n".join([*parts, "</details>"])


def _bullets(sentences: Sequence[str], at_most: int | None) -> str:
    shown = [f"- {_plain(one)}" for one in sentences[:at_most]]
    left = len(sentences) - len(shown)
    return "\n".join([*shown, *([f"- and {left} more"] if left else [])])


def _summary(plan: Plan) -> str:
    totals = totals_of([plan])
    said = [
        (len(plan.creates), "to add"),
        (totals.change, "to change"),
        (totals.delete, "to destroy"),
        (len(plan.blocked), "blocked"),
    ]
    words = ", ".join(f"{count} {what}" for count, what in said if count) or "nothing to do"
    return f"<b>{_plain(plan.fleet)}</b>: {plan.desired} desired, {plan.observed} observed: {words}"


def _table(found: Sequence[Row], at_most: int | None) -> str:
    lines = [
        "| | instance | place | size | priority | reason | why |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in found[:at_most]:
        cells = " | ".join(_plain(cell) for cell in (*row.columns, row.why))
        lines.append(f"| `{row.symbol}` | {cells} |")
    if at_most is not None and len(found) > at_most:
        lines.append(f"| | and {len(found) - at_most} more | | | | | |")
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
