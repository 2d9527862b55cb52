"""What ``docs/concepts.md`` says is what the code does, as far as tables and numbers go."""

from __future__ import annotations

import re

import pytest

from controller.core import limits, pacing, phase, report, scarcity, serials, tags
from controller.core.phase import NOT_SERVING, SHELLS, SICK, Phase
from controller.core.spread import _AIMS
from controller.core.standings import FreezeReason
from controller.core.steps import Prevented
from controller.engine import look, reconcile
from controller.formats.remedies import FROZEN, PREVENTED
from controller.spec.values import Limits
from tests.docs.pages import DOCS, rows

TEXT = " ".join((DOCS / "concepts.md").read_text().split())


def table(heading: str) -> dict[str, list[str]]:
    """The first table under a heading, by what stands in its first column."""
    section = (DOCS / "concepts.md").read_text().partition(f"## {heading}\n")[2]
    return {cells[0].strip("`"): cells[1:] for cells in rows(section.partition("\n## ")[0])}


def test_every_phase_is_told() -> None:
    """The table has the phases of the code, in their order."""
    assert list(table("The life of an instance")) == [one.value for one in Phase]


def test_every_phase_is_drawn() -> None:
    """The picture of an instance's life has each phase once, and no other."""
    picture = (DOCS / "concepts.md").read_text().partition("```text\n")[2].partition("```")[0]
    drawn = re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)?\b", picture)
    assert sorted(set(drawn) - {"Spot", "Azure"}) == sorted(one.value for one in Phase)
    assert len(drawn) == len(Phase) + 2


def test_fates_of_phases() -> None:
    """Shells are deleted and replaced; of what stays, that which does not serve goes early on scale-in."""
    fates = {Phase(name): cells[1] for name, cells in table("The life of an instance").items()}
    assert {one for one in fates if "deleted and replaced" in fates[one]} == SHELLS
    assert {one for one in fates if "goes early" in fates[one]} == NOT_SERVING - SHELLS


def test_sick_phases_are_named() -> None:
    """The sentence about the meltdown guard names the phases that count as sick."""
    sentence = TEXT.partition(" count as sick")[0].rpartition(". ")[2]
    named = {Phase(word) for word in re.findall(r"`(\w+)`", sentence[-60:])}
    assert named == SICK


def test_every_obstacle_is_told() -> None:
    """The table of obstacles has all words of the code, in their order, with the advice that the page gives."""
    found = table("Why something is blocked")
    assert list(found) == [one.value for one in Prevented]
    assert {word: cells[1] for word, cells in found.items()} == PREVENTED


def test_every_freeze_is_told() -> None:
    """Each reason for a freeze has its row, in the order of the code, with the advice that the page gives."""
    found = table("Frozen fleets")
    assert list(found) == [one.value for one in FreezeReason]
    assert {word: cells[1] for word, cells in found.items()} == FROZEN


def test_every_tag_is_told() -> None:
    """The table of tags has all tags that the code knows, and no other."""
    known = {value for value in vars(tags).values() if str(value).startswith("evenkeel-")}
    assert set(table("What is remembered, and where")) == known


@pytest.mark.parametrize(
    "sentence",
    [
        f"tried up to {look.ATTEMPTS} times",
        f"at most {pacing.BATCH} names",
        f"up to {pacing.WIDEST_WAVE}, so that",
        f"Up to {reconcile.AT_ONCE} fleets",
        f"after {report.ACTING_SECONDS} seconds when the plan had steps",
        f"{report.SETTLING_SECONDS} while something is under way",
        f"otherwise after {report.RESYNC_SECONDS} or",
        f"Creating for more than {phase.HANGS_AFTER.seconds // 60} minutes",
        f"half-open* for {scarcity.PROBATION.seconds // 60} minutes",
        f"given up {serials.LATE_REQUEST.seconds // 60} minutes after",
        f"more than {limits.APPROVAL_SHARE_PERCENT} % and more than {limits.APPROVAL_COUNT} of",
        f"Azure's {limits.SET_LIMIT:,} VMs in a set, {limits.MANAGED_IMAGE_LIMIT} from a managed",
    ],
)
def test_numbers_are_true(sentence: str) -> None:
    """A number on the page is the number in the code."""
    assert sentence in TEXT


def test_an_hour_is_young() -> None:
    """The page says an hour, and the code's limit of a young instance is an hour."""
    assert phase.YOUNG.total_seconds() == 3600
    assert "at most an hour old" in TEXT


def test_one_is_the_thaw() -> None:
    """Creations go on when the excess is below ``overshoot``: the thaw is one member."""
    assert Limits().overshoot_thaw == 1


def test_aims_are_complete() -> None:
    """The spread has as many aims as the page explains, and a new one has to be written down."""
    assert _AIMS == (
        "tier", "pool", "whole", "inner", "mix", "klass", "newer", "last", "rank"
    )  # fmt: skip
