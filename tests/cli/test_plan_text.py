"""A plan on a terminal: complete, narrow enough, and the same with and without colour."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.cli.plan_markdown import plan_markdown
from controller.cli.plan_text import plan_text
from controller.cli.screen import Screen
from controller.core.steps import (
    Approval,
    Blocked,
    DeleteSet,
    Install,
    MarkSet,
    Prevented,
    Reason,
)
from controller.formats.rows import PlanView, Unplanned
from controller.formats.sighting import Sighting
from tests.cli import views
from tests.cli.transcripts import check_transcript, longest_line
from tests.core.leftover_worlds import a_disk, a_look, left, planned, tidy

PIPE = Screen()
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


def _both() -> list[PlanView]:
    return [views.scale_out_view(), views.scale_in_view()]


def test_plan_reads_well() -> None:
    """Steps, picture, blocked members, notes, legend and summary stand where the transcript has them."""
    check_transcript("plan-text", plan_text(_both(), PIPE))


def test_sweeps_read_well() -> None:
    """Leftovers have lines of their own, and the summary counts them beside the instances."""
    made = planned(a_look(left("web-000001-nic"), a_disk()), tidy())
    text = plan_text([PlanView(made)], PIPE)
    check_transcript("plan-sweep", text)
    assert longest_line(text) <= 80


def test_ascii_plan_is_ascii() -> None:
    """A stream without UTF-8 gets the same plan in ASCII."""
    text = plan_text(_both(), Screen(unicode=False))
    assert text.isascii()
    check_transcript("plan-text-ascii", text)


def test_colour_adds_nothing() -> None:
    """Taking the colours away leaves exactly the plain text: colour alone says nothing."""
    coloured = plan_text(_both(), Screen(colour=True))
    assert coloured != plan_text(_both(), PIPE)
    assert _ANSI.sub("", coloured) == plan_text(_both(), PIPE)


def test_summary_line_stands_alone() -> None:
    """The summary line is a line of its own, for people who search for it."""
    lines = plan_text(_both(), PIPE).splitlines()
    assert "Plan: 2 to add, 0 to change, 1 to destroy." in lines


def test_nothing_to_do() -> None:
    """A fleet that is as its spec says gets one line, and no picture."""
    steady = views.plan(before={"1": 2, "2": 2, "3": 2}, after={"1": 2, "2": 2, "3": 2})
    assert plan_text([PlanView(steady)], PIPE).splitlines() == [
        "web   6 desired, 6 observed",
        "  nothing to do",
        "",
        "No changes. The fleet is as its spec says.",
        "Plan: 0 to add, 0 to change, 0 to destroy.",
        "6 unchanged.",
    ]


def test_unplanned_fleet_is_named() -> None:
    """A fleet that could not be looked at is never passed off as one without changes."""
    text = plan_text([], PIPE, unplanned=[Unplanned("db", "ServiceUnavailable: try later")])
    assert "not planned: ServiceUnavailable: try later" in text
    assert "No changes" not in text


def test_approval_shows_both_ways() -> None:
    """A plan that waits shows the exact command and the exact annotation."""
    waiting = replace(
        views.scale_in_view().plan, approval=Approval("0123abcd", "12 of 30 go", given=False)
    )
    text = plan_text([PlanView(waiting)], PIPE, command="evenkeel reconcile specs/")
    assert "      evenkeel reconcile specs/ --approve 0123abcd\n" in text
    assert "      evenkeel/approve: 0123abcd\n" in text
    assert "1 waiting for approval" in text


def test_blocked_says_until_when() -> None:
    """What is prevented for a time says when that time ends."""
    end = views.NOON + timedelta(hours=2)
    held = Blocked(Prevented.HELD, "held by db-team", "web-000001", end)
    text = plan_text([PlanView(replace(views.scale_in_view().plan, blocked=(held,)))], PIPE)
    assert "! web-000001: Held: held by db-team, until 2026-11-21 14:00 UTC" in text


def test_installation_is_a_change() -> None:
    """A member that gets an extension is one line with the sign of a change, its place and its reason."""
    look = views.observed(views.member(1, "1"))
    step = Install("web-000001", "agent", Reason.EXTENSION_MISSING, "it lacks agent, number 1 of 2")
    made = views.plan(step, before={"1": 1}, after={"1": 1})
    text = plan_text([PlanView(made, Sighting(views.fleet(1), look))], PIPE)
    assert "  ~   web-000001  zone 1  Standard_D2s_v5  Regular  ExtensionMissing\n" in text
    assert "        it lacks agent, number 1 of 2\n" in text
    assert "Plan: 0 to add, 1 to change, 0 to destroy." in text
    table = plan_markdown([PlanView(made, Sighting(views.fleet(1), look))])
    assert "| `~` | web-000001 | zone 1 |" in table


def test_equal_blocks_are_counted() -> None:
    """The same obstacle for forty members is one line with a count."""
    full = (Blocked(Prevented.NO_CAPACITY, "zone 2 has none left"),) * 40
    text = plan_text([PlanView(replace(views.scale_in_view().plan, blocked=full))], PIPE)
    assert text.count("NoCapacity: zone 2 has none left") == 1
    assert "(40 times)" in text


def test_runner_up_on_demand() -> None:
    """What was nearly chosen instead is shown when more is asked for."""
    step = replace(views.create(7, "2"), runner_up="zone 3, which holds as many")
    made = views.plan(step, before={"2": 1, "3": 1}, after={"2": 2, "3": 1})
    said = [plan_text([PlanView(made)], PIPE, verbose=verbose) for verbose in (False, True)]
    assert ["nearly: zone 3, which holds as many" in text for text in said] == [False, True]


def test_replacement_has_its_symbol() -> None:
    """A creation that replaces a member says which one, under its own symbol."""
    step = views.create(9, "3", replaces="web-000004")
    text = plan_text([PlanView(views.plan(step, before={"3": 1}, after={"3": 2}))], PIPE)
    assert re.search(r"^  -/\+ +web-000009 ", text, re.MULTILINE)
    assert "replaces web-000004" in text


@pytest.mark.parametrize(
    ("step", "line", "summary"),
    [
        (
            MarkSet(Reason.TOMBSTONE, "the hold begins", marked=True),
            "  ~   the scale set",
            "1 to change",
        ),
        (DeleteSet(Reason.TOMBSTONE, "nobody is left"), "  -   the scale set", "1 to destroy"),
    ],
)
def test_end_of_a_set_is_told(step: MarkSet | DeleteSet, line: str, summary: str) -> None:
    """The mark of a tombstone and the end of a set have a row each, count, and are no plan without changes."""
    made = views.plan(step, before={"1": 0}, after={"1": 0}, desired=0)
    for text in (plan_text([PlanView(made)], PIPE), plan_markdown([PlanView(made)])):
        assert "the scale set" in text
        assert step.why in text
        assert summary in text
        assert "No changes" not in text
    assert line in plan_text([PlanView(made)], PIPE)


@pytest.mark.parametrize("name", ["web", "a" * 36])
def test_lines_fit(name: str) -> None:
    """No line is wider than 80 columns, also with the longest name a fleet can have."""
    step = replace(
        views.create(7, "2"),
        instance=f"{name}-000007",
        size="Standard_E112iads_v5",
        why="word " * 60,
    )
    made = replace(views.plan(step, before={"2": 1}, after={"2": 2}), fleet=name)
    assert longest_line(plan_text([PlanView(made)], PIPE)) <= 80


def test_nothing_is_cut_off() -> None:
    """A plan of a thousand creations names every one of them."""
    steps = [views.create(serial, "1") for serial in range(1, 1001)]
    text = plan_text([PlanView(views.plan(*steps, before={"1": 0}, after={"1": 1000}))], PIPE)
    assert all(step.instance in text for step in steps)
