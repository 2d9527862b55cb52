"""A plan as a comment on a pull request."""

from __future__ import annotations

import re
from dataclasses import replace

from controller.cli.plan_markdown import COMMENT_BYTES, ROWS_WHEN_SHORT, plan_markdown
from controller.core.steps import Approval
from controller.formats.rows import PlanView
from tests.cli import views
from tests.cli.transcripts import check_transcript
from tests.core.leftover_worlds import a_disk, a_look, left, planned, tidy


def test_markdown_reads_well() -> None:
    """Summary, folded fleets, tables and pictures stand where the transcript has them."""
    views_shown = [views.scale_out_view(), views.scale_in_view()]
    check_transcript("plan-markdown", plan_markdown(views_shown))


def test_sweeps_are_in_the_table() -> None:
    """Leftovers are rows of the table, and a plan of nothing else is not called empty."""
    text = plan_markdown([PlanView(planned(a_look(left("web-000001-nic"), a_disk()), tidy()))])
    assert "| `~` | web-000001-nic |" in text
    assert "| `-` | web-000002\\_OsDisk\\_1" in text
    assert "No changes." not in text


def test_quiet_fleet_is_folded() -> None:
    """A fleet with nothing to do stays folded."""
    steady = views.plan(before={"1": 2}, after={"1": 2})
    assert "<details><summary><b>web</b>" in plan_markdown([PlanView(steady)])


def test_names_cannot_break_out() -> None:
    """A text from the cloud neither ends a table cell, nor writes HTML, nor calls a person."""
    step = replace(views.create(7, "2"), why="a|b <script> @everyone")
    text = plan_markdown([PlanView(views.plan(step, before={"2": 1}, after={"2": 2}))])
    assert "a\\|b \\<script\\> @\N{ZERO WIDTH SPACE}everyone" in text


def test_markdown_asks_for_approval() -> None:
    """A plan that waits says how to say yes."""
    waiting = replace(
        views.scale_in_view().plan, approval=Approval("0123abcd", "12 of 30 go", given=False)
    )
    assert "`evenkeel reconcile PATH --approve 0123abcd`" in plan_markdown([PlanView(waiting)])


def test_hidden_line_names_the_paths() -> None:
    """The first line can be found again, is not seen, and no path can end it."""
    text = plan_markdown([], paths="specs/ a-->b")
    assert text.splitlines()[0] == "<!-- evenkeel-plan: specs/ a--_b -->"


def many(count: int) -> PlanView:
    """A fleet with so many members to create."""
    steps = [views.create(number, "2") for number in range(count)]
    return PlanView(views.plan(*steps, before={"1": 1, "2": 1}, after={"1": 1, "2": 1 + count}))


def test_long_table_is_cut() -> None:
    """One fleet with a thousand steps becomes a comment that GitHub takes, and says what is missing."""
    text = plan_markdown([many(1000)])
    assert len(text.encode()) <= COMMENT_BYTES
    assert text.count("| `+` |") == ROWS_WHEN_SHORT
    assert f"and {1000 - ROWS_WHEN_SHORT} more" in text
    assert "All of it: `evenkeel reconcile PATH --dry-run`" in text
    assert "Plan: 1000 to add" in text


def test_many_fleets_become_lines() -> None:
    """Of many fleets the last ones are one line each, and none is left out as long as lines fit."""
    text = plan_markdown([many(60)] * 50)
    assert len(text.encode()) <= COMMENT_BYTES
    assert text.count("<b>web</b>") == 50
    assert 5 < text.count("<details") < 50
    assert text.count("<details") == text.count("</details>")


def test_too_many_fleets_are_counted() -> None:
    """Fleets for which there is not even a line are counted."""
    text = plan_markdown([many(1)] * 3_000)
    assert len(text.encode()) <= COMMENT_BYTES
    (left,) = re.findall(r"- and (\d+) more fleets", text)
    assert int(left) + text.count("<b>web</b>") == 3_000


def test_short_plan_is_whole() -> None:
    """A plan that fits is not touched."""
    assert "left out" not in plan_markdown([many(100)])
