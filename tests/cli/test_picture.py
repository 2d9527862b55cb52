"""The picture of zones: one letter for each member, and a scale where there are too many."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from controller.cli.marks import Mark, marks_before
from controller.cli.picture import Lane, compact, draw, lanes_of, scale_of
from controller.cli.screen import Screen
from controller.formats.sighting import Sighting
from controller.spec.values import Hold
from providers.base import Health, ProvisioningState
from tests.cli import views

if TYPE_CHECKING:
    from controller.core.observed import Member

PIPE = Screen()
R, S = Mark.REGULAR, Mark.SPOT


def test_picture_before_and_after() -> None:
    """Locked members are L, new ones are small letters, and dots show what a domain lacks."""
    view = views.scale_out_view()
    assert draw(lanes_of(view.plan, view.sighting), PIPE) == [
        "            before        after",
        "    zone 1  SL  2      →  SL  2",
        "    zone 2  R·  1      →  Rr  2",
        "    zone 3  R·  1      →  Rs  2",
    ]


def test_picture_without_change() -> None:
    """What stays as it is, is drawn once."""
    lanes = [Lane("zone 1", (R, R), (R, R)), Lane("zone 2", (S,), (S,))]
    assert draw(lanes, PIPE) == ["    zone 1  RR  2", "    zone 2  S·  1"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (views.member(1), "R"),
        (views.member(1, spot=True), "S"),
        (views.member(1, health=Health.UNHEALTHY), "!"),
        (views.member(1, state=ProvisioningState.CREATING), "r"),
        (views.member(1, state=ProvisioningState.DELETING), "-"),
        (views.member(1, state=ProvisioningState.FAILED), "!"),
    ],
)
def test_letter_of_member(found: Member, expected: str) -> None:
    """A member's letter says its class, or what is wrong with it."""
    seen = Sighting(views.fleet(), views.observed(found))
    assert marks_before(seen) == {"1": (Mark(expected),)}


def test_lock_outranks_class() -> None:
    """A locked Spot member is shown as locked, for that is what decides about it."""
    seen = Sighting(
        views.fleet(), views.observed(views.member(1, spot=True), locked=("web-000001",))
    )
    assert marks_before(seen) == {"1": (Mark.LOCKED,)}


def test_held_member_is_marked() -> None:
    """A member under a hold in the spec is shown as held."""
    held = views.fleet(holds={"web-000001": Hold("db-team", "restore running")})
    assert marks_before(Sighting(held, views.observed(views.member(1)))) == {"1": (Mark.HELD,)}


def test_large_fleet_is_scaled() -> None:
    """A thousand members fit into 80 columns, the picture says its scale, and one lock still shows."""
    row = (R,) * 333 + (Mark.LOCKED,)
    lanes = [Lane(f"zone {number}", row, (*row, Mark.NEW_REGULAR)) for number in (1, 2, 3)]
    lines = draw(lanes, PIPE)
    assert max(map(len, lines)) <= 80
    assert lines[-1] == "    each cell stands for up to 16 members of its kind"
    assert all("L" in line for line in lines[1:4])


def test_scale_is_least() -> None:
    """A fleet whose bars fit is not scaled, one with a bar too long is scaled as little as possible."""
    assert [scale_of([Lane("zone 1", (R,) * count, ())]) for count in (24, 25, 48, 49)] == [
        1,
        2,
        2,
        3,
    ]


def test_compact_picture() -> None:
    """On one line, for progress, each domain has its letters, an empty one a dot."""
    lanes = [Lane("zone 1", (R, S), ()), Lane("zone 2", (), ())]
    assert compact(lanes, PIPE) == "1 RS  2 ·"
